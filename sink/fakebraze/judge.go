package fakebraze

import (
	"net/http"
	"strings"
	"time"
)

// judge evaluates a request in Braze's order and returns the reply and the judged objects, if it came to that.
func (s *Server) judge(c *call, p plan) (reply, []*object) {
	if rep, ok := s.authorize(c.header); !ok {
		return rep, nil
	}
	if !isJSON(c.header.Get("Content-Type")) {
		return replyWith(http.StatusUnsupportedMediaType, answer{Message: "Unsupported Media Type"}), nil
	}
	if !s.rate.take(time.Now()) {
		return replyWith(http.StatusTooManyRequests, answer{Message: "Rate Limited"}), nil
	}
	if len(c.body) > s.opts.BodyBytes {
		return replyWith(s.opts.OversizeStatus, answer{Message: "Request Entity Too Large"}), nil
	}
	if s.opts.Stateless {
		return s.count(c), nil
	}
	t, err := c.objects()
	if err != nil {
		return replyWith(http.StatusBadRequest, answer{Error: textSyntax}), nil
	}
	if t.tooMany(s.opts.Objects, s.opts.PerArray) {
		return replyWith(http.StatusBadRequest, answer{Message: textTooMany}), nil
	}
	if p.batch != nil {
		text := p.batch.Body
		orDefault(&text, "Bad Request")
		for _, o := range t.objects {
			o.err = text
		}
		return replyWith(http.StatusBadRequest, answer{Message: text}), t.objects
	}
	return s.judgeObjects(t, p), t.objects
}

func isJSON(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}

// authorize checks the key. Quotes round it, a missing Bearer or an unknown key are a 401; a key that lacks the
// permission is a 403.
func (s *Server) authorize(h http.Header) (reply, bool) {
	key, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ok && s.forbidden[key]:
		return replyWith(http.StatusForbidden, answer{Message: textDenied}), false
	case ok && s.keys[key], ok && len(s.keys) == 0 && strings.TrimSpace(key) != "":
		return reply{}, true
	}
	return replyWith(http.StatusUnauthorized, answer{Message: textInvalidKey}), false
}

// judgeObjects refuses objects one by one. A request with at least one valid object is a 201.
func (s *Server) judgeObjects(t *tracked, p plan) reply {
	for _, o := range t.objects {
		o.err = s.check(o)
	}
	p.refuseObjects(t.objects)
	var a answer
	valid := [3]int{}
	users := map[string]bool{}
	for _, o := range t.objects {
		if o.err != "" {
			a.Errors = append(a.Errors, objectError{o.err, o.array, o.index})
			continue
		}
		if o.array == attributesArray {
			users[identityKey(o.fields)] = true
		}
		valid[arrayNumber(o.array)]++
	}
	if valid == [3]int{} {
		a.Message = textNoneValid
		return replyWith(http.StatusBadRequest, a)
	}
	// Braze words this counter as the number of users with attributes, not of objects.
	valid[0] = len(users)
	for i, present := range t.present {
		if present {
			a.setCounter(i, valid[i])
		}
	}
	a.Message = "success"
	rep := replyWith(http.StatusCreated, a)
	rep.accepted = true
	return rep
}

func arrayNumber(name string) int {
	for i, n := range arrayNames {
		if n == name {
			return i
		}
	}
	return 0
}
