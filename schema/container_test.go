package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/linkedin/goavro/v2"
)

const containerSchema = `{"type": "record", "name": "R", "fields": [
	{"name": "n", "type": "long"}, {"name": "s", "type": ["null", "string"]}, {"name": "l", "type": {"type": "array", "items": "int"}}]}`

// containerOf has goavro write a container of n records in blocks of ten, and returns it with the data that are in it.
func containerOf(t testing.TB, codec string, n int) (file []byte, data [][]byte) {
	t.Helper()
	s, err := Parse(containerSchema)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := goavro.NewOCFWriter(goavro.OCFConfig{W: &b, Schema: containerSchema, CompressionName: codec})
	if err != nil {
		t.Fatal(err)
	}
	var block []any
	for i := range n {
		datum, err := s.EncodeJSON(fmt.Appendf(nil, `{"n": %d, "s": %q, "l": [1, 2, %d]}`, i, strings.Repeat("x", i%50), i))
		if err != nil {
			t.Fatal(err)
		}
		native, _, err := w.Codec().NativeFromBinary(datum)
		if err != nil {
			t.Fatal(err)
		}
		data, block = append(data, datum), append(block, native)
		if len(block) == 10 || i == n-1 {
			if err := w.Append(block); err != nil {
				t.Fatal(err)
			}
			block = nil
		}
	}
	return b.Bytes(), data
}

func readContainer(file []byte) (data [][]byte, err error) {
	c, err := OpenContainer(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	for {
		datum, err := c.Next()
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return data, err
		}
		data = append(data, datum)
	}
}

// What another library writes is read byte for byte, with each of its codecs.
func TestContainerOfGoavro(t *testing.T) {
	for _, codec := range []string{goavro.CompressionNullLabel, goavro.CompressionDeflateLabel, goavro.CompressionSnappyLabel} {
		for _, n := range []int{0, 1, 10, 37} {
			file, want := containerOf(t, codec, n)
			got, err := readContainer(file)
			if err != nil || !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("%s: %d of %d records: %v", codec, len(got), n, err)
			}
		}
	}
}

// goavro writes no zstandard: the blocks of a plain file are compressed here.
func TestContainerOfZstandard(t *testing.T) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	file, want := containerOf(t, goavro.CompressionNullLabel, 5)
	c, err := OpenContainer(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	packed := enc.EncodeAll(slices.Concat(want...), nil)
	var b bytes.Buffer
	b.WriteString(ContainerMagic)
	text := func(s string) { b.Write(append(varint(int64(len(s))), s...)) }
	b.Write(varint(2))
	text("avro.codec")
	text("zstandard")
	text("avro.schema")
	text(containerSchema)
	b.Write(varint(0))
	b.Write(c.sync[:])
	b.Write(varint(5))
	b.Write(varint(int64(len(packed))))
	b.Write(packed)
	b.Write(c.sync[:])
	if got, err := readContainer(b.Bytes()); err != nil || !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d of 5 records: %v", len(got), err)
	}
}

func varint(n int64) []byte {
	var out []byte
	for u := uint64(n<<1) ^ uint64(n>>63); ; u >>= 7 {
		if u < 0x80 {
			return append(out, byte(u))
		}
		out = append(out, byte(u)|0x80)
	}
}

// A file that was cut anywhere but between two blocks is damaged, never shorter; so is one with a byte changed in the
// markers, the counts or, under a checksum, the data.
func TestContainerDamaged(t *testing.T) {
	file, want := containerOf(t, goavro.CompressionSnappyLabel, 20)
	whole := 0
	for cut := range file {
		got, err := readContainer(file[:cut])
		if err == nil {
			whole++
			if len(got) != 0 && len(got) != 10 {
				t.Errorf("cut at %d: %d records and no error", cut, len(got))
			}
		}
	}
	if whole != 2 { // behind the header and behind the first block
		t.Errorf("%d cuts are no damage, want 2", whole)
	}
	header := bytes.Index(file, []byte("avro.schema")) + len(containerSchema) + 40
	for at := header; at < len(file); at++ {
		broken := slices.Clone(file)
		broken[at] ^= 0x40
		if got, err := readContainer(broken); err == nil && !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("a bit of byte %d changed, and %d records came out differently without an error", at, len(got))
		}
	}
	for name, text := range map[string]string{
		"no Avro object container": "Obj\x02", "EOF": ContainerMagic,
		"schema": ContainerMagic + "\x02\x16avro.schema\x04{}\x00" + strings.Repeat("s", 16),
		"zip":    ContainerMagic + "\x04\x14avro.codec\x06zip\x16avro.schema\x0c\"null\"\x00" + strings.Repeat("s", 16) + "\x02\x00" + strings.Repeat("s", 16),
	} {
		if _, err := readContainer([]byte(text)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

// Any bytes end in records or in an error, within bounds.
func FuzzContainer(f *testing.F) {
	for _, codec := range []string{goavro.CompressionNullLabel, goavro.CompressionDeflateLabel, goavro.CompressionSnappyLabel} {
		file, _ := containerOf(f, codec, 12)
		f.Add(file)
	}
	f.Add([]byte(ContainerMagic + "\x02\x16avro.schema\x0c\"null\"\x00" + strings.Repeat("s", 16) + "\xfe\xff\xff\x07\x00" + strings.Repeat("s", 16)))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := OpenContainer(bytes.NewReader(file))
		if err != nil {
			return
		}
		var a Arena
		for range 10_000 {
			datum, err := c.Next()
			if err != nil {
				return
			}
			a.Reset()
			if _, err := c.Schema().Decode(&a, datum); err != nil {
				t.Fatalf("a datum of the container is none of its schema: %v", err)
			}
		}
	})
}
