package editor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"brazebridge/config"
)

type object = map[string]any

// Generate writes the schema. dir is the directory of package config's source.
func Generate(dir string) ([]byte, error) {
	src, err := readSource(dir)
	if err != nil {
		return nil, err
	}
	g := &generator{src: src}
	root := g.structure(reflect.ValueOf(*config.Default()))
	root["$schema"] = "http://json-schema.org/draft-07/schema#" // what editors know best
	root["title"] = "brazebridge configuration"
	root["required"] = []string{"kafka", "schema_registry", "braze", "dead_letter", "topics"}
	root["definitions"] = definitions()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return out.Bytes(), nil
}

type generator struct{ src *source }

// enums are the values of settings whose type is plain text, where the source does not say them of the very field.
var enums = map[string][]string{
	"Log.Level":                  {"debug", "info", "warn", "error"},
	"Log.Format":                 {"json", "text"},
	"Topic.OtherRecords":         {config.OtherRecordsHold, config.OtherRecordsFilter},
	"Topic.OnIncompatibleSchema": {config.OnIncompatibleSchemaDeadLetter, config.OnIncompatibleSchemaHold},
	"Topic.OnCheck":              {config.OnCheckRefuse, config.OnCheckRepair},
	"Topic.Key":                  {config.KeyText, config.KeyAvro, config.KeyIgnore},
	"Topic.Tombstones":           {config.TombstonesFilter, config.TombstonesMap},
}

// bounds are the least and the most that a whole number may be, where that depends on nothing else.
var bounds = map[string][2]int{
	"Workspace.ObjectsPerRequest": {1, config.MaxObjectsPerRequest},
	"Workspace.MaxInFlight":       {1, 4096},
	"Rate.Requests":               {1, 10_000_000},
	"Delivery.ResendWindow":       {1, 10_000_000},
	"Delivery.InFlightRecords":    {1, 10_000_000},
	"Flood.Of":                    {1, 1_000_000},
	"Flood.AtLeast":               {1, 1_000_000},
	"DeadLetterCreate.Partitions": {1, 10_000},
	"DeadLetterCreate.Replicas":   {1, 100},
}

// required are the settings that a section must have where it is there at all.
var required = map[string][]string{
	"Kafka": {"brokers", "group"}, "SASL": {"mechanism", "username", "password"},
	"SchemaRegistry": {"url"}, "BasicAuth": {"username"}, "DeadLetter": {"topic"},
}

// structure is a section: its settings, and no others.
func (g *generator) structure(v reflect.Value) object {
	props := object{}
	g.fields(v, props)
	out := object{"type": []string{"object", "null"}, "properties": props, "additionalProperties": false}
	if doc := g.src.types[v.Type().Name()]; doc != "" {
		out["description"] = doc
	}
	if names := required[v.Type().Name()]; names != nil {
		out["required"] = names
	}
	return out
}

func (g *generator) fields(v reflect.Value, props object) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			g.fields(v.Field(i), props)
		case name != "-" && name != "":
			props[name] = g.setting(t.Name()+"."+f.Name, v.Field(i))
		}
	}
}

// setting is one setting with what it means and its default.
func (g *generator) setting(path string, v reflect.Value) object {
	out := g.kind(path, v)
	if doc := g.src.fields[path]; doc != "" {
		out["description"] = doc
	}
	return out
}

// text is a scalar as it stands in the file: the bridge reads the source text, whatever YAML makes of it.
func text() object { return object{"type": []string{"string", "number", "boolean"}} }

// referred allows ${env:NAME} and ${file:PATH} where anything else but text is wanted.
func referred(kinds ...object) object {
	return object{"anyOf": append(kinds, object{"type": "string", "pattern": `\$\{`})}
}

func oneOf(values []string) object { return referred(object{"enum": values}) }

func (g *generator) kind(path string, v reflect.Value) object {
	withDefault := func(out object, value any) object {
		if !v.IsZero() {
			out["default"] = value
		}
		return out
	}
	switch x := v.Interface().(type) {
	case config.Secret:
		return text()
	case config.Duration:
		return withDefault(referred(object{"type": "string", "pattern": `^([0-9]+(ns|us|ms|s|m|h|d))+$`}, object{"const": 0}), x.String())
	case config.Bytes:
		size := object{"type": "string", "pattern": `^[0-9.]+ ?(KiB|MiB|GiB|kB|MB|GB)?$`}
		return withDefault(referred(object{"type": "integer", "minimum": 0}, size), x.String())
	case config.StringList:
		return object{"anyOf": []object{text(), {"type": "array", "items": text()}}}
	case config.OnStuck:
		return object{"anyOf": []object{{"const": "hold"}, g.structure(v)}, "default": "hold"}
	case *config.DeadLetterCreate:
		return object{"anyOf": []object{{"type": "boolean"}, g.structure(reflect.ValueOf(config.DeadLetterCreate{}))}, "default": false}
	case *config.Node:
		return node(path)
	case []*config.Topic:
		return object{"type": "object", "minProperties": 1, "additionalProperties": g.topic()}
	}
	return g.plain(path, v, withDefault)
}

func (g *generator) plain(path string, v reflect.Value, withDefault func(object, any) object) object {
	switch v.Kind() {
	case reflect.Pointer:
		return g.structure(reflect.Zero(v.Type().Elem()))
	case reflect.Struct:
		return g.structure(v)
	case reflect.Map:
		return object{"type": []string{"object", "null"}, "additionalProperties": g.structure(reflect.Zero(v.Type().Elem().Elem()))}
	case reflect.Slice:
		return object{"type": "array", "items": text()}
	case reflect.Int:
		number := object{"type": "integer"}
		if b, ok := bounds[path]; ok {
			number["minimum"], number["maximum"] = b[0], b[1]
		}
		return withDefault(referred(number), v.Interface())
	case reflect.Float64:
		return withDefault(referred(object{"type": "number", "exclusiveMinimum": 0, "maximum": 1}), v.Interface()) // a share
	case reflect.Bool:
		return withDefault(referred(object{"type": "boolean"}), v.Interface())
	}
	values := g.src.values[path]
	if values == nil {
		values = g.src.values[v.Type().Name()]
	}
	if values == nil {
		values = enums[path]
	}
	if values != nil {
		return withDefault(oneOf(values), v.Interface())
	}
	return withDefault(text(), v.Interface())
}

// topic is the mapping of a topic.
func (g *generator) topic() object {
	out := g.structure(reflect.ValueOf(config.Topic{}))
	out["required"] = []string{"send"} // and user, unless every rule has its own
	return out
}
