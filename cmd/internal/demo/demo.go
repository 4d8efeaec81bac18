package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"brazebridge/config"
	"brazebridge/processor"
)

// Options say what to run and where to show it.
type Options struct {
	Records int     // to produce; with Serve, to begin with
	Rate    float64 // records per second; zero: as fast as it goes
	Serve   bool    // keep producing until the run ends
	Seed    uint64  // of the made-up records
	JSON    bool    // print one JSON object instead of the summary

	Stdout io.Writer // the result
	Stderr io.Writer // progress, and the bridge's log
	Color  bool      // Stdout shows colours
	Live   bool      // Stderr is a terminal: a bar instead of lines

	// Connect builds the bridge for a configuration, as the service does. Its log goes to log.
	Connect func(cfg *config.Config, log io.Writer) (*Bridge, error)
}

// Bridge is the product under demonstration.
type Bridge struct {
	Run      func(run, work context.Context) error
	Status   func() processor.Status
	Accounts func() map[string]processor.Accounts
	Admin    string // URL of its admin listener
	Close    func()
}

const (
	serveRate = 50          // records per second once the first Records are through
	stallTime = time.Minute // without one record settled: the demo gives up waiting
	tick      = 50 * time.Millisecond
)

// Run runs the demo. The result is nil where it came to none; an error says why. run ending ends the production, after
// which what was produced is still seen through; work ending gives up.
func Run(run, work context.Context, o Options) (*Result, error) {
	d := &demonstration{Options: o, seen: newArrivals(), produced: newMarks()}
	var err error
	if d.stand, err = build(work, d.seen); err != nil {
		return nil, err
	}
	defer d.stand.Close()
	d.cfg, err = d.stand.configuration()
	if err != nil {
		return nil, fmt.Errorf("load the example configuration: %w", err)
	}
	d.progress = newProgress(o)
	if d.bridge, err = o.Connect(d.cfg, d.progress); err != nil {
		return nil, fmt.Errorf("connect the bridge: %w", err)
	}
	defer d.bridge.Close()
	if err := d.play(run, work); err != nil {
		return nil, err
	}
	r, err := d.reconcile(work)
	if err != nil {
		return nil, err
	}
	return r, d.show(r)
}

// demonstration is one run.
type demonstration struct {
	Options
	stand    *stand
	cfg      *config.Config
	bridge   *Bridge
	progress *progress
	producer *producer
	seen     *arrivals
	produced *marks
	elapsed  time.Duration // from the bridge's start to the last record settled
}

// play starts the bridge, produces, waits until everything has settled, and stops the bridge.
func (d *demonstration) play(run, work context.Context) (err error) {
	d.producer, err = newProducer(d.stand, d.produced, newGenerator(d.Seed, d.Records, d.stand.schemas, time.Now))
	if err != nil {
		return err
	}
	defer d.producer.close()
	d.announce()

	started := time.Now()
	bridgeRun, stopBridge := context.WithCancel(work)
	defer stopBridge()
	bridgeDone, produceDone := make(chan error, 1), make(chan error, 1)
	go func() { bridgeDone <- d.bridge.Run(bridgeRun, work) }()
	go func() { produceDone <- d.produce(run, work) }()

	err = d.watch(work, produceDone, bridgeDone)
	d.elapsed = time.Since(started)
	d.progress.finish(d.settled())
	if errors.Is(err, errBridgeEnded) {
		return err
	}
	stopBridge()
	return errors.Join(err, wrap("stop the bridge", <-bridgeDone))
}

// produce makes the records, and with Serve goes on until run ends.
func (d *demonstration) produce(run, work context.Context) error {
	if err := d.producer.produce(run, work, d.Records, d.Rate); err != nil || !d.Serve {
		return err
	}
	rate := d.Rate
	if rate == 0 {
		rate = serveRate
	}
	return d.producer.produce(run, work, endless, rate)
}

var errBridgeEnded = errors.New("the bridge ended by itself")

// watch shows the progress until production has ended and every record is settled.
func (d *demonstration) watch(work context.Context, produceDone, bridgeDone <-chan error) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	settled, since, producing := int64(-1), time.Now(), true
	for {
		select {
		case <-work.Done():
			return fmt.Errorf("interrupted with %d of %d records settled: the bridge is %s", d.settled(), d.producer.total(), describe(d.bridge.Status()))
		case err := <-bridgeDone:
			return errors.Join(errBridgeEnded, err)
		case err := <-produceDone:
			if err != nil {
				return err
			}
			produceDone, producing, since = nil, false, time.Now()
		case <-ticker.C:
		}
		now := d.settled()
		d.progress.show(now, d.producer.total())
		if !producing && now >= d.producer.total() {
			return nil
		}
		if now != settled {
			settled, since = now, time.Now()
		} else if !producing && time.Since(since) > stallTime {
			return fmt.Errorf("%d of %d records are settled, and none in the last %s: the bridge is %s",
				now, d.producer.total(), stallTime, describe(d.bridge.Status()))
		}
	}
}

// settled is how many records the bridge has done with.
func (d *demonstration) settled() int64 {
	n := int64(0)
	for _, a := range d.bridge.Accounts() {
		n += a.Consumed - a.InFlight
	}
	return n
}

func describe(s processor.Status) string {
	text := string(s.State)
	for _, r := range s.Reasons {
		text += "; " + r.Code + ": " + r.Text
	}
	return text
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
