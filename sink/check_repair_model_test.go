package sink

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// decoded is an object as a map, its numbers as written.
func decoded(t *testing.T, object []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(object)))
	d.UseNumber()
	var o map[string]any
	if err := d.Decode(&o); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	return o
}

// modelMoved is the object with what its eCommerce schema does not know under metadata, over maps.
func modelMoved(o map[string]any) map[string]any {
	name, _ := o["name"].(string)
	properties, _ := o["properties"].(map[string]any)
	if modelRequired[name] == "" || properties == nil {
		return o
	}
	known := strings.Fields(modelRequired[name] + " " + modelOptional[name])
	metadata, _ := properties["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
	}
	for key, v := range properties {
		if !slices.Contains(known, key) {
			metadata[key] = v
			delete(properties, key)
		}
	}
	if len(metadata) > 0 || properties["metadata"] != nil {
		properties["metadata"] = metadata
	}
	return o
}

// TestRepairAgreesWithTheModel: on objects changed at random, what repair lets pass passes by itself, holds all that was given (moved or in
// several pieces), and is byte for byte the same where nothing was to be mended.
func TestRepairAgreesWithTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 20))
	objects := slices.Concat(goodObjects(), []Item{
		{Kind: Purchase, JSON: []byte(strings.Replace(goodPurchase, ":2", ":250", 1))},
		{Kind: Event, JSON: []byte(strings.Replace(goodOrder, `"source"`, `"gift":true,"source"`, 1))},
		{Kind: Event, JSON: []byte(strings.Replace(goodRefunded, `"metadata":{}`, `"tax":1,"note":"x"`, 1))},
	})
	mending := NewChecker(CheckOptions{Repair: true})
	mended := 0
	for range 8_000 {
		object := objects[random.IntN(len(objects))]
		object.JSON = []byte(mutate(random, string(object.JSON)))
		plain := checkOne(t, object.Kind, string(object.JSON))
		items, refusals := mending.Check([]Item{object})
		switch {
		case plain.Rule == "" && (refusals != nil || len(items) != 1 || string(items[0].JSON) != string(object.JSON)):
			t.Fatalf("%s was good and became %d items, refusals %v", object.JSON, len(items), refusals)
		case refusals != nil && (len(items) != 1 || string(items[0].JSON) != string(object.JSON)):
			t.Fatalf("%s is refused and changed", object.JSON)
		case refusals != nil || plain.Rule == "":
			continue
		}
		mended++
		want, total := modelMoved(decoded(t, object.JSON)), 0
		for _, item := range items {
			if r := checkOne(t, item.Kind, string(item.JSON)); r.Rule != "" {
				t.Fatalf("%s became %s: %s", object.JSON, item.JSON, r.Text)
			}
			got := decoded(t, item.JSON)
			if item.Kind == Purchase {
				var n int
				if _, err := fmt.Sscan(fmt.Sprint(got["quantity"]), &n); err != nil || n < 1 || n > 100 {
					t.Fatalf("a piece of quantity %v", got["quantity"])
				}
				total += n
				got["quantity"] = want["quantity"]
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s became %s", object.JSON, item.JSON)
			}
		}
		if object.Kind == Purchase && fmt.Sprint(total) != fmt.Sprint(want["quantity"]) {
			t.Fatalf("%s: the pieces come to %d", object.JSON, total)
		}
	}
	if mended < 300 {
		t.Errorf("only %d were mended", mended)
	}
}
