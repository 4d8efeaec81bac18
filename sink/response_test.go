package sink

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// threeEvents is a request of three events and a purchase: items 0, 1 and 3 are events, 2 is the purchase.
func threeEvents() *Request {
	r := NewRequest(nil, []Item{
		{Kind: Event, JSON: []byte(`{"external_id":"user-0","name":"a"}`)},
		{Kind: Event, JSON: []byte(`{"external_id":"user-1","name":"b"}`)},
		{Kind: Purchase, JSON: []byte(`{"external_id":"user-2","product_id":"sku-4711","price":19.99}`)},
		{Kind: Event, JSON: []byte(`{"external_id":"user-3","name":"c"}`)},
	})
	return &r
}

func oneEvent() *Request {
	r := NewRequest(nil, []Item{{Kind: Event, JSON: []byte(`{"external_id":"user-0","name":"a"}`)}})
	return &r
}

// wantClass is the class of every status, for a body that says nothing. What is not listed is refused below 500.
var wantClass = map[int]struct {
	class     Class
	ambiguous bool
}{
	0: {Transient, true}, 99: {Transient, true},
	100: {Transient, true}, 101: {Transient, true}, 102: {Transient, true}, 103: {Transient, true},
	200: {Transient, true}, 201: {Transient, true}, 202: {Transient, true}, 203: {Transient, true}, 204: {Transient, true},
	205: {Transient, true}, 206: {Transient, true}, 207: {Transient, true}, 208: {Transient, true}, 226: {Transient, true}, 299: {Transient, true},
	300: {Refused, false}, 301: {Refused, false}, 302: {Refused, false}, 303: {Refused, false}, 304: {Refused, false},
	305: {Refused, false}, 307: {Refused, false}, 308: {Refused, false}, 399: {Refused, false},
	400: {BatchRejected, false}, 401: {Refused, false}, 402: {Refused, false}, 403: {Refused, false}, 404: {Refused, false},
	405: {Refused, false}, 406: {Refused, false}, 407: {Refused, false}, 408: {Transient, false}, 409: {Refused, false},
	410: {Refused, false}, 411: {Refused, false}, 412: {Refused, false}, 413: {TooLarge, false}, 414: {Refused, false},
	415: {Refused, false}, 416: {Refused, false}, 417: {Refused, false}, 418: {Refused, false}, 421: {Transient, false},
	422: {BatchRejected, false}, 423: {Refused, false}, 424: {Refused, false}, 425: {Transient, false}, 426: {Refused, false},
	428: {Refused, false}, 429: {Throttled, false}, 431: {Refused, false}, 451: {Refused, false}, 499: {Refused, false},
	500: {Transient, true}, 501: {Transient, true}, 502: {Transient, false}, 503: {Transient, false}, 504: {Transient, true},
	505: {Transient, true}, 506: {Transient, true}, 507: {Transient, true}, 508: {Transient, true}, 510: {Transient, true}, 511: {Transient, true},
	520: {Transient, true}, 524: {Transient, true}, 599: {Transient, true}, 600: {Transient, true}, 999: {Transient, true},
}

func TestEveryStatusHasItsClass(t *testing.T) {
	for status := range 1000 {
		want, listed := wantClass[status]
		if !listed {
			if http.StatusText(status) != "" {
				t.Errorf("status %d of net/http is not in the table", status)
			}
			continue
		}
		for _, body := range []string{"", "<html>no</html>", `{"message":"no"}`, `{"error":"no"}`, `[]`, `null`, `{"message":`} {
			a := answerOf(status, nil, []byte(body), nil, threeEvents(), time.Now())
			if a.Class != want.class || a.Ambiguous != want.ambiguous || a.Status != status || len(a.Errors) != 0 {
				t.Errorf("%d with %q: %+v, want %v, ambiguous %v", status, body, a, want.class, want.ambiguous)
			}
			if a.Text == "" {
				t.Errorf("%d with %q says nothing", status, body)
			}
		}
	}
}

func TestSuccessIsBrazesAlone(t *testing.T) {
	for _, c := range []struct {
		body string
		want bool
	}{
		{`{"message":"success"}`, true},
		{`{"message":"success","events_processed":75}`, true},
		{`{"attributes_processed":1,"message":"success","purchases_processed":0}`, true},
		{"{\"message\":\"success\"}\n", true},
		{` { "message" : "success" , "extra" : {"a":[1]} } `, true},
		{`{"message":"success","errors":[]}`, true},
		{`{"message":"success","errors":null}`, true},
		{`{"message":"Queued"}`, false},
		{`{"message":"Success"}`, false},
		{`{"message":"success "}`, false},
		{`{"Message":"success"}`, false},
		{`{"message":["success"]}`, false},
		{`{"events_processed":3}`, false},
		{`{"message":"success"`, false},
		{`{"message":"success"} x`, false},
		{`{"message":"success"}{"message":"success"}`, false},
		{`{"message":"success",}`, false},
		{`"success"`, false},
		{`[{"message":"success"}]`, false},
		{`<html>success</html>`, false},
		{``, false},
		{"\x1f\x8b\x08", false},
		{`{"message":"success","events_processed":01}`, false},
		{`{"message":"success","events_processed":}`, false},
		{`{"message":"failure","message":"success"}`, true}, // the last one counts, as in Braze's own parser
	} {
		for _, status := range []int{200, 201, 202, 299} {
			a := answerOf(status, nil, []byte(c.body), nil, threeEvents(), time.Now())
			want := Answer{Class: Accepted, Status: status}
			if !c.want {
				want = Answer{Class: Transient, Status: status, Ambiguous: true, Cause: CauseNotSuccess, Text: a.Text}
			}
			if diff := cmp.Diff(want, a); diff != "" {
				t.Errorf("%d with %s: %s", status, c.body, diff)
			}
		}
	}
}

func TestPlainSuccessAgreesWithTheParser(t *testing.T) {
	for _, c := range []struct {
		body string
		want bool
	}{
		{`{"message":"success"}`, true},
		{"{\"message\":\"success\"}\r\n", true},
		{`{"message":"success","attributes_processed":1,"events_processed":20,"purchases_processed":300}`, true},
		{`{"events_processed":0,"message":"success"}`, true},
		{`{"message":"success","errors":[]}`, false},
		{`{"message":"success","message":"success"}`, false},
		{`{"message":"success","events_processed":-1}`, false},
		{`{"message":"success","events_processed":1.5}`, false},
		{`{"events_processed":1}`, false},
		{`{}`, false}, {`{`, false}, {``, false}, {`}`, false}, {`{"message":"success"`, false}, {`{"message":"success",`, false},
	} {
		if got := plainSuccess([]byte(c.body)); got != c.want {
			t.Errorf("%s: %v, want %v", c.body, got, c.want)
		}
	}
}

func TestErrorsAreMappedToItems(t *testing.T) {
	const bad = `{"type":"'currency' must be an ISO 4217 currency","input_array":"purchases","index":0}`
	badError := ObjectError{2, "'currency' must be an ISO 4217 currency"}
	for _, c := range []struct {
		name         string
		errors       string
		request      *Request
		want         []ObjectError
		unattributed int
	}{
		{"one", `[` + bad + `]`, threeEvents(), []ObjectError{badError}, 0},
		{"in the order of the items", `[{"type":"x","input_array":"events","index":2},` + bad + `,{"type":"y","input_array":"events","index":0}]`,
			threeEvents(), []ObjectError{{0, "y"}, badError, {3, "x"}}, 0},
		{"two errors on one object", `[{"type":"x","input_array":"events","index":1},{"type":"y","input_array":"events","index":1}]`,
			threeEvents(), []ObjectError{{1, "x; y"}}, 0},
		{"the same error twice", `[` + bad + `,` + bad + `]`, threeEvents(), []ObjectError{badError}, 0},
		{"bare strings", `["x","y"]`, threeEvents(), nil, 2},
		{"a bare string beside an object", `["x",` + bad + `]`, threeEvents(), []ObjectError{badError}, 1},
		{"a bare string about the only object", `["x"]`, oneEvent(), []ObjectError{{0, "x"}}, 0},
		{"index out of range", `[{"type":"x","input_array":"events","index":3}]`, threeEvents(), nil, 1},
		{"index negative", `[{"type":"x","input_array":"events","index":-1}]`, threeEvents(), nil, 1},
		{"index huge", `[{"type":"x","input_array":"events","index":1e300}]`, threeEvents(), nil, 1},
		{"index between objects", `[{"type":"x","input_array":"events","index":0.5}]`, threeEvents(), nil, 1},
		{"index as text", `[{"type":"x","input_array":"events","index":"1"}]`, threeEvents(), []ObjectError{{1, "x"}}, 0},
		{"index with a zero fraction", `[{"type":"x","input_array":"events","index":1.0}]`, threeEvents(), []ObjectError{{1, "x"}}, 0},
		{"index missing", `[{"type":"x","input_array":"events"}]`, threeEvents(), nil, 1},
		{"unknown array", `[{"type":"x","input_array":"user_identifiers","index":0}]`, threeEvents(), nil, 1},
		{"array missing", `[{"type":"x","index":0}]`, threeEvents(), nil, 1},
		{"array that the request has not", `[{"type":"x","input_array":"attributes","index":0}]`, threeEvents(), nil, 1},
		{"unknown array, only object", `[{"type":"x","input_array":"user_identifiers","index":7}]`, oneEvent(), []ObjectError{{0, "x"}}, 0},
		{"no text", `[{"input_array":"events","index":0}]`, threeEvents(), []ObjectError{{0, noReason}}, 0},
		{"text of another type", `[{"type":{"a":1},"input_array":"events","index":0}]`, threeEvents(), []ObjectError{{0, noReason}}, 0},
		{"text under another name", `[{"message":"m","input_array":"events","index":0}]`, threeEvents(), []ObjectError{{0, "m"}}, 0},
		{"null, number, list", `[null,1,[]]`, threeEvents(), nil, 3},
		{"no list but a text", `"x"`, threeEvents(), nil, 1},
		{"no list but an object", bad, threeEvents(), []ObjectError{badError}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"message":"success","events_processed":1,"errors":` + c.errors + `}`
			a := answerOf(201, nil, []byte(body), nil, c.request, time.Now())
			if a.Class != Accepted || a.Ambiguous || a.Unattributed != c.unattributed {
				t.Errorf("201: %+v, want accepted with %d unattributed", a, c.unattributed)
			}
			if (a.Text != "") != (c.unattributed > 0) {
				t.Errorf("201: text %q", a.Text)
			}
			if diff := cmp.Diff(c.want, a.Errors); diff != "" {
				t.Errorf("201: %s", diff)
			}
			for _, status := range []int{400, 422} {
				body := `{"message":"Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.","errors":` + c.errors + `}`
				a := answerOf(status, nil, []byte(body), nil, c.request, time.Now())
				want := BatchRejected
				if len(c.want) > 0 {
					want = ObjectsRefused
				}
				if a.Class != want || a.Ambiguous || a.Unattributed != 0 {
					t.Errorf("%d: %+v, want %v", status, a, want)
				}
				if diff := cmp.Diff(c.want, a.Errors); diff != "" {
					t.Errorf("%d: %s", status, diff)
				}
			}
		})
	}
}

func TestRejectionsOfTheWholeRequest(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		class  Class
		text   string
	}{
		{400, `{"message":"Max Input Length Exceeded"}`, TooLarge, "400 Bad Request: Max Input Length Exceeded"},
		{400, `{"message":"max input length exceeded","errors":[]}`, TooLarge, "400 Bad Request: max input length exceeded"},
		{400, `{"error":"Request Entity Too Large"}`, TooLarge, "400 Bad Request: Request Entity Too Large"},
		{400, `{"message":"The max number of ids per request was exceeded"}`, TooLarge, "400 Bad Request: The max number of ids per request was exceeded"},
		{413, ``, TooLarge, "413 Request Entity Too Large"},
		{413, `<html>`, TooLarge, "413 Request Entity Too Large"},
		{400, `{"error":"Error while parsing request body. Please check your syntax."}`, BatchRejected, "400 Bad Request: Error while parsing request body. Please check your syntax."},
		{400, `{"message":"Bad Request"}`, BatchRejected, "400 Bad Request: Bad Request"},
		{400, `no JSON, which may be anything`, BatchRejected, "400 Bad Request"},
		{422, `{"errors":["a reason"]}`, BatchRejected, "422 Unprocessable Entity: a reason"},
		{401, `{"message":"Invalid API Key"}`, Refused, "401 Unauthorized: Invalid API Key"},
		{403, `{"message":"Access Denied","errors":[{"type":"x","input_array":"events","index":0}]}`, Refused, "403 Forbidden: Access Denied"},
		{500, `{"message":"success"}`, Transient, "500 Internal Server Error: success"},
		{201, `{"message":"queued","errors":[{"type":"x","input_array":"events","index":0}]}`, Transient, "201 without Braze's success: queued"},
		{201, `<html>`, Transient, "201 without Braze's success: the body is no JSON object"},
		{201, `{}`, Transient, "201 without Braze's success: the body has no message"},
	} {
		a := answerOf(c.status, nil, []byte(c.body), nil, threeEvents(), time.Now())
		if a.Class != c.class || a.Text != c.text || len(a.Errors) != 0 {
			t.Errorf("%d %s: %+v, want %v %q", c.status, c.body, a, c.class, c.text)
		}
	}
}

func TestAnObjectsOwnErrorIsNotAboutTheRequestsSize(t *testing.T) {
	body := `{"message":"Valid data must be provided","errors":[{"type":"external_id is too large","input_array":"events","index":0}]}`
	if a := answerOf(400, nil, []byte(body), nil, threeEvents(), time.Now()); a.Class != ObjectsRefused {
		t.Errorf("%+v, want objects refused", a)
	}
}

func TestRedirectNamesItsHostOnly(t *testing.T) {
	h := http.Header{"Location": {"https://user:pw@login.example.com/path?token=abc"}}
	a := answerOf(302, h, nil, nil, threeEvents(), time.Now())
	want := "302 Found: redirect not followed, the endpoint must be Braze's own REST address (it leads to https://login.example.com)"
	if a.Class != Refused || a.Text != want {
		t.Errorf("%+v, want %q", a, want)
	}
}

func TestACutBodyIsNoSuccessUnlessItsJSONIsWhole(t *testing.T) {
	cut := errors.New("unexpected EOF")
	a := answerOf(201, nil, []byte(`{"message":"success","errors":[{"type":"x","in`), cut, threeEvents(), time.Now())
	if a.Class != Transient || !a.Ambiguous || a.Text != "201 with a body that is not whole: unexpected EOF" {
		t.Errorf("half a body: %+v", a)
	}
	a = answerOf(201, nil, []byte(`{"message":"success","errors":[{"type":"x","input_array":"events","index":0}]}`), cut, threeEvents(), time.Now())
	if a.Class != Accepted || len(a.Errors) != 1 {
		t.Errorf("a whole body on a cut connection: %+v", a)
	}
}

func TestTextsAreBounded(t *testing.T) {
	long := strings.Repeat("ä", 5000)
	body := fmt.Sprintf(`{"message":%q,"errors":[{"type":%q,"input_array":"events","index":0},{"type":"z%s","input_array":"events","index":0}]}`, long, long, long)
	for _, status := range []int{201, 400, 500} {
		a := answerOf(status, nil, []byte(body), nil, threeEvents(), time.Now())
		texts := []string{a.Text}
		for _, e := range a.Errors {
			texts = append(texts, e.Text)
		}
		for _, text := range texts {
			if len(text) > maxText || !utf8.ValidString(text) {
				t.Errorf("%d: %d bytes, valid %v", status, len(text), utf8.ValidString(text))
			}
		}
	}
}

func TestNoValueOfAnObjectInATextAboutIt(t *testing.T) {
	for _, c := range []struct{ object, said, want string }{
		{`{"external_id":"user-4711"}`, "user-4711 is blocked", "[…] is blocked"},
		{`{"external_id":"user-4711"}`, "provided external_id 'user-4711' is bad: user-4711", "provided external_id '[…]' is bad: […]"},
		{`{"external_id":"user-4711"}`, "user-47110 is somebody else", "user-47110 is somebody else"},
		{`{"email":"a.b@example.com"}`, "The value a.b@example.com for the 'email' field", "The value […] for the 'email' field"},
		{`{"name":"caf\u00e9 au lait"}`, "café au lait is no name", "[…] is no name"},
		{`{"name":"a \"quoted\" one"}`, `a "quoted" one is no name`, "[…] is no name"},
		{`{"price":-19.99e0}`, "price -19.99e0 is bad", "price […] is bad"},
		{`{"properties": {"products" : [{"sku": 471100}]}}`, "properties and products: 471100", "properties and products: […]"},
		{`{"size":"xl"}`, "xl is no size", "xl is no size"},
		{`{"a":"unfinished`, "unfinished", "[…]"},
		{`{"a":"`, "anything", "anything"},
		{``, "anything", "anything"},
	} {
		if got := redactValues(c.said, []byte(c.object)); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.said, c.object, got, c.want)
		}
	}
	a := answerOf(400, nil, []byte(`{"message":"sku-4711 and user-3","errors":[{"type":"no such product sku-4711","input_array":"purchases","index":0}]}`), nil, threeEvents(), time.Now())
	if a.Text != "400 Bad Request: […] and […]" || a.Errors[0].Text != "no such product […]" {
		t.Errorf("%+v", a)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"message":"success"}`, `{"message":"success","errors":[{"type":"x","input_array":"events","index":0},"y",null]}`,
		`{"error":"x"}`, `{"errors":{"a":1}}`, `[[[[[`, "\xff\xfe", `{"message":"success","errors":[{"index":1e999}]}`,
	} {
		f.Add(201, []byte(body), "3", "Wed, 21 Oct 2015 07:28:00 GMT")
		f.Add(429, []byte(body), "-1", "99999999999999999999")
		f.Add(400, []byte(body), "7.5", "")
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, value, other string) {
		r := threeEvents()
		h := http.Header{"Retry-After": {value, other}, "X-Ratelimit-Reset": {value}, "X-Ratelimit-Limit": {other}, "X-Ratelimit-Remaining": {value}, "Date": {other}}
		a := answerOf(status, h, body, nil, r, time.Now())
		if a.Class == Accepted && (status/100 != 2 || !parseReply(body).object || parseReply(body).message != "success") {
			t.Fatalf("%d %q is accepted", status, body)
		}
		if plainSuccess(body) && len(parseReply(body).errors) != 0 {
			t.Fatalf("%q passes for plain although it has errors", body)
		}
		last := -1
		for _, e := range a.Errors {
			if e.Item <= last || e.Item >= r.Len() || e.Text == "" || len(e.Text) > maxText || !utf8.ValidString(e.Text) {
				t.Fatalf("error %+v after item %d", e, last)
			}
			last = e.Item
		}
		if len(a.Text) > maxText || !utf8.ValidString(a.Text) || (a.Class != Accepted && a.Text == "") {
			t.Fatalf("text %q", a.Text)
		}
		a.Rate.limitWait(DefaultMaxWait)
		if a.Rate.Wait < 0 || a.Rate.Wait > DefaultMaxWait || a.Rate.Reset < 0 || a.Rate.Reset > maxReset || a.Rate.Remaining < 0 || a.Rate.Limit < 0 {
			t.Fatalf("rate %+v", a.Rate)
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	r := threeEvents()
	h := http.Header{"X-Ratelimit-Limit": {"3000"}, "X-Ratelimit-Remaining": {"2999"}, "X-Ratelimit-Reset": {"1700000000"}, "Date": {"Tue, 14 Nov 2023 22:13:20 GMT"}}
	for name, body := range map[string]string{
		"plain":  `{"message":"success","events_processed":75}`,
		"errors": `{"message":"success","events_processed":2,"errors":[{"type":"'quantity' is not valid","input_array":"purchases","index":0}]}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				answerOf(201, h, []byte(body), nil, r, time.Time{})
			}
		})
	}
}
