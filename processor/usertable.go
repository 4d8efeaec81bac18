package processor

const (
	// leastUsers is how many places the table begins with: those of a few requests.
	leastUsers = 1 << 10
	// keptStates bounds what is kept of users that were forgotten, to be used for others.
	keptStates = 4096
)

// userTable finds the state of users that have objects here, by the hash that is their name. It is a table with open
// addressing, of a power of two of places and at most half of them taken: hashes need no further hashing, and what is looked
// for lies where it belongs or a few places on. (With a Go map, asked five times for a record, this was a tenth of all work at full speed.)
// The zero userTable is ready.
type userTable struct {
	places []place
	n      int
	free   []*userState
}

// place holds a user, or none. It names the user beside the state, so that passing over it costs no look at the state.
type place struct {
	user uint64
	st   *userState
}

// state is the user's, made where there is none.
func (u *userTable) state(user uint64) *userState {
	if 2*u.n >= len(u.places) {
		u.grow()
	}
	i := u.find(user)
	if u.places[i].st == nil {
		u.places[i] = place{user, u.fresh(user)}
		u.n++
	}
	return u.places[i].st
}

// find is the place of the user, or the empty one that would be.
func (u *userTable) find(user uint64) uint64 {
	mask := uint64(len(u.places) - 1)
	i := user & mask
	for u.places[i].st != nil && u.places[i].user != user {
		i = (i + 1) & mask
	}
	return i
}

func (u *userTable) fresh(user uint64) *userState {
	n := len(u.free)
	if n == 0 {
		return &userState{user: user}
	}
	st := u.free[n-1]
	u.free = u.free[:n-1]
	st.user = user
	return st
}

func (u *userTable) grow() {
	old := u.places
	u.places = make([]place, max(leastUsers, 2*len(old)))
	for _, p := range old {
		if p.st != nil {
			u.places[u.find(p.user)] = p
		}
	}
}

// forget takes a user out. What lies behind it moves up where it could no longer be found across the gap.
func (u *userTable) forget(st *userState) {
	mask := uint64(len(u.places) - 1)
	gap := u.find(st.user)
	for i := (gap + 1) & mask; u.places[i].st != nil; i = (i + 1) & mask {
		if home := u.places[i].user & mask; (i-home)&mask >= (i-gap)&mask {
			u.places[gap] = u.places[i]
			gap = i
		}
	}
	u.places[gap] = place{}
	u.n--
	if len(u.free) < keptStates {
		*st = userState{waiting: st.waiting[:0]}
		u.free = append(u.free, st)
	}
}
