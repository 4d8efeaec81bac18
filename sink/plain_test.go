package sink

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestInvariantVouchedPropertiesChangeNothing checks objects of which the properties are vouched for as they are when nobody does,
// whatever stands around the properties, and however false what is vouched for is where.
func TestInvariantVouchedPropertiesChangeNothing(t *testing.T) {
	props := `{"a":1,"b":"x","c":{"d":[true,"short"]}}`
	order := `{"order_id":"o","total_value":1,"currency":"EUR","source":"web","products":[]}`
	long := `{"a":[0` + strings.Repeat(`,1`, 60000) + `]}`
	for _, c := range []struct {
		kind   Kind
		format string
		props  string
	}{
		{Event, `{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Event, `{"properties":%s,"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z"}`, props},
		{Event, ` { "external_id" : "u", "name":"n","time":"2026-01-01T00:00:00Z" , "properties" : %s } `, props},
		{Event, `{"external_id":"u","name":"n","time":"yesterday","properties":%s}`, props},
		{Event, `{"name":"n","time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Event, `{"external_id":"u","time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Event, `{"external_id":"u","name":7,"time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Event, `{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","more":1,"properties":%s}`, props},
		{Event, `{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":%s,"properties":{}}`, props},
		{Event, `{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":%s`, props},
		{Event, `{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":%s}`, long},
		{Event, `{"external_id":"u","name":"ecommerce.order_placed","time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Event, `{"external_id":"u","name":"ecommerce.order_placed","time":"2026-01-01T00:00:00Z","properties":%s}`, order},
		{Event, `{"external_id":"u","name":"eCommerce.order","time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Event, `{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":{"in":%s,"$x":null}}`, props},
		{Purchase, `{"external_id":"u","product_id":"p","currency":"EUR","price":1,"time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Purchase, `{"external_id":"u","product_id":"p","currency":"EUR","price":1,"time":"2026-01-01T00:00:00Z","properties":%s}`, long},
		{Purchase, `{"external_id":"u","product_id":"p","currency":"EUR","time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Purchase, `{"external_id":"u","product_id":"p","currency":"EUR","price":1,"quantity":250,"time":"2026-01-01T00:00:00Z","properties":%s}`, props},
		{Attributes, `{"external_id":"u","properties":%s}`, `{"a":{"$add":null}}`},
		{Attributes, `{"external_id":"u","properties":%s}`, props},
	} {
		json := fmt.Sprintf(c.format, c.props)
		from := strings.Index(json, c.props)
		for _, o := range []CheckOptions{{}, {Repair: true}} {
			got := judge(o, Item{Kind: c.kind, JSON: []byte(json), Plain: Part{uint32(from), uint32(from + len(c.props))}})
			want := judge(o, Item{Kind: c.kind, JSON: []byte(json)})
			if got != want {
				t.Errorf("%.120s\n%.200s\nand with nothing vouched for\n%.200s", json, got, want)
			}
		}
	}
}

// judge is all that a checker says of an item.
func judge(o CheckOptions, it Item) string {
	c := NewChecker(o)
	items, refusals := c.Check([]Item{it})
	var said []string
	for i := range items {
		said = append(said, fmt.Sprint(items[i].User != 0, items[i].User, string(items[i].JSON)))
	}
	notes := map[string]int64{}
	c.TakeCounted(func(note string, n int64) { notes[note] = n })
	return fmt.Sprint(said, refusals, slices.Sorted(maps.Keys(notes)))
}

// TestPlainBounds holds what a writer may vouch for against the rules: nothing within it is counted.
func TestPlainBounds(t *testing.T) {
	nested := strings.Repeat(`{"a":`, PlainDepth) + "1" + strings.Repeat("}", PlainDepth)
	for _, props := range []string{
		`{"a":"` + strings.Repeat("x", PlainText) + `"}`, `{"a":["` + "2026-01-01T00:00Z"[:PlainElement] + `"]}`, nested,
	} {
		c := NewChecker(CheckOptions{})
		_, refusals := c.Check([]Item{{Kind: Event, JSON: []byte(`{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":` + props + `}`)}})
		c.TakeCounted(func(note string, _ int64) { t.Errorf("%s is counted in %.60s", note, props) })
		if len(refusals) > 0 {
			t.Errorf("%.60s: %v", props, refusals)
		}
	}
}

// TestCheckPassesOverWhatIsVouchedFor shows that it does, by properties that are none, and that it does so nowhere else.
func TestCheckPassesOverWhatIsVouchedFor(t *testing.T) {
	const event, end = `{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":`, `{"a":nil}`
	const purchase = `{"external_id":"u","product_id":"p","currency":"EUR","price":1,"time":"2026-01-01T00:00:00Z","properties":`
	for _, c := range []struct {
		kind            Kind
		before, behind  string
		from, to, wants int
	}{
		{Event, event, `}`, 0, 0, 0}, {Purchase, purchase, `}`, 0, 0, 0},
		{Event, event, `}`, 1, 0, 1}, {Event, event, `}`, 0, 2, 1}, {Event, event, `}`, 0, -len(end), 1},
		{Event, event + `{"in":`, `}}`, 0, 0, 1}, {Attributes, `{"external_id":"u","x":`, `}`, 0, 0, 1},
	} {
		part := Part{uint32(len(c.before) + c.from), uint32(len(c.before) + len(end) + c.to)}
		_, refusals := NewChecker(CheckOptions{}).Check([]Item{{Kind: c.kind, JSON: []byte(c.before + end + c.behind), Plain: part}})
		if len(refusals) != c.wants {
			t.Errorf("%s%s%s, %v: %v", c.before, end, c.behind, part, refusals)
		}
	}
}
