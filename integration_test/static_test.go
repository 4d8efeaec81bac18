package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

// instance is the id that the bridges of these tests keep over a restart.
const instance = "pod-0"

// static is a world whose bridges have that id, with sessions of the given length.
func static(t *testing.T, protocol string, session time.Duration) (*world, *wire, settings) {
	t.Helper()
	w := newWorld(t, needSuite(t), worldOptions{braze: fakebraze.Options{Latency: 20 * time.Millisecond}})
	s := w.settings()
	s.Kafka = "  instance_id: " + instance
	w.speak(protocol, &s, session)
	return w, w.watch(), s
}

// A bridge with an instance id is killed, and the next one with the same id comes within two seconds: it does not give up because of
// its own ghost, and sends again before the ghost's session would have ended, or as soon as it has with the protocol that waits for it.
func TestStaticMemberComesBack(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			const session = 10 * time.Second
			w, v, s := static(t, protocol, session)
			load := w.startLoad(5, 3000)
			first := w.startWatched("first", s)
			w.until("objects at Braze", func() (bool, string) { return w.braze.moment() > 200, "too few" })
			first.kill()
			killed := time.Now()
			w.until("the end of the dead bridge's requests", func() (bool, string) { return w.braze.connections.Load() == 0, "some are open" })

			moment := w.braze.moment()
			next := w.startWatched("next", s)
			w.until("objects from the next", func() (bool, string) {
				status, body := next.get("/readyz")
				return w.braze.moment() > moment, fmt.Sprintf("/readyz %d %s", status, body)
			})
			took := time.Since(killed)
			// The ghost's last heartbeat may have been just before its death.
			if most := session + 2*time.Second; took > most {
				t.Errorf("the next process with the same instance id sends again %s after the death, want at most %s", took, most)
			}
			next.waitReady()
			sent := load.stop()
			w.waitArrived(sent)
			w.waitCommitted()
			next.stop()
			w.checkAll(v, s, sent)
			t.Logf("sends again %s after the death; sessions of %s", took.Round(time.Millisecond), session)
		})
	}
}

// Two live processes with one instance id: one of them loses, ends with a fault and a line that names the id, and is not ready
// while it has no partitions; the other goes on, and nothing is lost.
func TestTwoWithOneInstanceID(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w, v, s := static(t, protocol, sessionTimeout)
			load := w.startLoad(5, 3000)
			first := w.startWatched("first", s)
			first.waitReady()
			second := w.startWatched("second", s)
			first.given, second.given = true, true // one of them ends, and is to
			// With the classic protocol the newcomer wins, with the other who was there first.
			winner, loser := second, first
			if protocol == "consumer" {
				winner, loser = first, second
			}
			// A newcomer cannot know at once that the other is no ghost: it waits for as long as a session can last.
			until(t, 75*time.Second, "the end of one of the two", func() (bool, string) {
				select {
				case <-loser.ended:
					return true, ""
				default:
				}
				status, body := loser.get("/readyz")
				if protocol == "consumer" && status == http.StatusOK {
					t.Fatal("a bridge is ready although its instance id is another's")
				}
				return false, fmt.Sprintf("%s: /readyz %d %s", loser.name, status, body)
			})
			if code := loser.cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("the loser ends with exit status %d, want 1", code)
			}
			if last := loser.log.tail(5); !strings.Contains(last, instance) {
				t.Errorf("the loser's last words do not name the instance id %q:\n%s", instance, last)
			}
			winner.waitReady()
			sent := load.stop()
			w.waitArrived(sent)
			w.waitCommitted()
			winner.stop()
			w.checkAll(v, s, sent)
		})
	}
}
