package config

import "reflect"

// DefaultWorkspace is another name for the braze section itself: a topic may name it, and no workspace may bear it.
const DefaultWorkspace = "default"

// inherit reads braze.workspaces once the braze section is known, wherever in the file that stands.
func (d *decoder) inherit(cfg *Config, root *Node) {
	const path = "braze.workspaces"
	section := root.Get("braze").Get("workspaces")
	if section == nil || section.Kind != NodeMap {
		return
	}
	cfg.Braze.Workspaces = map[string]*Workspace{}
	for _, k := range section.Keys {
		below := join(path, k.Name)
		d.values[below] = &value{key: k.Pos}
		if k.Name == DefaultWorkspace || k.Name == "" {
			d.fault(k.Pos, below, "choose another name", "%q is the braze section itself", k.Name)
			continue
		}
		w := cfg.Braze.Workspace
		if w.TLS != nil {
			own := *w.TLS
			w.TLS = &own
		}
		d.decode(k.Value, reflect.ValueOf(&w).Elem(), below)
		cfg.Braze.Workspaces[k.Name] = &w
	}
}
