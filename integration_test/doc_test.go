// Package integration_test proves the bridge's promises where they are kept: the built binary runs as a process of its own
// against a real Apache Kafka in a container, a schema registry over HTTP and the fake Braze.
//
// There is one file for each promise. Everything a test waits for is polled with a deadline, and a test that gives up shows
// what it last saw and the log of every bridge that it ran.
//
// Without a Docker engine the tests are skipped, and say so. With REQUIRE_DOCKER=1 they fail instead. KAFKA_IMAGE names the
// image; it must have the contract of apache/kafka.
package integration_test
