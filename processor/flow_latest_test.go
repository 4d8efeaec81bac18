//go:build synctests

package processor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// TestLatestIsBegunOnceByAll has a member find the commits of another that began the topic with it: what lay there then is
// not sent, what came since is, and a partition that was added later is read from its beginning.
func TestLatestIsBegunOnceByAll(t *testing.T) {
	for _, newProtocol := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFlow(t, "orders")
			f.latest, f.newProtocol = true, newProtocol
			adm := kadm.NewClient(f.admin)
			for p := range int32(3) {
				for range 5 {
					f.produceRaw("orders", p, nil)
				}
			}
			m := f.start()
			time.Sleep(5 * time.Second)
			m.drain(t)

			// As if the other two partitions had been another member's, which had not come to its first commit.
			if _, err := adm.DeleteOffsets(context.Background(), "flow", kadm.TopicsSet{"orders": {1: {}, 2: {}}}); err != nil {
				t.Fatal(err)
			}
			if _, err := adm.UpdatePartitions(context.Background(), 4, "orders"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second) // the producer has to hear of it
			f.producer.ForceMetadataRefresh()
			time.Sleep(10 * time.Second)
			for p := range int32(4) {
				f.produceRaw("orders", p, nil)
			}
			m = f.start()
			time.Sleep(10 * time.Second)
			if a := m.Accounts()["orders"]; a.Filtered["tombstone"] != 4 {
				t.Errorf("%d records were read, want the one in each partition that came after the beginning", a.Filtered["tombstone"])
			}
			m.drain(t)

			// What was begun long ago is no evidence any more: a commit that is missing then was lost or has expired.
			m = f.start()
			time.Sleep(beginnings + time.Minute)
			f.produceRaw("orders", 0, nil)
			time.Sleep(5 * time.Second)
			m.drain(t)
			if _, err := adm.DeleteOffsets(context.Background(), "flow", kadm.TopicsSet{"orders": {1: {}, 2: {}, 3: {}}}); err != nil {
				t.Fatal(err)
			}
			m = f.start()
			time.Sleep(10 * time.Second)
			if a := m.Accounts()["orders"]; a.Filtered["tombstone"] != 6+6+1 {
				t.Errorf("%d records were read, want all of the partitions whose commits are gone", a.Filtered["tombstone"])
			}
			m.drain(t)
		})
	}
}
