package fakebraze

import (
	"bytes"
	_ "embed" // for the page
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxControlBytes bounds what PUT /_fake/… reads.
const maxControlBytes = 1 << 20

//go:embed page.html
var page []byte

func servePage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; img-src data:")
	_, _ = w.Write(page) // the reader may be gone
}

// note is the body of an answer that has nothing to show.
type note struct {
	Message string `json:"message"`
}

// inspect answers everything under /_fake/. It needs no key.
func (s *Server) inspect(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/_fake/") {
	case "GET stats":
		writeJSON(w, http.StatusOK, s.Stats())
	case "GET users":
		s.inspectUser(w, r.URL.Query())
	case "GET requests":
		s.mu.Lock()
		list := s.log.newest(limitOf(r))
		s.mu.Unlock()
		writeJSON(w, http.StatusOK, list)
	case "GET refused":
		s.mu.Lock()
		list := s.refused.newest(limitOf(r))
		s.mu.Unlock()
		writeJSON(w, http.StatusOK, list)
	case "GET duplicates":
		writeJSON(w, http.StatusOK, s.Duplicates(r.URL.Query().Get("field")))
	case "GET faults":
		writeJSON(w, http.StatusOK, s.faultStates())
	case "PUT faults", "POST faults":
		s.putFaults(w, r)
	case "DELETE faults":
		s.answerDone(w, s.SetFaults(nil))
	case "PUT keys":
		var keys []string
		err := readControl(r, &keys)
		if err == nil {
			s.SetAPIKeys(keys...)
		}
		s.answerDone(w, err)
	case "POST reset":
		s.Reset()
		s.answerDone(w, nil)
	default:
		writeJSON(w, http.StatusNotFound, note{"no such resource under /_fake/"})
	}
}

// limitOf is the number of entries asked for, 100 if nothing or nonsense is.
func limitOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || n < 0 {
		return 100
	}
	return n
}

func (s *Server) inspectUser(w http.ResponseWriter, q url.Values) {
	key, value := "", ""
	if q.Get("alias_name") != "" {
		key, value = "alias", q.Get("alias_label")+"\x00"+q.Get("alias_name")
	}
	for _, k := range []string{"phone", "email", "braze_id", "external_id"} {
		if v := q.Get(k); v != "" {
			key, value = k, v
		}
	}
	if key == "" {
		writeJSON(w, http.StatusBadRequest, note{"give external_id, braze_id, email, phone, or alias_name with alias_label"})
		return
	}
	u, ok := s.User(key, value)
	if !ok {
		writeJSON(w, http.StatusNotFound, note{"no such profile"})
		return
	}
	writeJSON(w, http.StatusOK, u)
}

func (s *Server) putFaults(w http.ResponseWriter, r *http.Request) {
	var fs []Fault
	err := readControl(r, &fs)
	if err == nil {
		err = s.SetFaults(fs)
	}
	s.answerDone(w, err)
}

// answerDone says that something was done, or why not.
func (s *Server) answerDone(w http.ResponseWriter, err error) {
	if err != nil {
		writeJSON(w, http.StatusBadRequest, note{err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, note{"success"})
}

// readControl decodes strictly: a misspelt key would be a fault that never strikes.
func readControl(r *http.Request, v any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxControlBytes+1))
	if err != nil {
		return err
	}
	if len(body) > maxControlBytes {
		return errors.New("body is too large")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value in the body")
	}
	return nil
}

// faultState is an entry of GET /_fake/faults: a fault, how many requests it chose from and how often it struck.
type faultState struct {
	Fault
	Seen  int `json:"seen"`
	Fired int `json:"fired"`
}

func (s *Server) faultStates() []faultState {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]faultState, 0, len(s.faults))
	for _, f := range s.faults {
		list = append(list, faultState{f.Fault, f.seen, f.fired})
	}
	return list
}

// Duplicates returns the values at a dotted path in events and purchases that more than one of them carries, with
// their number: what at-least-once delivery sent twice, if the path names a record's own id. A purchase counts
// once, whatever its quantity. Values are written as in JSON, text without quotes.
func (s *Server) Duplicates(field string) map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyDue(time.Now())
	seen := map[string]int{}
	for _, p := range s.profiles.all {
		for _, e := range p.events {
			countValue(seen, e, field)
		}
		for i, e := range p.purchases {
			if p.pieces[i] == 0 {
				countValue(seen, e, field)
			}
		}
	}
	maps.DeleteFunc(seen, func(_ string, n int) bool { return n < 2 })
	return seen
}

func countValue(seen map[string]int, entry map[string]any, field string) {
	if v, ok := valueAt(entry, field); ok {
		seen[v]++
	}
}

func valueAt(m map[string]any, path string) (string, bool) {
	head, rest, more := strings.Cut(path, ".")
	v, ok := m[head]
	if !ok || v == nil {
		return "", false
	}
	if more {
		inner, _ := v.(map[string]any)
		return valueAt(inner, rest)
	}
	if text, ok := v.(string); ok {
		return text, true
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}
