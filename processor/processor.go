package processor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/schema"
	"brazebridge/sink"
)

// Options are what a Processor is made of; all fields but the last two are needed.
type Options struct {
	Config      *config.Config
	Kafka       []kgo.Opt // how to reach the brokers: seeds, client id, TLS, SASL
	Registry    *schema.Registry
	DeadLetters *sink.DeadLetters
	Workspaces  map[string]Workspace // by name; "" is the default
	Log         *slog.Logger
	Metrics     prometheus.Registerer

	// LetterTopics must exist before the first record is read, or are created where CreateLetters is not nil.
	LetterTopics  []string
	CreateLetters *sink.CreateTopic
}

// Workspace is the way to one Braze app group.
type Workspace struct {
	Client      *sink.Client
	Gate        *sink.Gate
	Limits      sink.Limits
	MaxInFlight int
	Linger      time.Duration
}

// Processor is one member of the consumer group. Run it once.
type Processor struct {
	cfg      *config.Config
	log      *slog.Logger
	registry registry
	letters  letterbox
	kafka    []kgo.Opt
	client   *kgo.Client

	noteLimit atomic.Int32    // characters of metadata that the broker takes with a commit
	atStart   map[string]bool // the topics there were when the process began; set before connected is closed
	session   session
	connected chan struct{} // closed when client is set: its callbacks may come before

	ghost       standing // who has this one's instance id: mostly the process that was killed before this one was started
	rebalancing standing // why commits are refused

	letterTopics []string
	ensureTopic  func(ctx context.Context, topic string) (note string, err error)

	budget *budget
	ledger *ledger

	retention retention
	remade    remade
	board     *board
	metrics   *metrics
	lanes     map[string]*lane
	poller    *poller
	due       chan struct{} // a commit is worth making
	reshare   chan struct{} // the assignment has changed

	run, work context.Context
	since     time.Time               // when Run began
	outlived  map[topicPartition]bool // of the commits fetched last: those that are of a topic made again since
	reading   sync.WaitGroup

	mu       sync.Mutex
	progress progress
	topics   map[string]*topic
	readers  map[topicPartition]*reader
}

// New builds the processor; it connects to nothing yet.
func New(o Options) (*Processor, error) {
	b := newBudget(o.Config.Delivery.InFlightRecords, int64(o.Config.Delivery.InFlightBytes))
	p := &Processor{
		cfg: o.Config, log: o.Log, registry: o.Registry, letters: o.DeadLetters, kafka: o.Kafka,
		letterTopics: o.LetterTopics, ensureTopic: func(ctx context.Context, topic string) (string, error) {
			return o.DeadLetters.Ensure(ctx, topic, o.CreateLetters)
		},
		budget: b, ledger: newLedger(b), board: newBoard(o.Log),
		connected: make(chan struct{}), lanes: map[string]*lane{}, due: make(chan struct{}, 1), reshare: make(chan struct{}, 1),
		topics: map[string]*topic{}, readers: map[topicPartition]*reader{},
	}
	p.noteLimit.Store(longestNote)
	p.poller = &poller{p: p, paused: map[*account]bool{}}
	for name, w := range o.Workspaces {
		p.lanes[name] = p.newLane(name, w, len(o.Workspaces))
	}
	for _, t := range o.Config.Topics {
		if p.lanes[t.Workspace] == nil {
			return nil, fmt.Errorf("topic %s: no workspace %q", t.Name, t.Workspace)
		}
	}
	p.metrics = newMetrics(p)
	if err := o.Metrics.Register(p.metrics); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return p, nil
}

// newLane gives a workspace its part of the bounds: what one cannot take does not fill what another needs.
func (p *Processor) newLane(name string, w Workspace, lanes int) *lane {
	l := &lane{
		name: name, client: w.Client, gate: w.Gate, limits: w.Limits, maxInFlight: w.MaxInFlight, linger: w.Linger,
		window:  newWindow(max(1, p.cfg.Delivery.ResendWindow/lanes), p.due),
		batches: make(chan *batch, w.MaxInFlight), letters: make(chan *batch, letterWriters),
	}
	l.hold = newHold(func(by holdCause, text string, holding bool) {
		code := reasonRefused
		if by == byOperator {
			code = reasonOperator
		}
		if holding {
			p.board.fault(code, "", name, text)
		} else {
			p.board.clear(code, "", name)
		}
	})
	l.dispatcher = newDispatcher(l, p.ledger)
	l.flooded = func(t *topic) {
		p.holdTopic(t, reasonFlood, "too many of the last records are dead letters; see their brazebridge.reason and .error, mend the mapping, then restart or resume")
	}
	return l
}

// Run consumes until run ends, then drains and commits; work ending abandons the drain. It returns nil after a clean
// stop, and an error where the group will not have this member any more.
//
// It stops in the order of the data: first the poll, then the readers, the dispatchers, the senders, and when all that
// was on the wire is settled, the last commit.
func (p *Processor) Run(run, work context.Context) error {
	run, cancel := context.WithCancelCause(run)
	defer cancel(nil)
	p.run, p.work, p.since = run, work, time.Now()
	var senders, dispatchers, others sync.WaitGroup
	others.Go(func() { p.prepareTopics(run) })
	if err := p.ensureLetterTopics(run); err != nil { // before the group is joined: nothing was touched
		cancel(err)
		others.Wait()
		p.reading.Wait()
		return err
	}
	hooks := kgo.WithHooks(kafkaHooks{p, func(err error) { cancel(err) }})
	client, err := kgo.NewClient(append(append(p.consumerOpts(), hooks), p.kafka...)...)
	if err != nil {
		return fmt.Errorf("make kafka client: %w", err)
	}
	p.client = client
	p.lookAround(run)
	close(p.connected)

	for _, l := range p.lanes {
		dispatchers.Go(l.dispatcher.run)
		letters := &letterWriter{box: p.letters, ledger: p.ledger, board: p.board, run: run, work: work}
		for range letterWriters {
			senders.Go(func() { letters.loop(l) })
		}
		for range l.maxInFlight {
			senders.Go(p.newDelivery(l, letters).loop)
		}
	}
	others.Go(func() { p.sharing(run) })
	others.Go(func() { p.committing(run, cancel) })
	others.Go(func() { p.watchRetention(run) })
	others.Go(func() { p.watchEnds(run) })
	others.Go(func() { p.watchStalled(run) })
	p.poller.loop(run)

	p.board.set(Draining)
	p.reading.Wait()
	for _, l := range p.lanes {
		close(l.dispatcher.stop)
	}
	dispatchers.Wait()
	senders.Wait()
	others.Wait()
	last, done := lastWords(work)
	defer done()
	p.commitAll(last)
	p.warnOfResends(p.ledger.all(), "the group has not taken the last commits in time")
	p.leave(last)
	if cause := context.Cause(run); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// lastWordsFor is how long a drain that took too long may still take to commit what is settled and to leave the group. What
// it leaves of the 30 s that Kubernetes gives, after a drain of 25 s, is for the process to end in.
const lastWordsFor = 2 * time.Second

// lastWords is a context that ends a little later than work: without a commit what was delivered would be sent again, and
// without leaving the partitions would wait for the session to time out.
func lastWords(work context.Context) (context.Context, context.CancelFunc) {
	last, cancel := context.WithCancel(context.WithoutCancel(work))
	stop := context.AfterFunc(work, func() {
		_ = pause(last, lastWordsFor, nil) // either way it ends
		cancel()
	})
	return last, func() { stop(); cancel() }
}

// leave leaves the group, so that its partitions do not wait for a session to time out.
func (p *Processor) leave(last context.Context) {
	ctx, cancel := context.WithTimeout(last, 5*time.Second)
	defer cancel()
	if err := p.client.LeaveGroupContext(ctx); err != nil {
		p.log.Warn("leave group", "error", err)
	}
	p.client.CloseAllowingRebalance()
}

func (p *Processor) newDelivery(l *lane, letters *letterWriter) *delivery {
	return &delivery{
		lane: l, ledger: p.ledger, letters: letters, metrics: p.metrics, board: p.board, log: p.log,
		onStuck: p.cfg.Delivery.OnStuck.DeadLetterAfter.D(), run: p.run, work: p.work,
	}
}

// heartbeat is how often a member of a classic group says that it lives, and so learns that another has left: a partition lies
// idle for as long, and Kafka's default of three seconds would be noticed at every rollout. Never fewer than three in a session, as
// Kafka advises: one that is lost must not cost the membership.
const heartbeat = 1500 * time.Millisecond

// consumerOpts are the options of the group's consumer.
func (p *Processor) consumerOpts() []kgo.Opt {
	names, patterns := subscription(p.cfg.Topics)
	opts := []kgo.Opt{
		kgo.ConsumerGroup(p.cfg.Kafka.Group),
		kgo.ConsumeTopics(names...),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // the end of a transaction is an offset that a commit has to step over
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnOffsetsFetched(p.offsetsFetched),
		kgo.AdjustFetchOffsetsFn(p.startOffsets),
		kgo.OnPartitionsAssigned(p.assigned),
		kgo.OnPartitionsRevoked(p.revoked),
		kgo.OnPartitionsLost(p.lost),
		// Small fetches bound memory: a few of them are buffered for each broker, and what they decompress to. A quarter of
		// a megabyte costs no more time than a whole one, and still is more than Braze takes in the time that a fetch takes.
		kgo.FetchMaxBytes(256 << 10),
		kgo.FetchMaxPartitionBytes(64 << 10),
		// A partition whose pause is lifted joins the next fetch from its broker; the one under way may wait this long for
		// records of others.
		kgo.FetchMaxWait(250 * time.Millisecond),
		kgo.MaxDecompressBatchBytes(maxBatch),
		kgo.MetadataMinAge(250 * time.Millisecond), // of a topic or leader that is looked for: the default delays starts by seconds
		kgo.RetryBackoffFn(clientBackoff),
		kgo.MetadataMaxAge(time.Minute), // how long a new partition, or a topic that a pattern matches, stays unseen
	}
	if patterns {
		opts = append(opts, kgo.ConsumeRegex())
	}
	if p.cfg.Kafka.Protocol == config.ProtocolConsumer {
		opts = append(opts, kgo.ServerSideBalancer())
	} else {
		session := p.cfg.Kafka.SessionTimeout.D()
		p.session.lasts = session
		opts = append(opts, kgo.SessionTimeout(session), kgo.HeartbeatInterval(min(heartbeat, session/3)))
	}
	if id := p.cfg.Kafka.InstanceID; id != "" {
		opts = append(opts, kgo.InstanceID(id))
	}
	return opts
}

// subscription is what the group subscribes to. Where one topic is a pattern the client takes every name for one, and
// a name that is none has to be made to match nothing else.
func subscription(topics []*config.Topic) (names []string, patterns bool) {
	patterns = slices.ContainsFunc(topics, func(t *config.Topic) bool { return t.Pattern })
	for _, t := range topics {
		name := t.Name
		if patterns && !t.Pattern {
			name = "^" + regexp.QuoteMeta(name) + "$"
		}
		names = append(names, name)
	}
	return names, patterns
}

// topic returns a topic's mapping, made at first sight where its name matches a pattern; nil where nothing maps it.
func (p *Processor) topic(name string) *topic {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.topics[name]
	if t != nil {
		return t
	}
	cfg := p.cfg.Topic(name)
	if cfg == nil {
		return nil
	}
	t = newTopic(name, cfg, p.lanes[cfg.Workspace], p.cfg.Delivery.Flood)
	t.warn = func(w *config.Fault) {
		p.log.Warn(w.Message, "topic", name, "at", fmt.Sprintf("%s:%d:%d", w.File, w.Line, w.Column), "path", w.Path, "hint", w.Hint)
	}
	p.topics[name] = t
	p.reading.Go(func() { p.prepareTopic(p.run, t) })
	return t
}
