package config

import "regexp"

// Topic is how one topic's records become Braze objects.
// User, Time, Set and Send are the mapping language, compiled by package mapping against a schema; nil where absent.
type Topic struct {
	// Name of the Kafka topic, or a regular expression over names: then it begins with ^.
	Name string `yaml:"-"`
	// Pattern tells that Name is a regular expression.
	Pattern bool `yaml:"-"`
	// Pos is the place of the name in the file.
	Pos Pos `yaml:"-"`
	// Workspace names one of braze.workspaces. Default empty: the braze section itself.
	Workspace string `yaml:"workspace"`
	// Start overrides kafka.start for this topic; empty: it does not.
	Start Start `yaml:"start"`

	// MaxAge filters a record that is older when it is about to be sent. Default zero: no limit. Shorter keeps an outage's
	// backlog from reaching customers late, and loses what it filters.
	MaxAge Duration `yaml:"max_age"`
	// Records are the full names of the Avro record types that the mapping accepts. Default none: that of the subject's
	// latest version when the bridge starts.
	Records StringList `yaml:"record"`
	// OtherRecords says what a record type does that is not among them: hold (default) the topic, or be filtered.
	OtherRecords string `yaml:"other_records"`
	// OnIncompatibleSchema says what a new version of an accepted type does that the mapping does not compile against:
	// dead_letter (default) its records, or hold the topic.
	OnIncompatibleSchema string `yaml:"on_incompatible_schema"`
	// OnCheck says what becomes of an object that Braze would refuse although it could be repaired without loss: refuse
	// (default) or repair.
	OnCheck string `yaml:"on_check"`
	// Key says how the record's key is read: text (default), avro (by its own schema) or ignore.
	Key string `yaml:"key"`
	// Tombstones says what becomes of a record without a value: filter (default), or map, with nothing but its key and metadata.
	Tombstones string `yaml:"tombstones"`

	// User says whose profile the objects belong to: one identifier, or a list of which the first that is present wins. Required.
	User *Node `yaml:"user"`
	// Time is when it happened. Default: the record's timestamp.
	Time *Node `yaml:"time"`
	// Set names values that are used several times.
	Set *Node `yaml:"set"`
	// Send lists the objects that a record becomes. Required.
	Send *Node `yaml:"send"`
}

// The values of the settings of a Topic.
const (
	OtherRecordsHold   = "hold"
	OtherRecordsFilter = "filter"

	OnIncompatibleSchemaDeadLetter = "dead_letter"
	OnIncompatibleSchemaHold       = "hold"

	OnCheckRefuse = "refuse"
	OnCheckRepair = "repair"

	KeyText   = "text"
	KeyAvro   = "avro"
	KeyIgnore = "ignore"

	TombstonesFilter = "filter"
	TombstonesMap    = "map"
)

// newTopic is a topic with the defaults of its settings.
func newTopic(name string) *Topic {
	return &Topic{
		Name:                 name,
		Pattern:              len(name) > 0 && name[0] == '^',
		OtherRecords:         OtherRecordsHold,
		OnIncompatibleSchema: OnIncompatibleSchemaDeadLetter,
		OnCheck:              OnCheckRefuse,
		Key:                  KeyText,
		Tombstones:           TombstonesFilter,
	}
}

// Matches tells whether the topic's mapping is meant for a Kafka topic of that name: the very name, or one that the
// pattern matches. A pattern is anchored at its beginning only, as the Kafka client reads it. A pattern that does not
// compile matches nothing.
func (t *Topic) Matches(name string) bool {
	if !t.Pattern {
		return t.Name == name
	}
	re, err := regexp.Compile(t.Name)
	return err == nil && re.MatchString(name)
}
