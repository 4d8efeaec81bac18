package config

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"250ms": 250 * time.Millisecond, "3s": 3 * time.Second, "5m": 5 * time.Minute, "2h": 2 * time.Hour, "14d": 336 * time.Hour, "1d12h": 36 * time.Hour,
		"1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "0": 0, "0s": 0, "1us": time.Microsecond, "1µs": time.Microsecond, "7ns": 7, "106751d": 106751 * day,
		"9223372036854775807ns": math.MaxInt64,
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d.D() != want {
			t.Errorf("%q is %v, error %v, want %v", text, d.D(), err, want)
		}
	}
	for text, want := range map[string]string{
		"": "is no duration", "5": "is no duration", "00": "is no duration", "s": "is no duration", "-1s": "is no duration", "+1s": "is no duration", "1 s": "is no duration",
		"1S": "is no duration", "1w": "is no duration", "1.2.3s": "is no duration", ".s": "is no duration", "1s ": "is no duration", "1h5": "is no duration", "1e3s": "is no duration",
		"106752d": "is too long", "9999999999999999999999d": "is too long", "106751d106751d": "is too long",
	} {
		d := Duration(7)
		err := d.UnmarshalText([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || d != 7 {
			t.Errorf("%q: error %v, want %q; value %v", text, err, want, d)
		}
	}
}

func TestDurationString(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "14d": 336 * time.Hour, "36h": 36 * time.Hour, "1h30m": 90 * time.Minute, "1m": time.Minute, "250ms": 250 * time.Millisecond, "1h0m5s": time.Hour + 5*time.Second, "10m": 10 * time.Minute,
	} {
		text, err := Duration(d).MarshalText()
		if string(text) != want || err != nil {
			t.Errorf("%v is written %q, want %q", d, text, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]Bytes{
		"32MiB": 32 << 20, "3500000": 3500000, "4MB": 4000000, "4 MB": 4000000, "1.5GiB": 3 << 29, "10kB": 10000, "10KB": 10000, "1KiB": 1024, "7B": 7, "0": 0, "2GB": 2000000000,
		"9223372036854775807": math.MaxInt64,
	} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want {
			t.Errorf("%q is %d, error %v, want %d", text, b, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "is no size", "MB": "is no size", "-1": "is no size", "4mb": "is no size", "4MBit": "is no size", "4M": "is no size", "1e6": "is no size", "1MB2": "is no size", "1.2.3": "is no size", " 4": "is no size",
		"9223372036854775808": "is too large", "9000000000GiB": "is too large", "99999999999999999999999.5": "is too large",
	} {
		b := Bytes(7)
		err := b.UnmarshalText([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || b != 7 {
			t.Errorf("%q: error %v, want %q; value %d", text, err, want, b)
		}
	}
	for want, b := range map[string]Bytes{"0": 0, "3500000": 3500000, "32MiB": 32 << 20, "1KiB": 1024, "3GiB": 3 << 30, "1025": 1025} {
		if text, err := b.MarshalText(); string(text) != want || err != nil {
			t.Errorf("%d is written %q, want %q", int64(b), text, want)
		}
	}
}
