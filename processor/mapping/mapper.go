package mapping

import (
	"unsafe"

	"github.com/expr-lang/expr/vm"

	"brazebridge/schema"
	"brazebridge/sink"
)

// maxOutput bounds the JSON of one record's objects. Braze takes 4 MB a request, and a record larger than one request
// is sent in several; beyond this it is a mistake.
const maxOutput = 16 << 20

// Mapper runs a Program. One goroutine owns it.
type Mapper struct {
	p       *Program
	root    schema.Value
	meta    *Meta
	loops   []loopElement
	sets    []setResult
	envs    []map[string]any
	vm      vm.VM
	scratch []byte
	walked  schema.Value // what the last path of several steps led to
	start   int          // of the record in the output
	steps   int
	objects int       // of the record
	plain   sink.Part // of the output: the properties last written, where the mapper vouches for them
	doubt   bool      // in the properties being written there is something that only the check can judge
	// attributes is the size of the attributes in the object last written.
	attributes int
}

// setResult is a named value of `set`, computed at most once for a record.
type setResult struct {
	v    any
	err  error
	done bool
}

// NewMapper returns a mapper with its own scratch memory.
func (p *Program) NewMapper() *Mapper {
	return &Mapper{p: p, loops: make([]loopElement, p.loops), sets: make([]setResult, len(p.sets)), envs: make([]map[string]any, p.exprs)}
}

// begin readies the mapper for a record.
func (m *Mapper) begin(rec schema.Value, meta *Meta, start int) {
	m.root, m.meta, m.start, m.steps, m.objects = rec, meta, start, 0, 0
	for i := range m.sets {
		m.sets[i] = setResult{}
	}
}

// tick counts a step of for_each or of a nested predicate; false when the record has used up its steps.
func (m *Mapper) tick() bool {
	m.steps++
	return m.steps <= maxSteps
}

// value is a part of the record. It is null for what is no part of the record.
func (m *Mapper) value(r *ref) schema.Value { return *m.at(r) }

// at is value where it lies, until the next call: most of a record is only copied into the output.
func (m *Mapper) at(r *ref) *schema.Value {
	v := &m.root
	switch r.root {
	case rootRecord:
	case rootLoop:
		v = &m.loops[r.n].v
	case rootAvroKey:
		v = &m.meta.KeyValue
	default:
		m.walked = schema.Value{}
		return &m.walked
	}
	// By far the most paths are one field.
	if len(r.steps) == 1 && r.steps[0].kind == stepField && !v.IsNull() {
		return v.Nth(r.steps[0].idx)
	}
	m.walked = walk(*v, r.steps)
	return &m.walked
}

// anyOf is a reference's value for the expression machine.
func (m *Mapper) anyOf(r *ref) (any, error) {
	switch r.root {
	case rootRecord:
		return convert(walk(m.root, r.steps))
	case rootAvroKey:
		return convert(walk(m.meta.KeyValue, r.steps))
	case rootLoop:
		el := &m.loops[r.n]
		if el.isIn {
			return convert(walk(el.v, r.steps))
		}
		return stepsAny(el.x, r.steps)
	case rootSet:
		v, err := m.set(r.n)
		if err != nil {
			return nil, err
		}
		return stepsAny(v, r.steps)
	case rootTopic:
		return m.meta.Topic, nil
	case rootPartition:
		return int(m.meta.Partition), nil
	case rootOffset:
		return int(m.meta.Offset), nil
	case rootTimestamp:
		return m.meta.Timestamp, nil
	case rootKey:
		if m.meta.Key == nil {
			return nil, nil
		}
		return string(m.meta.Key), nil
	case rootHeader:
		if value := m.header(r.header); value != nil {
			return string(value), nil
		}
		return nil, nil
	}
	return nil, nil
}

// header is the last header of the name, as Kafka's own clients read it; null where there is none or it has no value.
func (m *Mapper) header(name string) []byte {
	for i := len(m.meta.Headers) - 1; i >= 0; i-- {
		if m.meta.Headers[i].Key == name {
			return m.meta.Headers[i].Value
		}
	}
	return nil
}

// stepsAny follows a path from a computed value.
func stepsAny(v any, steps []step) (any, error) {
	for i := range steps {
		st := &steps[i]
		var err error
		switch st.kind {
		case stepKey:
			v, err = get(v, st.key)
		case stepIndex:
			v, err = get(v, st.idx)
		default:
			v, err = stepAny(v, st)
		}
		if err != nil || v == nil {
			return nil, err
		}
	}
	return v, nil
}

// set computes a named value, once.
func (m *Mapper) set(i int) (any, error) {
	s := &m.sets[i]
	if !s.done {
		s.v, s.err = m.p.sets[i](m)
		s.done = true
	}
	return s.v, s.err
}

// asString reads bytes as text without copying; the bytes must not change while the text is used.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
