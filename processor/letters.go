package processor

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"brazebridge/sink"
)

// letterWriter writes dead letters, each for as long as it takes: a record is settled after its letter is acknowledged,
// never before.
type letterWriter struct {
	box    letterbox
	ledger *ledger
	board  *board

	run  context.Context
	work context.Context
}

// loop writes the letters of records that failed before they could be sent.
func (w *letterWriter) loop(l *lane) {
	for b := range l.letters {
		w.write(b.tasks[0])
		l.dispatcher.done <- b
	}
}

// write settles the task, or leaves it unsettled where it was interrupted.
func (w *letterWriter) write(t *task) {
	t.letter.At = time.Now()
	_ = retry(w.run, func() *again { // interrupted: unsettled, the next owner writes it
		live := w.ledger.begin([]*task{t})
		if len(live) == 0 {
			return nil
		}
		defer w.ledger.end(live)
		if err := w.box.Write(w.work, t.letter); err != nil {
			w.board.fault(reasonDeadLetter, "", "", err.Error())
			return &again{}
		}
		w.board.clear(reasonDeadLetter, "", "")
		w.ledger.settle(t, verdict{deadLettered, string(t.letter.Reason)})
		return nil
	})
}

// letterOf is the letter of a record that failed before it could be sent.
func letterOf(t *task, reason sink.Reason, stage sink.Stage, text string) *sink.Letter {
	return &sink.Letter{Record: t.rec, Reason: reason, Stage: stage, Error: text, SchemaID: int(t.schema)}
}

// LetterTopicError says that there is no place for dead letters, and that waiting does not help.
type LetterTopicError struct{ Err error }

func (e *LetterTopicError) Error() string { return "dead-letter topic: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *LetterTopicError) Unwrap() error { return e.Err }

// topicAppears is how long a topic that was just created may not be seen yet.
const topicAppears = 5 * time.Second

// ensureLetterTopics makes sure before the first record that there is a place for letters: a topic that is missing is an
// error now, not in the night of the first bad record. A broker that does not answer is waited for.
func (p *Processor) ensureLetterTopics(run context.Context) error {
	for _, name := range p.letterTopics {
		var fatal error
		start := time.Now()
		err := retry(run, func() *again {
			note, err := p.ensureTopic(run, name)
			switch {
			case err == nil:
				p.board.clear(reasonKafka, "", "")
				if note != "" {
					p.log.Warn(note)
				}
				return nil
			case lasting(err) && !(errors.Is(err, sink.ErrTopicMissing) && time.Since(start) < topicAppears):
				fatal = err
				return nil
			case run.Err() == nil:
				p.board.fault(reasonKafka, "", "", err.Error())
			}
			return &again{}
		})
		if fatal != nil {
			return &LetterTopicError{fatal}
		}
		if err != nil {
			return nil // run has ended
		}
	}
	return nil
}

// lasting reports whether an error of sink.EnsureTopic will not pass by itself.
func lasting(err error) bool {
	for _, e := range []error{
		sink.ErrTopicMissing, kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.InvalidReplicationFactor,
		kerr.InvalidPartitions, kerr.InvalidTopicException, kerr.InvalidConfig, kerr.PolicyViolation,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
