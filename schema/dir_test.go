package schema

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func writeDir(t *testing.T, files map[string]string) *Dir {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub.avsc"), 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDir(t *testing.T) {
	d := writeDir(t, map[string]string{
		"orders-value.avsc":       `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"common.Money"},{"name":"unit","type":["null","common.Unit"]}]}`,
		"orders-value.v1.avsc":    `{"type":"record","name":"Order","namespace":"shop","fields":[]}`,
		"orders-value.v12.avsc":   `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"common.Money"}]}`,
		"orders-value.v2.avsc":    `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"total","type":"double"}]}`,
		"money.avsc":              money,
		"money.v1.avsc":           money2,
		"only.v3.avsc":            `"int"`,
		"shop%2Fnew%20topic.avsc": `"long"`,
		"bad.avsc":                `{`,
		"lost.avsc":               `["null","common.Coin"]`,
		"README.md":               `no schema`,
	})
	ctx := t.Context()
	if got, err := d.Subjects(ctx); err != nil || fmt.Sprint(got) != "[bad lost money only orders-value shop/new topic]" {
		t.Errorf("%v, %v", got, err)
	}
	s, err := d.Latest(ctx, "orders-value")
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(s.Root, true); got != "record shop.Order{record common.Money union[null enum common.Unit]}" || s.Version != 13 || s.Subject != "orders-value" {
		t.Errorf("%s version %d of %s", got, s.Version, s.Subject)
	}
	if f := s.Root.Fields[0].Type.Fields[0].Type; f.Kind != Decimal {
		t.Errorf("the reference is of an older version: %s", f.Kind)
	}
	all, err := d.Versions(ctx, "orders-value")
	if err != nil || len(all) != 4 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	for i, want := range []int{1, 2, 12, 13} {
		if all[i].Version != want {
			t.Errorf("version %d, want %d", all[i].Version, want)
		}
	}
	if s, err := d.Latest(ctx, "only"); err != nil || s.Version != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := d.Latest(ctx, "money"); err != nil || s.Version != 2 || s.Text != money {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := d.Latest(ctx, "shop/new topic"); err != nil || s.Version != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	for subject, want := range map[string]string{
		"bad":  "bad.avsc: parse schema: read JSON: unexpected EOF",
		"lost": `lost.avsc: parse schema: unknown type "common.Coin"`,
		"none": `subject "none": unknown subject: no none.avsc`,
	} {
		if _, err := d.Latest(ctx, subject); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		if _, err := d.Versions(ctx, subject); err == nil || errors.Is(err, ErrUnknownSubject) != (subject == "none") {
			t.Errorf("versions: %v", err)
		}
	}
}

// TestDirConflict: two subjects define one name differently; only who uses it is hurt.
func TestDirConflict(t *testing.T) {
	d := writeDir(t, map[string]string{
		"a.avsc":    money,
		"b.avsc":    money2,
		"user.avsc": `["common.Money"]`,
	})
	_, err := d.Latest(t.Context(), "user")
	if err == nil || err.Error() != "user.avsc: a.avsc and b.avsc define common.Money differently" {
		t.Error(err)
	}
	for _, subject := range []string{"a", "b"} {
		if _, err := d.Latest(t.Context(), subject); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
	}
}

// TestDirParse: a schema that is not registered yet, with references to those that are.
func TestDirParse(t *testing.T) {
	d := writeDir(t, map[string]string{"money.avsc": money})
	s, err := d.Parse(`{"type":"array","items":"common.Money"}`, "new.avsc")
	if err != nil || s.Root.Elem.Name != "common.Money" {
		t.Fatalf("%+v, %v", s, err)
	}
	own, err := d.Parse(money2, "new.avsc")
	if err != nil || own.Root.Fields[0].Type.Kind != Double {
		t.Errorf("its own definition must win: %v", err)
	}
	if _, err := d.Parse(`"x"`, "new.avsc"); err == nil || err.Error() != `new.avsc: parse schema: unknown type "x"` {
		t.Error(err)
	}
}

func TestOpenDirMissing(t *testing.T) {
	if _, err := OpenDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
