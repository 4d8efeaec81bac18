package scaffold

import (
	"fmt"
	"regexp"
	"strings"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

// Topic is a topic with the schema of its values.
type Topic struct {
	Name   string
	Schema *schema.Schema
}

// Options say what is to be written.
type Options struct {
	Topics []Topic
	// Registry is the URL that is written; empty: ${env:SCHEMA_REGISTRY_URL}.
	Registry string
}

const head = `# A starting point for brazebridge, written from the registered schemas. What is a guess says so: read it, then
#
#   brazebridge check --config THIS_FILE                              every mapping against its schema
#   brazebridge preview --config THIS_FILE --topic TOPIC --limit 5    what would be sent, without sending it
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

func quoted(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

// topic writes the boldest mapping that compiles.
func topic(t Topic) (string, error) {
	var faults config.Faults
	for _, bold := range []boldness{withEcommerce, withFields, withEverything} {
		text := propose(t, bold)
		if faults = compile(text, t.Schema); len(faults) == 0 {
			return text, nil
		}
	}
	return "", fmt.Errorf("write a mapping of topic %s: %w", t.Name, faults)
}

// compile is what the check would say of a mapping.
func compile(text string, s *schema.Schema) config.Faults {
	whole := strings.Replace(head, "%s", "http://localhost", 1) + text
	cfg, _, err := config.Parse("proposal", []byte(whole), config.ResolveLenient)
	if err != nil {
		return config.Faults{{Message: err.Error()}}
	}
	_, _, faults := mapping.Compile(cfg.Topics[0], s)
	return faults
}

type boldness int

const (
	withEcommerce  boldness = iota // recommended events where the fields suffice
	withFields                     // custom events with the fields spelled out
	withEverything                 // nothing but the key and the record as it is
)

// propose writes one topic.
func propose(t Topic, bold boldness) string {
	var w writer
	w.line("  %s:%s", topicKey(t.Name), w.aside("subject %s version %d", t.Schema.Subject, t.Schema.Version))
	records := recordsOf(t.Schema.Root)
	if len(records) == 0 || bold == withEverything {
		w.line("    user: {external_id: \"${kafka.key}\"}  # is the record's key the user's external_id in Braze?")
		w.line("    send:")
		if len(records) == 0 {
			w.line("      - event: %s", key(t.Name))
			w.line("        properties: {content: \"${record}\"}")
		} else {
			w.line("      - event: %s", key(t.Name))
			w.line("        properties: {include: all, rename: snake_case}")
		}
		return w.String()
	}
	if len(records) == 1 {
		fields := fieldsOf(records[0], "")
		w.user("    ", fields)
		w.time("    ", fields)
		w.line("    send:")
		w.rule(bold, records[0], fields, "")
		w.attributes(fields)
		return w.String()
	}
	w.line("    user: {external_id: \"${kafka.key}\"}  # for records whose rule below names no user of its own")
	w.line("    send:                                 # one rule for each of the topic's record types")
	for _, r := range records {
		w.rule(bold, r, fieldsOf(r, ""), r.Name)
	}
	return w.String()
}

// recordsOf are the record types that values may be.
func recordsOf(root *schema.Type) []*schema.Type {
	var out []*schema.Type
	for _, t := range append([]*schema.Type{root}, root.Branches...) {
		if t.Kind == schema.Record {
			out = append(out, t)
		}
	}
	return out
}

// writer writes lines.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) {
	_, _ = fmt.Fprintf(w, strings.TrimRight(format, " ")+"\n", args...) // a builder takes everything
}

// aside is a comment behind a line.
func (w *writer) aside(format string, args ...any) string {
	return "   # " + fmt.Sprintf(format, args...)
}

func (w *writer) user(indent string, fields []field) {
	f := pick(fields, isID, userNames...)
	comment := ""
	switch {
	case f == nil:
		w.line("%suser: {external_id: \"${kafka.key}\"}%s", indent, w.aside("no field for it was found: is the record's key the user's external_id in Braze?"))
	default:
		if f.nullable {
			comment = w.aside("may be null: such records go to the dead-letter topic, unless a when leaves them out")
		}
		w.line("%suser: {external_id: \"${%s}\"}%s", indent, f.path, comment)
	}
	if e := pick(fields, isText, emailNames...); e != nil {
		w.line("%s# or by e-mail, where there is no id: user: [{external_id: \"…\"}, {email: \"${email(%s)}\"}]", indent, e.path)
	}
}

func (w *writer) time(indent string, fields []field) {
	f := pick(fields, isTime, timeNames...)
	if f == nil {
		for i := range fields {
			if isTime(fields[i].t) && !strings.Contains(fields[i].path, ".") {
				f = &fields[i]
				break
			}
		}
	}
	switch {
	case f == nil:
		w.line("%s# time: ${…}%s", indent, w.aside("no timestamp was found: it is the Kafka record's; time(…), fromMillis(…) and fromSeconds(…) make one of text and numbers"))
	case f.nullable:
		w.line("%stime: ${%s ?? kafka.timestamp}", indent, f.path)
	default:
		w.line("%stime: ${%s}", indent, f.path)
	}
}

func (w *writer) rule(bold boldness, root *schema.Type, fields []field, record string) {
	var r *rule
	if bold == withEcommerce {
		r = ecommerce(root, fields)
	}
	if r == nil {
		r = plain(root, fields)
	}
	w.line("      - event: %s%s", r.event, w.aside("%s", r.comment))
	if record != "" {
		w.line("        record: %s", record)
		w.user("        ", fields)
		w.time("        ", fields)
	}
	for _, c := range r.conditions {
		w.line("        %s", c)
	}
	written := 0
	for _, p := range r.properties {
		if !strings.HasPrefix(p, "#") {
			written++
		}
	}
	if written == 0 {
		return
	}
	w.line("        properties:")
	for _, p := range r.properties {
		w.line("          %s", p)
	}
}

// attributes proposes, as comments, what a profile could be told: Braze bills each attribute each time it is sent.
func (w *writer) attributes(fields []field) {
	var found []string
	for _, c := range []struct {
		key   string
		names []string
		call  string
	}{{"email", emailNames, "email(%s)"}, {"phone", phoneNames, "phone(%s)"}, {"first_name", []string{"first_name", "customer_first_name"}, "%s"}, {"last_name", []string{"last_name", "customer_last_name"}, "%s"}} {
		if f := pick(fields, isText, c.names...); f != nil {
			found = append(found, fmt.Sprintf("      #     %s: ${%s}", c.key, fmt.Sprintf(c.call, f.path)))
		}
	}
	if len(found) == 0 {
		return
	}
	w.line("      # - attributes:                      # Braze bills each one each time it is sent, changed or not")
	for _, line := range found {
		w.line("%s", line)
	}
}
