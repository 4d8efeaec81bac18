package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"brazebridge/cmd/internal/demo"
	"brazebridge/config"
)

func newDemoCommand(s *surroundings) *cobra.Command {
	var output output
	o := demo.Options{Stdout: s.stdout, Stderr: s.stderr}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the whole bridge on this machine, with nothing installed",
		Long: `Run the whole bridge in this process: an in-process Kafka and schema registry, a fake Braze, three topics with a shop's
made-up orders, carts and behaviour, mapped by the example configuration as it is shipped. A few records are broken on
purpose and end up in the dead-letter topic.

What becomes of the records is counted where it happens (by the generator, the bridge, the fake Braze, the dead-letter
topic and the broker) and compared record by record. If the counts don't agree, the demo says so and exits 1.`,
		Example: `  brazebridge demo
  brazebridge demo --records 100000
  brazebridge demo --serve                 # keep going; look at metrics, readiness and the fake Braze's page
  brazebridge demo --output json | tail -1 | jq .dead_letters`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			o.JSON = output == outputJSON
			return runDemo(s, o)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&o.Records, "records", "n", 10000, "how many `RECORDS` to produce; with --serve, to begin with")
	f.Float64Var(&o.Rate, "rate", 0, "`RECORDS` per second to produce (default: as fast as it goes, with --serve 50 after the first)")
	f.BoolVar(&o.Serve, "serve", false, "keep producing and running until Ctrl-C")
	f.Uint64Var(&o.Seed, "seed", 1, "of the made-up records: the same seed makes the same ones")
	output.flag(cmd)
	return cmd
}

// demoDrain is how long a demo that was interrupted may still take to see through what it has produced.
const demoDrain = 30 * time.Second

func runDemo(s *surroundings, o demo.Options) error {
	if o.Records < 1 {
		return fmt.Errorf("--records %d: at least one is needed", o.Records)
	}
	if o.Rate < 0 {
		return fmt.Errorf("--rate %g: must not be negative", o.Rate)
	}
	o.Live, o.Color = isTerminal(s.stderr), isColored(s.stdout)
	o.Connect = connectDemo
	var result *demo.Result
	err := supervise(s.signals, demoDrain, quiet, func(run, work context.Context) (err error) {
		result, err = demo.Run(run, work, o)
		return err
	})
	if err != nil {
		return failed(err)
	}
	if !result.Agree {
		return failed(fmt.Errorf("the demo's counts do not agree: %d disagreements", len(result.Faults)))
	}
	return nil
}

// connectDemo builds the bridge as run does, with its admin listener.
func connectDemo(cfg *config.Config, log io.Writer) (*demo.Bridge, error) {
	b, err := wire(cfg, nil, newLogger(log, config.Log{Level: "error", Format: "text"}))
	if err != nil {
		return nil, err
	}
	admin, err := listenAdmin(cfg.Admin.Listen, adminHandler(b.inspected()))
	if err != nil {
		b.close()
		return nil, listenFault(cfg, nil, err)
	}
	return &demo.Bridge{
		Run: b.processor.Run, Status: b.processor.Status, Accounts: b.processor.Accounts,
		Admin: admin.url,
		Close: func() {
			admin.close()
			b.close()
		},
	}, nil
}
