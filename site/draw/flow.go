// Package draw draws what a page asks for as SVG: a flow of steps, and a QR code.
package draw

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"schoolgate/site/source"
)

// A Step is one step of a page's flow: something to do, or a question of which
// one answer leads aside and the other on to the next step. The page shows the
// steps as a numbered list, and as a chart drawn from the same words (row P7).
type Step struct {
	Who  string `toml:"who"`  // who does it; may be empty
	Do   string `toml:"do"`   // what is done
	Ask  string `toml:"ask"`  // or what is asked
	Yes  string `toml:"yes"`  // what follows from yes, when yes leads aside
	No   string `toml:"no"`   // or what follows from no
	Stop bool   `toml:"stop"` // the way aside ends there, instead of coming back
}

// says is the step's own words.
func (s Step) says() string { return s.Do + s.Ask }

// aside is the answer that leads aside, what follows, and the other answer.
func (s Step) aside() (answer, follows, other string) {
	switch {
	case s.Yes != "":
		return "Yes", s.Yes, "No"
	case s.No != "":
		return "No", s.No, "Yes"
	}
	return "", "", ""
}

// CheckFlow reports steps that cannot be drawn, at the line where they stand.
func CheckFlow(src source.File, flow []Step, problems *source.Problems) {
	at := 0
	for i, s := range flow {
		if found := strings.Index(string(src.Data)[at:], cmp.Or(s.Do, s.Ask, s.Who)); found > 0 {
			at += found
		}
		say := func(format string, args ...any) {
			line := 1 + strings.Count(string(src.Data[:at]), "\n")
			problems.Add(src.Name, line, "flow, step %d: "+format, append([]any{i + 1}, args...)...)
		}
		question := s.Ask != ""
		switch {
		case (s.Do != "") == question:
			say("has either do or ask")
		case question && (s.Yes != "") == (s.No != ""):
			say("a question has either yes or no: the other answer leads on to the next step")
		case question && i == len(flow)-1:
			say("the last step has to be something to do")
		case !question && (s.Yes != "" || s.No != "" || s.Stop):
			say("yes, no and stop belong to a question: ask")
		}
	}
}

// A drawing is a chart in the making. Lengths are in CSS pixels for text of 16
// pixels; the chart is as wide as its page allows.
type drawing struct {
	strings.Builder
	width float64
	wide  bool // ways aside go to the right; else they stand below, set in

	labelDrop float64 // how far below a fork the word for going on stands
}

const (
	chartText = 16.0
	chartLine = 22.0
	chartWho  = 19.0
	chartPad  = 13.0
	chartGap  = 36.0
)

// Flow draws a chart of the steps, downwards, once wide and once narrow; a
// stylesheet shows one of them. Title and id have to be the page's own.
func Flow(title, id string, flow []Step) string {
	return drawChart(title, id+"-wide", flow, &drawing{width: 760, wide: true, labelDrop: 15}) +
		drawChart(title, id+"-narrow", flow, &drawing{width: 330, labelDrop: 20})
}

func drawChart(title, id string, flow []Step, d *drawing) string {
	mainWidth, asideAt, asideWidth, spine := d.width, 64.0, d.width-64, 22.0
	if d.wide {
		mainWidth, asideAt, asideWidth, spine = 420, 490, d.width-490, 210
	}
	y, before := 1.0, 0.0 // top of the row, and where the box above it ends
	label := ""           // which answer led on from there
	for i, s := range flow {
		lines := wrap(fmt.Sprintf("%d. %s", i+1, plain(s.says())), mainWidth-2*chartPad-d.slant(s))
		height := boxHeight(lines, s.Who)
		answer, follows, other := s.aside()
		asideLines := wrap(plain(follows), asideWidth-2*chartPad)
		asideHeight := boxHeight(asideLines, "")
		row := height
		if d.wide && answer != "" {
			row = max(height, asideHeight)
		}
		top := y + (row-height)/2
		if i > 0 {
			d.arrow(spine, before, spine, top)
			d.label(label, spine+7, before+d.labelDrop, "start")
		}
		d.box(s, 1, top, mainWidth-2, height, lines)
		before, label = top+height, other

		kind := "aside"
		if s.Stop {
			kind = "aside end"
		}
		gap := chartGap
		switch {
		case answer == "":
		case d.wide:
			asideTop := y + (row-asideHeight)/2
			gap += 8
			d.arrow(mainWidth-1, y+row/2, asideAt, y+row/2)
			d.label(answer, (mainWidth+asideAt)/2, y+row/2-8, "middle")
			d.rect(kind, asideAt, asideTop, asideWidth-1, asideHeight)
			d.words(asideAt+chartPad, asideTop, "", asideLines)
			if !s.Stop { // back to the way on, above the next box
				middle := asideAt + asideWidth/2
				d.line(middle, asideTop+asideHeight, middle, y+row+gap-16)
				d.arrow(middle, y+row+gap-16, spine, y+row+gap-16)
			}
		default:
			asideTop := before + chartGap*.7
			d.line(spine, before, spine, asideTop+asideHeight/2)
			d.arrow(spine, asideTop+asideHeight/2, asideAt, asideTop+asideHeight/2)
			d.label(answer, spine+6, asideTop+asideHeight/2-8, "start")
			d.rect(kind, asideAt, asideTop, asideWidth-1, asideHeight)
			d.words(asideAt+chartPad, asideTop, "", asideLines)
			row = asideTop + asideHeight - y
			before = asideTop + asideHeight/2
			if !s.Stop {
				middle := asideAt + asideWidth/2
				d.arrow(middle, y+row, middle, y+row+gap)
			}
		}
		y += row + gap
	}
	y = before + 1
	shape := "narrow"
	if d.wide {
		shape = "wide"
	}
	return fmt.Sprintf(`<svg class="flow-%s" viewBox="0 0 %[2]g %[3]g" width="%[2]g" height="%[3]g" fill="none" stroke="currentColor" role="img" aria-labelledby="%s-t" aria-describedby="%s-d"><title id="%s-t">Flow chart: %s</title><desc id="%s-d">%s</desc>%s</svg>`,
		shape, d.width, y, id, id, id, html.EscapeString(plain(title)), id, html.EscapeString(inWords(flow)), d.String()) + "\n"
}

// inWords tells the whole chart, for somebody who cannot see it.
func inWords(flow []Step) string {
	var b strings.Builder
	for i, s := range flow {
		fmt.Fprintf(&b, "%d. ", i+1)
		if s.Who != "" {
			fmt.Fprintf(&b, "%s: ", plain(s.Who))
		}
		b.WriteString(plain(s.says()) + " ")
		if answer, follows, other := s.aside(); answer != "" {
			fmt.Fprintf(&b, "If %s: %s ", strings.ToLower(answer), plain(follows))
			if s.Stop {
				fmt.Fprintf(&b, "If %s: go on to step %d. ", strings.ToLower(other), i+2)
			} else {
				fmt.Fprintf(&b, "Then, or if %s: go on to step %d. ", strings.ToLower(other), i+2)
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// slant is how much of a question's width its pointed ends take.
func (d *drawing) slant(s Step) float64 {
	if s.Ask != "" {
		return 18
	}
	return 0
}

func (d *drawing) box(s Step, x, y, width, height float64, lines []string) {
	if s.Ask == "" {
		d.rect("do", x, y, width, height)
	} else {
		fmt.Fprintf(d, `<path class="ask" d="M%.1f %.1fH%.1fL%.1f %.1fL%.1f %.1fH%.1fL%.1f %.1fZ"/>`,
			x+12, y, x+width-12, x+width, y+height/2, x+width-12, y+height, x+12, x, y+height/2)
	}
	d.words(x+chartPad+d.slant(s)/2, y, s.Who, lines)
}

func (d *drawing) rect(class string, x, y, width, height float64) {
	fmt.Fprintf(d, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="7"/>`, class, x, y, width, height)
}

// words writes lines into the box that begins at y.
func (d *drawing) words(x, y float64, who string, lines []string) {
	y += chartPad + chartText - 2
	if who != "" {
		fmt.Fprintf(d, `<text class="who" x="%.1f" y="%.1f">%s</text>`, x, y, html.EscapeString(plain(who)))
		y += chartWho
	}
	for i, line := range lines {
		fmt.Fprintf(d, `<text x="%.1f" y="%.1f">%s</text>`, x, y+float64(i)*chartLine, html.EscapeString(line))
	}
}

func (d *drawing) label(words string, x, y float64, anchor string) {
	if words == "" {
		return
	}
	fmt.Fprintf(d, `<text class="answer" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(words))
}

func (d *drawing) line(x1, y1, x2, y2 float64) {
	fmt.Fprintf(d, `<path d="M%.1f %.1fL%.1f %.1f"/>`, x1, y1, x2, y2)
}

// arrow goes to the right, to the left or down.
func (d *drawing) arrow(x1, y1, x2, y2 float64) {
	d.line(x1, y1, x2, y2)
	switch {
	case y1 == y2:
		back := math.Copysign(8, x1-x2)
		fmt.Fprintf(d, `<path d="M%.1f %.1fL%.1f %.1fL%.1f %.1f"/>`, x2+back, y2-5, x2, y2, x2+back, y2+5)
	default:
		fmt.Fprintf(d, `<path d="M%.1f %.1fL%.1f %.1fL%.1f %.1f"/>`, x2-5, y2-8, x2, y2, x2+5, y2-8)
	}
}

func boxHeight(lines []string, who string) float64 {
	height := 2*chartPad + float64(len(lines))*chartLine - 4
	if who != "" {
		height += chartWho
	}
	return height
}

// wrap divides words into lines no wider than width; a word wider than that has
// a line to itself.
func wrap(words string, width float64) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(words) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && textWidth(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	return append(lines, line)
}

// textWidth is how wide text of 16 pixels is at most in the sans-serif types
// that devices have: nobody knows at build time which one it will be.
func textWidth(s string) float64 {
	width := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljtfr.,;:'’‘!()|I ", r):
			width += .35
		case strings.ContainsRune("mwMW@", r):
			width += .99
		case unicode.IsUpper(r):
			width += .77
		default:
			width += .625
		}
	}
	return width * chartText
}

// plain is Markdown without its marks: a link's words, not its address.
func plain(md string) string {
	data := []byte(md)
	var b strings.Builder
	_ = ast.Walk(source.Markdown.Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(data))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(data))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
