package fakebraze

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// profile is a user at Braze.
type profile struct {
	brazeID    string
	externalID string
	aliases    map[string]string // label → name
	attributes map[string]any
	events     []map[string]any
	purchases  []map[string]any
	pieces     []int  // of each purchase: which of its quantity it is, from 0
	updated    uint64 // grows with each change: the latest has the largest
}

func (p *profile) text(attribute string) string {
	s, _ := p.attributes[attribute].(string)
	return s
}

// profiles holds all users, with an index for each way to look one up.
type profiles struct {
	limit     int
	all       map[string]*profile // by braze_id
	external  map[string]*profile
	alias     map[string]*profile // label + "\x00" + name
	contact   map[string]map[*profile]bool
	entries   int // events and purchases kept
	notKept   int64
	changes   uint64
	notedUser int
}

func newProfiles(limit int) *profiles {
	return &profiles{
		limit: limit, all: map[string]*profile{}, external: map[string]*profile{}, alias: map[string]*profile{},
		contact: map[string]map[*profile]bool{},
	}
}

// contactKey separates the index of emails from that of phones. An email is looked up without regard to case, a phone by its digits:
// the same address or number written in two ways is one user.
func contactKey(kind, value string) string {
	if kind == "email" {
		return kind + "\x00" + strings.ToLower(value)
	}
	return kind + "\x00" + strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, value)
}

// aliasOf returns label and name of an object's user_alias.
func aliasOf(fields map[string]any) (label, name string, ok bool) {
	m, _ := fields["user_alias"].(map[string]any)
	label, _ = m["alias_label"].(string)
	name, _ = m["alias_name"].(string)
	return label, name, name != "" // both, or validAlias would have refused it
}

// identityKey names what an object says about its user, for telling users of a request apart.
func identityKey(fields map[string]any) string {
	kind, value := identifierOf(fields)
	return kind + "\x00" + value
}

// identifierOf returns the identifier that decides: the primary one, else the email, else the phone.
func identifierOf(fields map[string]any) (kind, value string) {
	for _, kind := range []string{"external_id", "braze_id"} {
		if v, _ := fields[kind].(string); v != "" {
			return kind, v
		}
	}
	if label, name, ok := aliasOf(fields); ok {
		return "alias", label + "\x00" + name
	}
	for _, kind := range []string{"email", "phone"} {
		if v, _ := fields[kind].(string); v != "" {
			return kind, v
		}
	}
	return "", ""
}

// find looks a profile up.
func (ps *profiles) find(kind, value string) *profile {
	switch kind {
	case "external_id":
		return ps.external[value]
	case "braze_id":
		return ps.all[value]
	case "alias":
		return ps.alias[value]
	}
	return ps.newest(contactKey(kind, value))
}

// newest: of several profiles that share an email or phone, the most recently updated that has an external_id,
// and if none has one, the most recently updated.
func (ps *profiles) newest(key string) *profile {
	var best *profile
	for p := range ps.contact[key] {
		if best == nil || better(p, best) {
			best = p
		}
	}
	return best
}

func better(p, than *profile) bool {
	if (p.externalID != "") != (than.externalID != "") {
		return p.externalID != ""
	}
	return p.updated > than.updated
}

// resolve returns the profile that an object is about, creating one where Braze would; nil: nothing is applied.
func (ps *profiles) resolve(o *object) *profile {
	kind, value := identifierOf(o.fields)
	if kind == "" {
		return nil // an import of push tokens
	}
	if p := ps.find(kind, value); p != nil {
		return p
	}
	only, given := o.fields["_update_existing_only"].(bool)
	switch {
	case only, kind == "braze_id": // Braze itself gives out the latter
		return nil
	case kind == "alias" && (!given || o.array != attributesArray):
		// An alias creates a profile only where an attributes object asks for it with an explicit false.
		return nil
	case len(ps.all) >= ps.limit:
		ps.notKept++
		return nil
	}
	return ps.create(kind, value, o.fields)
}

func (ps *profiles) create(kind, value string, fields map[string]any) *profile {
	ps.notedUser++
	p := &profile{
		brazeID: fmt.Sprintf("%024x", ps.notedUser), aliases: map[string]string{}, attributes: map[string]any{},
	}
	ps.all[p.brazeID] = p
	switch kind {
	case "external_id":
		p.externalID = value
		ps.external[value] = p
	case "alias":
		label, name, _ := aliasOf(fields)
		p.aliases[label] = name
		ps.alias[value] = p
	default:
		ps.setContact(p, kind, value)
	}
	return p
}

// touch makes p the most recently updated.
func (ps *profiles) touch(p *profile) {
	ps.changes++
	p.updated = ps.changes
}

// setContact writes email or phone and keeps their index; an empty value unsets.
func (ps *profiles) setContact(p *profile, kind, value string) {
	if old := p.text(kind); old != "" {
		key := contactKey(kind, old)
		delete(ps.contact[key], p)
		if len(ps.contact[key]) == 0 {
			delete(ps.contact, key)
		}
	}
	if value == "" {
		delete(p.attributes, kind)
		return
	}
	p.attributes[kind] = value
	key := contactKey(kind, value)
	if ps.contact[key] == nil {
		ps.contact[key] = map[*profile]bool{}
	}
	ps.contact[key][p] = true
}

// User is an answer of GET /_fake/users. Attributes are custom and standard ones, without identifiers. An event
// or purchase is as it was sent, without identifiers, with an id that Braze would give it under event_id or
// purchase_id; a purchase of quantity n is n purchases of quantity 1. Numbers are json.Number.
type User struct {
	Attributes map[string]any   `json:"attributes"`
	Events     []map[string]any `json:"events"`
	Purchases  []map[string]any `json:"purchases"`

	ExternalID string            `json:"external_id,omitempty"`
	BrazeID    string            `json:"braze_id"`
	Aliases    map[string]string `json:"aliases,omitempty"` // label → name
}

// User returns a profile: key is external_id, email, phone, braze_id, or alias (value: alias_label + "\x00" + alias_name).
// What is not due yet (Options.ApplyDelay) does not show. The answer is a copy.
func (s *Server) User(key, value string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyDue(time.Now())
	p := s.profiles.find(key, value)
	if p == nil {
		return User{}, false
	}
	u := User{
		Attributes: copyOf(p.attributes).(map[string]any), ExternalID: p.externalID, BrazeID: p.brazeID,
		Aliases: maps.Clone(p.aliases), Events: copyAll(p.events), Purchases: copyAll(p.purchases),
	}
	return u, true
}

func copyAll(list []map[string]any) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, m := range list {
		out[i] = copyOf(m).(map[string]any)
	}
	return out
}

// copyOf copies decoded JSON deeply.
func copyOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = copyOf(e)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = copyOf(e)
		}
		return list
	}
	return v
}
