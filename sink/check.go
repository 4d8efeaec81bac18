package sink

// CheckOptions configure the rules that the documents leave to the account.
type CheckOptions struct {
	Repair bool // mend what can be mended without loss, instead of refusing
}

// Refusal is an object that Braze would refuse or silently drop.
type Refusal struct {
	Item int    // index of the item
	Rule string // closed set, for metrics
	Text string // bounded; no value of the record, no user id
}

// Checker applies Braze's object rules to encoded objects, one pass over exactly the bytes that would be sent. One goroutine owns it.
type Checker struct{}

// NewChecker returns a checker.
func NewChecker(o CheckOptions) *Checker { panic("not built") }

// Check fills in the users of the items and returns those that must not be sent. The items come back changed only under Repair.
func (c *Checker) Check(items []Item) ([]Item, []Refusal) { panic("not built") }
