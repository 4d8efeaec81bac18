package mapping

import (
	"errors"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/builtin"
	exprcompiler "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

const (
	// maxNodes bounds an expression's size.
	maxNodes = 1000
	// maxSource bounds an expression's text, and so how deep the parser goes.
	maxSource = 16 << 10
	// maxSteps bounds what nested predicates and for_each may do for one record.
	maxSteps = 1_000_000
	// mapperSlot is the name under which an expression finds the mapper that runs it.
	mapperSlot = "$m"
)

// expression is a compiled ${…} that is no plain path.
type expression struct {
	prog  *vm.Program
	slots []slot
	t     typ
	id    int  // its environment in a mapper
	round bool // floats were computed with
	heavy bool // predicates lie within predicates
	// counts marks an expression that pays for what it does with the steps of the record.
	counts bool
	// repeats marks an expression inside for_each: what it reads is made anew for every element.
	repeats bool
	size    int // steps that running it once costs besides
}

// slot is a value that the expression reads.
type slot struct {
	name string
	ref  *ref
}

// machine is the configuration of the expression library: a flat environment and our functions, nothing of its own.
var machine = newMachine()

func newMachine() *conf.Config {
	c := conf.New(map[string]any{})
	c.MaxNodes = maxNodes
	c.Optimize = false
	c.DisableIfOperator = true
	add := func(name string, f func(args []any) (any, error)) {
		c.Functions[name] = &builtin.Function{Name: name, Func: func(args ...any) (any, error) { return f(args) },
			Types: []reflect.Type{reflect.TypeFor[func(...any) any]()}}
	}
	for name, f := range functions {
		add(name, f.impl)
	}
	for name, f := range internalFunctions {
		add(name, f)
	}
	return c
}

func binaryFunc(f func(a, b any) (any, error)) func([]any) (any, error) {
	return func(args []any) (any, error) { return f(args[0], args[1]) }
}

// internalFunctions are what the checker rewrites operators to. Their names cannot be written in an expression.
var internalFunctions = map[string]func(args []any) (any, error){
	"__add": binaryFunc(add), "__sub": binaryFunc(sub), "__mul": binaryFunc(mul), "__div": binaryFunc(div), "__mod": binaryFunc(mod),
	"__neg": func(args []any) (any, error) { return neg(args[0]) },
	"__eq":  func(args []any) (any, error) { return equal(args[0], args[1]), nil },
	"__cmp": func(args []any) (any, error) { return compare(args[0], args[1]) },
	"__in":  func(args []any) (any, error) { return contains(args[0], args[1]) },
	"__get": func(args []any) (any, error) { return get(args[0], args[1]) },
	"__step": func(args []any) (any, error) {
		st, ok := args[1].(*step)
		if !ok {
			return nil, errType
		}
		return stepAny(args[0], st)
	},
	"__slice":  sliceText,
	"__sum":    func(args []any) (any, error) { return sumOf(args[0]) },
	"__charge": charge,
	"__tick": func(args []any) (any, error) {
		m, isMapper := args[0].(*Mapper)
		size, isInt := args[2].(int)
		if !isMapper || !isInt || !m.pay(1+size) {
			return nil, errSteps
		}
		return args[1], nil
	},
}

func sumOf(list any) (any, error) {
	l, ok := list.([]any)
	if !ok {
		return nil, typeOrNull(list)
	}
	var acc any = 0
	var err error
	for _, e := range l {
		if acc, err = add(acc, e); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

// compileExpr parses, types and compiles one expression. nil where it has faults: they are reported.
func (c *compiler) compileExpr(p place, off int, src string) (*expression, typ) {
	if strings.TrimSpace(src) == "" {
		c.report(p, off, "empty expression", "write a field's name or an expression between ${ and }")
		return nil, typ{class: cAny}
	}
	if len(src) > maxSource {
		c.report(p, off, "an expression has at most 16 KiB", "divide it among named values of set")
		return nil, typ{class: cAny}
	}
	tree, err := parser.ParseWithConfig(src, parserConfig)
	k := &checker{c: c, p: p, off: off, src: src, facts: c.known.clone()}
	if err != nil {
		k.syntax(err)
		return nil, typ{class: cAny}
	}
	t := k.visit(&tree.Node)
	if k.failed {
		return nil, t
	}
	size := sizeOf(&tree.Node)
	prog, err := exprcompiler.Compile(tree, machine)
	if err != nil {
		k.faultAt(0, "write it in a simpler way", "this expression cannot be compiled")
		return nil, t
	}
	e := &expression{prog: prog, t: t, id: c.prog.exprs, round: k.rounds, heavy: k.nested, counts: k.counts, repeats: len(c.loops) > 0, size: size}
	c.prog.exprs++
	for i, r := range k.slots {
		e.slots = append(e.slots, slot{slotName(i), r})
	}
	return e, t
}

// syntax reports what the parser found, at its place.
func (k *checker) syntax(err error) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		k.faultAt(0, "write a field's name or an expression between ${ and }", "this is no expression")
		return
	}
	msg := strings.TrimSpace(fe.Message)
	if i := strings.IndexByte(msg, '\n'); i >= 0 {
		msg = msg[:i]
	}
	if strings.Contains(msg, "maximum allowed nodes") {
		k.faultAt(0, "divide it among named values of set", "an expression has at most %d parts", maxNodes)
		return
	}
	k.faultAt(k.byteOffset(fe.From), syntaxHint(msg, k.src, k.byteOffset(fe.From)), "syntax: %s", plainSyntax(msg))
}

// eval runs an expression.
func (m *Mapper) eval(e *expression) (any, error) {
	env := m.envs[e.id]
	if env == nil {
		env = make(map[string]any, len(e.slots)+1)
		if e.counts {
			env[mapperSlot] = m
		}
		m.envs[e.id] = env
	}
	if e.repeats && !m.pay(e.size) {
		return nil, errSteps
	}
	for i := range e.slots {
		v, err := m.anyOf(e.slots[i].ref)
		if err != nil {
			return nil, err
		}
		if e.repeats && !m.pay(weightOf(v)) {
			return nil, errSteps
		}
		env[e.slots[i].name] = v
	}
	out, err := m.vm.Run(e.prog, env)
	if e.heavy {
		m.vm = vm.VM{} // it keeps a scope for every predicate that it has run
	}
	if err != nil {
		return nil, evalError(err)
	}
	return out, nil
}

// evalError keeps the text of an error only where it is ours: the library's texts may hold values.
func evalError(err error) error {
	var plain plainError
	if errors.As(err, &plain) {
		return plain
	}
	if strings.Contains(err.Error(), "memory budget") {
		return plainError("the expression needs too much memory")
	}
	return plainError("the expression cannot be computed for this record")
}

// parserConfig is what the parser is told: the predicates are known to it, functions are checked by name afterwards.
var parserConfig = machine
