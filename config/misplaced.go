package config

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// sectionsOf are the sections that have a key of a name, by that name. A topic's are called topics.TOPIC, and what belongs
// into its mapping is added by hand, since the mapping language is not this package's.
var sectionsOf = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	var visit func(path string, t reflect.Type)
	visit = func(path string, t reflect.Type) {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || t == nodeType.Elem() || t == secretType {
			return
		}
		for i := range t.NumField() {
			f := t.Field(i)
			switch name, option, _ := strings.Cut(f.Tag.Get("yaml"), ","); {
			case option == "inline":
				visit(path, f.Type)
			case name == "" || name == "-":
			case f.Type == topicsType:
				all[name] = append(all[name], path)
				visit("topics.TOPIC", f.Type.Elem())
			default:
				all[name] = append(all[name], path)
				visit(join(path, name), f.Type)
			}
		}
	}
	visit("", reflect.TypeFor[Config]())
	for _, name := range []string{"event", "purchase", "attributes", "properties", "when", "for_each"} {
		all[name] = append(all[name], "an entry of topics.TOPIC.send")
	}
	return all
})

// misplaced is the hint for a key that belongs somewhere else than into the section of a path; empty: it is known nowhere, or in
// too many places.
func misplaced(name, path string) string {
	if strings.HasPrefix(path, "topics.") {
		path = "topics.TOPIC"
	}
	sections := slices.DeleteFunc(slices.Clone(sectionsOf()[name]), func(s string) bool { return s == path })
	switch {
	case len(sections) == 0 || len(sections) > 3:
		return ""
	case sections[0] == "" && len(sections) == 1:
		return "it belongs to the beginning of a line, beside the other sections"
	}
	return "it belongs into " + strings.Join(sections, " or ")
}
