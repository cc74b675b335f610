package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// zipped is a file of parts.
func zipped(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range parts {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const wordSpaces = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"`

const wordStyles = `<w:styles ` + wordSpaces + `>
<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:rPr><w:sz w:val="52"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="32"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Trust2"><w:name w:val="Trust Sub"/><w:basedOn w:val="Heading2"/></w:style>
<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="ListParagraph"><w:name w:val="List Paragraph"/><w:pPr><w:ind w:left="720"/></w:pPr></w:style>
<w:style w:type="numbering" w:styleId="Legal"><w:name w:val="Legal"/><w:pPr><w:numPr><w:numId w:val="5"/></w:numPr></w:pPr></w:style>
</w:styles>`

func level(n int, format, text string, more string) string {
	return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/>%s<w:lvlText w:val="%s"/><w:pPr><w:ind w:left="%d" w:hanging="360"/></w:pPr></w:lvl>`, n, format, more, text, 720+360*n)
}

var wordNumbering = `<w:numbering ` + wordSpaces + `>
<w:abstractNum w:abstractNumId="0">` + level(0, "decimal", "%1.", `<w:pStyle w:val="Heading1"/>`) + level(1, "decimal", "%1.%2", `<w:pStyle w:val="Heading2"/>`) + level(2, "decimal", "%1.%2.%3", "") +
	level(3, "lowerLetter", "(%4)", "") + level(4, "lowerRoman", "(%5)", "") + level(5, "upperLetter", "%6.", "") + level(6, "decimalZero", "%7", "") + `</w:abstractNum>
<w:abstractNum w:abstractNumId="1">` + level(0, "bullet", "•", "") + level(1, "bullet", "o", "") + `</w:abstractNum>
<w:abstractNum w:abstractNumId="2">` + level(0, "lowerRoman", "%1)", "") + `</w:abstractNum>
<w:abstractNum w:abstractNumId="3"><w:numStyleLink w:val="Legal"/></w:abstractNum>
<w:abstractNum w:abstractNumId="4">` + level(0, "upperRoman", "Part %1", "") + level(1, "decimal", "%1.%2", `<w:isLgl/>`) + `</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="4"><w:abstractNumId w:val="2"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num>
<w:num w:numId="5"><w:abstractNumId w:val="4"/></w:num>
<w:num w:numId="6"><w:abstractNumId w:val="3"/></w:num>
</w:numbering>`

// word is a document of Word with a body, and other parts by name.
func word(t testing.TB, body string, more ...string) []byte {
	parts := map[string]string{
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/><Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/></Types>`,
		"word/document.xml":   `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document ` + wordSpaces + `><w:body>` + body + `<w:sectPr/></w:body></w:document>`,
		"word/styles.xml":     wordStyles,
		"word/numbering.xml":  wordNumbering,
	}
	rels := `<Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="n" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/>`
	for i := 0; i+1 < len(more); i += 2 {
		if more[i] == "rels" {
			rels += more[i+1]
		} else {
			parts[more[i]] = more[i+1]
		}
	}
	parts["word/_rels/document.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels + `</Relationships>`
	return zipped(t, parts)
}

// para is a paragraph of a style, a list "numId/level" or none.
func para(style, list, words string) string {
	pPr := ""
	if style != "" {
		pPr = `<w:pStyle w:val="` + style + `"/>`
	}
	if id, at, ok := strings.Cut(list, "/"); ok {
		pPr += `<w:numPr><w:ilvl w:val="` + at + `"/><w:numId w:val="` + id + `"/></w:numPr>`
	}
	if !strings.Contains(words, "<w:") {
		words = run("", words)
	}
	return `<w:p><w:pPr>` + pPr + `</w:pPr>` + words + `</w:p>`
}

func run(rPr, words string) string {
	return `<w:r><w:rPr>` + rPr + `</w:rPr><w:t xml:space="preserve">` + strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(words) + `</w:t></w:r>`
}

func tableOf(rows ...[]string) string {
	out := `<w:tbl><w:tblPr/><w:tblGrid/>`
	for _, r := range rows {
		out += `<w:tr>`
		for _, c := range r {
			pr, words, ok := strings.Cut(c, "§")
			if !ok {
				pr, words = "", c
			}
			out += `<w:tc><w:tcPr>` + pr + `</w:tcPr>` + para("", "", words) + `</w:tc>`
		}
		out += `</w:tr>`
	}
	return out + `</w:tbl>`
}

func field(code, shown string) string {
	return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve">` + code + `</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>` + shown + `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
}

// trustModel has the shape of a trust's model out of Word.
func trustModel(t testing.TB) []byte {
	bold := func(s string) string { return run("<w:b/>", s) }
	body := para("", "", run(`<w:b/><w:sz w:val="40"/>`, "The Larchmere Learning Trust")) +
		para("Title", "", "Online Safety Policy") +
		tableOf([]string{"Approved by:", "Board of Trustees"}, []string{"Date approved:", "3rd October 2018"}, []string{"Next review:", "October 2019"}, []string{"Policy owner", "< Academy name > DSL"}, []string{"Signed", ""}) +
		tableOf([]string{"Version", "Date", "Summary of changes"}, []string{"1.0", "Sept 2016", "First issue"}, []string{"2.0", "Oct 2018", "GDPR"}) +
		`<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>` + para("TOC1", "", "Contents") +
		`<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC \o "1-3"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>` + run("", "1. Introduction\t3") + `</w:p>` +
		para("TOC1", "", "2. Scope\t4") + `<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:sdtContent></w:sdt>` +
		para("Heading1", "", "Introduction") +
		para("", "", run("", "This policy is for ")+`<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>`+run("", "< Academy name >")+`</w:sdtContent></w:sdt>`+run("", ". See ")+`<w:hyperlink w:anchor="_Ref1">`+run("", "Reporting")+`</w:hyperlink>`+run("", ", ")+`<w:hyperlink r:id="h1">`+run("", "CEOP")+`</w:hyperlink>`+run("", " and ")+field(` HYPERLINK "mailto:help@larchmere.example" `, run("", "our inbox"))+run("", ".")+`<w:r><w:footnoteReference w:id="2"/></w:r>`) +
		para("Heading1", "", "Scope") +
		para("Heading1", "", `<w:bookmarkStart w:id="1" w:name="_Ref1"/>`+run("", "Reporting")+`<w:bookmarkEnd w:id="1"/>`) +
		para("Heading2", "", "Who reports") +
		para("Trust2", "", "How") +
		para("ListParagraph", "1/2", "Staff report at once:") +
		para("ListParagraph", "1/3", "in writing;") +
		para("ListParagraph", "1/3", "in person, and then:") +
		para("ListParagraph", "1/4", "to the lead") +
		para("ListParagraph", "1/5", "or her deputy") +
		para("ListParagraph", "1/6", "or the head") +
		para("ListParagraph", "1/3", "by telephone.") +
		para("ListParagraph", "1/2", bold("Nobody")+run("", " keeps a concern to themselves.")) +
		para("ListParagraph", "2/0", "a bullet") + para("ListParagraph", "2/1", "a deeper bullet") +
		para("ListParagraph", "3/0", "roman one") + para("ListParagraph", "3/0", "roman two") +
		para("", "", "A paragraph between, which says why the list that follows it begins at four.") +
		para("ListParagraph", "4/0", "roman four") + para("ListParagraph", "4/0", "roman five") +
		para("", "", bold("3.3 Typed by hand")) +
		para("", "", "3.3.1 The head keeps this ________ under review.") +
		para("", "", "3.3.2 Nothing else.") +
		tableOf([]string{`<w:gridSpan w:val="2"/>§<w:r><w:rPr><w:b/></w:rPr><w:t>Risk</w:t></w:r>`, `§<w:r><w:rPr><w:b/></w:rPr><w:t>Who</w:t></w:r>`},
			[]string{`<w:vMerge w:val="restart"/>§Content`, "harmful | false", "lead"}, []string{`<w:vMerge/>§`, "adult", "head"}) +
		para("", "6/0", run("<w:b/>", "Annex of the trust")) + para("", "6/1", "Legal numbering counts in decimals.") +
		para("", "", "Signed: ______________________ Chair of Governors    Date: ________")
	return word(t, body,
		"rels", `<Relationship Id="h1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://www.ceop.police.uk/safety-centre/" TargetMode="External"/><Relationship Id="f" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/>`,
		"word/footnotes.xml", `<w:footnotes `+wordSpaces+`><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2">`+para("", "", "By the law of 2006.")+`</w:footnote></w:footnotes>`,
		"word/header1.xml", `<w:hdr `+wordSpaces+`>`+para("", "", run("", "Larchmere Trust – page ")+field("PAGE", run("", "7")))+`</w:hdr>`)
}
