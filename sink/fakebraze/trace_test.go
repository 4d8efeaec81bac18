package fakebraze

import (
	"net/http"
	"net/http/httptrace"
	"testing"
)

// A client without an answer decides by its trace whether the request may have arrived; in memory it is told as over a network.
func TestTransportTellsTheTrace(t *testing.T) {
	s := newServer(t, Options{})
	var connected, wrote bool
	r := trackRequest(all(1))
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { connected = true },
		WroteRequest: func(i httptrace.WroteRequestInfo) { wrote = i.Err == nil },
	}))
	resp, err := s.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated || !connected || !wrote {
		t.Errorf("status %d, connected %v, wrote %v", resp.StatusCode, connected, wrote)
	}
}
