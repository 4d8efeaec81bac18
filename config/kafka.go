package config

// Kafka says where the records come from and how this process takes part in the group.
type Kafka struct {
	// Brokers are the addresses, host:port, that the cluster is found through. Required; two or three suffice, since the
	// cluster names the others, and one alone cannot be started against while it is down.
	Brokers []string `yaml:"brokers"`
	// Group is the consumer group. Required: another name is another reader, which begins at Start and sends everything again.
	Group string `yaml:"group"`
	// ClientID is how the brokers' logs, metrics and quotas call this client. Default brazebridge.
	ClientID string `yaml:"client_id"`
	// InstanceID, where set, is this member's static identity: a restart within SessionTimeout causes no rebalance. It must
	// differ between members and outlive a restart: right for a StatefulSet, wrong for a Deployment. Default none.
	InstanceID string `yaml:"instance_id"`
	// Start is where a topic without any commit in the group is read from: earliest (default, so that nothing is lost by
	// forgetting to choose) or latest.
	Start Start `yaml:"start"`
	// Protocol of the group: classic (default) or consumer (KIP-848, brokers from 4.0; the client library advises 4.3).
	Protocol Protocol `yaml:"protocol"`
	// SessionTimeout is after how long without a heartbeat a member counts as dead; classic protocol only, with consumer the
	// broker decides. Default 45s, as Kafka's own since 3.0 (KIP-735). Shorter moves a dead member's partitions sooner and
	// takes a slow network for a death; longer leaves them unread. The brokers' limits are 6s to 30m unless configured.
	SessionTimeout Duration `yaml:"session_timeout"`
	// TLS, where present, encrypts the connections to the brokers. Default none.
	TLS *TLS `yaml:"tls"`
	// SASL, where present, authenticates to them. Default none.
	SASL *SASL `yaml:"sasl"`
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

// TLS is how a connection is secured: where it is present, even empty, the connection uses TLS.
type TLS struct {
	// CAFile is a PEM file of certificate authorities, trusted in addition to the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are the client's own certificate and key in PEM, for mutual TLS: both or neither.
	CertFile string `yaml:"cert_file"`
	// KeyFile belongs to CertFile.
	KeyFile string `yaml:"key_file"`
	// ServerName is the name the server's certificate must bear, where that is not the host of its address.
	ServerName string `yaml:"server_name"`
}

// SASL authenticates to Kafka.
type SASL struct {
	// Mechanism is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. Required.
	Mechanism string `yaml:"mechanism"`
	// Username is required.
	Username string `yaml:"username"`
	// Password is required.
	Password Secret `yaml:"password"`
}

// The values of SASL.Mechanism.
const (
	MechanismPlain       = "PLAIN"
	MechanismScramSHA256 = "SCRAM-SHA-256"
	MechanismScramSHA512 = "SCRAM-SHA-512"
)

// SchemaRegistry says where the schemas are.
type SchemaRegistry struct {
	// URLs is one address or a list of replicas of one registry, tried in order. Required. A path is kept, a slash at its end
	// is not.
	URLs StringList `yaml:"url"`
	// BasicAuth and BearerToken are the two ways to authenticate; at most one. Default neither.
	BasicAuth *BasicAuth `yaml:"basic_auth"`
	// BearerToken is sent as it is.
	BearerToken Secret `yaml:"bearer_token"`
	// TLS adds to what https:// brings by itself. Default none.
	TLS *TLS `yaml:"tls"`
}

// BasicAuth is HTTP basic authentication.
type BasicAuth struct {
	// Username is required.
	Username string `yaml:"username"`
	// Password may be empty.
	Password Secret `yaml:"password"`
}
