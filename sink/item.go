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
	JSON []byte
	// User is a hash of the object's identifier, filled in by Check: equal for equal users. A collision only makes two users wait for each other.
	User uint64
}
