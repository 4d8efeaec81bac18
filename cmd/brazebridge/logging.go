package main

import (
	"io"
	"log/slog"

	"brazebridge/config"
)

// newLogger writes what the configuration asks for, in its format. Its values have been checked.
func newLogger(w io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(c.Level)) != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// quiet is for work that stops at a signal without ado.
var quiet = slog.New(slog.DiscardHandler)
