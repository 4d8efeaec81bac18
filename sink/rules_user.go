package sink

import (
	"bytes"
	"hash/maphash"
	"unicode"
	"unicode/utf8"
)

// userSeed is the process's: hashes of users mean nothing outside it.
var userSeed = maphash.MakeSeed()

// checkUser applies the rules of identification and fills in the item's user.
// Source: api/endpoints/user_data/post_user_track, "User identifiers"; the order of precedence is Braze's.
func (c *Checker) checkUser(item *Item) bool {
	if n := c.at(topUpdateOnly); n != nil && !n.isBool() {
		return c.refuse(RuleUpdateOnly, "_update_existing_only is "+n.kind.String()+", not a boolean")
	}
	primaries := 0
	for _, key := range [...]topKey{topExternalID, topUserAlias, topBrazeID} {
		if c.top[key] > 0 {
			primaries++
		}
	}
	switch {
	case primaries > 1:
		return c.refuse(RuleUserAmbiguous, "more than one of external_id, user_alias and braze_id")
	case !c.checkEmail() || !c.checkPhone():
		return false
	case primaries == 1:
		return c.checkPrimary(item)
	}
	if n := c.at(topEmail); n != nil && n.kind == scanString {
		item.User = c.hashEmail(n)
		return true
	}
	if n := c.at(topPhone); n != nil && n.kind == scanString {
		item.User = c.hashPhone(n)
		return true
	}
	return c.refuse(RuleUserMissing, "none of external_id, user_alias, braze_id, email and phone")
}

func (c *Checker) checkPrimary(item *Item) bool {
	if n := c.at(topUserAlias); n != nil {
		return c.checkAlias(item, c.top[topUserAlias])
	}
	key, name := topExternalID, "external_id"
	if c.top[key] == 0 {
		key, name = topBrazeID, "braze_id"
	}
	n := c.at(key)
	if n.kind != scanString || n.bytes() == 0 {
		return c.refuse(RuleUserID, name+" is not a non-empty string")
	}
	id := c.scan.strOf(n)
	if key == topExternalID && len(id) > limitExternalID {
		return c.refuse(RuleUserIDLength, "external_id is longer than 987 bytes")
	}
	item.User = hashUser(key, id)
	return true
}

// checkAlias checks user_alias. An object for an alias creates no user unless _update_existing_only is explicitly false; to update only is
// a legitimate wish, so that is counted, not refused.
func (c *Checker) checkAlias(item *Item, self int) bool {
	if c.scan.nodes[self].kind != scanObject {
		return c.refuse(RuleUserAlias, "user_alias is not an object")
	}
	var hashes [2]uint64
	for i, part := range [...]string{"alias_label", "alias_name"} {
		at, ok := c.scan.find(self, part)
		if !ok {
			return c.refuse(RuleUserAlias, "user_alias has no "+part)
		}
		n := &c.scan.nodes[at]
		if n.kind != scanString || n.bytes() == 0 {
			return c.refuse(RuleUserAlias, "user_alias."+part+" is not a non-empty string")
		}
		hashes[i] = hashUser(topUserAlias, c.scan.strOf(n))
	}
	item.User = mix(hashes[0]) ^ hashes[1]
	if n := c.at(topUpdateOnly); n == nil || n.kind != scanFalse {
		c.note(noteAliasUpdateOnly)
	}
	return true
}

// checkEmail checks email, which identifies or is written to the profile. Null unsets it, in attributes.
func (c *Checker) checkEmail() bool {
	n := c.at(topEmail)
	if n == nil || n.kind == scanNull && c.kind == Attributes {
		return true
	}
	if n.kind != scanString || !isEmail(c.scan.strOf(n)) {
		return c.refuse(RuleEmail, "email is not a valid e-mail address")
	}
	return true
}

// checkPhone checks phone as checkEmail checks email.
func (c *Checker) checkPhone() bool {
	n := c.at(topPhone)
	if n == nil || n.kind == scanNull && c.kind == Attributes {
		return true
	}
	if n.kind != scanString || !isPhone(c.scan.strOf(n)) {
		return c.refuse(RulePhone, "phone is not a phone number, E.164 for instance")
	}
	return true
}

// isEmail reports whether Braze takes b for an address, by syntax alone: a local part of letters and digits of any script and some signs,
// no dot at its ends nor two in a row; a host of at least two labels in ASCII (punycode).
// Source: user_guide/message_building_by_channel/email/email_setup/email_validation.
func isEmail(b []byte) bool {
	at := bytes.IndexByte(b, '@') // a second one would be no letter of a host
	return at > 0 && isEmailLocal(b[:at]) && isEmailHost(b[at+1:])
}

func isEmailLocal(b []byte) bool {
	dot := true // as if one stood before the first character
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c == '.':
			if dot {
				return false
			}
			i, dot = i+1, true
			continue
		case c < utf8.RuneSelf:
			if emailSigns[c>>6]&(1<<(c&63)) == 0 {
				return false
			}
			i++
		default:
			r, size := utf8.DecodeRune(b[i:])
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				return false
			}
			i += size
		}
		dot = false
	}
	return !dot
}

// emailSigns is the set of ASCII characters of a local part, besides the dot.
var emailSigns = asciiSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-^+$'&#/%*=`|~!?{}")

func asciiSet(chars string) (set [2]uint64) {
	for i := range len(chars) {
		set[chars[i]>>6] |= 1 << (chars[i] & 63)
	}
	return set
}

func isEmailHost(b []byte) bool {
	labels, start := 0, 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] != '.' {
			if c := b[i]; c-'0' > 9 && (c|0x20)-'a' > 25 && c != '-' {
				return false
			}
			continue
		}
		if i == start || i-start > 63 || b[start] == '-' || b[i-1] == '-' {
			return false
		}
		labels, start = labels+1, i+1
	}
	return labels >= 2 && len(b) <= 253
}

// isPhone reports whether b could be a phone number: 5 to 15 digits, as E.164 allows, with the punctuation that people write.
// Braze asks for a valid number and recommends E.164; whether a number is assigned is not ours to judge.
func isPhone(b []byte) bool {
	n := 0
	for i, c := range b {
		switch {
		case c-'0' <= 9:
			n++
		case c == '+':
			if i > 0 {
				return false
			}
		case c != ' ' && c != '-' && c != '.' && c != '(' && c != ')' && c != '/':
			return false
		}
	}
	return n >= 5 && n <= 15
}

// hashUser hashes an identifier with its kind, so that the same text as two kinds is two users.
func hashUser(kind topKey, id []byte) uint64 {
	return maphash.Bytes(userSeed, id) ^ uint64(kind)*0x9E3779B97F4A7C15
}

// hashEmail hashes the address in lower case: Braze looks addresses up without regard to case.
func (c *Checker) hashEmail(n *scanNode) uint64 {
	return c.hashFolded(topEmail, n, func(b byte) (byte, bool) {
		if b-'A' <= 25 {
			b |= 0x20
		}
		return b, true
	})
}

// hashPhone hashes the digits: the same number written in two ways is one user.
func (c *Checker) hashPhone(n *scanNode) uint64 {
	return c.hashFolded(topPhone, n, func(b byte) (byte, bool) { return b, b-'0' <= 9 })
}

func (c *Checker) hashFolded(kind topKey, n *scanNode, fold func(byte) (byte, bool)) uint64 {
	text := c.scan.strOf(n)
	out := c.folded[:0]
	for _, b := range text {
		if b, ok := fold(b); ok {
			out = append(out, b)
		}
	}
	c.folded = out
	return hashUser(kind, out)
}
