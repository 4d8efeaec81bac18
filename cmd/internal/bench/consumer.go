package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"brazebridge/cmd/internal/demo"
)

// The hand-written consumer: what somebody who needs records in Braze by tonight would write with the usual libraries. It
// keeps no order of a user's records, looks at no partial errors, has no dead letters and checks nothing. It is the yardstick.

const (
	consumerInFlight = 64
	consumerPoll     = 10_000
	consumerObjects  = 75
)

// order is what the consumer is told.
type order struct {
	Around
	Group, Key string
}

// Consume carries records as the order, in JSON, says, until ctx ends.
func Consume(ctx context.Context, text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("read the consumer's order: %w", err)
	}
	registry, err := sr.NewClient(sr.URLs(o.Registry))
	if err != nil {
		return fmt.Errorf("connect the registry: %w", err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(o.Brokers...), kgo.ConsumerGroup(o.Group), kgo.ConsumeTopics(demo.Topics()...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return fmt.Errorf("connect the consumer: %w", err)
	}
	defer client.CloseAllowingRebalance()
	c := &consumer{order: o, registry: registry, codecs: map[uint32]*goavro.Codec{}, slots: make(chan struct{}, consumerInFlight)}
	c.http = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: consumerInFlight}}
	for ctx.Err() == nil {
		fetches := client.PollRecords(ctx, consumerPoll)
		if err := c.carry(ctx, fetches); err != nil {
			return err
		}
		if err := client.CommitRecords(context.WithoutCancel(ctx), fetches.Records()...); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		client.AllowRebalance()
	}
	return nil
}

type consumer struct {
	order
	registry *sr.Client
	codecs   map[uint32]*goavro.Codec
	http     *http.Client
	slots    chan struct{} // one for each request in flight
}

// carry returns when all records of a poll are in Braze.
func (c *consumer) carry(ctx context.Context, fetches kgo.Fetches) error {
	var (
		sending sync.WaitGroup
		mu      sync.Mutex
		failed  error
		events  []any
	)
	send := func() {
		batch := events
		events = nil
		c.slots <- struct{}{}
		sending.Go(func() {
			err := c.post(ctx, batch)
			<-c.slots
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
		})
	}
	for it := fetches.RecordIter(); !it.Done(); {
		event, err := c.event(ctx, it.Next())
		if err != nil {
			return err
		}
		if events = append(events, event); len(events) == consumerObjects {
			send()
		}
	}
	if len(events) > 0 {
		send()
	}
	sending.Wait()
	return failed
}

// event is what Braze is told of a record: every field, under its own name.
func (c *consumer) event(ctx context.Context, r *kgo.Record) (any, error) {
	codec, err := c.codec(ctx, binary.BigEndian.Uint32(r.Value[1:5]))
	if err != nil {
		return nil, err
	}
	native, _, err := codec.NativeFromBinary(r.Value[5:])
	if err != nil {
		return nil, fmt.Errorf("decode a record: %w", err)
	}
	fields, _ := simple(native).(map[string]any)
	user, at := fields["customer_id"], fields["occurred_at"]
	if customer, ok := fields["customer"].(map[string]any); ok {
		user, at = customer["id"], fields["placed_at"]
	} else if at == nil {
		at = fields["updated_at"]
	}
	return map[string]any{"external_id": user, "name": strings.TrimPrefix(r.Topic, "shop."), "time": at, "properties": fields}, nil
}

func (c *consumer) codec(ctx context.Context, id uint32) (*goavro.Codec, error) {
	if codec := c.codecs[id]; codec != nil {
		return codec, nil
	}
	s, err := c.registry.SchemaByID(ctx, int(id))
	if err != nil {
		return nil, fmt.Errorf("look a schema up: %w", err)
	}
	c.codecs[id], err = goavro.NewCodec(s.Schema)
	return c.codecs[id], err
}

// simple takes a decoded value out of its unions, where goavro puts it under its type's name, and makes decimals numbers.
func simple(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if len(v) == 1 && (key == "string" || strings.Contains(key, ".")) {
				return simple(inner)
			}
			v[key] = simple(inner)
		}
	case []any:
		for i := range v {
			v[i] = simple(v[i])
		}
	case *big.Rat:
		return json.Number(v.FloatString(2))
	}
	return v
}

// post sends one request until Braze takes it.
func (c *consumer) post(ctx context.Context, events []any) error {
	body, err := json.Marshal(map[string]any{"events": events})
	if err != nil {
		return fmt.Errorf("encode a request: %w", err)
	}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Braze+"/users/track", bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("make a request: %w", err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+c.Key)
		resp, err := c.http.Do(req)
		if err != nil {
			return fmt.Errorf("send a request: %w", err)
		}
		_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusCreated {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
}
