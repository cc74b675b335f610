package source

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Set gives a key of a TOML file another value, and leaves every other byte of the file as
// it is: comments, order, spaces and line ends. The key is one of the top, or stands in a
// table of the top, as "blanks.head"; the value is as TOML writes it. One that is not there
// takes the place of its line in a comment ("# head = …"), or comes last in its table. With
// "" the key is taken out: its line becomes a comment.
//
// What stands in another form, such as a table on one line, is an error.
func Set(file []byte, key, value string) ([]byte, error) {
	table, name, within := strings.Cut(key, ".")
	if !within {
		table, name = "", key
	}
	mark := []byte("\xef\xbb\xbf")
	data, marked := bytes.CutPrefix(file, mark)
	nl := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		nl = "\r\n"
	}
	var (
		p           unstable.Parser
		in          string // the table that the parser is in; "[" for none of the top
		found       = !within
		first, last int         // where the lines of the table begin, and its last key ends
		end         = len(data) // of the table
		at, to      = -1, -1    // the value
		begins      int         // the line of the key
	)
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			head := keyOf(e.Key())
			start := lineStart(data, int(e.Child().Raw.Offset))
			if found && in == table && end == len(data) {
				end = start
			}
			in = "["
			if e.Kind == unstable.Table && len(head) == 1 {
				in = head[0]
			}
			if within && in == table {
				found, first = true, lineEnd(data, start)
				last, end = first, len(data)
			}
		case unstable.KeyValue:
			names := keyOf(e.Key())
			if in != table || len(names) == 0 {
				continue
			}
			whole := int(e.Raw.Offset) + int(e.Raw.Length)
			last = lineEnd(data, whole)
			if !slices.Equal(names, []string{name}) {
				continue
			}
			begins, to = int(e.Raw.Offset), whole
			at = begins + bytes.IndexByte(data[begins:], '=') + 1
			at += len(data[at:to]) - len(bytes.TrimLeft(data[at:to], " \t"))
			to -= len(data[at:to]) - len(bytes.TrimRight(data[at:to], " \t"))
		}
	}
	if err := p.Error(); err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	put := func(from, to int, text string) []byte {
		if marked {
			from, to = from+len(mark), to+len(mark)
		}
		return slices.Concat(file[:from], []byte(text), file[to:])
	}
	line := name + " = " + value + nl
	switch held := regexp.MustCompile(`(?m)^[ \t]*#[ \t]*` + regexp.QuoteMeta(name) + `[ \t]*=.*\r?\n?`).FindIndex(data[first:end]); {
	case at >= 0 && value != "":
		return put(at, to, value), nil
	case at >= 0:
		commented := strings.ReplaceAll(string(data[begins:to]), "\n", "\n# ")
		return put(begins, to, "# "+commented), nil
	case value == "":
		return file, nil
	case held != nil && found:
		return put(first+held[0], first+held[1], line), nil
	case found:
		if last > 0 && data[last-1] != '\n' {
			line = nl + line
		}
		return put(last, last, line), nil
	}
	return put(len(data), len(data), nl+"["+table+"]"+nl+line), nil
}

func keyOf(it unstable.Iterator) (names []string) {
	for it.Next() {
		names = append(names, string(it.Node().Data))
	}
	return names
}

// lineStart is where the line begins that a place is in, and lineEnd where the next does.
func lineStart(data []byte, at int) int { return bytes.LastIndexByte(data[:at], '\n') + 1 }

func lineEnd(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(data)
}
