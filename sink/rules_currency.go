package sink

import "strings"

// activeCurrencies are the codes of ISO 4217's list one that name money: all but XTS (testing) and XXX (no currency).
// Braze's pages list a few dozen; what it accepts is the ISO list (braze-inc/braze-docs#12070).
const activeCurrencies = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
	"CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR " +
	"IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV " +
	"MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC " +
	"SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG " +
	"XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG"

// lateCurrencies were withdrawn since 2015. Records of those years still hold them, and how old Braze's list is, is not documented.
const lateCurrencies = "ANG BGN BYR CUC HRK LTL MRO SLL STD VEF ZWL"

// currencySet has a bit for each combination of three capitals.
var currencySet = newCurrencySet(activeCurrencies + " " + lateCurrencies)

func newCurrencySet(codes string) (set [26*26*26/64 + 1]uint64) {
	for _, code := range strings.Fields(codes) {
		i := currencyIndex([]byte(code))
		set[i>>6] |= 1 << (i & 63)
	}
	return set
}

// isCurrency reports whether b is an ISO 4217 code. Only capitals are: a code in small letters is not upper-cased in silence, as
// nothing is changed in silence here, and Braze documents capitals.
func isCurrency(b []byte) bool {
	if len(b) != 3 || b[0]-'A' > 25 || b[1]-'A' > 25 || b[2]-'A' > 25 {
		return false
	}
	i := currencyIndex(b)
	return currencySet[i>>6]&(1<<(i&63)) != 0
}

func currencyIndex(b []byte) uint {
	return (uint(b[0]-'A')*26+uint(b[1]-'A'))*26 + uint(b[2]-'A')
}
