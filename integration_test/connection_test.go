package integration_test

import (
	"fmt"
	"strings"
	"testing"
)

// The bridge reaches a real broker by each way that its configuration offers.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := needSuite(t)
	certs := s.kafka.certs
	var (
		tls   = fmt.Sprintf("  tls: {ca_file: %q}\n", certs.caFile)
		mtls  = fmt.Sprintf("  tls: {ca_file: %q, cert_file: %q, key_file: %q}\n", certs.caFile, certs.clientCertFile, certs.clientKeyFile)
		plain = sasl("PLAIN", plainUser, plainPassword)
	)
	for _, c := range []struct{ name, listener, kafka string }{
		{"TLS", "TLS", tls},
		{"mutual TLS", "MTLS", mtls},
		{"PLAIN", "SASL", plain},
		{"SCRAM-SHA-256", "SASL", sasl("SCRAM-SHA-256", scramUser, scramPassword)},
		{"SCRAM-SHA-512", "SASL", sasl("SCRAM-SHA-512", scramUser, scramPassword)},
		{"PLAIN over TLS", "SASLTLS", tls + plain},
		{"SCRAM-SHA-512 over TLS", "SASLTLS", tls + sasl("SCRAM-SHA-512", scramUser, scramPassword)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, s, worldOptions{})
			settings := w.settings()
			settings.Brokers, settings.Kafka = s.kafka.address(c.listener), c.kafka
			b := w.start("a", settings)
			sent := w.produce(0, 10)
			// The dead-letter producer connects in the same way, so one letter is part of the proof.
			w.produceGarbage()
			w.waitArrived(sent)
			w.waitCommitted()
			b.waitReady()
			if letters := w.letters(1); len(letters) != 1 {
				t.Errorf("the dead-letter topic holds %d letters, want 1", len(letters))
			}
			b.stop()
			w.braze.checkExactlyOnce(t, sent)
			w.checkNoSecret()
		})
	}
}

// A bridge that the broker does not let in is not ready, says why without the password, and goes on trying.
func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	s := needSuite(t)
	for _, c := range []struct {
		name, listener, kafka string
		want                  []string // one of them, in lower case, is part of what it says
	}{
		{"wrong password", "SASL", sasl("PLAIN", plainUser, "not-"+plainPassword), []string{"sasl", "authentication"}},
		{"wrong password, SCRAM", "SASL", sasl("SCRAM-SHA-512", scramUser, "not-"+scramPassword), []string{"sasl", "authentication"}},
		{"no client certificate", "MTLS", fmt.Sprintf("  tls: {ca_file: %q}\n", s.kafka.certs.caFile), []string{"certificate", "tls"}},
		{"unknown authority", "TLS", "  tls: {}\n", []string{"certificate", "unknown authority"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, s, worldOptions{})
			settings := w.settings()
			settings.Brokers, settings.Kafka = s.kafka.address(c.listener), c.kafka
			b := w.start("a", settings)
			w.until("the reason in the log, and not ready", func() (bool, string) {
				said := strings.ToLower(b.log.String())
				status, body := b.get("/readyz")
				found := false
				for _, want := range c.want {
					found = found || strings.Contains(said, want)
				}
				return found && status == 503, fmt.Sprintf("/readyz %d %s", status, body)
			})
			b.stop()
			w.checkNoSecret()
		})
	}
}

// sasl is the configuration's line for one user.
func sasl(mechanism, user, password string) string {
	return fmt.Sprintf("  sasl: {mechanism: %s, username: %s, password: %q}\n", mechanism, user, password)
}
