package schema

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// ContainerMagic is what an Avro object container file begins with.
const ContainerMagic = "Obj\x01"

const (
	maxContainerHeader = 16 << 20  // bytes of a container's header: a schema and some properties
	maxContainerBlock  = 256 << 20 // bytes of a block, compressed or not; writers begin a new one after some tens of kilobytes
)

// Container reads an Avro object container file: records one after the other, in blocks that may be compressed (deflate,
// snappy, zstandard), with the schema they were written with. One goroutine owns it.
type Container struct {
	r      *bufio.Reader
	schema *Schema
	codec  string
	sync   [16]byte

	block []byte // what is left of the block
	count int64  // of the records in it
	arena Arena
}

var errContainer = errors.New("the container is damaged")

// OpenContainer reads the header. An error says what is wrong with it, or with the schema in it.
func OpenContainer(r io.Reader) (*Container, error) {
	c := &Container{r: bufio.NewReader(r)}
	magic := make([]byte, len(ContainerMagic))
	if _, err := io.ReadFull(c.r, magic); err != nil || string(magic) != ContainerMagic {
		return nil, errors.New("this is no Avro object container file")
	}
	meta, err := c.header()
	if err != nil {
		return nil, fmt.Errorf("read the container's header: %w", err)
	}
	if c.codec = string(meta["avro.codec"]); c.codec == "" {
		c.codec = "null"
	}
	if c.schema, err = Parse(string(meta["avro.schema"])); err != nil {
		return nil, fmt.Errorf("read the container's schema: %w", err)
	}
	return c, nil
}

// Schema is what the records were written with.
func (c *Container) Schema() *Schema { return c.schema }

// Next returns the next record's datum, which stays as it is, and io.EOF behind the last. Errors match ErrUndecodable
// where a record is no record of the schema; none can be read after one.
func (c *Container) Next() ([]byte, error) {
	for c.count == 0 {
		if len(c.block) > 0 {
			return nil, fmt.Errorf("%w: bytes are left over in a block", errContainer)
		}
		if err := c.nextBlock(); err != nil {
			return nil, err
		}
	}
	c.arena.Reset()
	d := decoder{buf: c.block, arena: &c.arena, budget: valueBudget(len(c.block))}
	out := c.arena.take(1)
	if !d.value(c.schema.root, &out[0]) {
		return nil, d.err()
	}
	datum := c.block[:d.pos:d.pos]
	c.block = c.block[d.pos:]
	c.count--
	return datum, nil
}

// header reads the map of properties and the marker that ends each block.
func (c *Container) header() (map[string][]byte, error) {
	meta := map[string][]byte{}
	left := maxContainerHeader
	for {
		n, err := binary.ReadVarint(c.r)
		if err != nil {
			return nil, unexpected(err)
		}
		if n < 0 {
			if _, err = binary.ReadVarint(c.r); err != nil { // the size in bytes
				return nil, unexpected(err)
			}
			n = -n
		}
		if n == 0 {
			break
		}
		for ; n > 0; n-- {
			key, err := c.field(&left)
			if err != nil {
				return nil, err
			}
			if meta[string(key)], err = c.field(&left); err != nil {
				return nil, err
			}
		}
	}
	_, err := io.ReadFull(c.r, c.sync[:])
	return meta, unexpected(err)
}

func (c *Container) field(left *int) ([]byte, error) {
	n, err := binary.ReadVarint(c.r)
	if err != nil {
		return nil, unexpected(err)
	}
	if *left--; n < 0 || n > int64(*left) {
		return nil, errContainer
	}
	*left -= int(n)
	return c.take(n)
}

// take reads exactly n bytes. Memory grows with what is there: n is only a claim.
func (c *Container) take(n int64) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.CopyN(&b, c.r, n)
	return b.Bytes(), unexpected(err)
}

// unexpected makes an end within something a fault.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (c *Container) nextBlock() error {
	count, err := binary.ReadVarint(c.r)
	if err != nil {
		return err // io.EOF: the end of the file
	}
	size, err := binary.ReadVarint(c.r)
	if err != nil {
		return unexpected(err)
	}
	if count < 0 || size < 0 || size > maxContainerBlock {
		return errContainer
	}
	data, err := c.take(size)
	if err != nil {
		return err
	}
	var marker [16]byte
	if _, err := io.ReadFull(c.r, marker[:]); err != nil {
		return unexpected(err)
	}
	if marker != c.sync {
		return fmt.Errorf("%w: a block does not end where it should", errContainer)
	}
	if c.block, err = c.expand(data); err != nil {
		return err
	}
	// A record takes at least a byte, but for one that takes none at all.
	if count > int64(len(c.block)) && count > 1<<20 {
		return fmt.Errorf("%w: a block announces more records than it has room for", errContainer)
	}
	c.count = count
	return nil
}

// expand undoes the compression.
func (c *Container) expand(data []byte) ([]byte, error) {
	switch c.codec {
	case "null":
		return data, nil
	case "deflate":
		return expanded(flate.NewReader(bytes.NewReader(data)))
	case "zstandard":
		r, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxContainerBlock))
		if err != nil {
			return nil, fmt.Errorf("expand a block: %w", err)
		}
		defer r.Close()
		return expanded(r)
	case "snappy":
		return expandSnappy(data)
	}
	return nil, fmt.Errorf("blocks are compressed with %q: null, deflate, snappy and zstandard are known", clip(c.codec))
}

func expanded(r io.Reader) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(r, maxContainerBlock+1))
	if err != nil {
		return nil, fmt.Errorf("expand a block: %w", err)
	}
	if len(out) > maxContainerBlock {
		return nil, errContainer
	}
	return out, nil
}

// expandSnappy also checks the four bytes behind the block: the CRC-32 of what comes out.
func expandSnappy(data []byte) ([]byte, error) {
	if len(data) < 4 {
		return nil, errContainer
	}
	body, sum := data[:len(data)-4], binary.BigEndian.Uint32(data[len(data)-4:])
	if n, err := snappy.DecodedLen(body); err != nil || n > maxContainerBlock {
		return nil, errContainer
	}
	out, err := snappy.Decode(nil, body)
	if err != nil {
		return nil, fmt.Errorf("expand a block: %w", err)
	}
	if crc32.ChecksumIEEE(out) != sum {
		return nil, fmt.Errorf("%w: a block's checksum does not match", errContainer)
	}
	return out, nil
}
