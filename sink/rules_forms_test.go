package sink

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// randomText is a text of up to n of the letters given.
func randomText(random *rand.Rand, letters []rune, n int) string {
	var b strings.Builder
	for range random.IntN(n + 1) {
		b.WriteRune(letters[random.IntN(len(letters))])
	}
	return b.String()
}

// TestEmailAgreesWithTheModel compares with a regular expression written from the same page of Braze's.
func TestEmailAgreesWithTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	local, host := []rune("abcdefgh1.+_-é (@\u00a0"), []rune("abcdefgh1.-é@")
	good := 0
	for range 20_000 {
		address := randomText(random, local, 5) + "@" + randomText(random, host, 7) + []string{".io", ""}[random.IntN(2)]
		want := modelEmail.MatchString(address)
		if got := isEmail([]byte(address)); got != want {
			t.Fatalf("%q: %v, the model says %v", address, got, want)
		}
		if want {
			good++
		}
	}
	if good < 300 {
		t.Errorf("only %d good addresses", good)
	}
}

func TestPhoneAgreesWithTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 10_000 {
		number := randomText(random, []rune("0123456789012345678901234567890123456789+ -.()/x"), 18)
		if got, want := isPhone([]byte(number)), modelPhone(number) && strings.LastIndex(number, "+") <= 0; got != want {
			t.Fatalf("%q: %v, the model says %v", number, got, want)
		}
	}
}

// TestEventTimeAgreesWithTheModel compares with the time package on times and on times with characters changed.
func TestEventTimeAgreesWithTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	layouts := []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05.000Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04Z07", "2006-01-02T15:04:05Z07",
		"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}
	colon := regexp.MustCompile(`^(.{19}):(\d{3}(\D|$))`) // Braze's own form, which the package cannot read
	loose := regexp.MustCompile(`[+-](24(:?\d\d)?|\d\d:?60)$`)
	// The package also reads a sign within a fraction.
	shape := regexp.MustCompile(`^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?$`)
	zone := regexp.MustCompile(`T.*(Z|[+-]\d\d(:?\d\d)?)$`)
	good := 0
	for range 20_000 {
		at := time.Unix(random.Int64N(40_000_000_000)-5_000_000_000, random.Int64N(1e9)).In(time.FixedZone("", (random.IntN(48)-24)*1800))
		b := []byte(at.Format(layouts[random.IntN(len(layouts))]))
		if random.IntN(2) == 0 {
			b[random.IntN(len(b))] = "0123456789:-+.TZ"[random.IntN(16)]
		}
		text := colon.ReplaceAllString(string(b), "$1.$2")
		want := false
		for _, layout := range layouts {
			parsed, err := time.Parse(layout, text)
			want = want || err == nil && shape.MatchString(text) && parsed.Year() >= 1900 && parsed.Year() <= 3000
		}
		if strings.HasPrefix(text[min(16, len(text)):], ":60") || loose.MatchString(text) {
			continue // a leap second is a time in RFC 3339 and not to the package; zones of 24 hours and 60 minutes are the reverse
		}
		if got, zoned := isEventTime(b); got != want || got && zoned != zone.MatchString(text) {
			t.Fatalf("%q: %v, zone %v; the model says %v", b, got, zoned, want)
		}
		if want {
			good++
		}
	}
	if good < 3_000 {
		t.Errorf("only %d good times", good)
	}
}

// TestDateAgreesWithTheModel goes through every day, and the days that there are not.
func TestDateAgreesWithTheModel(t *testing.T) {
	for _, year := range []int{1900, 1999, 2000, 2023, 2024, 2100} {
		for month := range 14 {
			for day := range 34 {
				text := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
				_, err := time.Parse(time.DateOnly, text)
				if got := isDate([]byte(text)); got != (err == nil) {
					t.Errorf("%s: %v, the time package says %v", text, got, err)
				}
				_, err = time.Parse("01/02/2006", fmt.Sprintf("%02d/%02d/%04d", month, day, year))
				if got := isAttributeTime(fmt.Appendf(nil, "%02d/%02d/%04d", month, day, year)); got != (err == nil) {
					t.Errorf("%s with slashes: %v, the time package says %v", text, got, err)
				}
			}
		}
	}
}

// TestNameTable: every name is found at its place, and nothing else is.
func TestNameTable(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		var names []string
		for range random.IntN(30) {
			if name := randomText(random, []rune("abc_é"), 12); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		slices.SortFunc(names, func(a, b string) int { return len(a) - len(b) })
		table := newNameTable(names)
		for range 200 {
			name := randomText(random, []rune("abc_é"), 40)
			if got, want := table.find([]byte(name)), slices.Index(names, name); got != want {
				t.Fatalf("%q in %q: %d, want %d", name, names, got, want)
			}
		}
		for i, name := range names {
			if got := table.find([]byte(name)); got != i {
				t.Fatalf("%q in %q: %d, want %d", name, names, got, i)
			}
		}
	}
}

// TestTablesAreSortedByLength: a name out of its place would never be found.
func TestTablesAreSortedByLength(t *testing.T) {
	for i, f := range standardFields {
		if got := standardIndex.find([]byte(f.name)); got != i {
			t.Errorf("%s is found at %d, not at %d", f.name, got, i)
		}
	}
	for _, schema := range []*ecommerceSchema{productViewed, cartUpdated, checkoutStarted, orderPlaced, orderCancelled, orderRefunded, ecommerceProduct} {
		for i, f := range schema.fields {
			if got := schema.index.find([]byte(f.name)); got != i {
				t.Errorf("%s of %s is found at %d, not at %d", f.name, schema.name, got, i)
			}
		}
	}
}

func TestEditDistanceAgreesWithTheModel(t *testing.T) {
	var model func(a, b string) int
	model = func(a, b string) int {
		switch {
		case a == "" || b == "":
			return len(a) + len(b)
		case a[0] == b[0]:
			return model(a[1:], b[1:])
		}
		return 1 + min(model(a[1:], b), model(a, b[1:]), model(a[1:], b[1:]))
	}
	random := rand.New(rand.NewPCG(13, 14))
	for range 500 {
		a, b := randomText(random, []rune("ab"), 6), randomText(random, []rune("ab"), 6)
		if got, want := editDistance(a, b), model(a, b); got != want {
			t.Fatalf("%q to %q: %d, want %d", a, b, got, want)
		}
	}
}
