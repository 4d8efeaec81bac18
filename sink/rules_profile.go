package sink

// The standard fields that hold objects. Source: api/objects_filters/user_attributes_object and the object errors listed in
// api/endpoints/user_data/post_user_track#endpoint-specific-errors.

// member returns the member of that name of the object at self; nil where there is none.
func (c *Checker) member(self int, name string) *scanNode {
	if i, ok := c.scan.find(self, name); ok {
		return &c.scan.nodes[i]
	}
	return nil
}

// isText reports whether n is there and a string of at least one byte.
func isText(n *scanNode) bool { return n != nil && n.kind == scanString && n.bytes() > 0 }

// checkGroups checks subscription_groups.
func (c *Checker) checkGroups(self int) bool {
	nodes := c.scan.nodes
	if !c.isArrayOf(self, scanObject) {
		return c.refuse(RuleSubscriptionGroup, "subscription_groups is not an array of objects")
	}
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		id, state := c.member(i, "subscription_group_id"), c.member(i, "subscription_state")
		switch {
		case !isText(id) || !isUUID(c.scan.strOf(id)):
			return c.refuse(RuleSubscriptionGroup, "subscription_group_id of subscription_groups is not a UUID")
		case !isText(state) || !isState(c.scan.strOf(state), false):
			return c.refuse(RuleSubscriptionGroup, "subscription_state of subscription_groups is neither subscribed nor unsubscribed")
		}
		if n := c.member(i, "use_double_opt_in_logic"); n != nil && !n.isBool() {
			return c.refuse(RuleSubscriptionGroup, "use_double_opt_in_logic of subscription_groups is not a boolean")
		}
	}
	return true
}

// checkLocation checks current_location.
func (c *Checker) checkLocation(self int) bool {
	if c.scan.nodes[self].kind == scanObject {
		longitude, latitude := c.member(self, "longitude"), c.member(self, "latitude")
		if longitude != nil && latitude != nil && longitude.kind == scanNumber && latitude.kind == scanNumber {
			return true
		}
	}
	return c.refuse(RuleLocation, "current_location is not an object with the numbers longitude and latitude")
}

// checkTokens checks push_tokens. A device_id has 8 to 255 bytes (BAD_DEVICE_ID).
func (c *Checker) checkTokens(self int) bool {
	nodes := c.scan.nodes
	if !c.isArrayOf(self, scanObject) {
		return c.refuse(RulePushToken, "push_tokens is not an array of objects")
	}
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		if !isText(c.member(i, "app_id")) || !isText(c.member(i, "token")) {
			return c.refuse(RulePushToken, "app_id and token of push_tokens are not both non-empty strings")
		}
		n := c.member(i, "device_id")
		if n == nil {
			continue
		}
		if size := len(c.scan.strOf(n)); n.kind != scanString || size < 8 || size > 255 {
			return c.refuse(RulePushToken, "device_id of push_tokens is not a string of 8 to 255 bytes")
		}
	}
	return true
}

// isUUID reports whether b is a UUID in its usual form.
func isUUID(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if c-'0' > 9 && (c|0x20)-'a' > 5 {
				return false
			}
		}
	}
	return true
}
