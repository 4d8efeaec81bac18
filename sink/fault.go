package sink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// faultOf is the answer where the exchange ended without an HTTP status. ctx is the caller's, bound the attempt's.
func faultOf(ctx, bound context.Context, err error, w *watch) Answer {
	a := Answer{Class: Transient, Ambiguous: w.mayHaveArrived(), Cause: CauseConnect}
	if w.connected.Load() {
		a.Cause = CauseReset
	}
	switch {
	case ctx.Err() != nil:
		a.Class, a.Cause, a.Text = Interrupted, "", "interrupted"
	case bound.Err() != nil:
		a.Cause, a.Text = CauseTimeout, timeoutText(w)
	case isUntrusted(err):
		// The handshake comes before the request, but TLS 1.3 refuses a client's certificate only afterwards, unread.
		a.Class, a.Ambiguous, a.Cause, a.Text = Refused, false, "", faultText(err)
	default:
		a.Text = faultText(err)
		a.ofHTTP2()
	}
	return a
}

// ofHTTP2 tells apart what net/http has no types for.
func (a *Answer) ofHTTP2() {
	switch {
	case strings.Contains(a.Text, "client conn could not be established"):
		a.Ambiguous, a.Cause = false, CauseConnect // the server sent no preface, so it read no request
	case strings.Contains(a.Text, "Transport received GOAWAY from server"), strings.Contains(a.Text, "graceful shutdown GOAWAY"):
		a.Ambiguous, a.Cause = false, CauseGoAway // said of a stream that the server did not begin with
	case strings.Contains(a.Text, "REFUSED_STREAM"):
		a.Ambiguous = false // likewise; the transport has tried again for a while
	case strings.Contains(a.Text, "GOAWAY"):
		a.Cause = CauseGoAway
	}
}

// timeoutText says where the time went.
func timeoutText(w *watch) string {
	switch {
	case !w.connected.Load():
		return "time-out while connecting"
	case !w.written.Load():
		return "time-out while sending the request"
	default:
		return "time-out while waiting for the answer"
	}
}

// isUntrusted reports whether one side does not trust the other, which does not pass by itself.
func isUntrusted(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		record       tls.RecordHeaderError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &record) || isAlert(err)
}

// isAlert reports whether the peer broke off the handshake with a TLS alert that is about trust or versions. Its other alerts
// (internal error, close) pass.
func isAlert(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return false
	}
	text := op.Err.Error()
	for _, s := range [...]string{"certificate", "handshake failure", "protocol version", "access denied", "unrecognized name", "insufficient security"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// faultText says what happened without repeating an address that could hold a password. An error of an unknown kind is
// repeated up to what it quotes, and bounded and stripped by the caller.
func faultText(err error) string {
	var (
		dns *net.DNSError
		op  *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return "look up " + dns.Name + ": " + dns.Err
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset by the other side"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed by the other side before an answer"
	case errors.As(err, &op) && op.Op == "dial":
		return "connect: " + strings.TrimPrefix(op.Err.Error(), "connect: ")
	default:
		// What net/http quotes is a header line or an address: it could be anything.
		text, _, _ := strings.Cut(err.Error(), `"`)
		return strings.TrimRight(text, ": ")
	}
}
