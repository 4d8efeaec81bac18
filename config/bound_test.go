package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileFilesAreBounded: files of a quarter of the largest size, each made to cost as much as possible, are answered in
// seconds; what is quadratic in the size takes minutes.
func TestHostileFilesAreBounded(t *testing.T) {
	const MaxFile = MaxFile / 4
	fill := func(s string) string { return strings.Repeat(s, MaxFile/len(s)) }
	for name, text := range map[string]string{
		"flow lists":         fill("["),
		"flow mappings":      fill("{a: "),
		"dashes":             fill("- "),
		"question marks":     fill("? "),
		"tags":               fill("!a "),
		"anchors":            fill("&a "),
		"blanks in quotes":   `a: "` + fill(" ")[9:] + `"`,
		"escapes":            `a: "` + fill(`\"`)[9:] + `"`,
		"single quotes":      `a: '` + fill(`''`)[10:] + `'`,
		"one plain text":     "a: " + fill("x")[9:],
		"plain with blanks":  "a: x" + fill(" ")[9:] + "y",
		"many short keys":    keys(MaxFile/10, ""),
		"many unknown keys":  "kafka:\n" + keys(MaxFile/12, "  "),
		"many items":         "kafka:\n  brokers:\n" + strings.Repeat("  - a\n", MaxFile/6-10),
		"steps":              steps(),
		"references":         "kafka: {group: '" + strings.Repeat("${", MaxFile/2-20) + "'}",
		"references closed":  "kafka: {group: '" + strings.Repeat("${x}", MaxFile/4-20) + "'}",
		"a block":            "a: |\n" + strings.Repeat("  x\n", MaxFile/4-10),
		"a folded block":     "a: >\n" + strings.Repeat("  x\n\n", MaxFile/5-10),
		"expressions to fix": strings.Repeat("a: ${x ? 1 : 2}\n", MaxFile/16-10),
		"blank lines":        fill("\n"),
		"comments":           fill("#\n"),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, _, err := Parse("f.yaml", []byte(text), ResolveAll)
			if err == nil {
				t.Error("accepted")
			}
			took := time.Since(begin)
			if took > time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
}

func keys(n int, indent string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sk%d: 1\n", indent, i)
	}
	return b.String()
}

func steps() string {
	var b strings.Builder
	for i := 0; b.Len()+i+5 < MaxFile; i++ {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestTooLargeAFile(t *testing.T) {
	_, _, err := Parse("f.yaml", make([]byte, MaxFile+1), ResolveAll)
	if err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("error %v", err)
	}
}

// TestAliasesThatMultiply is the attack known as billion laughs.
func TestAliasesThatMultiply(t *testing.T) {
	doc := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		doc += fmt.Sprintf("a%d: &a%[1]d [%s*a%d]\n", i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), i-1)
	}
	_, _, err := Parse("f.yaml", []byte(doc), ResolveAll)
	if err == nil || !strings.Contains(err.Error(), "aliases multiply this file to more than 200000 values") {
		t.Errorf("error %v", err)
	}
}
