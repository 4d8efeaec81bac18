package scaffold

import (
	"fmt"
	"slices"
	"strings"

	"brazebridge/schema"
)

// writer writes the lines of a topic.
type writer struct {
	strings.Builder
	topic       Topic
	identifiers []field // in an Avro key
}

func (w *writer) line(format string, args ...any) {
	_, _ = fmt.Fprintf(w, strings.TrimRight(format, " ")+"\n", args...) // a builder takes everything
}

// aside is a comment behind a line.
func aside(format string, args ...any) string {
	return "   # " + fmt.Sprintf(format, args...)
}

// user writes whose profile it is: a field that is called like an id of a user, or else the key.
func (w *writer) user(indent string, fields []field) {
	f, comment := pick(fields, isID, userNames...), ""
	switch {
	case f != nil && f.nullable:
		comment = aside("may be null: such records go to the dead-letter topic, unless a when leaves them out")
	case f != nil:
	case len(w.identifiers) > 0:
		if f = pick(w.identifiers, isID, userNames...); f == nil {
			f = &w.identifiers[0]
		}
		comment = aside("no field for it was found: is this part of the key the user's external_id in Braze?")
	default:
		f = &field{path: "kafka.key"}
		comment = aside("no field for it was found: is the record's key the user's external_id in Braze?")
	}
	w.line(`%suser: {external_id: "${%s}"}%s`, indent, f.path, comment)
	if e := pick(fields, isText, emailNames...); e != nil {
		w.line(`%s# user: [{external_id: "${%s}"}, {email: %s}]   # or by e-mail, where there is no id`, indent, f.path, called("email", e))
	}
}

// called is an expression that applies a function to what may be null, in the quotes that it needs.
func called(function string, f *field) string {
	if f.nullable {
		return fmt.Sprintf("'${%s != nil ? %s(%s) : nil}'", f.inside(), function, f.inside())
	}
	return fmt.Sprintf("'${%s(%s)}'", function, f.inside())
}

// time writes when it happened: a field that is called like that, or else the record's first timestamp. What could be a time
// and does not say so by its type is proposed in a comment.
func (w *writer) time(indent string, s *subject) {
	outer := slices.DeleteFunc(slices.Clone(s.fields), func(f field) bool { return f.depth > 0 })
	f := pick(outer, isTime, timeNames...)
	if f == nil {
		f = pick(s.fields, isTime, timeNames...)
	}
	if i := slices.IndexFunc(outer, func(f field) bool { return isTime(f.t) }); f == nil && i >= 0 {
		f = &outer[i]
	}
	switch {
	case f != nil && f.nullable:
		w.line("%stime: ${%s ?? kafka.timestamp}", indent, f.inside())
	case f != nil:
		w.line("%stime: ${%s}", indent, f.path)
	case s.clock != "":
		w.line("%stime: %s", indent, s.clock)
	default:
		w.likelyTime(indent, outer)
	}
}

// likelyTime proposes a number or a text that may be a time, as a comment.
func (w *writer) likelyTime(indent string, fields []field) {
	for i := range fields {
		f := &fields[i]
		call, what := "fromMillis", "if these are milliseconds; fromSeconds(…) takes seconds"
		if f.t.Kind == schema.String {
			call, what = "time", "if this is ISO 8601; time(…, layout) takes other forms"
		}
		if f.t.Kind != schema.Long && f.t.Kind != schema.String || !isTimely(f.names[0]) {
			continue
		}
		expression := fmt.Sprintf("${%s(%s)}", call, f.inside())
		if f.nullable {
			expression = fmt.Sprintf("'${%s != nil ? %s(%s) : kafka.timestamp}'", f.inside(), call, f.inside())
		}
		w.line("%s# time: %s%s", indent, expression, aside("%s; left out, it is the Kafka record's", what))
		return
	}
	w.line("%s# no timestamp was found, so time is the Kafka record's", indent)
}

// isTimely tells whether a name is like that of a time.
func isTimely(name string) bool {
	return slices.Contains(timeNames, name) || slices.ContainsFunc([]string{"_at", "_time", "_timestamp", "_tstamp", "_ts", "_date", "_ms", "_millis"},
		func(end string) bool { return strings.HasSuffix(name, end) })
}

// rule writes the object that a record becomes; record is the type it is for, where there are several.
func (w *writer) rule(bold boldness, s *subject, record string) {
	var r *rule
	if bold == withEcommerce {
		r = ecommerce(s)
	}
	if r == nil {
		r = plain(s)
	}
	w.line("      - event: %s%s", quotedUnlessPlain(r.event), aside("%s", r.comment))
	if record != "" {
		w.line("        record: %s", record)
		w.user("        ", s.fields)
		w.time("        ", s)
	}
	if s.condition != "" {
		w.line("        %s", s.condition)
		r.conditions = nil
	}
	for _, c := range r.conditions {
		w.line("        %s", c)
	}
	if !slices.ContainsFunc(r.properties, func(p string) bool { return !strings.HasPrefix(p, "#") }) {
		return
	}
	w.line("        properties:")
	for _, p := range r.properties {
		w.line("          %s", p)
	}
}

// attributes proposes, as comments, what a profile could be told: Braze bills each attribute each time it is sent.
func (w *writer) attributes(s *subject) {
	var found []string
	for _, c := range []struct {
		key   string
		names []string
		call  string
	}{
		{"email", emailNames, "email"}, {"phone", phoneNames, "phone"},
		{"first_name", []string{"first_name", "customer_first_name"}, ""}, {"last_name", []string{"last_name", "customer_last_name"}, ""},
	} {
		f := pick(s.fields, isText, c.names...)
		if f == nil {
			continue
		}
		value := fmt.Sprintf("${%s}", f.path)
		if c.call != "" {
			value = called(c.call, f)
		}
		found = append(found, fmt.Sprintf("      #     %s: %s", c.key, value))
	}
	if len(found) == 0 {
		return
	}
	w.line("      # - attributes:                      # Braze bills each one each time it is sent, changed or not")
	for _, line := range found {
		w.line("%s", line)
	}
	if s.condition != "" {
		w.line("      #   %s", s.condition)
	}
}
