package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const topicNameHint = "a name has up to 249 letters, digits, dots, underscores and hyphens"

var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// legalTopic tells whether Kafka allows a topic of that name.
func legalTopic(name string) bool {
	return topicName.MatchString(name) && name != "." && name != ".."
}

func (v *validator) topics() {
	if !v.required("topics", len(v.cfg.Topics) > 0, "map at least one topic to Braze objects") {
		return
	}
	for _, t := range v.cfg.Topics {
		v.topic("topics."+t.Name, t)
	}
}

func (v *validator) topic(path string, t *Topic) {
	v.topicName(path, t)
	at := func(key string) string { return path + "." + key }
	if t.Workspace != "" && v.cfg.Braze.Workspaces[t.Workspace] == nil {
		v.workspaceName(at("workspace"), t.Workspace)
	}
	if t.Start != "" || v.written(at("start")) {
		v.oneOf(at("start"), string(t.Start), string(StartEarliest), string(StartLatest))
	}
	v.duration(at("max_age"), t.MaxAge, 0, 100*365*day)
	if v.written(at("record")) {
		v.required(at("record"), len(t.Records) > 0, "name a record type, or leave the key out")
	}
	for i, r := range t.Records {
		p := v.item(at("record"), i)
		if !recordName.MatchString(r) {
			v.fault(p, "a full name: com.example.OrderPlaced", "%s is no name of an Avro record", v.shown(p, r))
		}
	}
	v.oneOf(at("other_records"), t.OtherRecords, OtherRecordsHold, OtherRecordsFilter)
	v.oneOf(at("on_incompatible_schema"), t.OnIncompatibleSchema, OnIncompatibleSchemaDeadLetter, OnIncompatibleSchemaHold)
	v.oneOf(at("on_check"), t.OnCheck, OnCheckRefuse, OnCheckRepair)
	v.oneOf(at("key"), t.Key, KeyText, KeyAvro, KeyIgnore)
	v.oneOf(at("tombstones"), t.Tombstones, TombstonesFilter, TombstonesMap)
	v.mapping(path, t)
}

// recordName allows what Avro does, and the hyphen that producers put into namespaces all the same.
var recordName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$`)

func (v *validator) topicName(path string, t *Topic) {
	if t.Pattern {
		if _, err := regexp.Compile(t.Name); err != nil {
			v.faults.add(faultAt(t.Pos, path, "Go's syntax: https://pkg.go.dev/regexp/syntax", "the pattern does not compile: %s", clip(err.Error())))
		}
		return
	}
	if !legalTopic(t.Name) {
		hint := topicNameHint
		if strings.ContainsAny(t.Name, "*+?[(|\\") {
			hint = "a regular expression begins with ^"
		}
		v.faults.add(faultAt(t.Pos, path, hint, "%q is no name of a Kafka topic", clip(t.Name)))
	}
}

func (v *validator) workspaceName(path, name string) {
	hint := "braze.workspaces has none"
	if all := names(v.cfg.Braze.Workspaces); len(all) > 0 {
		hint = meant(name, all)
	}
	if v.referred(path) {
		hint = ""
	}
	v.fault(path, hint, "%s is no workspace of braze.workspaces", v.shown(path, name))
}

// rulesNameUsers reports whether every rule says by itself whose profile it is about.
func rulesNameUsers(send *Node) bool {
	if send == nil || len(send.Items) == 0 {
		return false
	}
	return !slices.ContainsFunc(send.Items, func(rule *Node) bool { return rule.Get("user") == nil })
}

// mapping checks that the mapping's parts are there and of the right kind; what they say is compiled against the schema.
func (v *validator) mapping(path string, t *Topic) {
	if t.User == nil {
		v.required(path+".user", rulesNameUsers(t.Send), "say whose profile it is: {external_id: \"${customer_id}\"}")
	} else if t.User.Kind != NodeMap && t.User.Kind != NodeList {
		v.fault(path+".user", "such as {external_id: \"${customer_id}\"}", "must be a mapping or a list of them, is %s", t.User.Kind)
	}
	if t.Set != nil && t.Set.Kind != NodeMap {
		v.fault(path+".set", "", "must be a mapping, is %s", t.Set.Kind)
	}
	switch {
	case t.Send == nil:
		v.required(path+".send", false, "list the objects that a record becomes: - event: NAME")
	case t.Send.Kind != NodeList:
		v.fault(path+".send", "begin each object with a dash: - event: NAME", "must be a list, is %s", t.Send.Kind)
	case len(t.Send.Items) == 0:
		v.fault(path+".send", "list the objects that a record becomes: - event: NAME", "is empty")
	default:
		for i, item := range t.Send.Items {
			if item.Kind != NodeMap && !item.broken {
				p := fmt.Sprintf("%s.send[%d]", path, i)
				v.faults.add(faultAt(item.Pos, p, "such as - event: NAME", "must be a mapping, is %s", item.Kind))
			}
		}
	}
}
