package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// loadReference loads the reference configuration with its variables and files filled in.
func loadReference(t *testing.T, change func(string) string) *Config {
	t.Helper()
	data, err := os.ReadFile("../deploy/reference.yaml")
	if err != nil {
		t.Fatal(err)
	}
	secrets := t.TempDir()
	for _, name := range []string{"kafka-password", "braze-api-key", "braze-loyalty-api-key"} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte("of "+name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"POD_NAME", "REGISTRY_PASSWORD", "REGISTRY_TOKEN"} {
		t.Setenv(name, "of "+name)
	}
	text := change(strings.ReplaceAll(string(data), "/run/secrets", secrets))
	cfg, warnings, err := Parse("reference.yaml", []byte(text), ResolveAll)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("err %v, warnings %v", err, warnings)
	}
	return cfg
}

// TestReferenceSetsEveryField walks through the types of Config and finds each field set somewhere in the reference, so that a
// new field cannot be left out of it.
func TestReferenceSetsEveryField(t *testing.T) {
	basic := loadReference(t, func(s string) string { return s })
	bearer := loadReference(t, func(s string) string {
		before, rest, _ := strings.Cut(s, "  basic_auth:")
		_, after, found := strings.Cut(rest, "  # bearer_token:")
		if !found {
			t.Fatal("no bearer_token in the reference")
		}
		return before + "  bearer_token:" + after
	})
	all, set := map[string]bool{}, map[string]bool{}
	fieldsBelow(reflect.TypeFor[Config](), all)
	setBelow(reflect.ValueOf(basic), set)
	setBelow(reflect.ValueOf(bearer), set)
	for field := range all {
		if !set[field] {
			t.Errorf("%s is set nowhere in deploy/reference.yaml", field)
		}
	}
	if len(all) < 60 {
		t.Errorf("only %d fields found: the walk is broken", len(all))
	}
}

func opaque(t reflect.Type) bool { return t == nodeType.Elem() || t == secretType }

func fieldsBelow(t reflect.Type, into map[string]bool) {
	switch {
	case opaque(t):
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		fieldsBelow(t.Elem(), into)
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			into[t.Name()+"."+t.Field(i).Name] = true
			fieldsBelow(t.Field(i).Type, into)
		}
	}
}

func setBelow(v reflect.Value, into map[string]bool) {
	switch {
	case opaque(v.Type()):
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			setBelow(v.Elem(), into)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			setBelow(v.Index(i), into)
		}
	case v.Kind() == reflect.Map:
		for _, k := range v.MapKeys() {
			setBelow(v.MapIndex(k), into)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			field := v.Field(i)
			if s, ok := field.Interface().(Secret); ok && s.IsZero() || field.IsZero() {
				continue
			}
			into[v.Type().Name()+"."+v.Type().Field(i).Name] = true
			setBelow(field, into)
		}
	}
}

// TestReferenceShowsTheDefaults compares the values that the reference claims to be defaults with Default().
func TestReferenceShowsTheDefaults(t *testing.T) {
	cfg, def := loadReference(t, func(s string) string { return s }), Default()
	for name, pair := range map[string][2]any{
		"kafka.client_id":       {cfg.Kafka.ClientID, def.Kafka.ClientID},
		"kafka.start":           {cfg.Kafka.Start, def.Kafka.Start},
		"kafka.protocol":        {cfg.Kafka.Protocol, def.Kafka.Protocol},
		"kafka.session_timeout": {cfg.Kafka.SessionTimeout, def.Kafka.SessionTimeout},
		"objects_per_request":   {cfg.Braze.ObjectsPerRequest, def.Braze.ObjectsPerRequest},
		"counting":              {cfg.Braze.Counting, def.Braze.Counting},
		"bytes_per_request":     {cfg.Braze.BytesPerRequest, def.Braze.BytesPerRequest},
		"rate":                  {cfg.Braze.Rate, def.Braze.Rate},
		"max_in_flight":         {cfg.Braze.MaxInFlight, def.Braze.MaxInFlight},
		"linger":                {cfg.Braze.Linger, def.Braze.Linger},
		"max_wait":              {cfg.Braze.MaxWait, def.Braze.MaxWait},
		"timeout":               {cfg.Braze.Timeout, def.Braze.Timeout},
		"create":                {*cfg.DeadLetter.Create, *defaultCreate()},
		"resend_window":         {cfg.Delivery.ResendWindow, def.Delivery.ResendWindow},
		"in_flight_records":     {cfg.Delivery.InFlightRecords, def.Delivery.InFlightRecords},
		"in_flight_bytes":       {cfg.Delivery.InFlightBytes, def.Delivery.InFlightBytes},
		"drain_timeout":         {cfg.Delivery.DrainTimeout, def.Delivery.DrainTimeout},
		"flood":                 {cfg.Delivery.Flood, def.Delivery.Flood},
		"admin":                 {cfg.Admin, def.Admin},
		"log":                   {cfg.Log, def.Log},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: the reference says %v, Default says %v", name, pair[0], pair[1])
		}
	}
}
