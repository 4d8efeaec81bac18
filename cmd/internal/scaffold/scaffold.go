package scaffold

import (
	"fmt"
	"regexp"
	"strings"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

// Topic is a topic with the schema of its values, and that of its keys.
type Topic struct {
	Name   string
	Schema *schema.Schema
	Key    *schema.Schema // nil: keys are text, or there are none
}

// Options say what is to be written.
type Options struct {
	Topics []Topic
	// Registry is the URL that is written; empty: ${env:SCHEMA_REGISTRY_URL}.
	Registry string
}

const head = `# A starting point for brazebridge, written from the registered schemas. What is a guess says so: read it, then
#
#   brazebridge check --config THIS_FILE                              every mapping against its schema (offline: --schemas DIR)
#   brazebridge preview --config THIS_FILE --topic TOPIC --limit 5    what would be sent, without sending it
#   brazebridge help mapping                                          the language of what stands below topics
#   brazebridge help schema > brazebridge.schema.json                 for editors, with this as the file's first line:
#                                                                     # yaml-language-server: $schema=brazebridge.schema.json
#
# A value is a literal unless it holds ${…}: an expression over the record's fields.

kafka:
  brokers: ["${env:KAFKA_BROKER}"]          # host:port of one or more brokers
  group: braze-bridge
  start: latest                             # nothing that happened before today is sent; earliest: everything the topics hold
  # tls: {}
  # sasl: {mechanism: SCRAM-SHA-512, username: bridge, password: "${env:KAFKA_PASSWORD}"}

schema_registry:
  url: %s
  # basic_auth: {username: bridge, password: "${env:SCHEMA_REGISTRY_PASSWORD}"}

braze:
  endpoint: https://rest.iad-01.braze.com   # the REST host of your instance
  api_key: ${env:BRAZE_API_KEY}             # needs one permission: users.track

dead_letter:
  topic: braze.dead-letter                  # for records that cannot be delivered; they hold personal data

topics:
`

// Write returns the configuration. The error says which topic no mapping could be written for.
func Write(o Options) (string, error) {
	registry := "${env:SCHEMA_REGISTRY_URL}"
	if o.Registry != "" {
		registry = quoted(o.Registry)
	}
	var b strings.Builder
	b.WriteString(strings.Replace(head, "%s", registry, 1))
	for _, t := range o.Topics {
		text, err := topic(t)
		if err != nil {
			return "", err
		}
		b.WriteString("\n" + text)
	}
	return b.String(), nil
}

// plainTopic are names that no reader of YAML takes for anything but text, unless they are one of its words.
var plainTopic = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*$`)

func topicKey(name string) string {
	switch strings.ToLower(name) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return quoted(name)
	}
	if plainTopic.MatchString(name) {
		return name
	}
	return quoted(name)
}

// quotedUnlessPlain is a text as YAML takes it for text.
func quotedUnlessPlain(s string) string { return topicKey(s) }

func quoted(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

// topic writes the boldest mapping that compiles.
func topic(t Topic) (string, error) {
	var faults config.Faults
	for _, bold := range []boldness{withEcommerce, withFields, withEverything, asItIs} {
		text := propose(t, bold)
		if faults = compile(text, t); len(faults) == 0 {
			return text, nil
		}
	}
	return "", fmt.Errorf("write a mapping of topic %s: %w", t.Name, faults)
}

// compile is what the check would say of a mapping.
func compile(text string, t Topic) config.Faults {
	whole := strings.Replace(head, "%s", "http://localhost", 1) + text
	cfg, _, err := config.Parse("proposal", []byte(whole), config.ResolveLenient)
	if err != nil {
		return config.Faults{{Message: err.Error()}}
	}
	topic := cfg.Topics[0]
	_, _, faults := mapping.CompileWith(topic, t.Schema, t.Key)
	if topic.Key == config.KeyText {
		_, _, faults = mapping.Compile(topic, t.Schema)
	}
	return faults
}

type boldness int

const (
	withEcommerce  boldness = iota // recommended events where the fields suffice
	withFields                     // custom events with the fields spelled out
	withEverything                 // the key, and all fields of the record
	asItIs                         // likewise, with the fields' own names
)

// propose writes one topic.
func propose(t Topic, bold boldness) string {
	w := writer{topic: t}
	w.line("  %s:%s", topicKey(t.Name), aside("subject %s version %d", t.Schema.Subject, t.Schema.Version))
	w.identifiers = keyFields(t.Key)
	if len(w.identifiers) > 0 {
		w.line("    key: avro%s", aside("subject %s version %d", t.Key.Subject, t.Key.Version))
	}
	records := t.Schema.Root.Records()
	switch {
	case len(records) == 0 || bold >= withEverything:
		w.user("    ", nil)
		w.line("    send:")
		w.line("      - event: %s", quotedUnlessPlain(key(t.Name)))
		switch {
		case len(records) == 0:
			w.line("        properties: {content: \"${record}\"}")
		case bold == asItIs:
			w.line("        properties: {include: all}")
		default:
			w.line("        properties: {include: all, rename: snake_case}")
		}
	case len(records) == 1:
		s := changed(t.Name, records[0])
		if s == nil {
			s = subjectOf(records[0])
		}
		w.user("    ", s.fields)
		w.time("    ", s)
		w.line("    send:")
		w.rule(bold, s, "")
		w.attributes(s)
	default:
		w.user("    ", nil)
		w.line("    send:                                 # one rule for each of the topic's record types")
		for _, r := range records {
			w.rule(bold, subjectOf(r), r.Name)
		}
	}
	return w.String()
}
