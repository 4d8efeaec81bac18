package integration_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// tap stands between bridges and the broker's listener TAP, which tells its clients the tap's address as its own. It passes every
// byte on as it is and shows what goes by to the wire of the world that the client belongs to: this is how tests see what a
// bridge asks of the broker, and what the broker grants.
type tap struct {
	listener net.Listener
	target   string // the broker's address

	mu    sync.Mutex
	wires map[string]*wire // by the part of the client id before its first dot
}

// newTap listens at once, since the broker has to know the port before it starts.
func newTap() (*tap, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("listen for the tap: %w", err)
	}
	return &tap{listener: l, wires: make(map[string]*wire)}, nil
}

func (t *tap) address() string { return t.listener.Addr().String() }

// open begins to pass on what comes.
func (t *tap) open(target string) {
	t.target = target
	go func() {
		for {
			client, err := t.listener.Accept()
			if err != nil {
				return // closed
			}
			go t.pass(client)
		}
	}()
}

func (t *tap) close() error {
	if err := t.listener.Close(); err != nil {
		return fmt.Errorf("close the tap: %w", err)
	}
	return nil
}

// wireOf is the wire of the world that a client belongs to; nil where nobody watches it.
func (t *tap) wireOf(client string) *wire {
	world, _, _ := strings.Cut(client, ".")
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wires[world]
}

// pass serves one connection until either side ends it.
func (t *tap) pass(client net.Conn) {
	broker, err := net.Dial("tcp", t.target)
	if err != nil {
		_ = client.Close() // the client sees that there is no way
		return
	}
	c := &tapped{tap: t, asked: make(map[int32]kmsg.Request)}
	c.reset = func() { _, _ = client.(*net.TCPConn).SetLinger(0), client.Close() } // which sends a reset instead of an end
	end := func() {
		c.forget()
		_, _ = client.Close(), broker.Close() // either may have ended already
	}
	go func() {
		defer end()
		c.copy(broker, client, c.request)
	}()
	defer end()
	c.copy(client, broker, c.response)
}

// tapped is one connection through the tap.
type tapped struct {
	tap   *tap
	reset func()

	mu    sync.Mutex
	name  string                 // the client's id
	asked map[int32]kmsg.Request // by correlation id: what the next answers belong to; nil values are not looked at
}

// copy passes frames on, each after it was looked at: what a side does upon a frame is seen after the frame.
func (c *tapped) copy(to io.Writer, from io.Reader, look func(frame []byte)) {
	var size [4]byte
	for {
		if _, err := io.ReadFull(from, size[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(size[:]))
		if _, err := io.ReadFull(from, frame); err != nil {
			return
		}
		look(frame)
		if w := c.wire(); w != nil && !w.through(c.client()) {
			c.reset()
			return
		}
		if _, err := to.Write(append(size[:len(size):len(size)], frame...)); err != nil {
			return
		}
	}
}

func (c *tapped) client() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name
}

func (c *tapped) wire() *wire { return c.tap.wireOf(c.client()) }

// known notes the client's id, and returns the wire that it belongs to.
func (c *tapped) known(client string) *wire {
	c.mu.Lock()
	first := c.name == ""
	c.name = client
	c.mu.Unlock()
	w := c.wire()
	if w != nil && first {
		w.mu.Lock()
		w.open[c] = c.reset
		w.mu.Unlock()
	}
	return w
}

// forget is the end of the connection.
func (c *tapped) forget() {
	if w := c.wire(); w != nil {
		w.mu.Lock()
		delete(w.open, c)
		w.mu.Unlock()
	}
}

// request looks at what a client asks for.
func (c *tapped) request(frame []byte) {
	b := kbin.Reader{Src: frame}
	key, version, id, client := b.Int16(), b.Int16(), b.Int32(), b.NullableString()
	if !b.Ok() || client == nil {
		return
	}
	w := c.known(*client)
	request := kmsg.RequestForKey(key)
	if w == nil || request == nil || !w.looksAt(request) {
		return
	}
	request.SetVersion(version)
	if request.IsFlexible() {
		skipTags(&b)
	}
	if err := request.ReadFrom(b.Src); err != nil {
		w.fault(fmt.Errorf("read a request of key %d: %w", key, err))
		return
	}
	c.mu.Lock()
	c.asked[id] = request
	c.mu.Unlock()
	w.asked(*client, request, time.Now())
}

// response looks at what the broker answers.
func (c *tapped) response(frame []byte) {
	b := kbin.Reader{Src: frame}
	id := b.Int32()
	c.mu.Lock()
	request := c.asked[id]
	delete(c.asked, id)
	c.mu.Unlock()
	if request == nil {
		return
	}
	response := request.ResponseKind()
	if response.IsFlexible() {
		skipTags(&b)
	}
	w := c.wire()
	if err := response.ReadFrom(b.Src); err != nil {
		w.fault(fmt.Errorf("read an answer of key %d: %w", request.Key(), err))
		return
	}
	w.answered(c.client(), request, response, time.Now())
}

// skipTags passes over the tagged fields at the end of a header.
func skipTags(b *kbin.Reader) {
	for range b.Uvarint() {
		b.Uvarint()
		b.Span(int(b.Uvarint()))
	}
}
