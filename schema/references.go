package schema

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
)

const (
	// maxReferenceDepth bounds how deep references lead to references.
	maxReferenceDepth = 32
	// maxReferences bounds how many schemas one schema may draw in.
	maxReferences = 512
)

// compile makes a Schema of a registry's document, with its references inlined.
func (r *Registry) compile(ctx context.Context, doc document, ref Ref) (*Schema, error) {
	if !isAvro(doc.SchemaType) {
		e := &NotAvroError{ID: ref.ID, Format: doc.SchemaType}
		if ref.ID == 0 {
			e.GUID = ref.String()
		}
		return nil, e
	}
	if strings.TrimSpace(doc.Schema) == "" {
		return nil, &UnavailableError{Err: fmt.Errorf("schema %s: the answer holds no schema", ref)}
	}
	text := doc.Schema
	if len(doc.References) > 0 {
		var err error
		if text, err = r.inline(ctx, doc, ref); err != nil {
			return nil, fmt.Errorf("schema %s: %w", ref, err)
		}
	}
	s, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", ref, err)
	}
	s.ID = doc.ID
	return s, nil
}

func isAvro(schemaType string) bool { return schemaType == "" || strings.EqualFold(schemaType, "AVRO") }

// inline puts the definitions that a schema refers to where they are first used.
func (r *Registry) inline(ctx context.Context, doc document, ref Ref) (string, error) {
	l := loader{registry: r, seen: map[reference]bool{}, in: newInliner()}
	if err := l.load(ctx, doc.References, 0); err != nil {
		return "", err
	}
	return l.in.inline(doc.Schema, "schema "+ref.String())
}

// loader gathers the definitions of all that a schema refers to, directly or not.
type loader struct {
	registry *Registry
	seen     map[reference]bool
	in       *inliner
}

func (l *loader) load(ctx context.Context, refs []reference, depth int) error {
	if depth >= maxReferenceDepth {
		return fmt.Errorf("references nest deeper than %d", maxReferenceDepth)
	}
	for _, ref := range refs {
		key := reference{Subject: ref.Subject, Version: ref.Version}
		if l.seen[key] {
			continue // a diamond
		}
		l.seen[key] = true
		if len(l.seen) > maxReferences {
			return fmt.Errorf("more than %d references", maxReferences)
		}
		if err := l.one(ctx, ref, depth); err != nil {
			return err
		}
	}
	return nil
}

// one loads one reference. Its subject may have been deleted since, softly: what a schema refers to must stay readable.
func (l *loader) one(ctx context.Context, ref reference, depth int) error {
	label := fmt.Sprintf("subject %q version %d", clip(ref.Subject), ref.Version)
	version := fmt.Sprint(ref.Version)
	if ref.Version <= 0 {
		version = "latest"
	}
	var doc document
	err := l.registry.get(sr.WithParams(ctx, sr.ShowDeleted), versionsPath(ref.Subject)+"/"+version, &doc)
	var own *answer
	switch {
	case errors.As(err, &own):
		return fmt.Errorf("reference %s: the registry does not know %s", clip(ref.Name), label)
	case err != nil:
		return err
	case !isAvro(doc.SchemaType):
		return fmt.Errorf("reference %s: %s is %s", clip(ref.Name), label, clip(doc.SchemaType))
	}
	if err := l.load(ctx, doc.References, depth+1); err != nil {
		return err
	}
	if strings.TrimSpace(doc.Schema) == "" {
		return &UnavailableError{Err: fmt.Errorf("%s: the answer holds no schema", label)}
	}
	return l.in.add(doc.Schema, label)
}
