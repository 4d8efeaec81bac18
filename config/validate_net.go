package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func (v *validator) kafka(k *Kafka) {
	if v.required("kafka.brokers", len(k.Brokers) > 0, "list the addresses: [kafka:9092]") {
		for i, b := range k.Brokers {
			v.broker(fmt.Sprintf("kafka.brokers[%d]", i), b)
		}
	}
	v.required("kafka.group", k.Group != "", "name the consumer group")
	v.required("kafka.client_id", k.ClientID != "", "leave it out for the default")
	v.oneOf("kafka.start", string(k.Start), string(StartEarliest), string(StartLatest))
	v.oneOf("kafka.protocol", string(k.Protocol), string(ProtocolClassic), string(ProtocolConsumer))
	if k.Protocol == ProtocolConsumer && v.written("kafka.session_timeout") {
		v.fault("kafka.session_timeout", "remove it; the broker decides (group.consumer.session.timeout.ms)", "has no meaning with protocol: consumer")
	}
	v.duration("kafka.session_timeout", k.SessionTimeout, time.Second, 30*time.Minute)
	v.tls("kafka.tls", k.TLS)
	if s := k.SASL; s != nil {
		if v.required("kafka.sasl.mechanism", s.Mechanism != "", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512") {
			v.oneOf("kafka.sasl.mechanism", s.Mechanism, MechanismPlain, MechanismScramSHA256, MechanismScramSHA512)
		}
		v.required("kafka.sasl.username", s.Username != "", "")
		v.required("kafka.sasl.password", !s.Password.IsZero(), "fill it in from outside: ${env:NAME} or ${file:/path}")
		if s.Mechanism == MechanismPlain && k.TLS == nil {
			v.warn("kafka.sasl.mechanism", "add kafka.tls: {}", "PLAIN without TLS sends the password in clear text")
		}
	}
}

func (v *validator) tls(path string, t *TLS) {
	if t == nil {
		return
	}
	if t.CertFile != "" && t.KeyFile == "" {
		v.required(path+".key_file", false, "a client certificate needs its key")
	}
	if t.KeyFile != "" && t.CertFile == "" {
		v.required(path+".cert_file", false, "a client key needs its certificate")
	}
}

// broker checks the address of a server.
func (v *validator) broker(path, address string) {
	host, port, err := net.SplitHostPort(address)
	switch n, numErr := strconv.ParseUint(port, 10, 16); {
	case strings.Contains(address, "://"):
		v.fault(path, "leave the scheme out; kafka.tls says whether TLS is used", "%s is not host:port", v.shown(path, address))
	case strings.Contains(address, ","):
		v.fault(path, "make each address an entry of the list", "%s is not host:port", v.shown(path, address))
	case err != nil || host == "" || strings.ContainsAny(host, " /@\t\n"):
		v.fault(path, "such as kafka:9092", "%s is not host:port", v.shown(path, address))
	case numErr != nil || n == 0:
		v.fault(path, "a port is a number from 1 to 65535", "%s is not host:port", v.shown(path, address))
	}
}

// listen checks an address to listen at, where the host may be empty (all interfaces) and the port 0 (any).
func (v *validator) listen(path, address string) {
	host, port, err := net.SplitHostPort(address)
	if _, numErr := strconv.ParseUint(port, 10, 16); err != nil || numErr != nil || strings.ContainsAny(host, " /@\t\n") {
		v.fault(path, "such as 127.0.0.1:9464, or 0.0.0.0:9464 for all interfaces", "%s is not host:port", v.shown(path, address))
	}
}

func (v *validator) registry(r *SchemaRegistry) {
	const path = "schema_registry.url"
	if v.required(path, len(r.URLs) > 0, "such as http://schema-registry:8081") {
		for i, u := range r.URLs {
			at := v.item(path, i)
			if parsed := v.url(at, u, "http://schema-registry:8081"); parsed != nil {
				r.URLs[i] = strings.TrimRight(u, "/")
			}
		}
	}
	if r.BasicAuth != nil {
		v.required("schema_registry.basic_auth.username", r.BasicAuth.Username != "", "")
		if !r.BearerToken.IsZero() {
			v.fault("schema_registry.bearer_token", "keep one of them", "basic_auth and bearer_token exclude each other")
		}
	}
	v.tls("schema_registry.tls", r.TLS)
}

// url checks an http or https address; nil where it is none.
func (v *validator) url(path, text, example string) *url.URL {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https":
		v.fault(path, "such as "+example, "%s is no http:// or https:// address", v.shownURL(path, text))
	case u.User != nil:
		v.fault(path, "take the user and the password out of the address", "the address holds a user or a password")
	case u.Hostname() == "":
		v.fault(path, "such as "+example, "%s has no host", v.shownURL(path, text))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		v.fault(path, "such as "+example, "%s has a query or a fragment", v.shownURL(path, text))
	case badPort(u):
		v.fault(path, "a port is a number from 1 to 65535", "%s has no valid port", v.shownURL(path, text))
	case v.silent(path):
	default:
		return u
	}
	return nil
}

func badPort(u *url.URL) bool {
	if u.Port() == "" {
		return strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err != nil || n == 0
}

// shownURL is shown for an address, without what may be a password before an @.
func (v *validator) shownURL(path, text string) string {
	shown := v.shown(path, text)
	if i := strings.LastIndexByte(shown, '@'); i >= 0 {
		return `"` + hidden + shown[i:]
	}
	return shown
}

func (v *validator) braze(b *Braze) {
	v.workspace("braze", &b.Workspace, v.usesDefault())
	if r := b.SharedRate; r != nil {
		v.rate("braze.shared_rate", *r)
	}
	for _, name := range names(b.Workspaces) {
		v.workspace("braze.workspaces."+name, b.Workspaces[name], true)
	}
}

// usesDefault tells whether the braze section is a workspace of its own, rather than only what the others inherit.
func (v *validator) usesDefault() bool {
	if len(v.cfg.Braze.Workspaces) == 0 || len(v.cfg.Topics) == 0 {
		return true
	}
	for _, t := range v.cfg.Topics {
		if t.Workspace == "" {
			return true
		}
	}
	return false
}

func (v *validator) workspace(path string, w *Workspace, used bool) {
	at := func(key string) string { return path + "." + key }
	if w.Endpoint != "" {
		v.endpoint(at("endpoint"), w)
	} else if used {
		v.required(at("endpoint"), v.inheritsMissing(path, "endpoint"), "the REST endpoint of your instance, such as https://rest.iad-01.braze.com")
	}
	if used {
		given := !w.APIKey.IsZero() || v.inheritsMissing(path, "api_key")
		v.required(at("api_key"), given, "fill it in from outside: ${file:/run/secrets/braze-api-key} or ${env:NAME}")
	}
	if strings.ContainsAny(w.APIKey.Reveal(), "\r\n\x00") && v.written(at("api_key")) {
		v.warn(at("api_key"), "check what fills it in", "holds a line break, which no HTTP header can carry")
	}
	v.own(path, "objects_per_request", func(p string) {
		v.between(p, w.ObjectsPerRequest, 1, MaxObjectsPerRequest, "Braze takes at most 75 objects in a request")
	})
	v.own(path, "counting", func(p string) {
		v.oneOf(p, string(w.Counting), string(CountingCombined), string(CountingPerArray))
	})
	v.own(path, "bytes_per_request", func(p string) {
		v.size(p, w.BytesPerRequest, 1000, MaxBytesPerRequest, "Braze takes at most 4 MB in a request")
	})
	v.own(path, "rate", func(p string) { v.rate(p, w.Rate) })
	v.own(path, "max_in_flight", func(p string) { v.between(p, w.MaxInFlight, 1, 4096, "") })
	v.own(path, "linger", func(p string) { v.duration(p, w.Linger, time.Millisecond, time.Minute) })
	v.own(path, "timeout", func(p string) { v.duration(p, w.Timeout, time.Millisecond, 10*time.Minute) })
	v.own(path, "max_wait", func(p string) { v.duration(p, w.MaxWait, time.Second, day) })
	v.own(path, "tls", func(p string) { v.tls(p, w.TLS) })
}

// own checks a value where it is written; an inherited one is at fault once, in the braze section.
func (v *validator) own(path, key string, check func(path string)) {
	if v.values == nil || path == "braze" || v.written(path+"."+key) {
		check(path + "." + key)
	}
}

// inheritsMissing tells that a workspace inherits a value that the braze section has but could not fill in.
func (v *validator) inheritsMissing(path, key string) bool {
	return path != "braze" && !v.written(path+"."+key) && v.silent("braze."+key)
}

func (v *validator) rate(path string, r Rate) {
	v.between(path+".requests", r.Requests, 1, 10_000_000, "")
	v.duration(path+".per", r.Per, time.Millisecond, day)
}

// trackPath is what the client adds to an endpoint.
const trackPath = "/users/track"

func (v *validator) endpoint(path string, w *Workspace) {
	if v.values != nil && path != "braze.endpoint" && !v.written(path) {
		w.Endpoint = cleanEndpoint(w.Endpoint)
		return // inherited: checked in the braze section
	}
	u := v.url(path, w.Endpoint, "https://rest.iad-01.braze.com")
	if u == nil {
		return
	}
	w.Endpoint = cleanEndpoint(w.Endpoint)
	if rest := strings.TrimRight(u.Path, "/"); rest != "" && rest != trackPath {
		v.fault(path, "remove the path; the bridge adds "+trackPath, "%s has a path", v.shown(path, w.Endpoint))
	}
	if u.Scheme == "http" {
		v.warn(path, "use https://; http:// is for a fake", "the API key and the data are sent in clear text")
	}
	if strings.HasPrefix(u.Hostname(), "dashboard") {
		v.warn(path, "the REST endpoint of dashboard-01.braze.com is rest.iad-01.braze.com; see Settings > APIs and Identifiers", "this is a dashboard's address, not a REST endpoint")
	}
}

func cleanEndpoint(s string) string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(s, "/"), trackPath), "/")
}
