package integration_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// certificates are one authority, a broker's certificate and a client's, as PEM: the broker's as text for its environment, the
// authority's and the client's as files for the bridge's configuration.
type certificates struct {
	ca, serverCert, serverKey string // PEM

	caFile, clientCertFile, clientKeyFile string
}

// newCertificates makes the certificates and writes the files into dir.
func newCertificates(dir string) (*certificates, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the authority's key: %w", err)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "integration test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("sign the authority: %w", err)
	}
	c := &certificates{ca: encodePEM("CERTIFICATE", der)}
	if c.serverCert, c.serverKey, err = issue(2, "127.0.0.1", authority, caKey); err != nil {
		return nil, err
	}
	clientCert, clientKey, err := issue(3, "bridge", authority, caKey)
	if err != nil {
		return nil, err
	}
	for _, file := range []struct {
		path    *string
		name    string
		content string
	}{
		{&c.caFile, "ca.pem", c.ca},
		{&c.clientCertFile, "client.pem", clientCert},
		{&c.clientKeyFile, "client.key", clientKey},
	} {
		*file.path = filepath.Join(dir, file.name)
		if err := os.WriteFile(*file.path, []byte(file.content), 0o600); err != nil {
			return nil, fmt.Errorf("write a certificate: %w", err)
		}
	}
	return c, nil
}

// issue makes a key and a certificate for it, signed by the authority. The key is PKCS#8, which is all that Kafka reads.
func issue(serial int64, name string, authority *x509.Certificate, by *ecdsa.PrivateKey) (cert, key string, err error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, own.Public(), by)
	if err != nil {
		return "", "", fmt.Errorf("sign a certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		return "", "", fmt.Errorf("encode a key: %w", err)
	}
	return encodePEM("CERTIFICATE", der), encodePEM("PRIVATE KEY", pkcs8), nil
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// oneLine is PEM as a broker's property takes it: the line ends as two characters.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", `\n`) }
