package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	money   = `{"type":"record","name":"Money","namespace":"common","fields":[{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},{"name":"unit","type":{"type":"enum","name":"Unit","symbols":["EUR","USD"]}}]}`
	money2  = `{"type":"record","name":"Money","namespace":"common","fields":[{"name":"amount","type":"double"}]}`
	product = `{"type":"record","name":"Product","namespace":"shop-a.items","fields":[{"name":"sku","type":"string"},{"name":"price","type":"common.Money"}]}`
)

func place(f *fakeSite, subject string, version int, text string, refs ...reference) {
	f.on(fmt.Sprintf("/subjects/%s/versions/%d?deleted=true", subject, version), 200,
		doc(document{Subject: subject, ID: 100 + version, Version: version, Schema: text, References: refs}))
}

// TestReferences: inlined where they are first used, in chains and diamonds, and the bytes decode.
func TestReferences(t *testing.T) {
	f := newFakeSite()
	moneyRef := reference{"common.Money", "money", 1}
	place(f, "money", 1, money)
	place(f, "product", 4, product, moneyRef)
	order := `{"type":"record","name":"Order","namespace":"shop","fields":[
		{"name":"total","type":"common.Money"},{"name":"items","type":{"type":"array","items":"shop-a.items.Product"}},
		{"name":"unit","type":["null","common.Unit"]},{"name":"tax","type":{"type":"map","values":"common.Money"}}]}`
	f.on("/schemas/ids/1", 200, doc(document{Schema: order, References: []reference{moneyRef, {"shop-a.items.Product", "product", 4}}}))
	// The second refers to the product alone, first, and to a type inside of what it refers to.
	f.on("/schemas/ids/2", 200, doc(document{Schema: `["common.Unit","shop-a.items.Product"]`, References: []reference{{"shop-a.items.Product", "product", 4}}}))
	r := newTestRegistry(t, f)

	s, err := r.Schema(t.Context(), Ref{ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Decode(&Arena{}, []byte("\x02\x41\x02\x02\x02x\x02\x41\x00\x00\x02\x00\x02\x02k\x02\x41\x00\x00"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"total":{"amount":0.65,"unit":"USD"},"items":[{"sku":"x","price":{"amount":0.65,"unit":"EUR"}}],"unit":"EUR","tax":{"k":{"amount":0.65,"unit":"EUR"}}}`
	if got := show(v); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if s.Root.Fields[0].Type != s.Root.Fields[1].Type.Elem.Fields[1].Type {
		t.Error("one name became two types")
	}
	again := mustParse(t, s.Text)
	if outline(again.Root, true) != outline(s.Root, true) {
		t.Error("the text is not self-contained")
	}

	if s, err = r.Schema(t.Context(), Ref{ID: 2}); err != nil {
		t.Fatal(err)
	}
	if got := outline(s.Root, true); got != "union[enum common.Unit record shop-a.items.Product]" {
		t.Error(got)
	}
	if n := f.count("/subjects/money/versions/1?deleted=true"); n != 2 {
		t.Errorf("the diamond's tip was asked for %d times for two schemas", n)
	}
}

// TestReferencesOfLatest: a look-up by subject inlines as well, and a subject's slashes are escaped.
func TestReferencesOfLatest(t *testing.T) {
	f := newFakeSite()
	place(f, "a%2Fmoney%20x", 1, money)
	f.on("/subjects/orders/versions/latest", 200, doc(document{ID: 3, Version: 2, Schema: `{"type":"array","items":"common.Money"}`, References: []reference{{"common.Money", "a/money x", 1}}}))
	s, err := newTestRegistry(t, f).Latest(t.Context(), "orders")
	if err != nil || s.Root.Elem.Name != "common.Money" || s.Subject != "orders" || s.Version != 2 {
		t.Fatalf("%+v, %v", s, err)
	}
}

// TestNamespacesSurviveInlining: a definition without a namespace keeps none within one that has one, and the other
// way round.
func TestNamespacesSurviveInlining(t *testing.T) {
	f := newFakeSite()
	place(f, "plain", 1, `{"type":"record","name":"Plain","fields":[{"name":"k","type":{"type":"fixed","name":"Key","size":2}}]}`)
	f.on("/schemas/ids/1", 200, doc(document{
		Schema:     `{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":"Plain"},{"name":"b","type":"Key"},{"name":"c","type":{"type":"fixed","name":"Own","size":1}}]}`,
		References: []reference{{"Plain", "plain", 1}},
	}))
	s, err := newTestRegistry(t, f).Schema(t.Context(), Ref{ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(s.Root, true); got != "record x.R{record Plain fixed Key fixed x.Own}" {
		t.Error(got)
	}
}

// TestReferenceFaults: what cannot be put together, and whose fault it is.
func TestReferenceFaults(t *testing.T) {
	ref := func(name, subject string, version int) []reference { return []reference{{name, subject, version}} }
	chain := func(f *fakeSite) {
		for i := range 100 {
			place(f, fmt.Sprintf("c%d", i), 1, fmt.Sprintf(`{"type":"record","name":"C%d","fields":[{"name":"n","type":"C%d"}]}`, i, i+1), reference{"", fmt.Sprintf("c%d", i+1), 1})
		}
	}
	tests := []struct {
		name  string
		setup func(*fakeSite)
		text  string
		refs  []reference
		want  string
		class string
	}{
		{"two definitions of one name", func(f *fakeSite) {
			place(f, "money", 1, money)
			place(f, "cash", 2, money2)
		}, `["common.Money"]`, append(ref("a", "money", 1), ref("b", "cash", 2)...), `schema 1: subject "money" version 1 and subject "cash" version 2 define common.Money differently`, ""},
		{"two versions of one subject", func(f *fakeSite) {
			place(f, "money", 1, money)
			place(f, "money", 2, money2)
			place(f, "product", 1, product, reference{"", "money", 1})
		}, `["common.Money","shop-a.items.Product"]`, append(ref("", "product", 1), ref("", "money", 2)...), `schema 1: subject "money" version 1 and subject "money" version 2 define common.Money differently`, ""},
		{"its own and a reference's", func(f *fakeSite) { place(f, "money", 1, money) }, money2, ref("", "money", 1), `schema 1: subject "money" version 1 and schema 1 define common.Money differently`, ""},
		{"a subject that is gone", func(*fakeSite) {}, `["x"]`, ref("common.Money", "gone", 1), `schema 1: reference common.Money: the registry does not know subject "gone" version 1`, ""},
		{"a name that is nowhere", func(f *fakeSite) { place(f, "money", 1, money) }, `["common.Money","common.Coin"]`, ref("", "money", 1), `schema 1: parse schema: unknown type "common.Coin"`, ""},
		{"another format", func(f *fakeSite) {
			f.on("/subjects/proto/versions/1?deleted=true", 200, doc(document{SchemaType: "PROTOBUF", Schema: "x"}))
		}, `["x"]`, ref("x", "proto", 1), `schema 1: reference x: subject "proto" version 1 is PROTOBUF`, ""},
		{"no JSON", func(f *fakeSite) { place(f, "bad", 1, `{`) }, `["x"]`, ref("x", "bad", 1), `schema 1: subject "bad" version 1: parse schema: read JSON: unexpected EOF`, ""},
		{"too deep", chain, `["C0"]`, ref("", "c0", 1), "schema 1: references nest deeper than 32", ""},
		{"registry down", func(f *fakeSite) { f.on("/subjects/money/versions/1?deleted=true", 503, "") }, `["x"]`, ref("x", "money", 1), "", "down"},
		{"proxy's 404", func(f *fakeSite) { f.on("/subjects/money/versions/1?deleted=true", 404, "<html>") }, `["x"]`, ref("x", "money", 1), "", "refused"},
		{"empty", func(f *fakeSite) { place(f, "money", 1, " ") }, `["x"]`, ref("x", "money", 1), "", "down"},
	}
	for _, test := range tests {
		f := newFakeSite()
		test.setup(f)
		f.on("/schemas/ids/1", 200, doc(document{Schema: test.text, References: test.refs}))
		_, err := newTestRegistry(t, f).Schema(t.Context(), Ref{ID: 1})
		var down *UnavailableError
		switch class := errors.As(err, &down); {
		case class && test.class == "", !class && test.class != "", class && down.Refused != (test.class == "refused"):
			t.Errorf("%s: class: %v", test.name, err)
		case test.want != "" && (err == nil || err.Error() != test.want):
			t.Errorf("%s:\n got %v\nwant %s", test.name, err, test.want)
		}
	}
}

// TestSameDefinitionTwice: two subjects may define one name alike, whatever their documentation and defaults.
func TestSameDefinitionTwice(t *testing.T) {
	f := newFakeSite()
	place(f, "money", 1, money)
	alike := strings.Replace(money, `"fields"`, `"doc":"Cash.","aliases":["Old"],"fields"`, 1)
	alike = strings.Replace(alike, `"name":"amount"`, `"default":"\u0000","doc":"x","name":"amount"`, 1)
	place(f, "cash", 1, `{"type":"record","name":"Cash","fields":[{"name":"m","type":`+alike+`},{"name":"s","type":{"type":"string","avro.java.string":"String"}}]}`)
	place(f, "cash", 2, `{"type":"record","name":"Cash","fields":[{"name":"m","type":"common.Money"},{"name":"s","type":"string"}]}`, reference{"", "money", 1})
	f.on("/schemas/ids/1", 200, doc(document{Schema: `["common.Money","Cash"]`, References: []reference{{"", "money", 1}, {"", "cash", 1}, {"", "cash", 2}}}))
	if _, err := newTestRegistry(t, f).Schema(t.Context(), Ref{ID: 1}); err != nil {
		t.Error(err)
	}
}

// TestReferenceCycle: subjects that refer to each other end.
func TestReferenceCycle(t *testing.T) {
	f := newFakeSite()
	place(f, "a", 1, `{"type":"record","name":"A","fields":[{"name":"b","type":["null","B"]}]}`, reference{"B", "b", 1})
	place(f, "b", 1, `{"type":"record","name":"B","fields":[{"name":"a","type":["null","A"]}]}`, reference{"A", "a", 1})
	f.on("/schemas/ids/1", 200, doc(document{Schema: `{"type":"array","items":"A"}`, References: []reference{{"A", "a", 1}}}))
	s, err := newTestRegistry(t, f).Schema(t.Context(), Ref{ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	a := s.Root.Elem
	if b := a.Fields[0].Type.Branches[1]; b.Name != "B" || b.Fields[0].Type.Branches[1] != a {
		t.Error("the cycle is broken")
	}
}

// TestManyReferences: one schema may not draw in all of a registry.
func TestManyReferences(t *testing.T) {
	f := newFakeSite()
	var refs []reference
	for i := range maxReferences + 1 {
		subject := fmt.Sprintf("s%d", i)
		place(f, subject, 1, fmt.Sprintf(`{"type":"fixed","name":"F%d","size":1}`, i))
		refs = append(refs, reference{"", subject, 1})
	}
	f.on("/schemas/ids/1", 200, doc(document{Schema: `"F1"`, References: refs[:maxReferences]}))
	f.on("/schemas/ids/2", 200, doc(document{Schema: `"F1"`, References: refs}))
	r := newTestRegistry(t, f)
	if _, err := r.Schema(t.Context(), Ref{ID: 1}); err != nil {
		t.Error(err)
	}
	if _, err := r.Schema(t.Context(), Ref{ID: 2}); err == nil || err.Error() != "schema 2: more than 512 references" {
		t.Error(err)
	}
}

// TestUnpinnedReference: a version below one means the latest.
func TestUnpinnedReference(t *testing.T) {
	f := newFakeSite()
	f.on("/subjects/money/versions/latest?deleted=true", 200, doc(document{Schema: money}))
	f.on("/schemas/ids/1", 200, doc(document{Schema: `"common.Money"`, References: []reference{{"common.Money", "money", -1}}}))
	if _, err := newTestRegistry(t, f).Schema(t.Context(), Ref{ID: 1}); err != nil {
		t.Error(err)
	}
}
