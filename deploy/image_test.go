package deploy_test

import (
	"os"
	"strings"
	"testing"
)

// instruction is one line of a Dockerfile, its continuations joined.
type instruction struct{ name, rest string }

// dockerfile reads the Dockerfile's instructions.
func dockerfile(t *testing.T) []instruction {
	t.Helper()
	content, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var instructions []instruction
	joined := strings.ReplaceAll(string(content), "\\\n", " ")
	for line := range strings.Lines(joined) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		instructions = append(instructions, instruction{name, strings.TrimSpace(rest)})
	}
	return instructions
}

// lastStage are the instructions of the image itself.
func lastStage(t *testing.T) []instruction {
	t.Helper()
	all := dockerfile(t)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].name == "FROM" {
			return all[i:]
		}
	}
	t.Fatal("the Dockerfile has no FROM")
	return nil
}

// imageUser is the image's user and group, by number.
func imageUser(t *testing.T) string {
	t.Helper()
	for _, i := range lastStage(t) {
		if i.name == "USER" {
			return i.rest
		}
	}
	t.Fatal("the image's last stage has no USER: it would run as root")
	return ""
}

func TestImageIsStaticAndNotRoot(t *testing.T) {
	if user := imageUser(t); user != "65532:65532" {
		t.Errorf("the image's user is %s, want the distroless nonroot user by number", user)
	}
	static := false
	for _, i := range dockerfile(t) {
		if i.name == "FROM" && !pinned(strings.Fields(i.rest)[0]) {
			t.Errorf("FROM %s: want a tag that stays", i.rest)
		}
		static = static || i.name == "RUN" && strings.HasPrefix(i.rest, "CGO_ENABLED=0 go build ")
	}
	if !static {
		t.Error("no instruction builds the program without C: it would not run in an image without a C library")
	}
	for _, i := range lastStage(t) {
		switch i.name {
		case "RUN":
			t.Errorf("the image's last stage runs %q: it has no shell", i.rest)
		case "ENTRYPOINT", "CMD":
			if !strings.HasPrefix(i.rest, "[") {
				t.Errorf("%s %s needs a shell: write a list", i.name, i.rest)
			}
		}
	}
}

// A build without this would send everything in the tree to the builder, the local configuration and its secrets too.
func TestBuildContextLeavesOut(t *testing.T) {
	content, err := os.ReadFile("Dockerfile.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(content), "\n")
	for _, want := range []string{".git", "**/*.key", "**/*.env"} {
		found := false
		for _, line := range lines {
			found = found || line == want
		}
		if !found {
			t.Errorf("Dockerfile.dockerignore does not leave out %s", want)
		}
	}
}
