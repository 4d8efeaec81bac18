// Command whole measures the bridge's whole path and prints how it compares with a hand-written consumer and with its goals.
//
//	go run ./cmd/internal/bench/whole
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"brazebridge/cmd/internal/bench"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if is, err := bench.Beside(ctx, args); is {
		return err
	}
	return suite(ctx, args)
}

func suite(ctx context.Context, args []string) error {
	var s bench.Suite
	flags := flag.NewFlagSet("whole", flag.ExitOnError)
	flags.IntVar(&s.Records, "records", 0, "`RECORDS` of the backlog (default 200000, or 20000 with --quick)")
	flags.IntVar(&s.Rounds, "rounds", 0, "`ROUNDS` of which the median counts (default 3, or 1 with --quick)")
	flags.IntVar(&s.Backlog, "backlog", 0, "also carry a backlog of so many records, for the memory it takes; what is around needs 600 MB for a million")
	flags.BoolVar(&s.Quick, "quick", false, "only see that everything is carried")
	flags.StringVar(&s.Bridge, "bridge", "", "the program to measure (default: built from this source)")
	_ = flags.Parse(args) // it exits by itself
	if s.Quick {
		s.Records, s.Rounds = cmp.Or(s.Records, 20_000), cmp.Or(s.Rounds, 1)
	}
	s.Records, s.Rounds = cmp.Or(s.Records, 200_000), cmp.Or(s.Rounds, 3)
	var err error
	if s.Self, err = os.Executable(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	s.Progress = os.Stderr
	if s.Dir, err = os.MkdirTemp("", "brazebridge-bench"); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(s.Dir) }() // what is left is the system's to clear
	if s.Bridge == "" {
		s.Bridge = filepath.Join(s.Dir, "brazebridge")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", s.Bridge, "brazebridge/cmd/brazebridge").CombinedOutput(); err != nil {
			return fmt.Errorf("build the bridge: %w: %s", err, out)
		}
	}
	return s.Run(ctx, os.Stdout)
}
