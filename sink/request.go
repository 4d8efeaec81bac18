package sink

// Limits are what one request may hold. The client's size limits live here and only here.
// Braze allows 75 objects in all, or 75 in each array on older contracts, and a body of 4 MB. Zero means no limit.
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

// Objects is the number of objects in all three arrays.
func (s Size) Objects() int { return s.Count[Attributes] + s.Count[Event] + s.Count[Purchase] }

// Body is the length in bytes of the request's body.
//
// Invariant: it is exactly len(NewRequest(…).Body) for the same items.
func (s Size) Body() int {
	n := s.Bytes + len("{}")
	arrays := 0
	for k, count := range s.Count {
		if count == 0 {
			continue
		}
		arrays++
		n += len(arrayOpen[k]) + count - 1 + len("]")
	}
	return n + max(0, arrays-1)
}

// arrayOpen is what precedes the first object of each array, by Kind.
var arrayOpen = [3]string{`"attributes":[`, `"events":[`, `"purchases":[`}

// Fits reports whether a request of this size is within the limits.
func (l Limits) Fits(s Size) bool {
	return (l.Objects <= 0 || l.largest(s) <= l.Objects) && (l.Bytes <= 0 || s.Body() <= l.Bytes)
}

// largest is the count that Objects bounds.
func (l Limits) largest(s Size) int {
	if l.PerArray {
		return max(s.Count[Attributes], s.Count[Event], s.Count[Purchase])
	}
	return s.Objects()
}

// Full reports whether no further object could be added: the count is reached (in every array, where each counts by itself).
func (l Limits) Full(s Size) bool {
	if l.Objects <= 0 {
		return false
	}
	if l.PerArray {
		return min(s.Count[Attributes], s.Count[Event], s.Count[Purchase]) >= l.Objects
	}
	return s.Objects() >= l.Objects
}

// Request is the body of one POST /users/track, and which item stands where in it.
//
// It has one owner. While Client.Send runs, Body belongs to Send; afterwards the owner may send it again or give it to
// NewRequest for the next. Send replaces Body by a copy where the transport might still be reading the old one.
type Request struct {
	Body  []byte
	items []Item
	at    [3][]int // by Kind: index in the array → index of the item
}

// NewRequest writes the body, appending to buf[:0]. Within an array items keep their order; an empty array is left out.
// The Request keeps items (not copied) until it is dropped: the owner must not change them before.
func NewRequest(buf []byte, items []Item) Request {
	size := Size{}.Plus(items)
	r := Request{Body: grown(buf, size.Body()), items: items}
	places := make([]int, 0, len(items))
	r.Body = append(r.Body, '{')
	for k := range r.at {
		if size.Count[k] == 0 {
			continue
		}
		if len(r.Body) > 1 {
			r.Body = append(r.Body, ',')
		}
		start := len(places)
		r.Body, places = appendArray(r.Body, places, items, Kind(k))
		r.at[k] = places[start:len(places):len(places)]
	}
	r.Body = append(r.Body, '}')
	return r
}

// grown is buf[:0] with room for n bytes. New memory gets a little more, since the next body may be a little larger.
func grown(buf []byte, n int) []byte {
	if cap(buf) >= n {
		return buf[:0]
	}
	return make([]byte, 0, n+n/8)
}

// appendArray writes the array of one kind and notes the index of each of its items in places.
func appendArray(body []byte, places []int, items []Item, kind Kind) ([]byte, []int) {
	body = append(body, arrayOpen[kind]...)
	first := true
	for i := range items {
		if items[i].Kind != kind {
			continue
		}
		if !first {
			body = append(body, ',')
		}
		first = false
		body = append(body, items[i].JSON...)
		places = append(places, i)
	}
	return append(body, ']'), places
}

// MoveItems has the items' JSON lie in the body, each in its place there: the memory that NewRequest copied it from is not needed
// any more, but Body is for as long as the items are.
func (r *Request) MoveItems() {
	at := len("{")
	for k := range r.at {
		if len(r.at[k]) == 0 {
			continue
		}
		at += len(arrayOpen[k])
		for _, i := range r.at[k] {
			end := at + len(r.items[i].JSON)
			r.items[i].JSON = r.Body[at:end:end]
			at = end + len(",")
		}
		at += len("],") - len(",") // behind the last item there is no comma
	}
}

// Item is the index (in NewRequest's items) of the object at a place that Braze names; false where there is none.
func (r *Request) Item(array string, index int) (int, bool) {
	for k := range r.at {
		if Kind(k).Array() == array && index >= 0 && index < len(r.at[k]) {
			return r.at[k][index], true
		}
	}
	return 0, false
}

// Len is the number of objects in the request.
func (r *Request) Len() int { return len(r.items) }
