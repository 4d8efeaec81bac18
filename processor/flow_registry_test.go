//go:build synctests

package processor

import (
	"context"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/schema"
)

// halfRegistry knows flow's schema, and of another one only that it cannot be had at present.
type halfRegistry struct {
	*flow
	back atomic.Bool
}

func (r *halfRegistry) Schema(ctx context.Context, ref schema.Ref) (*schema.Schema, error) {
	if ref.ID != r.schema.ID && !r.back.Load() {
		return nil, &schema.UnavailableError{Err: errors.New("no answer")}
	}
	return r.flow.Schema(ctx, ref)
}

// TestTopicsThatWaitForTheRegistryLeaveTheOthersRoom has three of four topics wait for a schema, with far more records than the
// budget holds: the fourth goes on, and when the registry answers again all arrive.
func TestTopicsThatWaitForTheRegistryLeaveTheOthersRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart", "views", "visits")
		registry := &halfRegistry{flow: f}
		f.registry = registry
		for i := range 900 {
			f.produceTo(f.topics[1+i%3], int32(i/3%3), 8)
		}
		m := f.start()
		time.Sleep(20 * time.Second)
		for range 5 {
			for i := range 60 {
				f.produceTo("orders", int32(i%3), f.schema.ID)
			}
			time.Sleep(5 * time.Second)
			if n := f.waiting("orders"); n > 0 {
				t.Errorf("%d records of the topic that lacks nothing wait, %d of all are in hand", n, m.unsettled())
			}
		}
		if n := m.unsettled(); n > 120 {
			t.Errorf("what waits for the registry holds %d of the budget's 200 records", n)
		}
		registry.back.Store(true)
		f.settle(5 * time.Minute)
		m.drain(t)
		f.checkEnd(0)
	})
}

// produceTo writes a record that is fit to be delivered, under a schema of the given id.
func (f *flow) produceTo(topic string, partition int32, id int) {
	r := f.fit(topic, partition)
	value := f.value(r)
	binary.BigEndian.PutUint32(value[1:], uint32(id))
	f.produceRaw(topic, partition, value)
}
