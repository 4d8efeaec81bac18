package config

// Config is one bridge's whole configuration: the file over Default().
type Config struct {
	Kafka          Kafka          `yaml:"kafka"`
	SchemaRegistry SchemaRegistry `yaml:"schema_registry"`
	Braze          Braze          `yaml:"braze"`
	DeadLetter     DeadLetter     `yaml:"dead_letter"`
	Delivery       Delivery       `yaml:"delivery"`
	Admin          Admin          `yaml:"admin"`
	Log            Log            `yaml:"log"`

	// Topics are the mappings, in the order of the file.
	Topics []*Topic `yaml:"topics"`

	// File is the name the configuration was loaded from, as faults name it.
	File string `yaml:"-"`
}

// Topic returns what the configuration says about a topic of that name: an exact name first, then the first pattern, in
// the order of the file, that matches. Nil: the topic is not configured.
func (c *Config) Topic(name string) *Topic {
	for _, t := range c.Topics {
		if !t.Pattern && t.Name == name {
			return t
		}
	}
	for _, t := range c.Topics {
		if t.Pattern && t.Matches(name) {
			return t
		}
	}
	return nil
}

// Workspace returns the workspace of that name with everything it inherits; the empty name is the braze section itself.
// Nil: there is none.
func (c *Config) Workspace(name string) *Workspace {
	if name == "" {
		return &c.Braze.Workspace
	}
	return c.Braze.Workspaces[name]
}

// DeadLetter says where records go that cannot be delivered.
type DeadLetter struct {
	// Topic is the dead-letter topic's name; it may hold an expression over kafka.*, such as ${kafka.topic + ".dead-letter"}.
	// No default: which data protection rules hold for the letters is for their owner to decide.
	Topic *Node `yaml:"topic"`
	// Create says how a missing topic is made: false (default, nil: a missing topic is an error at start), true (the defaults
	// of DeadLetterCreate), or a section. Creating needs the right to create topics, and brokers have their own ideas of
	// retention, so it has to be asked for.
	Create *DeadLetterCreate `yaml:"create"`
}

// DeadLetterCreate says how a missing dead-letter topic is made.
type DeadLetterCreate struct {
	// Partitions of the topic, default 6: letters are few. More of them spread a flood's writes over more brokers.
	Partitions int `yaml:"partitions"`
	// Replicas of each partition, default 3, the least with which one broker may be away while letters are still written
	// safely. A cluster of fewer brokers needs a lower number, and loses letters with a disk.
	Replicas int `yaml:"replicas"`
	// Retention of the letters, default 14d: two weeks to see, mend and replay them, with a holiday in between. Longer keeps
	// personal data longer.
	Retention Duration `yaml:"retention"`
}

// Delivery bounds what is under way.
type Delivery struct {
	// ResendWindow bounds the records attempted and not yet covered by a commit: what a crash may send twice. Unit records,
	// default 10,000: 64 requests of 75 records are 4,800, and as many again may wait for the commit behind them. Lower sends
	// less twice, and below max_in_flight x objects_per_request it also leaves requests unsent or part full. It may exceed
	// InFlightRecords, which a record leaves when it is settled, before it is committed.
	ResendWindow int `yaml:"resend_window"`
	// InFlightRecords bounds the records read and not settled. Default 20,000: four times what 64 full requests hold, so that
	// one slow user or partition does not starve the others. Higher rides out a slower Braze with more memory.
	InFlightRecords int `yaml:"in_flight_records"`
	// InFlightBytes bounds the same in bytes of record values, with an overshoot of one poll. Default 32MiB: 20,000 records of
	// 1.6 kB. Decoded records take a multiple of it; a container needs about four times this figure above its idle size.
	InFlightBytes Bytes `yaml:"in_flight_bytes"`
	// DrainTimeout is how long a stop waits for what is on the wire. Default 25s, below the 30s that Kubernetes gives by
	// default before it kills. What is left then is not settled and is sent again by the next owner: a lower value means more
	// of that, a higher one needs a longer grace period.
	DrainTimeout Duration `yaml:"drain_timeout"`
	// Flood says how many dead letters make a topic hold.
	Flood Flood `yaml:"flood"`
	// OnStuck says what becomes of one record that fails for ever while others pass: hold (default), or a section.
	OnStuck OnStuck `yaml:"on_stuck"`
}

// Flood makes a topic hold when at least Share of its last Of outcomes, and at least AtLeast of them, are dead letters.
type Flood struct {
	// Share of the outcomes, above 0 and up to 1; default 0.5. Lower holds a topic for a poor producer, 1 hardly ever holds.
	Share float64 `yaml:"share"`
	// Of is how many outcomes are looked at, default 1000. More reacts later to a producer that broke, less is noise.
	Of int `yaml:"of"`
	// AtLeast is the least number of dead letters that hold a topic, default 25, up to Of: that many are written before a
	// broken mapping stops. Lower lets a handful of bad records stop a quiet topic.
	AtLeast int `yaml:"at_least"`
}

// OnStuck says what becomes of a single record that fails for ever while others pass:
// it holds its partition (DeadLetterAfter is zero) or goes to the dead letters after that time.
type OnStuck struct {
	// DeadLetterAfter is that time, at least 1s; default 0, written as on_stuck: hold. Shorter takes a passing fault of Braze
	// for a fault of the record; longer keeps the record's partition waiting for so long.
	DeadLetterAfter Duration `yaml:"dead_letter_after"`
}

// Admin is the listener for metrics, probes and control.
type Admin struct {
	// Listen is host:port, default 127.0.0.1:9464, the port of OpenTelemetry's Prometheus exporter. It has no authentication
	// and can hold the bridge, so it listens to the machine alone; probes from outside need 0.0.0.0:9464 and a network policy.
	Listen string `yaml:"listen"`
}

// Log is the process's log, on stderr.
type Log struct {
	// Level is debug, info (default), warn or error. No level logs per record.
	Level string `yaml:"level"`
	// Format is json (default) or text.
	Format string `yaml:"format"`
}
