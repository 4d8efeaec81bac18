package sink

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// TransportOptions configure a Transport. The zero value reaches Braze directly or through the proxy of the environment
// (HTTPS_PROXY, NO_PROXY), trusting the system's certificate authorities.
type TransportOptions struct {
	// InFlight is how many requests are sent at once: as many HTTP/1.1 connections stay open. Fewer would dial anew for
	// every request beyond it.
	InFlight int
	// CAFile is a PEM file of certificate authorities that are trusted beside the system's.
	CAFile string
	// CertFile and KeyFile are a client certificate, for a proxy that asks for one. They are read again at each handshake, so
	// a rotated certificate needs no restart.
	CertFile, KeyFile string
	// ServerName is checked against the server's certificate instead of the endpoint's host.
	ServerName string
	// MaxAge is how long connections are used for new requests. Then new ones are made, and the host's name is looked up
	// again: a busy HTTP/2 connection would otherwise stick to one address for ever. Zero means DefaultMaxAge.
	MaxAge time.Duration
}

// DefaultMaxAge bounds how long a change of Braze's addresses goes unnoticed. One handshake in five minutes costs nothing.
const DefaultMaxAge = 5 * time.Minute

// What keeps connections from dying unseen. A silent HTTP/2 connection is pinged after pingAfter and closed pingTimeout later;
// an idle one is closed before a load balancer does (60 s and more are usual), because a request sent into a
// connection that is being closed has an unknown fate.
const (
	dialTimeout = 10 * time.Second
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second
	idleTimeout = 50 * time.Second
)

// Transport is the way to one endpoint: HTTP/2 where the server offers it over TLS, else HTTP/1.1. Safe for concurrent use.
//
// Its connections age together: after MaxAge it starts over with new ones, while requests on the old ones finish and their
// connections close when idle. No goroutine is needed for that.
type Transport struct {
	fresh  func() *http.Transport
	maxAge time.Duration

	mu      sync.Mutex
	current *http.Transport
	old     *http.Transport // the one before; nil at first
	since   time.Time
}

// NewTransport returns a transport. An error names the file that cannot be used.
func NewTransport(o TransportOptions) (*Transport, error) {
	trust, err := tlsConfig(o)
	if err != nil {
		return nil, err
	}
	t := &Transport{maxAge: o.MaxAge}
	if t.maxAge <= 0 {
		t.maxAge = DefaultMaxAge
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: pingAfter}
	t.fresh = func() *http.Transport {
		return &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			TLSClientConfig:       trust.Clone(),
			TLSHandshakeTimeout:   dialTimeout,
			ForceAttemptHTTP2:     true, // a TLS configuration of one's own would switch it off
			HTTP2:                 &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
			MaxIdleConnsPerHost:   max(o.InFlight, 2),
			IdleConnTimeout:       idleTimeout,
			ExpectContinueTimeout: time.Second,
			WriteBufferSize:       40 << 10, // 75 objects of 500 bytes in one write; each connection has one
			DisableCompression:    true,     // an answer has a hundred bytes
		}
	}
	t.current, t.since = t.fresh(), time.Now()
	return t, nil
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.now().RoundTrip(req)
}

// now is the transport for a new request.
func (t *Transport) now() *http.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.since) >= t.maxAge {
		t.old, t.current, t.since = t.current, t.fresh(), now
	}
	return t.current
}

// CloseIdleConnections closes the connections that no request uses.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	current, old := t.current, t.old
	t.mu.Unlock()
	current.CloseIdleConnections()
	if old != nil {
		old.CloseIdleConnections()
	}
}

// tlsConfig is how the server is verified and who we are.
func tlsConfig(o TransportOptions) (*tls.Config, error) {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         o.ServerName,
		ClientSessionCache: tls.NewLRUClientSessionCache(64),
	}
	if o.CAFile != "" {
		pool, err := authorities(o.CAFile)
		if err != nil {
			return nil, err
		}
		c.RootCAs = pool
	}
	if o.CertFile == "" && o.KeyFile == "" {
		return c, nil
	}
	if o.CertFile == "" || o.KeyFile == "" {
		return nil, errors.New("load client certificate: cert_file and key_file go together")
	}
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("load client certificate: %w", err)
		}
		return &pair, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return c, nil
}

// authorities are the system's certificate authorities and those of the file.
func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a scratch image has none; the file's own are then all there is
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read ca_file %s: no certificate in it", file)
	}
	return pool, nil
}
