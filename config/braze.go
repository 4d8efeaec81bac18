package config

// The limits of POST /users/track that no configuration can lift
// (https://www.braze.com/docs/api/api_limits, https://www.braze.com/docs/api/endpoints/user_data/post_user_track).
const (
	// MaxObjectsPerRequest is Braze's limit of objects in one request, or of each array on the older limits.
	MaxObjectsPerRequest = 75
	// MaxBytesPerRequest is Braze's limit of a request's body: 4 MB.
	MaxBytesPerRequest Bytes = 4_000_000
)

// Braze is the default workspace, and the others by name.
type Braze struct {
	Workspace `yaml:",inline"`
	// SharedRate, where set, is a company's limit that all workspaces share, beside each one's own. Default none: Braze counts
	// data-point contracts per workspace, contracts by monthly active users per company
	// (https://www.braze.com/docs/api/api_limits).
	SharedRate *Rate `yaml:"shared_rate"`
	// Workspaces are further workspaces by name. Each inherits from the braze section every value that it does not set itself,
	// inside rate and tls too.
	Workspaces map[string]*Workspace `yaml:"workspaces"`
}

// Workspace is a Braze app group: an endpoint, a key, a limit.
type Workspace struct {
	// Endpoint is the REST endpoint of the workspace's instance, https://rest.iad-01.braze.com for example. Required.
	// http:// is for a fake and gives a warning. A slash or /users/track at its end is dropped.
	Endpoint string `yaml:"endpoint"`
	// APIKey is a REST API key with the permission users.track. Required.
	APIKey Secret `yaml:"api_key"`
	// ObjectsPerRequest is the most objects in a request, 1 to 75; default 75, Braze's limit
	// (https://www.braze.com/docs/api/endpoints/user_data/post_user_track). Lower costs requests, and thereby rate:
	// 3,000 requests in 3s x 75 objects = 75,000 objects/s.
	ObjectsPerRequest int `yaml:"objects_per_request"`
	// Counting says what ObjectsPerRequest counts: all objects of a request (combined, default), or each array by itself
	// (per_array, up to 225 in all) for accounts on Braze's older limits; there, a combined count is only smaller than allowed,
	// while per_array on a newer account makes Braze refuse whole requests.
	Counting Counting `yaml:"counting"`
	// BytesPerRequest is the most bytes of a request's body, 1,000 to 4,000,000; default 3,500,000, which leaves an eighth of
	// Braze's 4 MB (https://www.braze.com/docs/api/api_limits) for a proxy that counts more than the body. 75 typical events
	// of 1 kB are 75 kB, so it bounds large objects only. Lower it for a proxy with a smaller limit.
	BytesPerRequest Bytes `yaml:"bytes_per_request"`
	// Rate is the most requests in an interval; default 3,000 in 3s, Braze's limit of /users/track for data-point contracts
	// (https://www.braze.com/docs/api/api_limits). Other contracts have their own figure: above it Braze answers 429 and
	// everything waits, below it throughput is given away. The replicas of a bridge divide it among themselves.
	Rate Rate `yaml:"rate"`
	// MaxInFlight is the most requests under way at once, 1 to 4096; default 64. Requests per second = MaxInFlight / latency:
	// 64 / 64 ms = 1,000/s, the whole default rate; at 200 ms they are 320/s or 24,000 objects/s. Higher needs a larger
	// delivery.resend_window (MaxInFlight x ObjectsPerRequest at least) and sends more twice after a crash.
	MaxInFlight int `yaml:"max_in_flight"`
	// Linger is how long the oldest object waits for a request to fill, up to 1m; default 100ms: unnoticed by a person, and
	// from 750 objects/s on every request is full. Longer makes fuller requests of little traffic, and everything later.
	Linger Duration `yaml:"linger"`
	// Timeout of one attempt, up to 10m; default 30s. An attempt that times out may have been accepted and is sent again, so
	// too short a value doubles events; too long a value keeps the request's users waiting on a dead connection.
	Timeout Duration `yaml:"timeout"`
	// MaxWait bounds the wait that a 429 or 503 can ask for (X-RateLimit-Retry-After, Retry-After), 1s to 24h; default 15m.
	// Braze's windows are 3 seconds and an hour, so a longer one is rather a proxy's mistake; a wait that is cut is logged.
	// Lower asks again sooner, at one request each time; higher lets a wrong header stop the workspace for as long.
	MaxWait Duration `yaml:"max_wait"`
	// TLS adds to what https:// brings by itself. Default none.
	TLS *TLS `yaml:"tls"`
}

// Counting says what objects_per_request counts: all objects of a request (combined), or each array by itself (per_array).
type Counting string

// The values of Counting.
const (
	CountingCombined Counting = "combined"
	CountingPerArray Counting = "per_array"
)

// Rate is a limit: Requests in each interval Per.
type Rate struct {
	// Requests in each interval, at least 1.
	Requests int `yaml:"requests"`
	// Per is the interval, up to 24h.
	Per Duration `yaml:"per"`
}
