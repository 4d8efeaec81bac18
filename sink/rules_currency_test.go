package sink

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/currency"
)

// sinceCLDR are the codes that ISO 4217 has and the CLDR data of golang.org/x/text has not: newer ones, funds and units without a country.
var sinceCLDR = strings.Fields("BOV CHE CHW CLF COU MXV USN UYI UYW XAD XAG XAU XBA XBB XBC XBD XCG XDR XPD XPT XSU XUA ZWG SLE VED MRU VES SVC")

// TestCurrenciesAreThoseInUse compares our list with what golang.org/x/text knows to be tender somewhere today.
func TestCurrenciesAreThoseInUse(t *testing.T) {
	codes := strings.Fields(activeCurrencies)
	if !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
		t.Error("the list is not sorted or names a code twice")
	}
	known := map[string]bool{}
	for it := currency.Query(currency.Date(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))); it.Next(); {
		code := it.Unit().String()
		known[code] = true
		if !isCurrency([]byte(code)) {
			t.Errorf("%s is tender in %s and refused", code, it.Region())
		}
	}
	for _, code := range codes {
		if !known[code] && !slices.Contains(sinceCLDR, code) {
			t.Errorf("%s is tender nowhere", code)
		}
	}
}

// TestCurrencySet: the bits are those of the lists and no others.
func TestCurrencySet(t *testing.T) {
	want := strings.Fields(activeCurrencies + " " + lateCurrencies)
	got := 0
	for i := range 1 << 21 {
		if isCurrency([]byte{byte(i >> 14), byte(i >> 7 & 127), byte(i & 127)}) {
			got++
		}
	}
	if got != len(want) {
		t.Errorf("%d codes pass, %d are listed", got, len(want))
	}
	for _, code := range want {
		if !isCurrency([]byte(code)) {
			t.Errorf("%s is refused", code)
		}
	}
}
