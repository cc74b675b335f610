package source

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// ReadSettings reads a TOML file into v; ok is false when nothing sensible
// could be read.
func ReadSettings(content fs.FS, name string, v any, problems *Problems) (src File, ok bool) {
	before := len(*problems)
	src, ok = ReadFile(content, name, problems)
	if !ok {
		if len(*problems) == before {
			problems.Add(name, 0, "is missing")
		}
		return src, false
	}
	return src, DecodeTOML(src.Name, src.Data, v, problems)
}

// ReadOptional is [ReadSettings] of a file that need not be there.
func ReadOptional(content fs.FS, name string, v any, problems *Problems) (src File, ok bool) {
	if _, err := fs.Stat(content, name); errors.Is(err, fs.ErrNotExist) {
		return src, false
	}
	return ReadSettings(content, name, v, problems)
}

// DecodeTOML decodes strictly: an unknown key is a problem.
func DecodeTOML(name string, data []byte, v any, problems *Problems) bool {
	err := toml.NewDecoder(strings.NewReader(string(data))).DisallowUnknownFields().Decode(v)
	if err == nil {
		return true
	}
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		for _, e := range strict.Errors {
			line, column := e.Position()
			*problems = append(*problems, Problem{File: name, Line: line, Column: column, Text: fmt.Sprintf("unknown key %s: there are %s",
				strings.Join(e.Key(), "."), strings.Join(keysBeside(reflect.TypeOf(v), e.Key()), ", "))})
		}
		return true
	}
	*problems = append(*problems, tomlProblem(name, data, v, err))
	return false
}

// keysBeside are the keys that may stand where an unknown one was found.
func keysBeside(t reflect.Type, key toml.Key) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	var keys []string
	for field := range t.Fields() {
		switch tag := field.Tag.Get("toml"); {
		case tag == "" || tag == "-":
		case len(key) > 1 && tag == key[0]:
			return keysBeside(field.Type, key[1:])
		default:
			keys = append(keys, tag)
		}
	}
	return keys
}

// tomlProblem tells an error of decoding into v in the words of the file, not of Go.
func tomlProblem(name string, data []byte, v any, err error) Problem {
	problem := Problem{File: name, Text: err.Error()}
	if e, ok := errors.AsType[*toml.DecodeError](err); ok {
		problem.Line, problem.Column = e.Position()
		problem.Text = strings.TrimPrefix(e.Error(), "toml: ")
		var anything map[string]any
		if toml.Unmarshal(data, &anything) == nil { // sound TOML, of another kind than belongs there
			problem.Text = fmt.Sprintf("%s: expected %s", strings.Join(e.Key(), "."), expected(reflect.TypeOf(v), e.Key()))
		} else if text, column := strayMark(LineOf(string(data), problem.Line), problem.Column); text != "" {
			problem.Text, problem.Column = text, column
		}
	}
	return problem
}

// curly are the marks that word processors and telephones make of straight quotes.
const curly = "“”„‟‘’‚‛«»‹›＂＇′″`´"

// strayMark names the character that a line of TOML stumbles over at a column, and
// says what to type and in which column it stands; "" for a character of plain TOML.
// At the end of a line, a text was not closed: its last mark was meant to.
func strayMark(line string, column int) (text string, at int) {
	i := max(column-1, 0)
	if i >= len(line) {
		if i = strings.LastIndexAny(line, curly); i < 0 {
			return "", 0
		}
	}
	return markText(line[i:]), i + 1
}

// markText says what to type for the character that a text begins with.
func markText(text string) string {
	r, _ := utf8.DecodeRuneInString(text)
	mark := fmt.Sprintf("%c (%U)", r, r)
	if !unicode.IsGraphic(r) || unicode.IsSpace(r) {
		mark = fmt.Sprintf("%U", r)
	}
	switch {
	case strings.ContainsRune(curly, r):
		return mark + ` is not a straight quote: text begins and ends with ", as in title = "Words"`
	case r < utf8.RuneSelf:
		return ""
	case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
		return "a character that cannot be seen, " + mark + ", stands here: delete it, and press the space bar where a space belongs"
	case unicode.Is(unicode.Pd, r):
		return mark + " is not a hyphen: type -"
	}
	return mark + ` cannot stand here: text begins and ends with ", as in title = "Words"`
}

// expected says in words what a value looks like in TOML, at a key of a type.
func expected(t reflect.Type, key toml.Key) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if len(key) > 0 {
		switch t.Kind() {
		case reflect.Slice, reflect.Map:
			if t.Kind() == reflect.Map {
				key = key[1:]
			}
			return expected(t.Elem(), key)
		case reflect.Struct:
			for field := range t.Fields() {
				if field.Tag.Get("toml") == key[0] {
					return expected(field.Type, key[1:])
				}
			}
		}
	}
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "tables, each under [[double brackets]]"
		}
		return `a list such as ["one", "two"]`
	case reflect.Map, reflect.Struct:
		return "a table"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	}
	return `text in "quotes"`
}

// A Checker reports what is wrong with the values of one settings file, at the
// line where the key stands.
type Checker struct {
	Src      File
	Problems *Problems
	Value    string // when set, the key's line is the one that holds this value
}

// Say reports a problem at the line of a key.
func (c Checker) Say(key, format string, args ...any) {
	c.Problems.Add(c.Src.Name, c.Line(key), format, args...)
}

// Line is where a key stands, from 1; 0 when it does not.
func (c Checker) Line(key string) int {
	pattern := `(?m)^[ \t]*"?` + regexp.QuoteMeta(key) + `"?[ \t]*=`
	if c.Value != "" {
		pattern += `[ \t]*["']` + regexp.QuoteMeta(c.Value) + `["']`
	}
	at := regexp.MustCompile(pattern).FindIndex(c.Src.Data)
	if at == nil {
		return 0
	}
	return 1 + strings.Count(string(c.Src.Data[:at[0]]), "\n")
}

// OneOf reports a value that is none of those allowed.
func (c Checker) OneOf(key, value string, allowed []string) {
	if !slices.Contains(allowed, value) {
		c.Say(key, "%s %q is not one of %s", key, value, strings.Join(allowed, ", "))
	}
}

// IsDate accepts a TOML date or a string such as 2026-09-01.
func IsDate(v any) bool {
	switch v := v.(type) {
	case toml.LocalDate, toml.LocalDateTime, time.Time:
		return true
	case string:
		_, err := time.Parse(time.DateOnly, v)
		return err == nil
	}
	return false
}

var assignment = regexp.MustCompile(`^[ \t]*(?:# )?"?([a-z0-9_]+)"?[ \t]*=[ \t]*(.*?)[ \t]*$`)

// Assignment takes apart a line of settings that gives a key its value, as it stands or
// as a comment holds it up for taking over.
func Assignment(line string) (key, value string, ok bool) {
	m := assignment.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}
