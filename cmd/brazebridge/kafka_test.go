package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
)

// secretFile is a secret that came from a file, as a configuration has it.
func secretFile(t *testing.T, path string) config.Secret {
	t.Helper()
	cfg, _, err := config.Parse("b.yaml", []byte(`kafka: {brokers: ["localhost:9092"], group: g}
schema_registry: {url: "http://localhost:8081"}
braze: {endpoint: "https://rest.iad-01.braze.com", api_key: "${file:`+path+`}"}
dead_letter: {topic: d}
topics: {t: {user: {external_id: a}, send: [{event: e}]}}
`), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Braze.APIKey
}

// reaches tells whether a client with these settings gets through to the cluster.
func reaches(t *testing.T, cluster *kfake.Cluster, c config.Kafka) error {
	t.Helper()
	found := &faults{}
	c.Brokers, c.ClientID = cluster.ListenAddrs(), "test"
	opts := kafkaOpts(&c, found)
	if err := found.err(); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, kgo.RetryTimeout(time.Second), kgo.RequestRetries(0))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return client.Ping(ctx)
}

func newCluster(t *testing.T, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestSASL(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		cluster := newCluster(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "bridge", "right"))
		sasl := func(password string) config.Kafka {
			return config.Kafka{SASL: &config.SASL{Mechanism: mechanism, Username: "bridge", Password: config.NewSecret(password)}}
		}
		if err := reaches(t, cluster, sasl("right")); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		if err := reaches(t, cluster, sasl("wrong")); err == nil {
			t.Errorf("%s: a wrong password gets through", mechanism)
		} else if strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: the error tells the password: %v", mechanism, err)
		}
	}
}

func TestUnknownMechanism(t *testing.T) {
	found := &faults{}
	kafkaOpts(&config.Kafka{SASL: &config.SASL{Mechanism: "GSSAPI"}}, found)
	if len(found.list) != 1 || found.list[0].Path != "kafka.sasl.mechanism" || !strings.Contains(found.list[0].Message, "GSSAPI") {
		t.Errorf("%v", found.list)
	}
}

// A password that was rotated in its file is used from the next connection on.
func TestSASLPasswordIsReadAgain(t *testing.T) {
	file := writeFile(t, "password", "old\n")
	password := secretFile(t, file)
	if err := os.WriteFile(file, []byte("new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-512"} {
		cluster := newCluster(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "bridge", "new"))
		if err := reaches(t, cluster, config.Kafka{SASL: &config.SASL{Mechanism: mechanism, Username: "bridge", Password: password}}); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	cluster := newCluster(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "bridge", "new"))
	err := reaches(t, cluster, config.Kafka{SASL: &config.SASL{Mechanism: "PLAIN", Username: "bridge", Password: password}})
	if err == nil || !strings.Contains(err.Error(), "SASL password") {
		t.Errorf("a password file that is gone: %v", err)
	}
}

func TestKafkaOverTLS(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign("client")
	for _, c := range []struct {
		name   string
		mutual bool
		tls    *config.TLS
		ok     bool
	}{
		{"the authority is known", false, &config.TLS{CAFile: a.file}, true},
		{"the authority is unknown", false, &config.TLS{}, false},
		{"another name in the certificate", false, &config.TLS{CAFile: a.file, ServerName: "elsewhere"}, false},
		{"the name that is in the certificate", false, &config.TLS{CAFile: a.file, ServerName: "broker"}, true},
		{"mutual, with a certificate", true, &config.TLS{CAFile: a.file, CertFile: cert, KeyFile: key}, true},
		{"mutual, without", true, &config.TLS{CAFile: a.file}, false},
		{"no TLS", false, nil, false},
	} {
		cluster := newCluster(t, kfake.TLS(a.server(c.mutual)))
		if err := reaches(t, cluster, config.Kafka{TLS: c.tls}); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
