package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"brazebridge/processor"
)

// inspected is what the admin listener shows and controls.
type inspected struct {
	status  func() processor.Status
	alive   func() bool
	hold    func(topic string) error
	resume  func(topic string) error
	metrics prometheus.Gatherer
}

const (
	adminHeaderTimeout = 5 * time.Second
	adminTimeout       = 30 * time.Second // of one request; a scrape takes milliseconds
	adminMaxHeader     = 16 << 10
)

// adminHandler serves /metrics, /healthz, /readyz, /-/hold and /-/resume, and a page that names them.
func adminHandler(i inspected) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(i.metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answerStatus(w, i.status(), i.alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		s := i.status()
		answerStatus(w, s, s.State == processor.Running)
	})
	mux.HandleFunc("POST /-/hold", control(i.hold, i.status))
	mux.HandleFunc("POST /-/resume", control(i.resume, i.status))
	mux.HandleFunc("GET /{$}", index)
	// A page in somebody's browser must not be able to hold the bridge on their machine.
	return http.NewCrossOriginProtection().Handler(mux)
}

// answerStatus answers 200 or 503 with the status.
func answerStatus(w http.ResponseWriter, s processor.Status, good bool) {
	code := http.StatusOK
	if !good {
		code = http.StatusServiceUnavailable
	}
	answerJSON(w, code, withReasons(s))
}

// withReasons makes no reasons an empty list: a client that counts them should not meet null.
func withReasons(s processor.Status) processor.Status {
	if s.Reasons == nil {
		s.Reasons = []processor.HoldReason{}
	}
	return s
}

// control holds or resumes the topic of the query, or all where it names none, and answers with the status afterwards.
func control(act func(topic string) error, status func() processor.Status) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := act(r.URL.Query().Get("topic")); err != nil {
			answerJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
			return
		}
		answerJSON(w, http.StatusOK, withReasons(status()))
	}
}

func answerJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client has gone: nobody to tell
}

func index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, indexPage, thisBuild().Version)
}

const indexPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>brazebridge</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:42rem;padding:0 1rem}code{background:#8881;padding:.1em .3em}</style>
<h1>brazebridge</h1>
<p>Version %s</p>
<ul>
<li><a href="/readyz">/readyz</a>: the state, and what keeps records from moving; 200 when all is well</li>
<li><a href="/healthz">/healthz</a>: 200 while the process makes progress or knows why it doesn't</li>
<li><a href="/metrics">/metrics</a>: for Prometheus</li>
<li><code>POST /-/hold?topic=T</code>: stop sending now; without a topic, everything</li>
<li><code>POST /-/resume?topic=T</code>: end a hold that does not end by itself</li>
</ul>
</html>
`

// adminListener answers on an address of its own.
type adminListener struct {
	url    string
	server *http.Server
	done   chan struct{}
}

// listenAdmin starts to answer. An address that cannot be listened on is an error at once.
func listenAdmin(address string, h http.Handler) (*adminListener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	a := &adminListener{
		url: "http://" + l.Addr().String(),
		server: &http.Server{Handler: h, ReadHeaderTimeout: adminHeaderTimeout, ReadTimeout: adminTimeout,
			WriteTimeout: adminTimeout, IdleTimeout: 2 * adminTimeout, MaxHeaderBytes: adminMaxHeader},
		done: make(chan struct{}),
	}
	go func() {
		defer close(a.done)
		_ = a.server.Serve(l) // ends when it is closed: accepting goes on through what passes
	}()
	return a, nil
}

// close lets requests that are being answered finish, briefly.
func (a *adminListener) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if a.server.Shutdown(ctx) != nil {
		_ = a.server.Close()
	}
	<-a.done
}
