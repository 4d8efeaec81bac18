package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set with -ldflags "-X main.version=… -X main.commit=…"; otherwise read from what Go has built in.
var version, commit string

// build is which program this is.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

func (b build) String() string { return fmt.Sprintf("%s (commit %s, %s)", b.Version, b.Commit, b.Go) }

func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	return buildOf(version, commit, info)
}

// buildOf prefers what the linker was told over what the Go toolchain recorded; info may be nil.
func buildOf(version, commit string, info *debug.BuildInfo) build {
	b := build{Version: version, Commit: commit, Go: runtime.Version()}
	modified := false
	if info != nil {
		if b.Version == "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && b.Commit == "":
				b.Commit = s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && commit == "":
				modified = s.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = "dev"
	}
	if b.Commit == "" {
		b.Commit = "unknown"
	} else if modified {
		b.Commit += "-modified"
	}
	return b
}

func newVersionCommand(s *surroundings) *cobra.Command {
	var output output
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  brazebridge version --output json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if output == outputJSON {
				return failed(json.NewEncoder(s.stdout).Encode(thisBuild()))
			}
			_, err := fmt.Fprintf(s.stdout, "brazebridge %s\n", thisBuild())
			return failed(err)
		},
	}
	output.flag(cmd)
	return cmd
}
