package integration_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The users that the broker knows, on every listener with SASL.
const (
	plainUser     = "alice"
	plainPassword = "alice-secret"
	scramUser     = "bob"
	scramPassword = "bob-secret"
)

// listener is one way to connect to the broker.
type listener struct {
	name     string
	inside   int // port in the container
	protocol string
}

// The listeners of the broker: the tests' own plain one first, then one for each way a bridge may have to connect.
var listeners = []listener{
	{"HOST", 9092, "PLAINTEXT"},
	{"TLS", 9094, "SSL"},
	{"MTLS", 9095, "SSL"},
	{"SASL", 9096, "SASL_PLAINTEXT"},
	{"SASLTLS", 9097, "SASL_SSL"},
	{"TAP", 9098, "PLAINTEXT"},
}

// broker is a Kafka of one node.
type broker struct {
	image     string
	container testcontainers.Container
	certs     *certificates
	ports     map[string]int // by listener, on this machine
	admin     *kadm.Client
	tap       *tap
	cluster   []string // the addresses of several brokers, where this is not one of a single node
}

// seeds are the addresses of the plain listeners.
func (b *broker) seeds() []string {
	if b.cluster != nil {
		return b.cluster
	}
	return []string{b.address("HOST")}
}

// replicas is how many a topic has.
func (b *broker) replicas() int16 { return int16(len(b.seeds())) }

// address is where a listener is reached from this machine.
func (b *broker) address(listener string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.ports[listener]))
}

// startBroker starts the broker, with further properties, and returns when it answers.
func startBroker(ctx context.Context, image string, certs *certificates, further map[string]string) (*broker, error) {
	b := &broker{image: image, certs: certs, ports: make(map[string]int)}
	exposed := make([]string, 0, len(listeners))
	for _, l := range listeners {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		b.ports[l.name] = port
		exposed = append(exposed, fmt.Sprintf("%d/tcp", l.inside))
	}
	var err error
	if b.tap, err = newTap(); err != nil {
		return nil, err
	}
	b.tap.open(b.address("TAP"))
	env := b.environment()
	maps.Copy(env, further)
	b.container, err = testcontainers.Run(ctx, image,
		testcontainers.WithEnv(env),
		testcontainers.WithExposedPorts(exposed...),
		testcontainers.WithHostConfigModifier(b.bindPorts),
		testcontainers.WithWaitStrategyAndDeadline(2*time.Minute, wait.ForLog("Kafka Server started").WithStartupTimeout(2*time.Minute)),
	)
	if err != nil {
		return b, fmt.Errorf("start Kafka: %w", err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.address("HOST")), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		return b, fmt.Errorf("make the admin client: %w", err)
	}
	b.admin = kadm.NewClient(client)
	return b, b.createUsers(ctx)
}

func (b *broker) terminate() error {
	if b.admin != nil {
		b.admin.Close()
	}
	var err error
	if b.tap != nil {
		err = b.tap.close()
	}
	if b.container == nil {
		return err
	}
	if wrong := testcontainers.TerminateContainer(b.container); wrong != nil {
		err = errors.Join(err, fmt.Errorf("remove Kafka's container: %w", wrong))
	}
	return err
}

// bindPorts fixes the ports on this machine: Kafka tells its clients where it is, so it must know before it starts.
func (b *broker) bindPorts(host *container.HostConfig) {
	host.PortBindings = network.PortMap{}
	for _, l := range listeners {
		host.PortBindings[network.MustParsePort(fmt.Sprintf("%d/tcp", l.inside))] = []network.PortBinding{
			{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: strconv.Itoa(b.ports[l.name])},
		}
	}
}

// environment is the broker's configuration: property a.b is KAFKA_A_B, a hyphen is three underscores.
func (b *broker) environment() map[string]string {
	inside := []string{"CONTROLLER://:9093", "BROKER://:19092"}
	outside := []string{"BROKER://localhost:19092"}
	protocols := []string{"CONTROLLER:PLAINTEXT", "BROKER:PLAINTEXT"}
	for _, l := range listeners {
		inside = append(inside, fmt.Sprintf("%s://:%d", l.name, l.inside))
		advertised := b.address(l.name)
		if l.name == "TAP" {
			advertised = b.tap.address()
		}
		outside = append(outside, fmt.Sprintf("%s://%s", l.name, advertised))
		protocols = append(protocols, l.name+":"+l.protocol)
	}
	env := map[string]string{
		"KAFKA_NODE_ID":                        "1",
		"KAFKA_PROCESS_ROLES":                  "broker,controller",
		"KAFKA_CONTROLLER_QUORUM_VOTERS":       "1@localhost:9093",
		"KAFKA_CONTROLLER_LISTENER_NAMES":      "CONTROLLER",
		"KAFKA_INTER_BROKER_LISTENER_NAME":     "BROKER",
		"KAFKA_LISTENERS":                      strings.Join(inside, ","),
		"KAFKA_ADVERTISED_LISTENERS":           strings.Join(outside, ","),
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": strings.Join(protocols, ","),

		// A topic that nobody created must be missed, not made up.
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
		// A killed member is missed after seconds, so that the next one need not be waited for.
		"KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS":             "1000",
		"KAFKA_GROUP_CONSUMER_MIN_SESSION_TIMEOUT_MS":    "1000",
		"KAFKA_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS": "300",
		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS":         "0",
		"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":         "1",
		// Its partitions are made one by one when the first group comes: the usual fifty take seconds.
		"KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS":             "3",
		"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
		"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":            "1",

		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR":            "1",

		// Small and quick to start: the tests hold a few megabytes.
		"KAFKA_HEAP_OPTS":                      "-Xms256m -Xmx256m",
		"KAFKA_LOG_CLEANER_DEDUPE_BUFFER_SIZE": "8388608",
		"KAFKA_JVM_PERFORMANCE_OPTS":           "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
	}
	maps.Copy(env, b.security())
	return env
}

// security is the part of the configuration for TLS and SASL.
func (b *broker) security() map[string]string {
	env := map[string]string{
		"KAFKA_SSL_KEYSTORE_TYPE":                  "PEM",
		"KAFKA_SSL_KEYSTORE_KEY":                   oneLine(b.certs.serverKey),
		"KAFKA_SSL_KEYSTORE_CERTIFICATE_CHAIN":     oneLine(b.certs.serverCert),
		"KAFKA_SSL_TRUSTSTORE_TYPE":                "PEM",
		"KAFKA_SSL_TRUSTSTORE_CERTIFICATES":        oneLine(b.certs.ca),
		"KAFKA_LISTENER_NAME_MTLS_SSL_CLIENT_AUTH": "required",
		"KAFKA_SASL_ENABLED_MECHANISMS":            "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",

		// Whoever comes may do everything, until a test says otherwise of a topic of its own; whoever comes without a name always may.
		"KAFKA_AUTHORIZER_CLASS_NAME":          "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND": "true",
		"KAFKA_SUPER_USERS":                    "User:ANONYMOUS",
	}
	const module = "org.apache.kafka.common.security."
	for _, name := range []string{"SASL", "SASLTLS"} {
		prefix := "KAFKA_LISTENER_NAME_" + name + "_"
		env[prefix+"PLAIN_SASL_JAAS_CONFIG"] = fmt.Sprintf(
			"%splain.PlainLoginModule required username=\"broker\" password=\"broker-secret\" user_%s=\"%s\";", module, plainUser, plainPassword)
		for _, hash := range []string{"256", "512"} {
			env[prefix+"SCRAM___SHA___"+hash+"_SASL_JAAS_CONFIG"] = module + "scram.ScramLoginModule required;"
		}
	}
	return env
}

// createUsers makes the SCRAM user; the one of PLAIN stands in the broker's configuration. Kafka takes a user only once in a
// request, so each mechanism has its own.
func (b *broker) createUsers(ctx context.Context) error {
	for _, mechanism := range []kadm.ScramMechanism{kadm.ScramSha256, kadm.ScramSha512} {
		user := kadm.UpsertSCRAM{User: scramUser, Mechanism: mechanism, Iterations: 4096, Password: scramPassword}
		answers, err := b.admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{user})
		if err == nil {
			err = answers.Error()
		}
		if err != nil {
			return fmt.Errorf("create the SCRAM user: %w", err)
		}
	}
	return nil
}

var (
	portsMu sync.Mutex
	ports   = make(map[int]bool) // given out by this process
)

// freePort returns a TCP port that nothing listens on. It lies below the range from which systems take the port of an outgoing
// connection, so that none is taken away between this call and the listening.
func freePort() (int, error) {
	portsMu.Lock()
	defer portsMu.Unlock()
	for range 200 {
		port := 20000 + rand.IntN(12000)
		if ports[port] {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("give back a port: %w", err)
		}
		ports[port] = true
		return port, nil
	}
	return 0, errors.New("find a free port: 200 were taken")
}
