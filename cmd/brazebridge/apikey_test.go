package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/config"
)

// keyTest is a key whose file the test replaces.
type keyTest struct {
	*apiKey
	t    *testing.T
	file string
}

func newKeyTest(t *testing.T, text string) *keyTest {
	t.Helper()
	file := writeFile(t, "key", text)
	return &keyTest{newAPIKey(secretFile(t, file)), t, file}
}

func (k *keyTest) write(text string) {
	k.t.Helper()
	if err := os.WriteFile(k.file, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

func (k *keyTest) want(refresh bool, want string) {
	k.t.Helper()
	if got, err := k.get(refresh); got != want || err != nil {
		k.t.Errorf("key %q, %v, want %q", got, err, want)
	}
}

func TestAPIKeyIsReadAgainWhenRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeyTest(t, "old\n")
		k.want(false, "old")
		k.write("new\n")
		k.want(false, "old") // looked a moment ago
		k.want(true, "new")
		k.want(false, "new")
		k.write(" \n")
		k.want(true, "new")
		if err := os.Remove(k.file); err != nil {
			t.Fatal(err)
		}
		if _, err := k.get(true); err == nil || strings.Contains(err.Error(), "new") {
			t.Errorf("a key file that is gone: %v", err)
		}
		k.want(false, "new")
	})
}

// Without a refusal the file is looked at every few seconds, and read where it is another.
func TestAPIKeyIsReadAgainWhenItsFileChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeyTest(t, "first")
		k.write("second") // before the first attempt, after the configuration was read
		k.want(false, "second")
		k.write("third")
		time.Sleep(keyLook - time.Millisecond)
		k.want(false, "second")
		time.Sleep(time.Millisecond)
		k.want(false, "third")

		k.write("")
		time.Sleep(keyLook)
		k.want(false, "third")
		k.write("fourth")
		time.Sleep(keyLook)
		k.want(false, "fourth")

		if err := os.Remove(k.file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(keyLook)
		k.want(false, "fourth")
	})
}

// A mounted secret changes by a link that points elsewhere; the other file may have the same size and time.
func TestAPIKeyFollowsALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		at := time.Unix(1_700_000_000, 0)
		for _, name := range []string{"one", "two"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
				t.Fatal(err)
			}
		}
		link := filepath.Join(dir, "key")
		point := func(name string) {
			if err := os.Symlink(name, link+".new"); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(link+".new", link); err != nil {
				t.Fatal(err)
			}
		}
		point("one")
		k := &keyTest{newAPIKey(secretFile(t, link)), t, link}
		k.want(false, "one")
		point("two")
		time.Sleep(keyLook)
		k.want(false, "two")
	})
}

func TestAPIKeyWithoutAFileStays(t *testing.T) {
	k := newAPIKey(config.NewSecret("k"))
	for _, refresh := range []bool{false, true} {
		if got, err := k.get(refresh); got != "k" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}
