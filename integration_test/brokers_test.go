package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tcnetwork "github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// nodes is how many brokers a cluster has: as many as replicas, so that each has everything.
const nodes = 3

// cluster is a Kafka of three brokers.
type cluster struct {
	broker     // of which only the image, the addresses and the admin client are used
	containers [nodes]testcontainers.Container
}

// startCluster starts the brokers, all at once, since none gets ready alone, with further properties.
func startCluster(t *testing.T, s *suite, further map[string]string) *cluster {
	t.Helper()
	c := &cluster{broker: broker{image: s.kafka.image, ports: make(map[string]int)}}
	on, err := tcnetwork.New(t.Context())
	if err != nil {
		t.Fatalf("make the brokers' network: %v", err)
	}
	testcontainers.CleanupNetwork(t, on)
	for range nodes {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		c.broker.cluster = append(c.broker.cluster, fmt.Sprintf("127.0.0.1:%d", port))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var errs [nodes]error
	var all sync.WaitGroup
	for i := range nodes {
		all.Go(func() { c.containers[i], errs[i] = c.startNode(ctx, i, on, further) })
	}
	all.Wait()
	for _, node := range c.containers {
		testcontainers.CleanupContainer(t, node)
	}
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatalf("start the brokers: %v", err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.seeds()...), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		t.Fatalf("make the admin client: %v", err)
	}
	t.Cleanup(client.Close)
	c.admin = kadm.NewClient(client)
	return c
}

func (c *cluster) startNode(ctx context.Context, i int, on *testcontainers.DockerNetwork, further map[string]string) (testcontainers.Container, error) {
	const inside = "9092/tcp"
	alias := fmt.Sprintf("kafka-%d", i+1)
	env := map[string]string{
		"KAFKA_NODE_ID":                        strconv.Itoa(i + 1),
		"KAFKA_PROCESS_ROLES":                  "broker,controller",
		"KAFKA_CONTROLLER_QUORUM_VOTERS":       "1@kafka-1:9093,2@kafka-2:9093,3@kafka-3:9093",
		"KAFKA_CONTROLLER_LISTENER_NAMES":      "CONTROLLER",
		"KAFKA_INTER_BROKER_LISTENER_NAME":     "BROKER",
		"KAFKA_LISTENERS":                      "CONTROLLER://:9093,BROKER://:19092,HOST://:9092",
		"KAFKA_ADVERTISED_LISTENERS":           fmt.Sprintf("BROKER://%s:19092,HOST://%s", alias, c.seeds()[i]),
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,HOST:PLAINTEXT",
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE":      "false",
		"KAFKA_DEFAULT_REPLICATION_FACTOR":     "3",
		"KAFKA_MIN_INSYNC_REPLICAS":            "2",
		"KAFKA_BROKER_SESSION_TIMEOUT_MS":      "3000",
		"KAFKA_BROKER_HEARTBEAT_INTERVAL_MS":   "500",
		"KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS":   "1000",

		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
		"KAFKA_HEAP_OPTS":                        "-Xms256m -Xmx256m",
		"KAFKA_LOG_CLEANER_DEDUPE_BUFFER_SIZE":   "8388608",
		"KAFKA_JVM_PERFORMANCE_OPTS":             "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
	}
	for _, own := range []string{"OFFSETS_TOPIC", "TRANSACTION_STATE_LOG", "SHARE_COORDINATOR_STATE_TOPIC"} {
		env["KAFKA_"+own+"_REPLICATION_FACTOR"], env["KAFKA_"+own+"_NUM_PARTITIONS"], env["KAFKA_"+own+"_MIN_ISR"] = "3", "3", "2"
	}
	for k, v := range further {
		env[k] = v
	}
	return testcontainers.Run(ctx, c.image, testcontainers.WithEnv(env), testcontainers.WithExposedPorts(inside),
		tcnetwork.WithNetwork([]string{alias}, on),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.PortBindings = network.PortMap{network.MustParsePort(inside): []network.PortBinding{
				{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: strings.TrimPrefix(c.seeds()[i], "127.0.0.1:")},
			}}
		}),
		testcontainers.WithWaitStrategyAndDeadline(4*time.Minute, wait.ForLog("Kafka Server started").WithStartupTimeout(4*time.Minute)))
}

// outOfSync says which partitions lack replicas in sync, empty where none do.
func (c *cluster) outOfSync(ctx context.Context) string {
	topics, err := c.admin.ListTopicsWithInternal(ctx)
	if err != nil {
		return err.Error()
	}
	var open []string
	topics.EachPartition(func(p kadm.PartitionDetail) {
		if len(p.ISR) < nodes {
			open = append(open, fmt.Sprintf("%s/%d %v", p.Topic, p.Partition, p.ISR))
		}
	})
	return strings.Join(open, ", ")
}

// Three brokers, each killed and started again in turn under load, so that each partition, the group's coordinator and the
// controller lose their leader: nothing is lost, no hand is needed, and no innocent record becomes a letter.
func TestLeadersKilledInTurn(t *testing.T) {
	t.Parallel()
	shared := needSuite(t)
	c := startCluster(t, shared, nil)
	s := *shared
	s.kafka = &c.broker
	w := newWorld(t, &s, worldOptions{})
	options := w.settings()
	options.ResendWindow = 2000
	b := w.start("a", options)
	load := w.startLoad(3, 3000)
	docker, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil {
		t.Fatalf("reach Docker: %v", err)
	}
	var longest time.Duration
	for i, node := range c.containers {
		w.progress(500)
		if _, err := docker.ContainerKill(t.Context(), node.GetContainerID(), client.ContainerKillOptions{Signal: "KILL"}); err != nil {
			t.Fatalf("kill broker %d: %v", i+1, err)
		}
		began := time.Now()
		w.progress(200)
		longest = max(longest, time.Since(began))
		// Long enough for the others to take over everything.
		time.Sleep(5 * time.Second)
		if _, err := docker.ContainerStart(t.Context(), node.GetContainerID(), client.ContainerStartOptions{}); err != nil {
			t.Fatalf("start broker %d again: %v", i+1, err)
		}
		w.until(fmt.Sprintf("everything in sync after broker %d came back", i+1), func() (bool, string) {
			open := c.outOfSync(t.Context())
			return open == "", open
		})
	}
	w.progress(500)
	sent := load.stop()
	w.waitArrived(sent)
	w.waitCommitted()
	b.waitReady()
	b.stop()
	w.braze.checkNothingElse(t, sent)
	w.braze.checkOrder(t)
	w.checkNoLetters()
	w.checkAudit(options)
	again := w.braze.again()
	if again > nodes*options.ResendWindow {
		t.Errorf("%d records were sent again, want at most %d for each broker that was killed", again, options.ResendWindow)
	}
	t.Logf("%d records, %d sent again; the longest wait for the next objects after a kill was %s", len(sent), again, longest.Round(time.Millisecond))
}

// progress returns when so many more objects have arrived.
func (w *world) progress(objects int) {
	w.t.Helper()
	want := w.braze.objects() + objects
	w.until(fmt.Sprintf("%d more objects", objects), func() (bool, string) {
		n := w.braze.objects()
		return n >= want, fmt.Sprintf("%d of %d", n, want)
	})
}
