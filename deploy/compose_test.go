package deploy_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"brazebridge/config"
)

func compose(t *testing.T) tree {
	t.Helper()
	return readTrees(t, "compose.yaml")[0]
}

func exampleText(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("example/brazebridge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// example is the example configuration as the bridge reads it.
func example(t *testing.T) *config.Config {
	t.Helper()
	cfg, _, err := config.Parse("brazebridge.yaml", []byte(exampleText(t)), config.ResolveLenient)
	if err != nil {
		t.Fatalf("the example has faults: %v", err)
	}
	return cfg
}

// Nothing in the chain has a password, so no port may be published beyond this machine; and an image that moves breaks it one day.
func TestComposePublishesToThisMachineAlone(t *testing.T) {
	d := compose(t)
	services, ok := d.find("services").(map[string]any)
	if !ok || len(services) == 0 {
		t.Fatal("compose.yaml has no services")
	}
	published := 0
	for name := range services {
		if image := d.text("services/" + name + "/image"); !pinned(image) {
			t.Errorf("the image of %s, %s, has no tag that stays", name, image)
		}
		if d.find("services/"+name+"/ports") == nil {
			continue
		}
		for _, port := range d.list("services/" + name + "/ports") {
			if published++; !strings.HasPrefix(fmt.Sprint(port), "127.0.0.1:") {
				t.Errorf("%s publishes %v to the network", name, port)
			}
		}
	}
	if published == 0 {
		t.Error("no port is published: nobody could look at anything")
	}
}

// The example takes its addresses from the environment: the chain must set each of them, and nothing that is not asked for.
func TestComposeSetsWhatTheExampleAsksFor(t *testing.T) {
	var asked []string
	for line := range strings.Lines(exampleText(t)) {
		// A comment is what stands after a blank and #.
		line, _, _ = strings.Cut(line, " #")
		for _, found := range regexp.MustCompile(`\$\{env:(\w+)\}`).FindAllStringSubmatch(line, -1) {
			asked = append(asked, found[1])
		}
	}
	set := make([]string, 0, len(asked))
	for name := range compose(t).labels("services/bridge/environment") {
		set = append(set, name)
	}
	slices.Sort(asked)
	slices.Sort(set)
	if len(asked) == 0 || !slices.Equal(asked, set) {
		t.Errorf("the example asks for %v, the chain sets %v", asked, set)
	}
}

// Nothing creates a topic by itself in this chain, so each one of the example must be made.
func TestComposePreparesTheTopicsOfTheExample(t *testing.T) {
	cfg := example(t)
	prepared := strings.Fields(compose(t).text("services/prepare/environment/TOPICS"))
	want := []string{cfg.DeadLetter.Topic.Text}
	for _, topic := range cfg.Topics {
		want = append(want, topic.Name)
		if _, err := os.Stat("example/schemas/" + topic.Name + "-value.avsc"); err != nil {
			t.Errorf("the topic %s has no schema to be registered: %v", topic.Name, err)
		}
	}
	slices.Sort(prepared)
	slices.Sort(want)
	if !slices.Equal(prepared, want) {
		t.Errorf("prepared are %v, want %v", prepared, want)
	}
}

// The bridge gets the time that its drain takes.
func TestComposeOutlivesTheDrain(t *testing.T) {
	grace, err := time.ParseDuration(compose(t).text("services/bridge/stop_grace_period"))
	if err != nil {
		t.Fatal(err)
	}
	if drain := example(t).Delivery.DrainTimeout.D(); grace < drain+10*time.Second {
		t.Errorf("the bridge has %s to end, want at least 10s more than the drain's %s", grace, drain)
	}
}

// The image carries the example with the admin listener open to the container's network; the build edits this very line.
func TestImageOpensTheAdminListenerOfTheExample(t *testing.T) {
	port := compose(t).text("services/bridge/ports/0")
	want := "listen: 127.0.0.1:" + port[strings.LastIndex(port, ":")+1:]
	if n := strings.Count(exampleText(t), want); n != 1 {
		t.Errorf("the example holds %q %d times, want once", want, n)
	}
	edited := strings.Replace(exampleText(t), "127.0.0.1:9464", "0.0.0.0:9464", 1)
	cfg, _, err := config.Parse("brazebridge.yaml", []byte(edited), config.ResolveLenient)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Admin.Listen != "0.0.0.0:"+strconv.Itoa(9464) {
		t.Errorf("the edited example listens on %s", cfg.Admin.Listen)
	}
}
