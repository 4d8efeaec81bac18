package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"brazebridge/cmd/internal/demo"
)

const (
	brokers     = 3
	partitions  = 6
	customers   = 50_000
	letterTopic = "braze.dead-letter"
	hotTopic    = "shop.behaviour" // the one with a hot partition, which is the first
)

// Load says what records there are to be carried.
type Load struct {
	Records int
	Hot     Hot
}

// Hot is what comes on top of a load's records: one more for each nine of them, all in one partition.
type Hot string

// The ways to be hot.
const (
	HotUser      Hot = "user"      // all of one user
	HotPartition Hot = "partition" // of users as they come
)

// Around is where everything around the bridge is found.
type Around struct {
	Brokers  []string
	Registry string // URL
	Braze    string // URL; each run has a Braze of its own there, by its API key
	Records  int
	Objects  int64            // that the rich mapping makes of them
	Bytes    int64            // of all records' values
	Counts   map[string][]int // records by topic and partition
}

// Serve runs everything around the bridge, with a load of records to be carried, until in ends. It writes one line to out
// when all is there: an Around as JSON. It is the whole life of a process, which ends with the one that reads out.
func Serve(ctx context.Context, load Load, in io.Reader, out io.Writer) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(brokers), kfake.SeedTopics(partitions, append(demo.Topics(), letterTopic)...))
	if err != nil {
		return fmt.Errorf("start the fake Kafka: %w", err)
	}
	defer cluster.Close()
	a := Around{Brokers: cluster.ListenAddrs(), Counts: map[string][]int{}}
	if a.Registry, err = listen(srfake.NewRegistry().Handler()); err != nil {
		return fmt.Errorf("start the schema registry: %w", err)
	}
	schemas, err := demo.Register(ctx, a.Registry)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", &brazes{runs: map[string]*run{}})
	mux.HandleFunc("POST /stream", func(w http.ResponseWriter, r *http.Request) { streamed(w, r, a.Brokers, schemas) })
	if a.Braze, err = listen(mux); err != nil {
		return fmt.Errorf("start the fake Braze: %w", err)
	}
	if err = produce(ctx, &a, load, schemas); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return fmt.Errorf("say that all is there: %w", err)
	}
	_, _ = io.Copy(io.Discard, in) // however it ends
	return nil
}

// listen serves on a loopback port for as long as the process lives.
func listen(h http.Handler) (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with the process
	return "http://" + l.Addr().String(), nil
}
