package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"slices"

	"brazebridge/config"
)

// tlsConfig is the client's side of TLS. Its files are read now, so that one that cannot be used is told before anything
// is touched; a client certificate is read again for each handshake, so that a rotated one needs no restart. A nil t is
// no TLS, and no error. path is the section's, for the faults.
func tlsConfig(t *config.TLS, path string, found *faults) *tls.Config {
	if t == nil {
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pool, err := trusted(t.CAFile)
		found.add(path+".ca_file", err, "a PEM file with the certificates of the authorities to trust beside the system's")
		c.RootCAs = pool
	}
	switch {
	case t.CertFile == "" && t.KeyFile == "":
	case t.KeyFile == "":
		found.add(path+".key_file", errors.New("cert_file is set, and its key is missing"), "the two go together")
	case t.CertFile == "":
		found.add(path+".cert_file", errors.New("key_file is set, and its certificate is missing"), "the two go together")
	default:
		load := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
			return &pair, err
		}
		_, err := load(nil)
		found.add(path+"."+blame(err, t), err, "PEM files of the client's certificate and of its unencrypted key")
		c.GetClientCertificate = load
	}
	return c
}

// blame names the one of the two files that an error is about.
func blame(err error, t *config.TLS) string {
	var file *fs.PathError
	if errors.As(err, &file) && file.Path == t.KeyFile && file.Path != t.CertFile { // the certificate is read first
		return "key_file"
	}
	return "cert_file"
}

// trusted is the system's certificate authorities and those of a file.
func trusted(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // an image from scratch has none: then the file's are all there are
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + file)
	}
	return pool, nil
}

// faults collects what is wrong with a configuration beyond what its file alone tells.
type faults struct {
	file   string
	places config.Places
	list   config.Faults
	told   int // how often something was wrong, also where it was told before
}

// add notes an error, if it is one. What several workspaces inherit is told once.
func (f *faults) add(path string, err error, hint string) {
	if err == nil {
		return
	}
	f.told++
	var listed config.Faults
	if errors.As(err, &listed) {
		f.list = append(f.list, listed...)
		return
	}
	at := f.places.Of(path)
	fault := &config.Fault{File: f.file, Line: at.Line, Column: at.Column, Path: path, Message: err.Error(), Hint: hint}
	said := func(g *config.Fault) bool {
		return g.Line > 0 && g.Line == fault.Line && g.Column == fault.Column && g.Message == fault.Message
	}
	if !slices.ContainsFunc(f.list, said) {
		f.list = append(f.list, fault)
	}
}

// err is the faults in the order of the file, or nil.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	f.list.Sort()
	return f.list
}
