package bench

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"brazebridge/deploy"
)

// Mapping is how the records become objects.
type Mapping string

// The mappings.
const (
	Plain Mapping = "plain" // every field of every record, by its path
	Rich  Mapping = "rich"  // the shipped example: conditions, expressions, a purchase for each line, attributes
)

//go:embed plain.yaml
var plainTopics string

// topics is the mapping's part of a configuration.
func (m Mapping) topics() (string, error) {
	switch m {
	case Plain:
		return plainTopics, nil
	case Rich:
		text, err := deploy.Example.ReadFile("example/brazebridge.yaml")
		if err != nil {
			return "", fmt.Errorf("read the example configuration: %w", err)
		}
		_, rest, found := strings.Cut(string(text), "\ntopics:\n")
		topics, _, ended := strings.Cut(rest, "\nadmin:\n")
		if !found || !ended {
			return "", fmt.Errorf("read the example configuration: no topics followed by admin in it")
		}
		return "topics:\n" + topics, nil
	}
	return "", fmt.Errorf("no mapping %q", string(m))
}

// configuration is the bridge's: wide enough that neither the rate nor the number of requests in flight is the limit (128
// requests of 75 objects are 96,000 objects per second at 100 ms), everything else as it comes.
func configuration(o Options, group, key string) (string, error) {
	topics, err := o.Mapping.topics()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`kafka: {brokers: ["%s"], group: %s}
schema_registry: {url: "%s"}
braze: {endpoint: "%s", api_key: "%s", rate: {requests: 100000, per: 1s}, max_in_flight: 128}
delivery: {resend_window: 20000, in_flight_records: 20000}
dead_letter: {topic: %s}
admin: {listen: "127.0.0.1:0"}
log: {level: warn, format: text}
%s`, strings.Join(o.Around.Brokers, `", "`), group, o.Around.Registry, o.Around.Braze, key, letterTopic, topics), nil
}

// keyOf is the API key by which a run gets a Braze of its own, which answers after the latency.
func keyOf(latency time.Duration, run int64) string { return fmt.Sprintf("%s/%d", latency, run) }
