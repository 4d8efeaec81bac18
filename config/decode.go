package config

import (
	"fmt"
	"reflect"
	"strings"
)

// decoder writes a file's Nodes over the defaults. It checks names and types; the values are the validator's.
type decoder struct {
	resolve  Resolve
	values   map[string]*value // by path
	faults   Faults
	warnings Faults
	secrets  map[int]bool // lines that hold one
}

// value is what the file says about one path.
type value struct {
	pos Pos
	key Pos
	// shown is the text as it may be shown: as written in the file; empty for a secret.
	shown string
	// missing tells that it refers to what is not there, which has been said: whatever it should be, it is not at fault.
	missing bool
	// wrong tells that it is of another kind than it should be, so that nothing inside it is missed.
	wrong bool
}

func (d *decoder) fault(at Pos, path, hint, format string, args ...any) {
	d.faults.add(faultAt(at, path, hint, format, args...))
}

var (
	nodeType      = reflect.TypeFor[*Node]()
	secretType    = reflect.TypeFor[Secret]()
	listType      = reflect.TypeFor[StringList]()
	createType    = reflect.TypeFor[*DeadLetterCreate]()
	onStuckType   = reflect.TypeFor[OnStuck]()
	rateType      = reflect.TypeFor[*Rate]()
	topicsType    = reflect.TypeFor[[]*Topic]()
	workspaceType = reflect.TypeFor[map[string]*Workspace]()
)

// config reads the whole file.
func (d *decoder) config(root *Node) *Config {
	cfg := Default()
	cfg.File = root.Pos.File
	d.decode(root, reflect.ValueOf(cfg).Elem(), "")
	d.inherit(cfg, root)
	for _, t := range cfg.Topics {
		if t.Workspace == DefaultWorkspace {
			t.Workspace = ""
		}
	}
	return cfg
}

// decode writes a node into a value of any type that a Config is made of.
func (d *decoder) decode(n *Node, v reflect.Value, path string) {
	if d.values[path] == nil {
		d.values[path] = &value{}
	}
	d.values[path].pos = n.Pos
	if n.broken {
		d.values[path].missing, d.values[path].wrong = true, true
		return
	}
	switch v.Type() {
	case nodeType:
		v.Set(reflect.ValueOf(n))
		if n.Kind == NodeNull {
			d.null(n, path)
		}
		return
	case topicsType:
		d.topics(n, v, path)
		return
	case createType:
		d.create(n, v, path)
		return
	case onStuckType:
		if d.onStuck(n, path) {
			return
		}
	case rateType:
		if n.Kind == NodeMap && len(n.Keys) == 0 {
			return // shared_rate: {} sets no limit
		}
	}
	if n.Kind == NodeNull {
		d.null(n, path)
		return
	}
	d.decodeKind(n, v, path)
}

func (d *decoder) decodeKind(n *Node, v reflect.Value, path string) {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.decode(n, v.Elem(), path)
	case v.Type() == secretType:
		d.secret(n, v, path)
	case v.Kind() == reflect.Struct:
		d.section(n, v, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path)
	case v.Type() == workspaceType:
		// Read by inherit, once the values to inherit are known.
		d.want(n, NodeMap, path)
	default:
		d.scalar(n, v, path)
	}
}

// want says so where a node is of another kind.
func (d *decoder) want(n *Node, kind NodeKind, path string) bool {
	if n.Kind == kind {
		return true
	}
	hint := ""
	switch {
	case path == "":
	case kind == NodeMap && n.Kind == NodeList:
		hint = "write its keys below it, indented and without dashes"
	case kind == NodeMap:
		hint = "write its keys below it, indented"
	case kind == NodeList && n.Kind == NodeString && !strings.Contains(n.Text, "${"):
		hint = "write it in brackets, also if there is only one: [" + clip(n.Text) + "]"
	}
	d.values[path].missing, d.values[path].wrong = true, true
	d.fault(n.Pos, path, hint, "must be %s, is %s", kind, n.Kind)
	return false
}

func (d *decoder) null(n *Node, path string) {
	d.values[path].missing = true
	if n.absent {
		d.fault(n.Pos, path, "give it a value, or leave the key out for the default", "has no value")
		return
	}
	key := path[strings.LastIndexByte(path, '.')+1:]
	d.fault(n.Pos, path, fmt.Sprintf("leave the key out for the default; for the text, write %s: '%s'", key, n.Text), "YAML reads %s as no value", n.Text)
}

// section decodes the keys of a mapping into the fields of a struct.
func (d *decoder) section(n *Node, v reflect.Value, path string) {
	if !d.want(n, NodeMap, path) {
		return
	}
	fields := fieldsOf(v)
	for _, k := range n.Keys {
		below := join(path, k.Name)
		field, known := fields.byName[k.Name]
		if !known {
			hint := misplaced(k.Name, path)
			if hint == "" {
				hint = meant(k.Name, fields.names)
			}
			d.fault(k.Pos, below, hint, "unknown key")
			continue
		}
		d.values[below] = &value{key: k.Pos}
		d.decode(k.Value, field, below)
	}
}

type fields struct {
	names  []string
	byName map[string]reflect.Value
}

// fieldsOf names the fields of a struct, those of embedded structs among them.
func fieldsOf(v reflect.Value) fields {
	f := fields{byName: map[string]reflect.Value{}}
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			inner := fieldsOf(v.Field(i))
			f.names = append(f.names, inner.names...)
			for name, field := range inner.byName {
				f.byName[name] = field
			}
		case name != "" && name != "-":
			f.names = append(f.names, name)
			f.byName[name] = v.Field(i)
		}
	}
	return f
}

// list decodes a list of texts; a StringList may also be a single one.
func (d *decoder) list(n *Node, v reflect.Value, path string) {
	if v.Type() == listType && n.Kind != NodeList && n.Kind != NodeMap {
		list := reflect.MakeSlice(v.Type(), 1, 1)
		d.scalar(n, list.Index(0), path)
		v.Set(list)
		return
	}
	if !d.want(n, NodeList, path) {
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		d.decode(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(list)
}

func (d *decoder) secret(n *Node, v reflect.Value, path string) {
	if n.Kind == NodeMap || n.Kind == NodeList {
		d.want(n, NodeString, path)
		return
	}
	d.whole(n, path)
	for line := n.Pos.Line; line <= n.At(len(n.Text)).Line; line++ {
		d.secrets[line] = true
	}
	f := d.fill(n, path, true)
	d.values[path].missing = f.missing
	v.Set(reflect.ValueOf(newSecret(f.text, f.file)))
}

// create reads dead_letter.create: false, true or a section.
func (d *decoder) create(n *Node, v reflect.Value, path string) {
	if n.Kind == NodeMap {
		v.Set(reflect.ValueOf(defaultCreate()))
		d.section(n, v.Elem(), path)
		return
	}
	var wanted bool
	if n.Kind == NodeNull {
		d.null(n, path)
		return
	}
	if n.Kind == NodeList {
		d.want(n, NodeMap, path)
		return
	}
	if d.scalar(n, reflect.ValueOf(&wanted).Elem(), path); wanted {
		v.Set(reflect.ValueOf(defaultCreate()))
	}
}

// onStuck reads delivery.on_stuck where it is not a section.
func (d *decoder) onStuck(n *Node, path string) (done bool) {
	switch {
	case n.Kind == NodeNull, n.Kind == NodeMap && len(n.Keys) > 0:
		return false
	case n.Kind != NodeString || n.Text != "hold":
		d.fault(n.Pos, path, "write hold, or {dead_letter_after: 1h}", "is neither hold nor a section with dead_letter_after")
	}
	return true
}

// topics keeps the order of the file.
func (d *decoder) topics(n *Node, v reflect.Value, path string) {
	if n.Kind == NodeNull {
		d.null(n, path)
		return
	}
	if !d.want(n, NodeMap, path) {
		return
	}
	var topics []*Topic
	for _, k := range n.Keys {
		t := newTopic(k.Name)
		t.Pos = k.Pos
		below := join(path, k.Name)
		d.values[below] = &value{key: k.Pos}
		d.decode(k.Value, reflect.ValueOf(t).Elem(), below)
		topics = append(topics, t)
	}
	v.Set(reflect.ValueOf(topics))
}
