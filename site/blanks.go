package site

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"schoolgate/site/source"
)

// Switches are the names that school.toml's uses may hold, and that
// `[[if …]]` may ask about.
var Switches = []string{
	"videoconferencing",
	"learning_platform",
	"tracking_app",
	"official_social_media",
	"work_phones",
	"film_and_voice",
	"trust_publicity",
	"press",
	"printed_pictures",
	"displays",
	"school_photographer",
	"names_in_public",
	"pupils_work",
	"partners",
	"filmed_performances",
	"call_recording",
	"live_lessons",
}

// Conditions are what `[[if …]]`, a page's only and a passage's when may ask
// about: the switches, the kind of school, the stages of its year groups, whether
// there is a trust, and whether the council has one number for day and night.
var Conditions = append(Switches[:len(Switches):len(Switches)],
	"academy", "maintained", "trust", oneFrontDoor, "early_years", "key_stage_1", "key_stage_2", "key_stage_3")

// builtIn are the blanks that Schoolgate fills by itself.
var builtIn = []string{
	"school", "school_short", "trust", "trust_short",
	"email", "phone", "address", "portal", thisYear, keptBlank,
	"channel", "channel_address", "channel_purpose", "channel_run_by", "channel_for",
	keepBlank("records"), keepBlank("answers"), keepBlank("agreements"), keepBlank("replaced"), keepBlank("events"), keepBlank("staff"),
}

// oneFrontDoor holds where the council answers worries about a child on one number
// at any hour.
const oneFrontDoor = "one_front_door"

// thisYear is the blank for the year in which the site is built.
const thisYear = "this_year"

var (
	blankName = regexp.MustCompile(`^[a-z0-9_]+$`)
	directive = regexp.MustCompile(`^\[\[\s*(if|end)(?:\s+(.*?))?\s*\]\]$`)
)

// answers is what one school puts into the model's blanks.
type answers struct {
	values  map[string]string
	shared  map[string]string // passages and numbers, the same for every page; they may hold blanks
	uses    []string
	details []string // blanks whose value may change and leave the meaning of a text as it is
	today   *calendar
}

// value is what the school puts into a blank.
func (a answers) value(name string) (string, bool) {
	v, ok := a.values[name]
	if !ok && name == thisYear && a.today != nil {
		return a.today.year(), true
	}
	return v, ok
}

// with is the answers with some more.
func (a answers) with(more map[string]string) answers {
	if len(more) > 0 {
		a.values = maps.Clone(a.values)
		maps.Copy(a.values, more)
	}
	return a
}

// withoutDetails is the answers with each detail left as the blank that it is; so
// is each number of the directory of help.
func (a answers) withoutDetails() answers {
	values, shared := maps.Clone(a.values), maps.Clone(a.shared)
	for _, name := range a.details {
		if _, ok := values[name]; ok || name == thisYear {
			values[name] = "[" + name + "]"
		}
	}
	for name := range shared {
		if strings.HasSuffix(name, "_phone") || strings.HasSuffix(name, "_call") || strings.HasSuffix(name, "_hours") {
			shared[name] = "[" + name + "]"
		}
	}
	return answers{values: values, shared: shared, uses: a.uses}
}

// said is what stands in a blank: a passage, a number, or what the school puts there.
// A passage has blanks of its own; missing is told of each that is not filled.
func (a answers) said(name string, missing func(blank string)) string {
	own := func(name string) (string, bool) {
		if v, ok := a.value(name); ok {
			return v, true
		}
		if number, ok := a.shared[name]; ok {
			return number, true // of the directory of help: a passage holds no other
		}
		if blank, ok := callable(name); ok && a.values[blank] != "" {
			return pressed(a.values[blank]), true
		} else if ok {
			name = blank
		}
		missing(name)
		return "", false
	}
	if text, ok := a.shared[name]; ok {
		return fillLine(text, own, func(string, ...any) {}) // its form was seen to when it was read
	}
	v, _ := own(name)
	return v
}

// fill puts the answers into one Markdown file and leaves every line where it
// was: a part that the school does not use becomes empty lines. What it could
// not fill is reported, never left out in silence.
func fill(src source.File, a answers) (string, source.Problems) {
	var (
		problems    source.Problems
		out         strings.Builder
		frontMatter bool
		openedAt    int // line of the open [[if]], 0 when there is none
		hidden      bool
	)
	for i, line := range strings.Split(strings.TrimSuffix(string(src.Data), "\n"), "\n") {
		n := i + 1
		if line == source.Fence {
			frontMatter = n == 1
		}
		if m := directive.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			line = ""
			switch word, condition := m[1], m[2]; {
			case word == "end" && condition != "":
				problems.Add(src.Name, n, "[[end]] takes no name")
			case word == "end" && openedAt == 0:
				problems.Add(src.Name, n, "[[end]] without an [[if …]] before it")
			case word == "end":
				openedAt, hidden = 0, false
			case openedAt != 0:
				problems.Add(src.Name, n, "[[if %s]] inside the [[if …]] of line %d: close that one with [[end]] first", condition, openedAt)
			default:
				name, negated := strings.CutPrefix(condition, "not ")
				name = strings.TrimSpace(name)
				if !slices.Contains(Conditions, name) {
					problems.Add(src.Name, n, "[[if %s]]: unknown switch %q; there are %s", condition, name, strings.Join(Conditions, ", "))
				}
				openedAt, hidden = n, slices.Contains(a.uses, name) == negated
			}
		}
		if hidden {
			line = ""
		}
		out.WriteString(fillLine(line, func(name string) (string, bool) {
			value := a.said(name, func(blank string) {
				problems.AddKind(source.Unfilled, src.Name, n, "unfilled blank [[%s]]", blank)
				problems[len(problems)-1].Blank = blank
			})
			if frontMatter {
				value = tomlEscaper.Replace(value)
			}
			return value, true
		}, func(format string, args ...any) { problems.Add(src.Name, n, format, args...) }))
		out.WriteByte('\n')
	}
	if openedAt != 0 {
		problems.Add(src.Name, openedAt, "[[if …]] is never closed: write [[end]] on a line of its own")
	}
	return out.String(), problems
}

// tomlEscaper makes a value fit between the quotes of a TOML basic string.
var tomlEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// fillLine fills the blanks of one line; value says what stands in one, and
// report is told of what is no blank.
func fillLine(line string, value func(name string) (string, bool), report func(string, ...any)) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(line, "[[")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if strings.HasPrefix(rest, "[") && !strings.HasPrefix(rest, "[[") { // a link whose words are a blank: [[[name]]](/a/)
			out.WriteByte('[')
			rest = rest[1:]
		}
		name, after, closed := strings.Cut(rest, "]]")
		switch {
		case !closed:
			report("[[ without ]] on the same line: a blank is written [[name]]")
			out.WriteString("[[" + rest)
			return out.String()
		case name == "end" || strings.HasPrefix(name, "if "):
			report("[[%s]] has to stand alone on its line", name)
		case !blankName.MatchString(name):
			report("malformed blank [[%s]]: a name has only a-z, 0-9 and _", name)
		default:
			if v, ok := value(name); ok {
				out.WriteString(v)
			}
		}
		line = after
	}
}
