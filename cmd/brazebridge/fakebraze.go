package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"brazebridge/sink/fakebraze"
)

func newFakeBrazeCommand(s *surroundings) *cobra.Command {
	var (
		listen, counting, rate string
		o                      fakebraze.Options
	)
	cmd := &cobra.Command{
		Use:   "fake-braze",
		Short: "Serve a fake Braze to point a bridge at",
		Long: `Serve a fake of Braze's POST /users/track: its limits, its answers, its faults on demand, and profiles that show what
arrived. GET / is a page for people; /_fake/ answers JSON: stats, users, requests, faults, reset.`,
		Example: `  brazebridge fake-braze --listen 127.0.0.1:8080
  brazebridge fake-braze --api-key secret --rate 3000/3s --latency 20ms
  curl -X PUT http://127.0.0.1:8080/_fake/faults -d '[{"kind":"status","status":503,"every":20}]'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := finishFakeOptions(&o, counting, rate); err != nil {
				return err
			}
			return serveFake(s, listen, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8080", "`ADDR` to listen on; port 0 picks a free one")
	f.StringArrayVar(&o.APIKeys, "api-key", nil, "`KEY` that is accepted, repeatable (default: any)")
	f.StringVar(&counting, "counting", "combined", "what the limit of 75 objects counts: combined, or per_array")
	f.StringVar(&rate, "rate", "", "limit of requests, such as 3000/3s (default: none)")
	f.StringVar(&o.RateHeaders, "rate-headers", "epoch", "dialect of the rate-limit headers: epoch or seconds")
	f.DurationVar(&o.Latency, "latency", 0, "how long an answer takes")
	f.DurationVar(&o.ApplyDelay, "apply-delay", 0, "from accepting objects to profiles showing them")
	f.BoolVar(&o.Stateless, "stateless", false, "count only: no profiles, no request log")
	return cmd
}

// finishFakeOptions takes in the flags that are more than a value.
func finishFakeOptions(o *fakebraze.Options, counting, rate string) (err error) {
	switch counting {
	case "combined", "per_array":
		o.PerArray = counting == "per_array"
	default:
		return fmt.Errorf("--counting %s: write combined or per_array", counting)
	}
	if o.RateHeaders != "epoch" && o.RateHeaders != "seconds" {
		return fmt.Errorf("--rate-headers %s: write epoch or seconds", o.RateHeaders)
	}
	if o.Latency < 0 || o.ApplyDelay < 0 {
		return errors.New("--latency and --apply-delay must not be negative")
	}
	if rate != "" {
		o.Rate, o.RatePer, err = parseRate(rate)
	}
	return err
}

// parseRate reads REQUESTS/TIME.
func parseRate(s string) (requests int, per time.Duration, err error) {
	n, d, ok := strings.Cut(s, "/")
	requests, err1 := strconv.Atoi(n)
	per, err2 := time.ParseDuration(d)
	if !ok || err1 != nil || err2 != nil || requests < 1 || per <= 0 {
		return 0, 0, fmt.Errorf("--rate %s: write requests and a time, such as 3000/3s", s)
	}
	return requests, per, nil
}

// serveFake serves until a signal. The address that it prints is the one it listens on, whatever the port asked for.
func serveFake(s *surroundings, address string, o fakebraze.Options) error {
	fake := fakebraze.New(o)
	defer fake.Close()
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", address, cause(err))
	}
	url := "http://" + reachable(l.Addr())
	if _, err := fmt.Fprintf(s.stdout, "fake Braze listening on %s\n  POST %s/users/track\n  page for people: %s/\n", l.Addr(), url, url); err != nil {
		return failed(errors.Join(err, l.Close()))
	}
	return failed(supervise(s.signals, time.Second, quiet, func(run, _ context.Context) error {
		defer context.AfterFunc(run, fake.Close)() // what hangs on purpose is not waited for
		return fake.Serve(run, l)
	}))
}

// reachable is an address that can be opened: a listener on every interface is on this machine too.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return a.String()
}
