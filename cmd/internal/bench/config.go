package bench

import (
	_ "embed"
	"fmt"
	"strings"

	"brazebridge/deploy"
)

// Mapping is how the records become objects.
type Mapping string

// The mappings.
const (
	Plain  Mapping = "plain"  // every field of every record, by its path
	Traced Mapping = "traced" // the plain one, and each object says which record it comes from and when that was appended
	Rich   Mapping = "rich"   // the shipped example: conditions, expressions, a purchase for each line, attributes
)

//go:embed plain.yaml
var plainTopics string

// topics is the mapping's part of a configuration.
func (m Mapping) topics() (string, error) {
	switch m {
	case Plain:
		return plainTopics, nil
	case Traced:
		const properties = "        properties:\n"
		return strings.ReplaceAll(plainTopics, properties, properties+tracedProperties), nil
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

// tracedProperties are in the order in which the fake looks for them.
const tracedProperties = `          trace_from: ${kafka.topic}/${kafka.partition}/${kafka.offset}
          trace_at: ${kafka.timestamp}
`

// configuration is the bridge's: wide enough that neither the rate nor the number of requests in flight is the limit (128
// requests of 75 objects are 96,000 objects per second at 100 ms) where the run does not want them to be, everything else
// as it comes.
func (r *running) configuration() (string, error) {
	o := r.o
	topics, err := o.Mapping.topics()
	if err != nil {
		return "", err
	}
	limits := "rate: {requests: 100000, per: 1s}, max_in_flight: 128"
	if o.Rate > 0 {
		limits = fmt.Sprintf("rate: {requests: %d, per: 1s}", o.Rate)
	}
	workspaces := ""
	if o.Slow != nil {
		workspaces = fmt.Sprintf(`, workspaces: {orders: {endpoint: "%s", api_key: "%s", %s}}`, o.Around.Braze, r.slowKey, limits)
		topics = strings.Replace(topics, "  shop.orders:\n", "  shop.orders:\n    workspace: orders\n", 1)
	}
	return fmt.Sprintf(`kafka: {brokers: ["%s"], group: %s}
schema_registry: {url: "%s"}
braze: {endpoint: "%s", api_key: "%s", %s%s}
delivery: {resend_window: 20000}
dead_letter: {topic: %s}
admin: {listen: "%s"}
log: {level: warn, format: text}
%s`, strings.Join(o.Around.Brokers, `", "`), r.group, o.Around.Registry, o.Around.Braze, r.key, limits, workspaces, letterTopic, r.admin, topics), nil
}
