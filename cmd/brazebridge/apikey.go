package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"brazebridge/config"
)

// keyLook is how often, at most, an attempt looks whether the key's file has changed: a look costs a system call, and a key
// that was rotated is usually good for hours beside the new one.
const keyLook = 5 * time.Second

// apiKey is a workspace's key: as it was configured, and as its file says when that has changed or Braze has refused the key.
// Safe for concurrent use. It needs no goroutine: the attempts look.
type apiKey struct {
	secret config.Secret

	mu      sync.Mutex
	current string
	looked  time.Time
	file    os.FileInfo // as it was when current was read; nil: not known
}

func newAPIKey(s config.Secret) *apiKey { return &apiKey{secret: s, current: s.Reveal()} }

// get returns the key; refresh reads its file again first. A file that cannot be read, or is empty, may be in the middle of
// being replaced: the key stays as it was, and only where it was refused is that an error.
func (k *apiKey) get(refresh bool) (string, error) {
	if key, due := k.known(refresh); !due {
		return key, nil
	}
	info, err := os.Stat(k.secret.File()) // outside the lock: the file may be slow
	if err == nil && !refresh && !k.changed(info) {
		return k.keep(), nil
	}
	fresh, err := k.secret.Reload()
	switch {
	case err != nil && refresh:
		return "", fmt.Errorf("read the API key: %w", err)
	case err != nil, strings.TrimSpace(fresh) == "":
		return k.keep(), nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current, k.file = fresh, info
	return fresh, nil
}

// known returns the key, and whether the caller is to look at its file.
func (k *apiKey) known(refresh bool) (key string, due bool) {
	if k.secret.File() == "" {
		return k.current, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if !refresh && now.Sub(k.looked) < keyLook {
		return k.current, false
	}
	k.looked = now
	return k.current, true
}

// changed reports whether the file is another one than the key was read from. Kubernetes replaces a mounted secret by a
// link to another file, which may even be older.
func (k *apiKey) changed(info os.FileInfo) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.file == nil || !os.SameFile(k.file, info) || !k.file.ModTime().Equal(info.ModTime()) || k.file.Size() != info.Size()
}

func (k *apiKey) keep() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}
