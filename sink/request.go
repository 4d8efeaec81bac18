package sink

// Limits are what one request may hold. The client's size limits live here and only here.
type Limits struct {
	Objects  int  // per request, or per array
	PerArray bool // Objects counts each array by itself
	Bytes    int  // of the body
}

// Size is how much of a request is used: exact, byte for byte. The zero Size is an empty request.
type Size struct {
	Count [3]int // by Kind
	Bytes int    // of the objects, without commas and brackets
}

// Plus is the size with the items added.
func (s Size) Plus(items []Item) Size {
	for i := range items {
		s.Count[items[i].Kind]++
		s.Bytes += len(items[i].JSON)
	}
	return s
}

// Fits reports whether a request of this size is within the limits.
func (l Limits) Fits(s Size) bool { panic("not built") }

// Full reports whether no further object could be added: the count is reached.
func (l Limits) Full(s Size) bool { panic("not built") }

// Request is the body of one POST /users/track, and which item stands where in it.
type Request struct {
	Body []byte
	at   [3][]int // by Kind: index in the array → index of the item
}

// NewRequest writes the body, appending to buf[:0]. Within an array items keep their order.
func NewRequest(buf []byte, items []Item) Request { panic("not built") }

// Item is the index (in NewRequest's items) of the object at a place that Braze names; false where there is none.
func (r *Request) Item(array string, index int) (int, bool) { panic("not built") }
