package config

import "time"

// Default is the configuration before the file. The fields say what each value means and why it is what it is.
func Default() *Config {
	return &Config{
		Kafka: Kafka{
			ClientID:       "brazebridge",
			Start:          StartEarliest,
			Protocol:       ProtocolClassic,
			SessionTimeout: Duration(45 * time.Second),
		},
		Braze: Braze{Workspace: Workspace{
			ObjectsPerRequest: MaxObjectsPerRequest,
			Counting:          CountingCombined,
			BytesPerRequest:   3_500_000,
			Rate:              Rate{Requests: 3000, Per: Duration(3 * time.Second)},
			MaxInFlight:       64,
			Linger:            Duration(100 * time.Millisecond),
			Timeout:           Duration(30 * time.Second),
			MaxWait:           Duration(15 * time.Minute),
		}},
		Delivery: Delivery{
			ResendWindow:    10_000,
			InFlightRecords: 20_000,
			InFlightBytes:   32 << 20,
			DrainTimeout:    Duration(25 * time.Second),
			Flood:           Flood{Share: 0.5, Of: 1000, AtLeast: 25},
		},
		Admin: Admin{Listen: "127.0.0.1:9464"},
		Log:   Log{Level: "info", Format: "json"},
	}
}

// defaultCreate is what dead_letter.create means where it sets no value of its own.
func defaultCreate() *DeadLetterCreate {
	return &DeadLetterCreate{Partitions: 6, Replicas: 3, Retention: Duration(14 * day)}
}
