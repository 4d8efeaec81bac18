package config

import "time"

// Config is one bridge's whole configuration: the file over Default().
type Config struct {
	Kafka          Kafka          `yaml:"kafka"`
	SchemaRegistry SchemaRegistry `yaml:"schema_registry"`
	Braze          Braze          `yaml:"braze"`
	DeadLetter     DeadLetter     `yaml:"dead_letter"`
	Delivery       Delivery       `yaml:"delivery"`
	Admin          Admin          `yaml:"admin"`
	Log            Log            `yaml:"log"`

	// Topics are the mappings, in the order of the file.
	Topics []*Topic `yaml:"topics"`

	// File is the name the configuration was loaded from, as faults name it.
	File string `yaml:"-"`
}

// Kafka says where the records come from and how this process takes part in the group.
type Kafka struct {
	Brokers        []string `yaml:"brokers"`
	Group          string   `yaml:"group"`
	ClientID       string   `yaml:"client_id"`
	InstanceID     string   `yaml:"instance_id"`
	Start          Start    `yaml:"start"`
	Protocol       Protocol `yaml:"protocol"`
	SessionTimeout Duration `yaml:"session_timeout"`
	TLS            *TLS     `yaml:"tls"`
	SASL           *SASL    `yaml:"sasl"`
}

// Start says where a topic is read from that has no commit in the group: earliest or latest.
type Start string

// The values of Start.
const (
	StartEarliest Start = "earliest"
	StartLatest   Start = "latest"
)

// Protocol is the group protocol: classic, or consumer (KIP-848).
type Protocol string

// The values of Protocol.
const (
	ProtocolClassic  Protocol = "classic"
	ProtocolConsumer Protocol = "consumer"
)

// TLS, where present (even empty), means that the connection uses TLS.
// CAFile adds to the system's certificate authorities.
type TLS struct {
	CAFile     string `yaml:"ca_file"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"`
}

// SASL authenticates to Kafka. Mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
type SASL struct {
	Mechanism string `yaml:"mechanism"`
	Username  string `yaml:"username"`
	Password  Secret `yaml:"password"`
}

// SchemaRegistry says where the schemas are. URL is one address or a list, tried in order.
type SchemaRegistry struct {
	URLs        StringList `yaml:"url"`
	BasicAuth   *BasicAuth `yaml:"basic_auth"`
	BearerToken Secret     `yaml:"bearer_token"`
	TLS         *TLS       `yaml:"tls"`
}

// BasicAuth is HTTP basic authentication.
type BasicAuth struct {
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
}

// Braze is the default workspace, and the others by name.
type Braze struct {
	Workspace  `yaml:",inline"`
	SharedRate *Rate                 `yaml:"shared_rate"`
	Workspaces map[string]*Workspace `yaml:"workspaces"`
}

// Workspace is a Braze app group: an endpoint, a key, a limit.
type Workspace struct {
	Endpoint          string   `yaml:"endpoint"`
	APIKey            Secret   `yaml:"api_key"`
	ObjectsPerRequest int      `yaml:"objects_per_request"`
	Counting          Counting `yaml:"counting"`
	BytesPerRequest   Bytes    `yaml:"bytes_per_request"`
	Rate              Rate     `yaml:"rate"`
	MaxInFlight       int      `yaml:"max_in_flight"`
	Linger            Duration `yaml:"linger"`
	Timeout           Duration `yaml:"timeout"`
	TLS               *TLS     `yaml:"tls"`
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
	Requests int      `yaml:"requests"`
	Per      Duration `yaml:"per"`
}

// DeadLetter says where records go that cannot be delivered.
// Topic may hold an expression over kafka.*; Create is nil unless the topic is to be made when it is missing.
type DeadLetter struct {
	Topic  *Node             `yaml:"topic"`
	Create *DeadLetterCreate `yaml:"create"`
}

// DeadLetterCreate says how a missing dead-letter topic is made.
type DeadLetterCreate struct {
	Partitions int      `yaml:"partitions"`
	Replicas   int      `yaml:"replicas"`
	Retention  Duration `yaml:"retention"`
}

// Delivery bounds what is under way.
type Delivery struct {
	ResendWindow    int      `yaml:"resend_window"`
	InFlightRecords int      `yaml:"in_flight_records"`
	InFlightBytes   Bytes    `yaml:"in_flight_bytes"`
	DrainTimeout    Duration `yaml:"drain_timeout"`
	Flood           Flood    `yaml:"flood"`
	OnStuck         OnStuck  `yaml:"on_stuck"`
}

// Flood makes a topic hold when at least Share of its last Of outcomes, and at least AtLeast of them, are dead letters.
type Flood struct {
	Share   float64 `yaml:"share"`
	Of      int     `yaml:"of"`
	AtLeast int     `yaml:"at_least"`
}

// OnStuck says what becomes of a single record that fails for ever while others pass:
// it holds its partition (DeadLetterAfter is zero) or goes to the dead letters after that time.
type OnStuck struct {
	DeadLetterAfter Duration `yaml:"dead_letter_after"`
}

// Admin is the listener for metrics, probes and control.
type Admin struct {
	Listen string `yaml:"listen"`
}

// Log is the process's log: Level debug, info, warn or error; Format json or text.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Topic is how one topic's records become Braze objects.
// User, Time, Set and Send are the mapping language, compiled by package mapping against a schema; nil where absent.
type Topic struct {
	Name      string `yaml:"-"`
	Pattern   bool   `yaml:"-"` // the name is a regular expression: it began with ^
	Pos       Pos    `yaml:"-"` // of the name in the file
	Workspace string `yaml:"workspace"`
	Start     Start  `yaml:"start"` // empty: that of kafka.start

	MaxAge               Duration   `yaml:"max_age"` // zero: no limit
	Records              StringList `yaml:"record"`
	OtherRecords         string     `yaml:"other_records"`          // hold (default) or filter
	OnIncompatibleSchema string     `yaml:"on_incompatible_schema"` // dead_letter (default) or hold
	OnCheck              string     `yaml:"on_check"`               // refuse (default) or repair
	Key                  string     `yaml:"key"`                    // text (default), avro or ignore
	Tombstones           string     `yaml:"tombstones"`             // filter (default) or map

	User *Node `yaml:"user"`
	Time *Node `yaml:"time"`
	Set  *Node `yaml:"set"`
	Send *Node `yaml:"send"`
}

// Duration is a time.Duration that is written as 250ms, 3s, 5m, 2h or 14d.
type Duration time.Duration

// D is the duration as the standard library's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// Bytes is a size that is written as a plain number of bytes or with KiB, MiB, GiB, kB, MB, GB.
type Bytes int64

// StringList is one string or a list of them.
type StringList []string
