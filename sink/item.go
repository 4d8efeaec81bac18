package sink

// Kind is one of the three arrays of /users/track.
type Kind uint8

// The kinds, in the order in which Braze processes them.
const (
	Attributes Kind = iota
	Event
	Purchase
)

// Array is the name of the kind's array in a request: attributes, events, purchases.
func (k Kind) Array() string { return [...]string{"attributes", "events", "purchases"}[k] }

// String is the kind's name elsewhere: attributes, event, purchase.
func (k Kind) String() string { return [...]string{"attributes", "event", "purchase"}[k] }

// Item is one Braze object, encoded once: JSON is exactly what is sent. Whoever holds the Item may read JSON, nobody may change it.
type Item struct {
	Kind Kind
	// Plain is the value of JSON's `properties` where whoever wrote it vouches for it, so that Check need not read it again; zero: it
	// reads everything. What it says: these bytes are one well-formed object in valid UTF-8, with 1 to 256 names that Check takes as
	// they are for this Kind; no object in it repeats a key; nothing in it is null, or beyond PlainText, PlainElement and PlainDepth;
	// every number is one that a 64-bit float holds. Only how long it is, and whether the event's name asks for more, is left to Check.
	//
	// Invariant: Check comes to the same, whether Plain is set or not.
	Plain Part
	JSON  []byte
	// User is a hash of the object's identifier, filled in by Check: equal for equal users. A collision only makes two users wait for each other.
	User uint64
}
