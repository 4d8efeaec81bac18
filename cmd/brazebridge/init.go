package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"brazebridge/cmd/internal/check"
	"brazebridge/cmd/internal/scaffold"
	"brazebridge/config"
	"brazebridge/schema"
)

// initFlags are what init was asked.
type initFlags struct {
	topics                    []string
	config, registry, schemas string
}

func newInitCommand(s *surroundings) *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init --topic T… (--registry URL | --schemas DIR | --config FILE)",
		Short: "Write a starting configuration from the registered schemas",
		Long: `Write a commented starting configuration for topics to stdout, from the schemas of their values: the likely user ids,
times, money and line items are found by their names and types, ecommerce.* events are proposed where the fields suffice,
and everything that is a guess says so in a comment. Keys are read as Avro where a schema is registered for them
(TOPIC-key), and the row is taken out of the events of changes to a table (Debezium). What is written passes check; which
records are to be sent, and what the fields mean, is for you to say.

The schemas come from a registry, from a directory (SUBJECT.avsc), or from the registry of a configuration you have.`,
		Example: `  brazebridge init --topic shop.orders --topic shop.carts --registry http://localhost:8081 > brazebridge.yaml
  brazebridge init --topic shop.orders,shop.carts --schemas schemas/ > brazebridge.yaml
  brazebridge init --topic shop.returns --config brazebridge.yaml      # a mapping for one topic more, to copy from
  brazebridge check --config brazebridge.yaml --schemas schemas/`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runInit(s, &f) },
	}
	flags := cmd.Flags()
	flags.StringSliceVarP(&f.topics, "topic", "t", nil, "a Kafka `TOPIC` to map; several with commas, or one --topic each")
	_ = cmd.MarkFlagRequired("topic") // fails only for a flag that is not there
	flags.StringVarP(&f.config, "config", "c", "", "take the schema registry of this configuration `FILE`")
	_ = cmd.MarkFlagFilename("config", "yaml", "yml", "json") // likewise
	flags.StringVar(&f.registry, "registry", "", "the schema registry's `URL`; user:password@ in it is used, and not written")
	schemasFlag(cmd, &f.schemas)
	cmd.MarkFlagsMutuallyExclusive("config", "registry", "schemas")
	cmd.MarkFlagsOneRequired("config", "registry", "schemas")
	return cmd
}

func runInit(s *surroundings, f *initFlags) error {
	ctx, stop := s.interruptible()
	defer stop()
	schemas, shown, err := f.source()
	if err != nil {
		return err
	}
	o := scaffold.Options{Registry: shown}
	var missing []error
	seen := map[string]bool{}
	for _, name := range f.topics {
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		latest, err := schemas.Latest(ctx, schema.Subject(name))
		if errors.Is(err, schema.ErrUnknownSubject) {
			missing = append(missing, fmt.Errorf("topic %s: there is no schema %s%s", name, schema.Subject(name), nearTopic(ctx, schemas, name)))
			continue
		}
		if err != nil {
			return failed(fmt.Errorf("look up the schema of %s: %w", name, err))
		}
		key, err := keyOf(ctx, schemas, name)
		if err != nil {
			return failed(fmt.Errorf("look up the schema of the keys of %s: %w", name, err))
		}
		o.Topics = append(o.Topics, scaffold.Topic{Name: name, Schema: latest, Key: key})
	}
	if len(missing) > 0 {
		return failed(errors.Join(missing...))
	}
	text, err := scaffold.Write(o)
	if err == nil {
		_, err = io.WriteString(s.stdout, text)
	}
	return failed(err)
}

// keyOf is the schema of a topic's keys; nil where none is registered, or one that cannot be used, since such keys can be
// read as text.
func keyOf(ctx context.Context, schemas check.Schemas, topic string) (*schema.Schema, error) {
	s, err := schemas.Latest(ctx, topic+"-key")
	var away *schema.UnavailableError
	switch {
	case errors.As(err, &away):
		return nil, err
	case err != nil:
		return nil, nil
	}
	return s, nil
}

// nearTopic proposes a topic that there is a schema for.
func nearTopic(ctx context.Context, schemas check.Schemas, name string) string {
	subjects, err := schemas.Subjects(ctx)
	if err != nil {
		return ""
	}
	for i := range subjects {
		subjects[i] = strings.TrimSuffix(subjects[i], "-value")
	}
	if near := config.DidYouMean(name, subjects); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// source is where the schemas come from, and the URL of it that is written.
func (f *initFlags) source() (schemas check.Schemas, shown string, err error) {
	switch {
	case f.schemas != "":
		schemas, err = schemasOf(nil, f.schemas)
		return schemas, "", err
	case f.config != "":
		in, err := inspect(f.config)
		if err != nil {
			return nil, "", err
		}
		schemas, err = schemasOf(in, "")
		return schemas, "", err
	}
	u, err := url.Parse(f.registry)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, "", errors.New("--registry: write a URL such as http://localhost:8081") // without what was given: it may hold a password
	}
	cfg := config.Default()
	if u.User != nil {
		password, _ := u.User.Password()
		cfg.SchemaRegistry.BasicAuth = &config.BasicAuth{Username: u.User.Username(), Password: config.NewSecret(password)}
		u.User = nil
	}
	cfg.SchemaRegistry.URLs = []string{u.String()}
	schemas, err = registryOf(&config.Inspection{Config: cfg})
	return schemas, u.String(), err
}
