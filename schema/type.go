package schema

// Kind is what a value is after logical types have been resolved. A logical type that is unknown, invalid or
// incomplete is its base type, as the Avro specification demands.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Boolean
	Int
	Long
	Float
	Double
	Bytes
	String
	Fixed
	Enum
	Record
	Array
	Map
	Union
	Decimal         // on bytes or fixed: Precision, Scale
	Date            // days since the epoch
	TimeMillis      // of the day
	TimeMicros      // of the day
	TimestampMillis // since the epoch, UTC
	TimestampMicros // since the epoch, UTC
	TimestampNanos  // since the epoch, UTC
	LocalTimestampMillis
	LocalTimestampMicros
	LocalTimestampNanos
	UUID     // on string or fixed(16): canonical text
	Duration // fixed(12): months, days, milliseconds
)

var kindNames = [...]string{
	"null", "boolean", "int", "long", "float", "double", "bytes", "string", "fixed", "enum", "record", "array", "map", "union",
	"decimal", "date", "time-millis", "time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos",
	"local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos", "uuid", "duration",
}

// String is the kind's name in Avro's own words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown kind"
}

// Type is an Avro type of a writer schema. Recursive schemas are cyclic: a named type is one *Type wherever it is named.
type Type struct {
	Kind      Kind
	Name      string   // full name of a record, enum or fixed
	Aliases   []string // full names
	Doc       string
	Fields    []Field  // Record
	Symbols   []string // Enum
	Elem      *Type    // Array: items; Map: values
	Branches  []*Type  // Union
	Precision int      // Decimal
	Scale     int      // Decimal
	Size      int      // Fixed, and what lies on fixed
	// Base is the Avro type that carries a logical type (Bytes or Fixed under Decimal, String or Fixed under UUID …); Kind itself where there is none.
	Base Kind
	// Odd says what is wrong with a known logical type that was therefore ignored; empty where nothing is. The values are
	// those of the base type, which may not be what the producer means: the bytes of a decimal are no number any more.
	Odd string
}

// Records are the record types that values of the type may be: itself, or those of a union.
func (t *Type) Records() []*Type {
	var records []*Type
	for _, b := range append([]*Type{t}, t.Branches...) {
		if b.Kind == Record {
			records = append(records, b)
		}
	}
	return records
}

// Field is a field of a record.
type Field struct {
	Name    string
	Aliases []string
	Doc     string
	Type    *Type

	// Key is the name as the key of a JSON object: in quotes, with its colon.
	Key string

	// The schema's default, for EncodeJSON: decoding a writer's bytes needs none.
	value      any
	hasDefault bool
}
