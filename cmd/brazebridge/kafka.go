package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"brazebridge/config"
)

// kafkaOpts are how every client of this process reaches the brokers.
func kafkaOpts(c *config.Kafka, found *faults) []kgo.Opt {
	opts := []kgo.Opt{kgo.SeedBrokers(c.Brokers...), kgo.ClientID(c.ClientID)}
	if t := tlsConfig(c.TLS, "kafka.tls", found); t != nil {
		opts = append(opts, kgo.DialTLSConfig(t))
	}
	if c.SASL != nil {
		mechanism, err := saslMechanism(c.SASL)
		found.add("kafka.sasl.mechanism", err, "write PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts
}

// saslMechanism authenticates with the password as it is when a connection is made: one from a file may have been
// rotated since.
func saslMechanism(c *config.SASL) (sasl.Mechanism, error) {
	password := func() (string, error) {
		p, err := c.Password.Reload()
		if err != nil {
			return "", fmt.Errorf("read the SASL password: %w", err)
		}
		return p, nil
	}
	scramAuth := func(context.Context) (scram.Auth, error) {
		p, err := password()
		return scram.Auth{User: c.Username, Pass: p}, err
	}
	switch c.Mechanism {
	case "PLAIN":
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			p, err := password()
			return plain.Auth{User: c.Username, Pass: p}, err
		}), nil
	case "SCRAM-SHA-256":
		return scram.Sha256(scramAuth), nil
	case "SCRAM-SHA-512":
		return scram.Sha512(scramAuth), nil
	}
	return nil, fmt.Errorf("unknown mechanism %q", c.Mechanism)
}
