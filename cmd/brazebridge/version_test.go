package main

import (
	"runtime/debug"
	"testing"
)

func TestBuildOf(t *testing.T) {
	info := func(version string, settings ...string) *debug.BuildInfo {
		b := &debug.BuildInfo{Main: debug.Module{Version: version}}
		for i := 0; i+1 < len(settings); i += 2 {
			b.Settings = append(b.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
		}
		return b
	}
	const revision = "0123456789abcdef0123"
	for _, c := range []struct {
		version, commit string
		info            *debug.BuildInfo
		want            [2]string
	}{
		{"", "", nil, [2]string{"dev", "unknown"}},
		{"1.2.0", "abc", nil, [2]string{"1.2.0", "abc"}},
		{"", "", info("(devel)"), [2]string{"dev", "unknown"}},
		{"", "", info("v1.3.0"), [2]string{"v1.3.0", "unknown"}},
		{"1.2.0", "abc", info("v9", "vcs.revision", revision, "vcs.modified", "true"), [2]string{"1.2.0", "abc"}},
		{"", "", info("(devel)", "vcs.revision", revision, "vcs.modified", "false"), [2]string{"dev", "0123456789ab"}},
		{"", "", info("(devel)", "vcs.modified", "true", "vcs.revision", revision), [2]string{"dev", "0123456789ab-modified"}},
		{"", "", info("(devel)", "vcs.revision", "0123"), [2]string{"dev", "0123"}},
	} {
		if b := buildOf(c.version, c.commit, c.info); [2]string{b.Version, b.Commit} != c.want {
			t.Errorf("%q %q %v: %v, want %v", c.version, c.commit, c.info, b, c.want)
		}
	}
}
