package check

import (
	"strings"

	"brazebridge/config"
	"brazebridge/schema"
)

// subjects are those that a topic's values may be registered under: that of the topic; those of the record types it
// names, alone or behind the topic's name, where subjects are named after records; those of the topics that a pattern
// matches, unless another entry of the configuration claims them.
func (c *checker) subjects(t *config.Topic) ([]string, error) {
	if t.Pattern {
		return c.matching(t)
	}
	subjects := []string{schema.Subject(t.Name)}
	if len(t.Records) == 0 {
		return subjects, nil
	}
	all, err := c.allSubjects()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, s := range all {
		known[s] = true
	}
	for _, r := range t.Records {
		for _, s := range []string{t.Name + "-" + r, r} {
			if known[s] {
				subjects = append(subjects, s)
			}
		}
	}
	return subjects, nil
}

func (c *checker) matching(t *config.Topic) ([]string, error) {
	all, err := c.allSubjects()
	if err != nil {
		return nil, err
	}
	var subjects []string
	for _, s := range all {
		name, isValue := strings.CutSuffix(s, "-value")
		if isValue && c.o.Config.Topic(name) == t {
			subjects = append(subjects, s)
		}
	}
	return subjects, nil
}

func (c *checker) allSubjects() ([]string, error) {
	if c.names != nil {
		return c.names, nil
	}
	var err error
	c.names, err = c.o.Schemas.Subjects(c.ctx)
	return c.names, err
}
