package schema

import (
	"errors"
	"fmt"
)

// What can be wrong with a record's bytes: faults of the data.
var (
	// ErrUndecodable is matched by errors of bytes that are no record of their schema, or carry no schema id.
	ErrUndecodable = errors.New("undecodable")
	// ErrUnknownSchema is matched where the registry itself says that it does not know the id (404 with error_code 40403).
	ErrUnknownSchema = errors.New("not known to the registry")
	// ErrUnknownSubject is matched where the registry itself says that it does not know the subject (404 with error_code
	// 40401), or that all its versions are deleted (40402).
	ErrUnknownSubject = errors.New("unknown subject")
)

// UnavailableError says that the registry could not answer: a fault of the service, to be tried again.
type UnavailableError struct {
	Refused bool // it answered 401, 403, a 404 or another 4xx that is not its own, or its certificate is not trusted: somebody must mend something
	Err     error
}

func (e *UnavailableError) Error() string { return "schema registry: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// NotAvroError says that a schema id belongs to another format: a misfit between topic and mapping.
type NotAvroError struct {
	ID     int
	GUID   string // where the record names its schema by GUID; ID is zero then
	Format string // PROTOBUF, JSON
}

func (e *NotAvroError) Error() string {
	name := e.GUID
	if e.ID != 0 || name == "" {
		name = fmt.Sprint(e.ID)
	}
	return fmt.Sprintf("schema %s is %s, this topic expects Avro", name, clip(e.Format))
}
