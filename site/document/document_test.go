package document

import (
	"bytes"
	"fmt"
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

This policy is for ==< Academy name >==. See [Reporting](#to-reporting), [CEOP](https://www.ceop.police.uk/safety-centre/) and [our inbox](mailto:help@larchmere.example).[^1]

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
<p><span style="background: #c0c0c0">And</span> <span style="background:#ff0">more</span>.</p><ol type="a" start="3"><li>third<ol type="i"><li>inner<ul><li>bullet</li></ul></li></ol></li></ol>
<h1><a name="f"></a>2. Filtering</h1><p>We filter<br>all of it. <script>alert(1)</script><img src="https://elsewhere.example/x.png" alt="Our crest"></p>
<table><tr><th>Risk</th><th>What</th></tr><tr><td rowspan=2>Content</td><td>One</td></tr><tr><td><p>Two</p><p>Three</p></td></tr></table>
<p style="display:none">hidden</p></body></html>`), Open)
	want := `## Introduction {n="1"}

For \<Academy name>, [Name], \{school} and [this]. See [below](#to-filtering), nowhere, a file, a script.

1. {n="(a)"} first
   1. {n="(i)"} deeper

And ==more==.

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
	for _, s := range []string{"are now single", "nowhere within the document", "file:///c:/x.doc", "javascript:alert(1)"} {
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
	for _, s := range []string{`a comment by C. Colleague: "Is this true?"`, `words that are hidden: "secret"`, "a picture or drawing: A crest", "a macro, which was not run", "embedded file, which was not opened: a.xlsx", "not fetched: attachedTemplate"} {
		if !strings.Contains(strings.ReplaceAll(told(p, Dropped), "which was not fetched: https", "not fetched: attachedTemplate https"), s) {
			t.Errorf("not told to be left out: %s\n%s", s, told(p, Dropped))
		}
	}
	if !strings.Contains(told(p, Unsure), `highlighted words, which stand between == until they are settled: "Insert name"`) || !strings.Contains(p.Text, "filter. ==Insert name==") || strings.Count(p.Text, "Boxed words here.") != 1 {
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
func scan() []byte { return pdfOf("q") }

// pdfOf is a PDF, a page for each stream of drawing.
func pdfOf(pages ...string) []byte {
	kids, objects := "", []string{"<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 126/Widths[" + strings.Repeat("500 ", 95) + "]>>", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 126/Widths[" + strings.Repeat("500 ", 95) + "]>>"}
	for _, p := range pages {
		n := len(objects) + 1
		kids += fmt.Sprintf("%d 0 R ", n)
		objects = append(objects, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R/B 4 0 R>>>>/Contents %d 0 R>>", n+1), fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(p), p))
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids, len(pages))
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	table := "0000000000 65535 f \n"
	for i, o := range objects {
		table += fmt.Sprintf("%010d 00000 n \n", out.Len())
		fmt.Fprintf(&out, "%d 0 obj %s endobj\n", i+1, o)
	}
	fmt.Fprintf(&out, "xref\n0 %d\n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table, len(objects)+1, strings.LastIndex(out.String(), "endobj")+7)
	return out.Bytes()
}

// at draws words of a size at a height of the page; bold words begin with *.
func at(x, y, size int, words string) string {
	font := "F"
	if w, ok := strings.CutPrefix(words, "*"); ok {
		font, words = "B", w
	}
	return fmt.Sprintf("BT /%s %d Tf %d %d Td (%s) Tj ET\n", font, size, x, y, words)
}

// A PDF has words at places: lines are joined to paragraphs, over the end of a page
// too; what stands on every page goes.
func TestPDF(t *testing.T) {
	page := func(n int, more string) string {
		return at(60, 780, 9, "Larchmere Trust online safety policy") + more + at(300, 20, 9, fmt.Sprintf("Page %d of 3", n))
	}
	_, p := made(t, "p.pdf", pdfOf(
		page(1, at(60, 700, 24, "*Online Safety Policy")+at(60, 660, 11, "Next review: 1 May 2022")+at(60, 600, 14, "*1. Introduction")+
			at(60, 580, 11, "The school keeps its pupils safe when they are online, and it")+at(60, 567, 11, "tells its parents and carers what it does about all of that, and")),
		page(2, at(60, 700, 11, "why it does so.")+at(60, 670, 12, "*1.1 The lead")+at(60, 650, 11, "1.1.1 The lead keeps the policy under review with the governors of")+at(60, 637, 11, "the school.")+at(80, 617, 11, "\\225 at once")),
		page(3, at(60, 700, 14, "*2. Filtering")+at(60, 680, 11, "We filter.")),
	), Open)
	want := `## Introduction {n="1"}

The school keeps its pupils safe when they are online, and it tells its parents and carers what it does about all of that, and why it does so.

### The lead {n="1.1"}

1. {n="1.1.1"} The lead keeps the policy under review with the governors of the school.
   - at once

## Filtering {n="2"}

We filter.`
	if got := body(p); got != want {
		t.Errorf("got:\n%s\n\nwant:\n%s", got, want)
	}
	if drops := told(p, Dropped); !strings.Contains(drops, `a running head or foot: "Larchmere`) || !strings.Contains(drops, `"Page 1 of 3"`) {
		t.Error(drops)
	}
}

// Two columns are read one after the other, and not across; words divided at the end of
// a line become whole, unless they have a hyphen of their own; rows of a table stay rows.
func TestPDFColumns(t *testing.T) {
	column := func(x, y int, lines ...string) (out string) {
		for i, l := range lines {
			out += at(x, y-13*i, 10, l)
		}
		return out
	}
	d, p := made(t, "p.pdf", pdfOf(at(60, 760, 24, "*Online Safety Policy")+at(60, 720, 14, "*1. Aims")+
		column(60, 700, "The school keeps its pupils safe when they are", "online and teaches them to be kind there, with", "a lesson in every class in each of the organi-", "sational units that it has, and with an anti-", "bullying week in the autumn term of each year,", "which parents and carers are all asked to join.")+at(60, 618, 10, "1.1 Staff read this policy in September.")+
		column(320, 713, "1.2 Governors read it whenever it has changed,", "and each of them says in writing that they did.", "1.3 Pupils learn what it means for them in the", "first week of term, and again before the first", "holiday, from the teacher of their class in it.", "1.4 Visitors read the page at the desk, and the", "office keeps what they signed for one more year", "and then no longer.")+
		at(60, 560, 10, "Risk")+at(260, 560, 10, "Who")+at(400, 560, 10, "When")+at(60, 540, 10, "Content")+at(260, 540, 10, "Lead")+at(400, 540, 10, "Weekly")), Open)
	want := `## Aims {n="1"}

The school keeps its pupils safe when they are online and teaches them to be kind there, with a lesson in every class in each of the organisational units that it has, and with an anti-bullying week in the autumn term of each year, which parents and carers are all asked to join.

1. {n="1.1"} Staff read this policy in September.
1. {n="1.2"} Governors read it whenever it has changed, and each of them says in writing that they did.
1. {n="1.3"} Pupils learn what it means for them in the first week of term, and again before the first holiday, from the teacher of their class in it.
1. {n="1.4"} Visitors read the page at the desk, and the office keeps what they signed for one more year and then no longer.

Risk Who When

Content Lead Weekly`
	if got := body(p); got != want {
		t.Errorf("got:\n%s\n\nwant:\n%s", got, want)
	}
	if !strings.Contains(told(p, Unsure), `is now one: "organisational"`) {
		t.Error(told(p, Unsure), d.Remarks)
	}
}

// A document of LibreOffice: outline numbers, lists in each other, a changed text, a
// note, a text box, merged cells.
func TestOpenDocument(t *testing.T) {
	const spaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"`
	number := func(tag string, n int, format, suffix string, levels int) string {
		return fmt.Sprintf(`<text:%s text:level="%d" style:num-format="%s" style:num-suffix="%s" text:display-levels="%d"/>`, tag, n, format, suffix, levels)
	}
	sheet := `<office:document-styles ` + spaces + `><office:styles><style:style style:name="Title" style:family="paragraph"/><text:outline-style>` + number("outline-level-style", 1, "1", ".", 1) + number("outline-level-style", 2, "1", "", 2) + `</text:outline-style></office:styles><office:master-styles><style:header><text:p>Larchmere Trust</text:p></style:header></office:master-styles></office:document-styles>`
	content := `<office:document-content ` + spaces + `><office:automatic-styles><style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>
<text:list-style style:name="L">` + number("list-level-style-number", 1, "a", ")", 1) + number("list-level-style-number", 2, "i", ".", 1) + `</text:list-style><text:list-style style:name="D"><text:list-level-style-bullet text:level="3"/></text:list-style></office:automatic-styles><office:body><office:text>
<text:tracked-changes><text:changed-region text:id="c1"><text:insertion><office:change-info><dc:creator>A. Writer</dc:creator></office:change-info></text:insertion></text:changed-region><text:changed-region text:id="c2"><text:deletion><office:change-info><dc:creator>B. Reader</dc:creator></office:change-info><text:p>never </text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p text:style-name="Title">Online Safety Policy</text:p>
<text:table-of-content><text:index-body><text:index-title><text:p>Contents</text:p></text:index-title><text:p>1. Aims<text:tab/>3</text:p></text:index-body></text:table-of-content>
<text:h text:outline-level="1">Aims</text:h><text:h text:outline-level="2"><text:bookmark text:name="w"/>What we want</text:h>
<text:p>We <text:change-start text:change-id="c1"/>always <text:change-end text:change-id="c1"/><text:change text:change-id="c2"/>filter,<text:s text:c="2"/><text:span text:style-name="B">all</text:span> of it; see <text:a xlink:href="#w">above</text:a>.<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>By law.</text:p></text:note-body></text:note><office:annotation><dc:creator>C. Colleague</dc:creator><text:p>Really?</text:p></office:annotation></text:p>
<text:list text:style-name="L"><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>deep</text:p><text:list text:style-name="D"><text:list-item><text:p>bullet</text:p></text:list-item></text:list></text:list-item></text:list></text:list-item><text:list-item><text:p>two</text:p></text:list-item></text:list>
<text:p>Between.</text:p>
<text:list text:style-name="L" text:continue-numbering="true"><text:list-item><text:p>three</text:p></text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Risk</text:p></table:table-cell><table:table-cell><text:p>Who</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Content</text:p></table:table-cell><table:table-cell><text:p>lead</text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell/><table:table-cell><text:p>head</text:p></table:table-cell></table:table-row></table:table>
<text:p><draw:frame><draw:text-box><text:p>Boxed words here.</text:p></draw:text-box></draw:frame></text:p>
</office:text></office:body></office:document-content>`
	file := zipped(t, map[string]string{"content.xml": content, "styles.xml": sheet, "Basic/Standard/Module1.xml": "<a/>"})
	want := `## Aims {n="1"}

### What we want {#to-what-we-want n="1.1"}

We always filter, **all** of it; see [above](#to-what-we-want).[^1]

1. {n="a)"} one
   1. {n="i."} deep
      - bullet
1. {n="b)"} two

Between.

1. {n="c)"} three

| Risk | Who |
| --- | --- |
| Content | lead |
| Content | head |

Boxed words here.

[^1]: By law.`
	d, p := made(t, "p.odt", file, Open)
	if got := body(p); got != want || d.Undecided != 2 {
		t.Errorf("%d undecided, got:\n%s\n\nwant:\n%s", d.Undecided, got, want)
	}
	for _, s := range []string{`a comment by C. Colleague: "Really?"`, "a macro, which was not run", `a running head or foot: "Larchmere Trust"`, "table of contents: 1. Aims 3"} {
		if !strings.Contains(told(p, Dropped), s) {
			t.Errorf("not told to be left out: %s\n%s", s, told(p, Dropped))
		}
	}
	if _, p := made(t, "p.odt", file, Reject); !strings.Contains(p.Text, "We never filter, **all**") {
		t.Error(p.Text)
	}
}

// Whatever words a document has, they are read back from the Markdown as they were.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"< Academy name > and <Academy name>", "[Name] [x] [[this]] [a](b) [n]: c", "____ a_b __init__", "1. x", "11.30 am", "# h", "* x *y*", "{#a} {n=\"b\"} {{< x >}}", "a & b &amp; &#65;", "https://a.example/b_c_d?x=1&y=2 x@y.example", "~~x~~ `y` \\ \\*", "+ - = | : a", "![x](y)", "XXX ______ (insert)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		spans := trimSpans([]Span{{Text: strings.ToValidUTF8(strings.ReplaceAll(strings.ReplaceAll(s, "\n", " "), "\v", " "), "")}})
		want := strings.Join(strings.Fields(single.Replace((Block{Spans: spans}).Text())), " ")
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

// BenchmarkImport reads a document of Word of 70 KB, as large as policies are, and says
// what part it takes of the 2 s that it may take: "of-2s".
func BenchmarkImport(b *testing.B) {
	text, words := para("Title", "", "Online Safety Policy"), strings.Fields("school pupils filter teach report concern governor lead review parents online safely")
	file := []byte(nil)
	for n := 0; len(file) < 70<<10; n++ {
		if n%12 == 0 {
			text += para("Heading1", "", fmt.Sprintf("Part of %d", n))
		}
		said := ""
		for i := range 25 {
			said += fmt.Sprintf("%s %x ", words[(n*7+i*i)%len(words)], n*i*2654435761%65536)
		}
		if text += para("ListParagraph", "1/2", said); n%100 == 99 {
			file = word(b, text)
		}
	}
	for b.Loop() {
		made(b, "policy.docx", file, Open)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/2, "of-2s")
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
