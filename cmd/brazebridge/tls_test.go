package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"brazebridge/config"
)

// authority is a certificate authority for a test, and the files of what it signs.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir(), key: newKey(t)}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.file = a.write("ca.pem", "CERTIFICATE", der)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (a *authority) write(name, kind string, der []byte) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// sign makes a certificate for this machine, and returns its files.
func (a *authority) sign(name string) (certFile, keyFile string) {
	a.t.Helper()
	key := newKey(a.t)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name+".pem", "CERTIFICATE", der), a.write(name+".key", "EC PRIVATE KEY", keyDER)
}

// server is the TLS configuration of a server that wants the client's certificate where mutual.
func (a *authority) server(mutual bool) *tls.Config {
	a.t.Helper()
	certFile, keyFile := a.sign("broker")
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, ClientCAs: pool}
	if mutual {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c
}

// A file that cannot be used is a fault of the configuration, told by the setting that names it.
func TestTLSFaults(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign("client")
	otherCert, _ := newAuthority(t).sign("other")
	text := writeFile(t, "text.pem", "not a certificate")
	const missing = "/does/not/exist.pem"
	for _, c := range []struct {
		name    string
		tls     *config.TLS
		path    string // of the one fault; empty: none
		message string
	}{
		{"no section", nil, "", ""},
		{"an empty section", &config.TLS{}, "", ""},
		{"all good", &config.TLS{CAFile: a.file, CertFile: cert, KeyFile: key, ServerName: "broker"}, "", ""},
		{"a missing authority", &config.TLS{CAFile: missing}, "kafka.tls.ca_file", "no such file"},
		{"an authority that is none", &config.TLS{CAFile: text}, "kafka.tls.ca_file", "no certificate in " + text},
		{"a certificate without its key", &config.TLS{CertFile: cert}, "kafka.tls.key_file", "missing"},
		{"a key without its certificate", &config.TLS{KeyFile: key}, "kafka.tls.cert_file", "missing"},
		{"a missing certificate", &config.TLS{CertFile: missing, KeyFile: key}, "kafka.tls.cert_file", "no such file"},
		{"a missing key", &config.TLS{CertFile: cert, KeyFile: missing}, "kafka.tls.key_file", "no such file"},
		{"a key of another certificate", &config.TLS{CertFile: otherCert, KeyFile: key}, "kafka.tls.cert_file", "does not match"},
		{"a certificate that is none", &config.TLS{CertFile: text, KeyFile: key}, "kafka.tls.cert_file", "PEM"},
	} {
		found := &faults{file: "b.yaml"}
		got := tlsConfig(c.tls, "kafka.tls", found)
		if (got == nil) != (c.tls == nil) {
			t.Errorf("%s: configuration %v", c.name, got)
		}
		if c.path == "" {
			if len(found.list) > 0 {
				t.Errorf("%s: %v", c.name, found.list)
			}
			continue
		}
		if len(found.list) != 1 || found.list[0].Path != c.path || !strings.Contains(found.list[0].Message, c.message) {
			t.Errorf("%s: %v, want %s: …%s…", c.name, found.list, c.path, c.message)
		}
	}
}

func TestAuthoritiesAddToTheSystems(t *testing.T) {
	file := newAuthority(t).file
	pool, err := trusted(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := x509.SystemCertPool()
	if err != nil {
		t.Skip("no system pool here")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want.AppendCertsFromPEM(text); !pool.Equal(want) {
		t.Error("the pool is not the system's and the file's")
	}
}

// A certificate that is renewed on disk is used from the next handshake on.
func TestClientCertificateIsReadAgain(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign("client")
	c := tlsConfig(&config.TLS{CertFile: cert, KeyFile: key}, "kafka.tls", &faults{})
	before, err := c.GetClientCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	a.sign("client")
	after, err := c.GetClientCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(before.Certificate[0]) == string(after.Certificate[0]) {
		t.Error("still the old certificate")
	}
}

func TestFaultsErr(t *testing.T) {
	f := &faults{file: "b.yaml"}
	f.add("a", nil, "")
	if err := f.err(); err != nil {
		t.Errorf("no fault is the error %v", err)
	}
	f.add("a", errors.New("x"), "h")
	f.add("b", config.Faults{{Path: "c"}, {Path: "d"}}, "")
	if err := f.err(); err == nil || len(f.list) != 3 {
		t.Errorf("%v, %d faults", err, len(f.list))
	}
}
