package schema

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
)

// Options configure a Registry.
type Options struct {
	// URLs are tried in order until one gives an answer of its own. A path in them is kept.
	URLs        []string
	Username    string
	Password    string
	BearerToken string
	// HTTP sends the requests; it carries TLS and time-outs. By default one with a time-out of ten seconds.
	HTTP *http.Client
}

// Registry reads schemas from a Confluent schema registry and keeps them: what an id means never changes. Safe for
// concurrent use.
type Registry struct {
	sites []site

	known   atomic.Pointer[map[Ref]*Schema] // replaced, never changed: read without a lock for every record
	mu      sync.Mutex                      // guards the rest, and the replacing
	flights map[Ref]*flight
	refused map[Ref]refusal
}

// NewRegistry connects to nothing yet. It refuses options that cannot work.
func NewRegistry(o Options) (*Registry, error) {
	if len(o.URLs) == 0 {
		return nil, errors.New("schema registry: no URL")
	}
	r := &Registry{flights: map[Ref]*flight{}, refused: map[Ref]refusal{}}
	for _, u := range o.URLs {
		s, err := newSite(u, o)
		if err != nil {
			return nil, fmt.Errorf("schema registry: %w", err)
		}
		r.sites = append(r.sites, s)
	}
	r.known.Store(&map[Ref]*Schema{})
	return r, nil
}

// Ref names a writer schema: by id, or by GUID where ID is zero.
type Ref struct {
	ID   int
	GUID [16]byte
}

// String names the schema as errors do: its id, or its GUID.
func (r Ref) String() string {
	if r.ID != 0 {
		return strconv.Itoa(r.ID)
	}
	return string(appendUUID(nil, r.GUID[:]))
}

// Schema returns the schema of a reference: from memory, or with one request however many ask. Errors match
// ErrUnknownSchema, or are *UnavailableError, *NotAvroError, or another that says why the text does not compile.
//
// An outage is never remembered. That the registry does not know the id, or that its text does not compile, is for
// refusalKept: a producer's new schema is found soon after it is registered, and ten thousand records with a wrong id
// cost four requests a minute. If ctx ends first the error matches ctx's, and the others that wait are served.
func (r *Registry) Schema(ctx context.Context, ref Ref) (*Schema, error) {
	if s := (*r.known.Load())[ref]; s != nil {
		return s, nil
	}
	return r.join(ctx, ref)
}

// lookUp asks the registry for a schema.
func (r *Registry) lookUp(ctx context.Context, ref Ref) (*Schema, error) {
	path := "/schemas/ids/" + strconv.Itoa(ref.ID)
	if ref.ID == 0 {
		path = "/schemas/guids/" + ref.String()
	}
	var doc document
	if err := r.get(ctx, path, &doc); err != nil {
		var own *answer
		if errors.As(err, &own) && own.code == codeUnknownSchema {
			return nil, fmt.Errorf("schema %s: %w", ref, ErrUnknownSchema)
		}
		return nil, outage(err)
	}
	doc.ID = ref.ID // an answer by id does not repeat it
	s, err := r.compile(ctx, doc, ref)
	if err != nil {
		return nil, err
	}
	s.Subject, s.Version = "", 0
	return s, nil
}

// Latest returns a subject's latest schema, asked for anew each time. An unknown subject matches ErrUnknownSubject.
func (r *Registry) Latest(ctx context.Context, subject string) (*Schema, error) {
	return r.version(ctx, subject, "latest")
}

// Versions returns all versions of a subject that are not deleted, oldest first. An unknown subject matches
// ErrUnknownSubject.
func (r *Registry) Versions(ctx context.Context, subject string) ([]*Schema, error) {
	var numbers []int
	if err := r.get(ctx, versionsPath(subject), &numbers); err != nil {
		return nil, unknownSubject(subject, err)
	}
	out := make([]*Schema, 0, len(numbers))
	for _, n := range numbers {
		s, err := r.version(ctx, subject, strconv.Itoa(n))
		if errors.Is(err, ErrUnknownSubject) {
			continue // deleted in between
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("subject %q: %w", clip(subject), ErrUnknownSubject)
	}
	return out, nil
}

// Subjects lists the registry's subjects, sorted.
func (r *Registry) Subjects(ctx context.Context) ([]string, error) {
	var out []string
	if err := r.get(ctx, "/subjects", &out); err != nil {
		return nil, outage(err)
	}
	sort.Strings(out)
	return out, nil
}

func (r *Registry) version(ctx context.Context, subject, version string) (*Schema, error) {
	var doc document
	if err := r.get(ctx, versionsPath(subject)+"/"+version, &doc); err != nil {
		return nil, unknownSubject(subject, err)
	}
	s, err := r.compile(ctx, doc, Ref{ID: doc.ID})
	if err != nil {
		return nil, fmt.Errorf("subject %q version %s: %w", clip(subject), version, err)
	}
	s.Subject, s.Version = subject, doc.Version
	return s, nil
}

// versionsPath escapes the subject's slashes and spaces: a subject is one segment of the path.
func versionsPath(subject string) string {
	return "/subjects/" + url.PathEscape(subject) + "/versions"
}

func unknownSubject(subject string, err error) error {
	var own *answer
	if errors.As(err, &own) && (own.code == codeUnknownSubject || own.code == codeUnknownVersion) {
		return fmt.Errorf("subject %q: %w", clip(subject), ErrUnknownSubject)
	}
	return outage(err)
}

// Subject is the name under which a topic's value schemas are registered by default.
func Subject(topic string) string { return topic + "-value" }

// KeySubject is the name under which a topic's key schemas are registered by default.
func KeySubject(topic string) string { return topic + "-key" }
