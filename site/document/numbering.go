package document

import (
	"fmt"
	"regexp"
	"strings"
)

// A numbered is a level of a list as a word processor defines it.
type numbered struct {
	format string // decimal, lowerLetter …; bullet
	text   string // "%1.%2)": what is shown, %n for the count at level n
	start  int
	legal  bool // every count in it is shown as a decimal number
	// The level from 1 after which this one begins anew; 0 for never, -1 for any above.
	restart int
	style   string // paragraphs of this style stand at this level
	indent  int
}

// A tally counts the items of one list at each level.
type tally struct {
	count [10]int
	begun [10]bool
}

// next counts an item at a level and answers what it shows.
func (t *tally) next(levels [10]numbered, level int) string {
	if t.begun[level] {
		t.count[level]++
	} else {
		t.count[level], t.begun[level] = levels[level].start, true
	}
	for deeper := level + 1; deeper < len(levels); deeper++ {
		if r := levels[deeper].restart; r < 0 || r > level && r > 0 {
			t.begun[deeper] = false
		}
	}
	return t.show(levels, level)
}

var placeholder = regexp.MustCompile(`%[1-9]`)

func (t *tally) show(levels [10]numbered, level int) string {
	shown := placeholder.ReplaceAllStringFunc(levels[level].text, func(s string) string {
		at := int(s[1] - '1')
		if !t.begun[at] && at < level { // an outer level that has no item yet counts as its first
			t.count[at], t.begun[at] = levels[at].start, true
		}
		format := levels[at].format
		if levels[level].legal {
			format = "decimal"
		}
		return count(format, t.count[at])
	})
	return strings.Join(strings.Fields(shown), " ")
}

// count writes a number as a list does.
func count(format string, n int) string {
	switch format {
	case "lowerLetter", "a", "lower-alpha", "lower-latin":
		return repeated(n)
	case "upperLetter", "A", "upper-alpha", "upper-latin":
		return strings.ToUpper(repeated(n))
	case "lowerRoman", "i", "lower-roman":
		return roman(n)
	case "upperRoman", "I", "upper-roman":
		return strings.ToUpper(roman(n))
	case "decimalZero":
		return fmt.Sprintf("%02d", n)
	case "ordinal":
		if suffix := map[int]string{1: "st", 2: "nd", 3: "rd"}[n%10]; suffix != "" && n/10%10 != 1 {
			return fmt.Sprint(n) + suffix
		}
		return fmt.Sprint(n) + "th"
	case "none", "":
		return ""
	}
	return fmt.Sprint(n)
}

// repeated counts a … z, aa, bb: as word processors do, unlike spreadsheets.
func repeated(n int) string {
	if n < 1 || n > 26*20 {
		return fmt.Sprint(n)
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), (n-1)/26+1)
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return fmt.Sprint(n)
	}
	var s strings.Builder
	for _, each := range []struct {
		value int
		sign  string
	}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
		for ; n >= each.value; n -= each.value {
			s.WriteString(each.sign)
		}
	}
	return s.String()
}

// lists are the lists of a Word document.
type lists struct {
	kinds map[string]*[10]numbered // abstract numberings by id
	nums  map[string]list
	used  map[string]bool // overrides that have had their effect: a list and a level
}

// A list is one use of a numbering, with levels of its own and places where it
// begins anew.
type list struct {
	kind   string
	levels [10]numbered
	starts map[int]int
}

func readLevel(n *node) numbered {
	l := numbered{format: n.val("w:numFmt"), text: n.val("w:lvlText"), start: number(n.val("w:start"), 0), restart: -1, style: n.val("w:pStyle")}
	if format := n.at("mc:AlternateContent", "mc:Fallback").val("w:numFmt"); l.format == "" && format != "" {
		l.format = format
	}
	if r := n.at("w:lvlRestart"); r.name != "" {
		l.restart = number(r.attr["w:val"], -1)
	}
	l.legal, _ = n.on("w:isLgl")
	l.indent = indentOf(n.at("w:pPr"), 0)
	return l
}

func readLists(root *node, linked map[string]string) *lists {
	l := &lists{kinds: map[string]*[10]numbered{}, nums: map[string]list{}, used: map[string]bool{}}
	if root == nil {
		return l
	}
	links := map[string]string{} // an abstract numbering that is another's, by the name of a style
	root.each("w:abstractNum", func(n *node) {
		id, levels := n.attr["w:abstractNumId"], [10]numbered{}
		for i := range levels {
			levels[i].restart = -1
		}
		n.each("w:lvl", func(lvl *node) {
			if at := number(lvl.attr["w:ilvl"], -1); at >= 0 && at < 9 {
				levels[at] = readLevel(lvl)
			}
		})
		l.kinds[id] = &levels
		if to := n.val("w:numStyleLink"); to != "" {
			links[id] = to
		}
	})
	kindOf := map[string]string{}
	root.each("w:num", func(n *node) { kindOf[n.attr["w:numId"]] = n.val("w:abstractNumId") })
	root.each("w:num", func(n *node) {
		kind := kindOf[n.attr["w:numId"]]
		if style, ok := links[kind]; ok && kindOf[linked[style]] != "" {
			kind = kindOf[linked[style]]
		}
		if l.kinds[kind] == nil {
			return
		}
		num := list{kind: kind, levels: *l.kinds[kind], starts: map[int]int{}}
		n.each("w:lvlOverride", func(o *node) {
			at := number(o.attr["w:ilvl"], -1)
			if at < 0 || at > 8 {
				return
			}
			if o.has("w:lvl") {
				num.levels[at] = readLevel(o.at("w:lvl"))
			}
			if o.has("w:startOverride") {
				num.starts[at] = number(o.val("w:startOverride"), 1)
			}
		})
		l.nums[n.attr["w:numId"]] = num
	})
	return l
}

// levelOf is the level of a numbering at which paragraphs of a style stand.
func (l *lists) levelOf(num, style string) int {
	for at, level := range l.nums[num].levels {
		if level.style == style && style != "" {
			return at
		}
	}
	return 0
}

// next counts a paragraph of a list. Uses of one numbering count on from each other,
// but where one says that it begins anew.
func (l *lists) next(r *reader, id string, level int) (shown string, at numbered, ok bool) {
	num, ok := l.nums[id]
	if !ok || level < 0 || level > 8 {
		return "", numbered{}, false
	}
	t := r.tally(num.kind)
	key := fmt.Sprint(id, "/", level)
	if start, over := num.starts[level]; over && !l.used[key] {
		l.used[key] = true
		t.begun[level] = false
		num.levels[level].start = start
	}
	if num.levels[level].format == "bullet" {
		return "", num.levels[level], true
	}
	return t.next(num.levels, level), num.levels[level], true
}
