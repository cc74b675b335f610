package document

import (
	"bytes"
	"strings"
	"testing"
)

// made is the policy of a document.
func made(t testing.TB, name string, data []byte, changes Changes) (*Document, *Policy) {
	t.Helper()
	d, err := Read(name, data, changes)
	if err != nil {
		t.Fatal(err)
	}
	return d, Arrange(d)
}

// body is a policy's text below its front matter.
func body(p *Policy) string {
	_, after, _ := strings.Cut(p.Text, "\n]\n+++\n")
	return strings.TrimSpace(after)
}

// told are the remarks of a kind, and why blocks were left out.
func told(p *Policy, sort string) string {
	var out []string
	for _, r := range p.Remarks {
		if r.Sort == sort {
			out = append(out, r.Text)
		}
	}
	for _, piece := range p.Pieces {
		if piece.Became == sort && piece.Why != "" {
			out = append(out, piece.Why+": "+strings.Join(strings.Fields(piece.Was), " "))
		}
		for _, r := range piece.Remarks {
			if r.Sort == sort {
				out = append(out, r.Text)
			}
		}
	}
	return strings.Join(out, "\n")
}

// A trust's model out of Word keeps its numbers, lists, tables, links and notes; what
// stands at the front goes into the front matter; and what is dropped is told.
func TestWordDocument(t *testing.T) {
	_, p := made(t, "model.docx", trustModel(t), Open)
	want := `## Introduction {n="1"}

This policy is for < Academy name >. See [Reporting](#to-reporting), [CEOP](https://www.ceop.police.uk/safety-centre/) and [our inbox](mailto:help@larchmere.example).[^1]

## Scope {n="2"}

## Reporting {#to-reporting n="3"}

### Who reports {n="3.1"}

### How {n="3.2"}

1. {n="3.2.1"} Staff report at once:
   1. {n="(a)"} in writing;
   1. {n="(b)"} in person, and then:
      1. {n="(i)"} to the lead
         1. {n="A."} or her deputy
            1. {n="01"} or the head
   1. {n="(c)"} by telephone.
1. {n="3.2.2"} **Nobody** keeps a concern to themselves.
- a bullet
  - a deeper bullet
1. {n="i)"} roman one
1. {n="ii)"} roman two

A paragraph between, which says why the list that follows it begins at four.

1. {n="iv)"} roman four
1. {n="v)"} roman five

### Typed by hand {n="3.3"}

1. {n="3.3.1"} The head keeps this ________ under review.
1. {n="3.3.2"} Nothing else.

| Risk |  | Who |
| --- | --- | --- |
| Content | harmful \| false | lead |
| Content | adult | head |

## Annex of the trust {n="Part I"}

1. {n="1.1"} Legal numbering counts in decimals.

[^1]: By the law of 2006.`
	if got := body(p); got != want {
		t.Errorf("got:\n%s\n\nwant:\n%s", got, want)
	}
	for _, fact := range []string{`title = "Online Safety Policy"`, `reviewed = "2018-10-03"`, `roles = []`, `{ name = "Approved by", value = "Board of Trustees" }`, `{ name = "Version 2.0", value = "Oct 2018 · GDPR" }`} {
		if !strings.Contains(p.Text, fact) {
			t.Errorf("the front matter lacks %s:\n%s", fact, p.Text)
		}
	}
	for _, drop := range []string{"The Larchmere Learning Trust", "running head or foot: \"Larchmere Trust – page 7\"", "table of contents: 1. Introduction 3", "table of contents: 2. Scope 4", "a line to sign on: Signed: ___", `a line to sign on: "Signed:"`} {
		if !strings.Contains(told(p, Dropped), drop) {
			t.Errorf("not told to be left out: %s\n%s", drop, told(p, Dropped))
		}
	}
}

// A page as LibreOffice or a browser saves it, with numbers typed by hand.
func TestWebPage(t *testing.T) {
	_, p := made(t, "p.html", []byte(`<html><head><style>.b{font-weight:700}</style></head><body><p class=MsoTitle>E-Safety Policy</p>
<p>Approved by the governing body on 12/05/2023</p><p>Review due: 12.5.24</p>
<h1>Contents</h1><p>1. Introduction ....... 3</p><p>2. Filtering ...... 4</p>
<h1>1. Introduction</h1><p>For &lt;Academy name&gt;, [Name], {school} and [[this]]. See <a href="#f">below</a>, <a href="#">nowhere</a>, <a href="file:///c:/x.doc">a file</a>, <a href="javascript:alert(1)">a script</a>.</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>(a)<span>&nbsp; </span></span>first</p>
<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>(i)<span>&nbsp; </span></span>deeper</p>
<p>And more.</p><ol type="a" start="3"><li>third<ol type="i"><li>inner<ul><li>bullet</li></ul></li></ol></li></ol>
<h1><a name="f"></a>2. Filtering</h1><p>We filter<br>all of it. <script>alert(1)</script><img src="https://elsewhere.example/x.png" alt="Our crest"></p>
<table><tr><th>Risk</th><th>What</th></tr><tr><td rowspan=2>Content</td><td>One</td></tr><tr><td><p>Two</p><p>Three</p></td></tr></table>
<p style="display:none">hidden</p></body></html>`), Open)
	want := `## Introduction {n="1"}

For \<Academy name>, [Name], {school} and \[\[this]]. See [below](#to-filtering), nowhere, a file, a script.

1. {n="(a)"} first
   1. {n="(i)"} deeper

And more.

1. {n="c."} third
   1. {n="i."} inner
      - bullet

## Filtering {#to-filtering n="2"}

We filter\
all of it.

| Risk | What |
| --- | --- |
| Content | One |
| Content | Two; Three |`
	if got := body(p); got != want {
		t.Errorf("got:\n%s\n\nwant:\n%s", got, want)
	}
	for _, s := range []string{`"Approved by", value = "the governing body"`, `"Approved on", value = "12/05/2023"`, `"Review due", value = "12.5.24"`, `reviewed = "2023-05-12"`} {
		if !strings.Contains(p.Text, s) {
			t.Errorf("the front matter lacks %s:\n%s", s, p.Text)
		}
	}
	for _, s := range []string{"<script>", "a picture: Our crest", `words that the page hides: "hidden"`} {
		if !strings.Contains(told(p, Dropped), s) {
			t.Errorf("not told to be left out: %s\n%s", s, told(p, Dropped))
		}
	}
	for _, s := range []string{"nowhere within the document", "file:///c:/x.doc", "javascript:alert(1)"} {
		if !strings.Contains(told(p, Unsure), s) {
			t.Errorf("not told: %s\n%s", s, told(p, Unsure))
		}
	}
}

// Text as it is copied out of Word: a line a paragraph, and a table of contents whose
// lines are no clauses. A heading has its number from there when it lost its own.
func TestPlainText(t *testing.T) {
	_, p := made(t, "policy.txt", []byte("Online Safety Policy\r\n\r\nNext review: May 2022\r\n\r\nContents\r\n\r\n1\tIntroduction\t2\r\n2\tAims\t2\r\n3\tRoles and responsibilities\t3\r\n\r\nIntroduction\r\n\r\nThis policy sets out how the school keeps its pupils safe when they are online.\r\n\r\n2. Aims\r\n\r\nWe aim to:\r\n•\tteach\r\no\tin lessons\r\n3. Roles and responsibilities\r\n3.1 The head\r\n3.1.1 The head answers for this policy at 11.30 am.\r\na) daily\r\nb) weekly, and\r\ni) in writing\r\nii) in person\r\n11.30 am is when we meet.\r\nSigned: ............................\r\n"), Open)
	want := `## Introduction {n="1"}

This policy sets out how the school keeps its pupils safe when they are online.

## Aims {n="2"}

We aim to:

- teach
  - in lessons

## Roles and responsibilities {n="3"}

### The head {n="3.1"}

1. {n="3.1.1"} The head answers for this policy at 11.30 am.
   1. {n="a)"} daily
   1. {n="b)"} weekly, and
      1. {n="i)"} in writing
      1. {n="ii)"} in person

11\.30 am is when we meet.`
	if got := body(p); got != want {
		t.Errorf("got:\n%s\n\nwant:\n%s", got, want)
	}
	if !strings.Contains(told(p, Unsure), "its number, 1, is from the table of contents") {
		t.Error("not told where a number is from:", told(p, Unsure))
	}
}

// Changes that Word keeps are told and never silently taken; comments, hidden words,
// pictures, macros and whatever comes from elsewhere are left out and told.
func TestTrackedChanges(t *testing.T) {
	body := para("Heading1", "", "Aims") + para("", "", run("", "We ")+`<w:ins w:author="A. Writer">`+run("", "always ")+`</w:ins><w:del w:author="B. Reader"><w:r><w:delText xml:space="preserve">never </w:delText></w:r></w:del>`+run("", "filter.")+run("<w:vanish/>", "secret")+run(`<w:highlight w:val="yellow"/>`, " Insert name")+`<w:r><w:commentReference w:id="0"/></w:r><w:r><w:drawing><wp:inline><wp:docPr descr="A crest"/><a:graphic><a:graphicData/></a:graphic></wp:inline></w:drawing></w:r>`) +
		`<w:p><w:pPr><w:rPr><w:del w:author="B. Reader"/></w:rPr></w:pPr>` + run("", "Joined ") + `</w:p>` + para("", "", "to this.") +
		para("", "", `<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent>`+para("", "", "Boxed words here.")+`</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>`+para("", "", "Boxed words here.")+`</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>`)
	file := word(t, body, "rels", `<Relationship Id="t" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="https://elsewhere.example/t.dotm" TargetMode="External"/>`,
		"word/comments.xml", `<w:comments `+wordSpaces+`><w:comment w:id="0" w:author="C. Colleague">`+para("", "", "Is this true?")+`</w:comment></w:comments>`, "word/vbaProject.bin", "x", "word/embeddings/a.xlsx", "x")
	for changes, want := range map[Changes]string{Accept: "We always filter.", Reject: "We never filter."} {
		d, p := made(t, "p.docx", file, changes)
		if !strings.Contains(p.Text, want) || d.Undecided != 0 {
			t.Errorf("%s: %d undecided\n%s", changes, d.Undecided, p.Text)
		}
		if joined := strings.Contains(p.Text, "Joined to this."); joined != (changes == Accept) {
			t.Errorf("%s: a paragraph's end that was taken out: %s", changes, p.Text)
		}
	}
	d, p := made(t, "p.docx", file, Open)
	if d.Undecided != 2 || !strings.Contains(told(p, Changed), `put in by A. Writer: "always"`) || !strings.Contains(told(p, Changed), `taken out by B. Reader: "never"`) {
		t.Errorf("%d undecided: %s", d.Undecided, told(p, Changed))
	}
	for _, s := range []string{`a comment by C. Colleague: "Is this true?"`, `words that Word hides: "secret"`, "a picture or drawing: A crest", "a macro, which was not run", "embedded file, which was not opened: a.xlsx", "not fetched: attachedTemplate"} {
		if !strings.Contains(strings.ReplaceAll(told(p, Dropped), "which was not fetched: https", "not fetched: attachedTemplate https"), s) {
			t.Errorf("not told to be left out: %s\n%s", s, told(p, Dropped))
		}
	}
	if !strings.Contains(told(p, Unsure), `highlighted words, which may still have to be filled in: "Insert name"`) || strings.Count(p.Text, "Boxed words here.") != 1 {
		t.Errorf("%s\n%s", told(p, Unsure), p.Text)
	}
}

// What cannot be read says why, and what to do.
func TestRefused(t *testing.T) {
	bomb := zipped(t, map[string]string{"word/document.xml": strings.Repeat(" ", maxPart+1)})
	for name, each := range map[string]struct {
		data []byte
		want string
	}{
		"empty.docx":    {nil, "empty"},
		"old.doc":       {[]byte("\xd0\xcf\x11\xe0 old"), "save it as .docx"},
		"p.rtf":         {[]byte(`{\rtf1 x}`), "save it as .docx"},
		"cut.docx":      {trustModel(t)[:2000], "cut short"},
		"bomb.docx":     {bomb, "larger than 64 MB unpacked"},
		"entities.docx": {zipped(t, map[string]string{"word/document.xml": `<!DOCTYPE d [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><d>&c;</d>`}), "defines entities"},
		"deep.docx":     {zipped(t, map[string]string{"word/document.xml": strings.Repeat("<a>", 1000)}), "nested"},
		"broken.docx":   {zipped(t, map[string]string{"word/document.xml": "<a><b></a>"}), "save it anew"},
		"sheet.docx":    {zipped(t, map[string]string{"xl/workbook.xml": "<a/>"}), "no document of Word"},
		"blank.docx":    {word(t, para("", "", " ")), "no words"},
		"picture.jpg":   {[]byte("\xff\xd8\xff\x00\x10JFIF"), "save it as .docx"},
		"broken.pdf":    {[]byte("%PDF-1.7\nnothing"), "damaged"},
		"scan.pdf":      {scan(), "it was scanned"},
	} {
		_, err := Read(name, each.data, Open)
		if err == nil || !strings.Contains(err.Error(), each.want) || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: %v, want %q", name, err, each.want)
		}
	}
}

// scan is a PDF of one page without words.
func scan() []byte {
	var out bytes.Buffer
	var at []int
	out.WriteString("%PDF-1.4\n")
	for _, o := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>/Contents 4 0 R>>", "<</Length 1>>stream\nq\nendstream"} {
		at = append(at, out.Len())
		out.WriteString(strings.Join([]string{string(rune('0' + len(at))), "0 obj", o, "endobj\n"}, " "))
	}
	start := out.Len()
	out.WriteString("xref\n0 5\n0000000000 65535 f \n")
	for _, n := range at {
		out.WriteString(strings.Repeat("0", 10-len(itoa(n))) + itoa(n) + " 00000 n \n")
	}
	out.WriteString("trailer<</Size 5/Root 1 0 R>>\nstartxref\n" + itoa(start) + "\n%%EOF\n")
	return out.Bytes()
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// Whatever words a document has, they are read back from the Markdown as they were.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"< Academy name > and <Academy name>", "[Name] [x] [[this]] [a](b) [n]: c", "____ a_b __init__", "1. x", "11.30 am", "# h", "* x *y*", "{#a} {n=\"b\"} {{< x >}}", "a & b &amp; &#65;", "https://a.example/b_c_d?x=1&y=2 x@y.example", "~~x~~ `y` \\ \\*", "+ - = | : a", "![x](y)", "XXX ______ (insert)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		spans := trimSpans([]Span{{Text: strings.ToValidUTF8(strings.ReplaceAll(strings.ReplaceAll(s, "\n", " "), "\v", " "), "")}})
		want := strings.Join(strings.Fields((Block{Spans: spans}).Text()), " ")
		lost := false
		md := writer{lost: func(string, ...any) { lost = true }}.inline(spans, false, false)
		if got := readBack(md); got != want && !lost {
			t.Errorf("%q became %q, which reads %q", want, md, got)
		}
		if strings.Contains(md, "[[") || strings.Contains(md, "{{<") {
			t.Errorf("%q became %q", want, md)
		}
	})
}

// No document makes it fail in another way than with words, or lose any in silence:
// every block is in the policy, in its front matter or told.
func FuzzRead(f *testing.F) {
	f.Add("a.docx", trustModel(f))
	f.Add("a.txt", []byte("1. Aims\n\n1.1 We\n\n• a\n"))
	f.Add("a.html", []byte("<h1>A</h1><ol><li>b<table><tr><td>c"))
	f.Add("a.md", []byte("+++\ntitle = \"x\"\n+++\n# A\n1. b\n   - c\n"))
	f.Add("a.pdf", scan())
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		d, err := Read(name, data, Open)
		if err != nil {
			return
		}
		p := Arrange(d)
		for _, piece := range p.Pieces {
			if piece.Was != "" && piece.Line == 0 && piece.Became != "front matter" && piece.Why == "" {
				t.Errorf("nothing became of %q", piece.Was)
			}
		}
	})
}
