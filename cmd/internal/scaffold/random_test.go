package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"brazebridge/cmd/internal/check"
	"brazebridge/config"
	"brazebridge/schema"
)

// hostile are names of fields and records that mean something to YAML, to the mapping language, to expressions or to this
// package itself.
var hostile = strings.Fields(`kafka record item key topic when include exclude rename extra for_each as value user time set send
	type in not and or let nil true false null len all any none map filter count sum matches contains startsWith
	y n yes no on off Null TRUE e1 _ __ A ID id if else string int date now
	user_id customerId customer_id email customer phone status order_id orderId total amount currency items lines products sku quantity price
	created_at ts ts_ms timestamp updated before after op name title url app-id x.y 1st`)

// maker makes schemas at random.
type maker struct {
	*rand.Rand
	named []string // records that may be referred to
	n     int
}

func (m *maker) one(of ...string) string { return of[m.IntN(len(of))] }

func (m *maker) typeAt(depth int) any {
	obj := func(kv ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i].(string)] = kv[i+1]
		}
		return out
	}
	n := m.IntN(22)
	if depth > 3 {
		n = m.IntN(12)
	}
	switch n {
	case 0, 1, 2:
		return m.one("string", "string", "int", "long", "float", "double", "boolean", "bytes", "null")
	case 3, 4:
		return obj("type", "long", "logicalType", m.one("timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-millis", "time-micros"))
	case 5:
		return obj("type", "int", "logicalType", m.one("date", "time-millis"))
	case 6:
		return obj("type", "bytes", "logicalType", "decimal", "precision", 9, "scale", m.IntN(4))
	case 7:
		return obj("type", "string", "logicalType", "uuid")
	case 8:
		m.n++
		return obj("type", "fixed", "name", fmt.Sprint("F", m.n), "size", 12, "logicalType", m.one("duration", "decimal", "nothing"), "precision", 5)
	case 9, 10:
		m.n++
		return obj("type", "enum", "name", fmt.Sprint("E", m.n), "symbols", m.symbols())
	case 11:
		if len(m.named) > 0 {
			return []any{"null", m.one(m.named...)}
		}
		return "string"
	case 12, 13, 14:
		return obj("type", "array", "items", m.typeAt(depth+1))
	case 15:
		return obj("type", "map", "values", m.typeAt(depth+1))
	case 16, 17, 18:
		return m.record(depth + 1)
	case 19:
		return []any{"null", m.record(depth + 1)}
	case 20:
		return []any{m.record(depth + 1), "null", m.record(depth + 1), "string"}
	}
	return []any{m.one("null", "int"), m.one("string", "double", "boolean")}
}

func (m *maker) symbols() []string {
	all := []string{"PLACED", "created", "NEW", "true", "null", "no", "A1", "_", "VIEWED", "refunded"}
	m.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:1+m.IntN(5)]
}

func (m *maker) record(depth int) map[string]any {
	m.n++
	name := fmt.Sprintf("%s%d", m.one("Order", "Cart", "Checkout", "ProductView", "Refund", "Envelope", "null", "Yes", "record", "X"), m.n)
	full := m.one("", "com.shop.", "a.b-c.") + name
	m.named = append(m.named, full)
	var fields []any
	seen := map[string]bool{}
	for range m.IntN(9) {
		f := m.one(hostile...)
		if seen[f] {
			continue
		}
		seen[f] = true
		fields = append(fields, map[string]any{"name": f, "type": m.typeAt(depth)})
	}
	if fields == nil {
		fields = []any{}
	}
	return map[string]any{"type": "record", "name": full, "fields": fields}
}

// root is what values, or keys, of a topic may be.
func (m *maker) root() any {
	switch m.IntN(8) {
	case 0:
		return m.typeAt(0)
	case 1:
		return []any{m.record(0), m.record(0), m.record(0)}
	case 2:
		row := m.record(1)
		return map[string]any{"type": "record", "name": "Envelope", "fields": []any{
			map[string]any{"name": "before", "type": []any{"null", row}}, map[string]any{"name": "after", "type": []any{"null", row["name"]}},
			map[string]any{"name": "op", "type": m.one("string", "int")}, map[string]any{"name": "ts_ms", "type": []any{"null", m.one("long", "string")}},
		}}
	}
	return m.record(0)
}

// schemas are those of a topic.
type schemas map[string]*schema.Schema

func (s schemas) Latest(_ context.Context, subject string) (*schema.Schema, error) {
	if s[subject] == nil {
		return nil, schema.ErrUnknownSubject
	}
	return s[subject], nil
}

func (s schemas) Versions(ctx context.Context, subject string) ([]*schema.Schema, error) {
	one, err := s.Latest(ctx, subject)
	return []*schema.Schema{one}, err
}

func (s schemas) Subjects(context.Context) ([]string, error) {
	var all []string
	for name := range s {
		all = append(all, name)
	}
	return all, nil
}

func (m *maker) schema(t *testing.T, subject string) *schema.Schema {
	t.Helper()
	text, err := json.Marshal(m.root())
	if err != nil {
		t.Fatal(err)
	}
	s, err := schema.Parse(string(text))
	if err != nil {
		return nil // such as a union of two strings
	}
	s.Subject, s.Version = subject, 1
	return s
}

// The proposals in comments, and what stands in their way once they are taken.
var (
	proposal   = regexp.MustCompile(`^( *)# ((time|user|when): .*)$`)
	userLine   = regexp.MustCompile(`^ *user: `)
	attributes = regexp.MustCompile(`^( *)# ( *(- attributes:|    \w+: |  when: ).*)$`)
)

// taken is a text with every proposal of one kind taken.
func taken(text, kind string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if m := proposal.FindStringSubmatch(line); m != nil && m[3] == kind {
			if kind == "user" && userLine.MatchString(out[len(out)-1]) {
				out = out[:len(out)-1]
			}
			line = m[1] + m[2]
		} else if m := attributes.FindStringSubmatch(line); m != nil && kind == "attributes" {
			line = m[1] + m[2]
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func checked(t *testing.T, text string, s schemas) (config.Faults, config.Faults) {
	t.Helper()
	cfg, _, err := config.Parse("bridge.yaml", []byte(text), config.ResolveLenient)
	if err != nil {
		return config.Faults{{Message: err.Error()}}, nil
	}
	r, err := check.Run(t.Context(), check.Options{Config: cfg, Schemas: s})
	if err != nil {
		t.Fatal(err)
	}
	return r.Faults, r.Warnings
}

// Whatever the schemas of a topic are, what is written for it passes the check, as it is and with its proposals taken.
func TestAnySchemaPassesCheck(t *testing.T) {
	n, keyed, proposals := 1500, 0, 0
	if testing.Short() {
		n = 200
	}
	for seed := range uint64(n) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 7))}
		topic := m.one("shop.orders", "db.inventory.customers", "no", "1", "a-b_c", "null")
		s := schemas{}
		if s[topic+"-value"] = m.schema(t, topic+"-value"); s[topic+"-value"] == nil {
			continue
		}
		m.named = nil
		if key := m.schema(t, topic+"-key"); key != nil && m.IntN(2) == 0 {
			s[topic+"-key"] = key
		}
		text, err := Write(Options{Topics: []Topic{{Name: topic, Schema: s[topic+"-value"], Key: s[topic+"-key"]}}})
		if err != nil {
			t.Errorf("seed %d: %v: %s", seed, err, s[topic+"-value"].Text)
			continue
		}
		if strings.Contains(text, "key: avro") {
			keyed++
		}
		if faults, _ := checked(t, text, s); len(faults) > 0 {
			t.Errorf("seed %d: %v\n%s", seed, faults, text)
		}
		for _, kind := range []string{"time", "user", "when", "attributes"} {
			changed := taken(text, kind)
			if changed == text {
				continue
			}
			proposals++
			if faults, _ := checked(t, changed, s); len(faults) > 0 {
				t.Errorf("seed %d, with the proposals for %s: %v\n%s", seed, kind, faults, changed)
			}
		}
	}
	if keyed < n/50 || proposals < n/10 {
		t.Errorf("only %d topics with Avro keys and %d proposals taken, of %d", keyed, proposals, n)
	}
}

// A name that only brackets reach is not lost.
func TestHostileNamesAreThere(t *testing.T) {
	topic := topicOf(t, "web", record("Hit", str("app-id", "plain")))
	text, err := Write(Options{Topics: []Topic{topic}})
	if err != nil || !strings.Contains(text, `app_id: ${record["app-id"]}`) {
		t.Errorf("%v: %s", err, text)
	}
	if slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasSuffix(line, " ") }) {
		t.Error("a line ends with a blank")
	}
}
