package sink

// CheckOptions configure the rules that the documents leave to the account.
type CheckOptions struct {
	Repair bool // mend what can be mended without loss, instead of refusing
}

// Refusal is an object that Braze would refuse or silently drop.
type Refusal struct {
	Item int    // index of the item, in the items that Check returned
	Rule string // closed set, for metrics
	Text string // bounded; no value of the record, no user id
}

// Checker applies Braze's object rules to encoded objects, one pass over exactly the bytes that would be sent, but for what their writer
// vouches for (Item.Plain). One goroutine owns it.
//
// It refuses what Braze documents to refuse or to drop in silence, and whatever is not one well-formed JSON object. What the documents leave
// open it lets pass and counts (TakeCounted): refusing more than Braze does would lose data of ours to save Braze the trouble.
//
// An object is read once into a flat list of its values; the rules walk that list, so the bytes are not parsed again, whatever the order of
// the keys. A good object costs no allocation once the Checker's memory has grown to the size of the objects it sees.
type Checker struct {
	options CheckOptions
	scan    scanner
	kind    Kind
	top     [topKeys]int // node of each known top-level key; zero: absent, since node zero is the object itself
	refusal Refusal
	notes   uint32 // of the object under check: a bit per note
	folded  []byte // scratch
	counted [noteCount]int64
	noted   bool // some counted is not zero
}

// NewChecker returns a checker.
func NewChecker(o CheckOptions) *Checker { return &Checker{options: o} }

// Check fills in the users of the items and returns those that must not be sent, at most one refusal for each, in the order of the items.
// Items that are refused stay among them; whether a record's other items are still sent is the caller's to decide.
//
// The items come back changed only under Repair: then an item's JSON may be new bytes, and one item may have become several, in a new slice.
// Whoever keeps account of which items belong to which record checks each record's by themselves then.
func (c *Checker) Check(items []Item) ([]Item, []Refusal) {
	var refusals []Refusal
	for i := 0; i < len(items); {
		n, ok := 1, c.check(&items[i])
		if c.options.Repair && c.mendable(ok) != 0 {
			items, n, ok = c.repair(items, i, ok)
		}
		if ok {
			c.tally()
		} else {
			c.refusal.Item = i
			refusals = append(refusals, c.refusal)
		}
		i += n
	}
	return items, refusals
}

// check applies all rules to one item and fills in its user. False: c.refusal says why.
func (c *Checker) check(item *Item) bool {
	c.kind, c.notes, item.User = item.Kind, 0, 0
	if !c.read(item) {
		return c.refuseScan()
	}
	if !c.checkUser(item) {
		return false
	}
	switch item.Kind {
	case Attributes:
		return c.checkAttributes()
	case Event:
		return c.checkEvent()
	case Purchase:
		return c.checkPurchase()
	}
	return c.refuse(RuleJSON, "an object of an unknown kind")
}

// refuseScan says what the scanner found. A key that stands twice is named where the mapping names keys: deeper down names may be data.
func (c *Checker) refuseScan() bool {
	switch {
	case c.scan.fault != scanDuplicate:
		return c.refuse(RuleJSON, scanFaultTexts[c.scan.fault])
	case c.scan.depth > 2:
		return c.refuse(RuleDuplicateKey, scanFaultTexts[scanDuplicate])
	}
	return c.refuseKey(RuleDuplicateKey, c.scan.keyOf(&c.scan.nodes[c.scan.twice]), "stands twice in one object")
}
