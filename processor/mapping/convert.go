package mapping

import (
	"time"

	"brazebridge/schema"
)

// avro is a part of the record that an expression carries but does not look into: a record, bytes, a time of day.
type avro struct{ v schema.Value }

// convert makes a value of the record one of the expression machine.
func convert(v schema.Value) (any, error) {
	switch v.Kind() {
	case schema.Null:
		return nil, nil
	case schema.Boolean:
		return v.Bool(), nil
	case schema.Int, schema.Long:
		return int(v.Int()), nil
	case schema.Float, schema.Double:
		return v.Float(), nil
	case schema.String, schema.UUID, schema.Enum:
		return v.Str(), nil
	case schema.Decimal:
		if s := v.Type().Scale; s > maxScale || s < -maxScale || len(v.Str()) > maxDigits/3 {
			return avro{v}, nil
		}
		return decimalValue(v), nil
	case schema.Date:
		return date(v.Int()), nil
	case schema.TimestampMillis, schema.TimestampMicros, schema.TimestampNanos:
		t, err := v.Time()
		return t, err
	case schema.LocalTimestampMillis, schema.LocalTimestampMicros, schema.LocalTimestampNanos:
		return convertLocal(v)
	case schema.Array:
		return convertArray(v)
	case schema.Map:
		return convertMap(v)
	}
	return avro{v}, nil
}

func convertArray(v schema.Value) (any, error) {
	list := make([]any, v.Len())
	for i := range list {
		e, err := convert(v.Elem(i))
		if err != nil {
			return nil, err
		}
		list[i] = e
	}
	return list, nil
}

func convertMap(v schema.Value) (any, error) {
	m := make(map[string]any, v.Len())
	for i := range v.Len() {
		k, e := v.Entry(i)
		x, err := convert(e)
		if err != nil {
			return nil, err
		}
		m[k] = x
	}
	return m, nil
}

// convertLocal reads a local timestamp as a wall clock.
func convertLocal(v schema.Value) (any, error) {
	n := v.Int()
	switch v.Kind() {
	case schema.LocalTimestampMillis:
		return localTime{time.UnixMilli(n).UTC()}, nil
	case schema.LocalTimestampMicros:
		return localTime{time.UnixMicro(n).UTC()}, nil
	}
	return localTime{time.Unix(0, n).UTC()}, nil
}

// stepAny follows one step from a computed value.
func stepAny(base any, st *step) (any, error) {
	if base == nil {
		return nil, nil
	}
	a, ok := base.(avro)
	if !ok {
		return nil, errType
	}
	return convert(walk(a.v, []step{*st}))
}

// fieldByName is a field of a record whose type was not known when the expression was compiled.
func fieldByName(v schema.Value, name string) (any, error) {
	if v.Kind() != schema.Record {
		return nil, errType
	}
	i := fieldIndex(v.Type(), name)
	if i < 0 {
		return nil, nil
	}
	return convert(v.Field(i))
}

// equalAvro compares two parts of the record by what they hold.
func equalAvro(a, b schema.Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	if a.Kind() != schema.Record {
		return a.Str() == b.Str() && a.Int() == b.Int()
	}
	if a.Type() != b.Type() {
		return false
	}
	for i := range a.Type().Fields {
		x, errX := convert(a.Field(i))
		y, errY := convert(b.Field(i))
		if errX != nil || errY != nil || !equal(x, y) {
			return false
		}
	}
	return true
}
