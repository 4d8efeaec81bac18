package config

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// maxValue bounds what ${env:NAME} and ${file:PATH} fill in: the largest certificate chain is far below.
const maxValue = 1 << 20

// filled is a text with its references filled in.
type filled struct {
	text string
	// file is the path where the whole text is one ${file:PATH}.
	file string
	// referred tells that a part of it came from outside: it must not be shown.
	referred bool
	// missing tells that a variable or file is not there.
	missing bool
}

// fill replaces ${env:NAME} and ${file:PATH}, and $${ by ${. It happens after the YAML is parsed, and nothing that is
// filled in is looked at again: it can neither change the document nor refer to something else.
func (d *decoder) fill(n *Node, path string, secret bool) filled {
	var out filled
	var b strings.Builder
	rest := n.Text
	for {
		i := strings.Index(rest, "${")
		if i < 0 {
			break
		}
		if i > 0 && rest[i-1] == '$' {
			b.WriteString(rest[:i-1] + "${")
			rest = rest[i+2:]
			continue
		}
		b.WriteString(rest[:i])
		r := &reference{node: n, offset: len(n.Text) - len(rest) + i, path: path, secret: secret}
		var closed bool
		r.inside, rest, closed = strings.Cut(rest[i+2:], "}")
		text, ok := d.resolveReference(r, closed)
		out.referred, out.missing = true, out.missing || !ok
		if ok && r.offset == 0 && rest == "" {
			if file, is := strings.CutPrefix(r.inside, "file:"); is {
				out.file = file
			}
		}
		b.WriteString(text)
		if b.Len() > maxValue {
			d.fault(n.Pos, path, "", "is larger than 1 MiB when it is filled in")
			out.missing = true
		}
		if out.missing && (d.faults.full() || b.Len() > maxValue) {
			break
		}
	}
	b.WriteString(rest)
	if shellReference.MatchString(n.Text) {
		d.warnings.add(faultAt(n.Pos, path, "write ${env:NAME} to fill in a variable", "this is taken as it stands, and nothing is filled in"))
	}
	if !out.missing {
		out.text = b.String()
	}
	return out
}

// reference is one ${…} of a setting.
type reference struct {
	node   *Node
	offset int // in the node's text
	path   string
	inside string
	secret bool
}

func (r *reference) pos() Pos { return r.node.At(r.offset) }

// shellReference is a text that fills in a variable elsewhere: in a shell, in PowerShell, in Kubernetes.
var shellReference = regexp.MustCompile(`^(\$[A-Z_][A-Z0-9_]*|\$env:\w+|\$\(\w+\))$`)

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// resolveReference is the value of a reference; ok is false where there is none, which has then been said.
func (d *decoder) resolveReference(r *reference, closed bool) (text string, ok bool) {
	kind, name, _ := strings.Cut(r.inside, ":")
	switch {
	case !closed:
		d.fault(r.pos(), r.path, "close it with }, or write $${ for a literal ${", "${ without a } behind it")
		return "", false
	case kind == "env" && name != "":
		if text, ok = os.LookupEnv(name); !ok && strings.Contains(name, ":") {
			d.fault(r.pos(), r.path, "write ${env:NAME}, and set the variable: a reference has no default", "this ${env:…} is no reference to a variable")
		} else if !ok {
			d.unresolved(r, "the environment variable "+clip(name)+" is not set")
		}
		return text, ok
	case kind == "file" && name != "":
		text, err := readValue(name)
		if err != nil {
			d.unresolved(r, err.Error())
		}
		return text, err == nil
	}
	// Shown only where it is a name: in a secret or an address it may be a part of the secret.
	what := "this ${…}"
	if variable.MatchString(r.inside) && !r.secret {
		what = "${" + clip(r.inside) + "}"
	}
	d.fault(r.pos(), r.path, "allowed here: ${env:NAME} and ${file:/path}; $${ is a literal ${; expressions belong into mappings (user, time, set, send)",
		"%s refers to nothing", what)
	return "", false
}

// unresolved says that a value is not there: a fault where all are needed, else a warning.
func (d *decoder) unresolved(r *reference, problem string) {
	if d.resolve == ResolveLenient {
		d.warnings.add(faultAt(r.pos(), r.path, "the command run needs it", "%s", problem))
		return
	}
	d.fault(r.pos(), r.path, "", "%s", problem)
}

// readValue reads a file that ${file:PATH} names, without the one line break that editors put at its end.
// The error names the file, never its content.
func readValue(path string) (string, error) {
	data, err := readBounded(path, maxValue)
	if err != nil {
		// The system's reason without the operation, which is the same for all.
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			return "", errors.New("read file " + clip(path) + ": " + pathError.Err.Error())
		}
		return "", errors.New("read file " + clip(path) + ": " + err.Error())
	}
	if len(data) > maxValue {
		return "", errors.New("read file " + clip(path) + ": it is larger than 1 MiB")
	}
	text := strings.TrimSuffix(string(data), "\n")
	return strings.TrimSuffix(text, "\r"), nil
}
