package check

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"schoolgate/site"
)

// A leftover is one shape in which a template shows through.
type leftover struct {
	needs    string         // what a paragraph holds, one of these at least, where the pattern fits: to fit it takes long
	pattern  *regexp.Regexp // its first group, if it has one, is what is left over
	what     string
	fix      string
	innocent func(f found) bool // nil: none is
}

// A found is a place where a pattern fits.
type found struct {
	p             *prose
	from, to      int
	said          string // in one line
	before, after string // on the same line
}

const (
	fillFix   = "Write what is so at your school in place of it, or take it out."
	authorFix = "Do what it asks, and take the sentence out: it was written for whoever fills in the template."
	pasteFix  = "Take it out: the site makes these by itself."
	linkFix   = "Write the address of the page or file, or take the link out and leave its words."
)

var (
	month      = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
	slot       = `(?:school|academy|setting|trust|federation|college|name|names|logo|crest|address|details?|date|role|title|job|post|provider|product|system|software|frequency|list|link|text|number|telephone|phone|email|person|staff|lead|governor|headteacher|head|principal|local|policy|here|contact|photo|picture of|signature|arrangements|your own|other|any other|relevant|appropriate)`
	imperative = `(?:^|^\W*\d[\d.]*\)?\s+|[(\[{<|/*•–—:;-]\s*|[.!?]\s+|\b(?:[Pp]lease|[Nn]ow|[Oo]r|[Rr]emember to|[Dd]on't forget to|[Mm]ake sure (?:you|to))\s+|\b(?:[Ss]chools?|[Aa]cadem(?:y|ies)|[Tt]rusts?|[Hh]eads?|[Hh]eadteachers?|DSL)\s+(?:to|should|must|please)\s+)`
	asFits     = `(?:as|where|if|when) (?:appropriate|applicable|necessary|required|needed|relevant|not applicable|not required|this does not apply)`
	author     = `(?:schools?|academ(?:y|ies)|settings?|trusts?|head ?teachers?|heads|the (?:school|academy|dsl|author|user|headteacher)|users of this (?:template|policy|document)|you)`
	toDo       = `(?:add|include|enter|state|list|give|detail|complete|delete|remove|update|change|type|outline|identify|explain|attach|append)`
	editing    = `(?:adapt|amend|insert|edit|tailor|customi[sz]e|personali[sz]e|fill in|delete|add (?:here|their|its|your|any|details|local|to this)|complete (?:this|the (?:table|section|highlighted|following|gaps))|state here|list here|remove (?:this|any|sections?|the)|replace (?:this|the (?:text|words|name))|include (?:here|details|their own|your own|local))`
	piece      = `(?:section|paragraph|policy|template|document|table|statement|appendix|list|clause|sentence|text|wording|page|box|bullet|heading)`
)

func pattern(s string) *regexp.Regexp { return regexp.MustCompile(`(?m)` + s) }

var compiled sync.Map // patterns that are asked for after another has fitted

func fits(s, text string) bool {
	p, ok := compiled.Load(s)
	if !ok {
		p, _ = compiled.LoadOrStore(s, pattern(s))
	}
	return p.(*regexp.Regexp).MatchString(text)
}

// leftovers are looked for in this order: what one has found, the next does not see.
var leftovers = []leftover{
	// What Word leaves behind.
	{`error!`, pattern(`(?i)Error! (?:Bookmark|Reference source|Hyperlink|No text|Not a valid)[^.\n]{0,40}\.?`), "Word's own message stands on the page", pasteFix, nil},
	{`{|mergefield|pageref|formtext`, pattern(`\{\s*(?:MERGEFIELD|TOC|PAGEREF|HYPERLINK|REF|PAGE|NUMPAGES|DATE|INCLUDEPICTURE|FORMTEXT)\b[^}\n]*\}|\b(?:PAGEREF|MERGEFIELD|FORMTEXT)\b[^\n]*`), "one of Word's fields stands on the page", pasteFix, nil},
	{`comment|formatted|deleted`, pattern(`(?:Comment(?:ed)?|Formatted|Deleted) ?(?:\[[A-Z]{1,4}\d+\]|\([^)\n]*\)): ?[^.\n]*|^Formatted: [^\n]*`), "a comment from Word stands on the page", "Settle what it says, and take it out.", nil},
	{`click|choose an item|text here`, pattern(`(?i)\b(?:click (?:or tap )?(?:here )?to (?:enter|add|insert|type) (?:text|a date|your \w+|an? \w+)|click or tap here[^\n.]*|choose an item|enter text here|type (?:your )?text here)\b\.?`), "a field of a form was never filled", fillFix, nil},
	{`lorem|dolor`, pattern(`(?i)\blorem ipsum\b[^.\n]*|\bdolor sit amet\b[^.\n]*`), "a typesetter's filling stands on the page", fillFix, nil},
	// What is said to whoever fills in the template.
	{`note`, pattern(`(?i)(?:\b(?:guidance|drafting|drafter'?s?|author'?s?|editor'?s?|template|adviser'?s?|implementation|user)[ -]notes?\s*[:–—-]|\bnotes? (?:to|for) (?:the )?(?:schools?|academ\w+|settings?|authors?|editors?|users?|head ?teachers?|heads|dsls?|governors|whoever|completion)\b)[^.\n]*`), "a note to the author stands on the page", authorFix, nil},
	{`before|once`, pattern(`(?i)\b(?:remove|delete|take out|amend|complete|check|update)\b[^.\n]{0,60}\bbefore (?:publi\w+|adopt\w+|circulat\w+|sharing|issuing|use\b|uploading|approval|sign\w*|ratif\w+)[^.\n]{0,40}\.?|\b(?:remove|delete) once (?:completed?|done|read|adopted|approved|filled)\b[^.\n]{0,30}`), "an instruction to the author stands on the page", authorFix,
		func(f found) bool {
			return !fits(`^[^a-z]*$|(?i:nb|n\.b\.|note|please|to|and|then|[.:;!–—(\[-])\s*$`, f.before) ||
				!fits(`(?i)^\w+(?: out)? (?:before|once)|\b(?:text|section|note|paragraph|box|highlight|page|policy|brackets|comments?|this|once)\b`, f.said)
		}},
	{`adapt|amend|edit|complet|delet|remov|tailor|personali|customi|filled|insert|replac|chang|expand|locali`, pattern(`(?i)\b(?:(?:this|the following|the above|each|every|these) (?:` + piece + `s?|model|sample|example)|the ` + piece + `s? (?:above|below))\b (?:should|must|needs? to|is to|are to|will need to) be (?:adapted|amended|edited|completed|deleted|removed|tailored|personali[sz]ed|customi[sz]ed|filled|inserted|replaced|changed|expanded|localised)[^.\n]*`), "an instruction to the author stands on the page", authorFix,
		func(f found) bool {
			return fits(`(?i)by (?:the )?(?:parent|carer|pupil|child|visitor|famil|reporter|person|member of staff)`, f.said)
		}},
	{`this|following`, pattern(`(?i)\b(?:this|the following) ` + piece + ` (?:should|needs to|must|will need to) (?:set out|explain|describe|include|outline|detail|list|state|cover|contain|identify|refer|say|reflect|be (?:read by schools|specific|used as))\b[^.\n]*`), "an instruction to the author stands on the page", authorFix, nil},
	{`school|academ|setting|trust|head|user|author|dsl|you`, pattern(`(?i)\b` + author + ` (?:should|must|will need to|need to|may wish to|might wish to|are advised to|are asked to|can|could|may) (?:also |therefore |then )?` + editing + `\b[^.\n]*`), "an instruction to the author stands on the page", authorFix, notAFamily},
	{`may |might`, pattern(`(?i)\b(?:schools|academies|settings) (?:may|might) (?:wish|want|choose|like) to\b[^.\n]*`), "an instruction to the author stands on the page", authorFix, nil},
	{`amend|adapt|edit|tailor|customi|personali|alter|modify|change|update|replace`, pattern(`(?i)` + imperative + `((?:amend|adapt|edit|tailor|customi[sz]e|personali[sz]e|alter|modify|change|update|replace)\b(?: ` + asFits + `| accordingly| (?:it|this)\s*(?:$|[.;)])|[^.\n]{0,50}(?:\bto (?:suit|reflect|fit|match) (?:your|local|the (?:school|academy|setting)|own)|\b(?:with|in line with|for) your (?:own )?(?:school|setting|academy|context)|\b(?:this|these) (?:text in|` + piece + `s?|name)\b|\bthe (?:text|words) in\b|\b(?:text|list|names?|wording|` + piece + `)s? ` + asFits + `)|(?: this)? for (?:early years|primary|secondary|special|[A-Z]))[^.\n)\]]{0,40})`), "an instruction to the author stands on the page", authorFix, nil},
	{`delete|as |where |if |when | here|add `, pattern(`(?i)\b((?:delete|strike out|cross out|insert)[^.\n(]{0,30} ` + asFits + `|(?:select|choose|remove|complete|list|include|add) ` + asFits + `|(?:include|list|add|state) (?:details|names?|further|more|extra|other)\b[^.\n(]{0,40} ` + asFits + `|add (?:further|more|extra|other) (?:bullet|row|point|line|name|heading|section)[^.\n)]*|(?:state|describe|explain|list|outline|give|set out|detail) here\b[^.\n)]*|delete whichever[^.\n)]*|delete (?:this|these|the) ` + piece + `s?\b[^.\n)]*|\*?\bdelete as \w+)`), "an instruction to the author stands on the page", "Choose the words that are right for your school, and take out the others with the instruction.",
		func(f found) bool {
			return !fits(`(?i)^delete as`, f.said) && !fits(`(?i)`+imperative+`$`, f.before)
		}},
	{`highlighted| in `, pattern(`(?i)\b(?:highlighted (?:text|areas?|sections?|words|in (?:yellow|red|green|blue))|(?:text|words|sections?|items|anything|areas) (?:highlighted|in (?:red|yellow|blue|green|italics|square brackets|brackets|capitals)))\b[^.\n]*`), "an instruction to the author stands on the page", authorFix, nil},
	{`template|model|sample|draft|exemplar|example|suggested`, pattern(`(?i)^\W*(?:example|sample|suggested|model) (?:text|wording|paragraph|statement)\s*[:–—]|(?i)\b(?:this|it) is (?:a|an|the) (?:model|template|sample|example|exemplar|draft)\b[^.\n]{0,60}\b(?:polic\w+|document|text|for schools|template|only)\b[^.\n]*|\bthis (?:template|model policy|sample policy|exemplar)\b[^.\n]*|\b(?:template|model|sample) (?:polic(?:y|ies)|text|wording) (?:for|to be) (?:schools?|academies|settings|adapt|amend|complet|use)[^.\n]*|\b(?:version|v) ?\d[\d.]* ?[(–-]? ?draft\b|^[\W\d]*DRAFT\b(?: (?:v|version)? ?[\d.]+)?`), "the page calls itself a template or a draft", "Take it out: what is published is the school's own.", nil},
	{`option`, pattern(`(?i)^[\W\d]*optional(?: (?:section|paragraph|text|clause|wording))?\s*[:–—][^.\n]{0,60}`), "a choice of the template was never made", "Keep the words that are right for your school without the mark, and take out the others.",
		func(f found) bool {
			return !strings.Contains(f.p.file, "policy") && !fits(`(?i)optional \w+\s*[:–—]`, f.said)
		}},
	{`/`, pattern(`(?i)\b(?:school ?/ ?academy|academy ?/ ?(?:school|setting|trust)|school ?/ ?(?:setting|trust|college)|head ?teacher ?/ ?principal|principal ?/ ?head ?teacher|governors ?/ ?trustees|governing (?:body|board) ?/ ?(?:trust|board)[\w ]{0,12}|(?:will|may|must|is|are|has|have|does|do|can|should) ?/ ?(?:will|may|must|is|are|has|have|does|do|can|should) not|allowed ?/ ?not allowed|(?:daily|weekly|monthly|termly) ?/ ?(?:weekly|monthly|termly|annually|yearly))\b`), "a choice of the template was never made", "Keep the words that are right for your school, and take out the others.", nil},
	{`if your |if the `, pattern(`(?i)\bif (?:your|the) (?:school|academy|setting|trust) (?:does not|doesn't|has no|has not|do not|is not)\b[^.\n]{0,50}\b(?:delete|remove|omit|amend|leave out)\b[^.\n]*`), "an instruction to the author stands on the page", authorFix, nil},
	{`using this|following this|adopting this|should not be used|only an example|only a sample`, pattern(`(?i)\b(?:schools?|academies|settings) (?:using|adopting|following) this ` + piece + `[^.\n]*|\bthis is only an? (?:example|sample)\b[^.\n]*|\bshould not be used without (?:change|adapt|amend)[^.\n]*`), "an instruction to the author stands on the page", authorFix, nil},
	{`before use|by each|by every|to reflect|to suit|for each`, pattern(`(?i)\b(?:should|must|needs? to) be (?:personali[sz]ed|customi[sz]ed|tailored|adapted|amended|edited) (?:before use|by (?:each|every|the|all) (?:school|academ|setting)|to (?:reflect|suit) (?:your|each|local|the school)|for (?:each|your))[^.\n]*`), "an instruction to the author stands on the page", authorFix, nil},
	{`to follow`, pattern(`(?i)\b(?:details|text|information|content|name|policy|link|photo|procedure)s?\b[^.\n]{0,25}\bto follow\b`), "something is still to be settled", "Settle it and write it, or leave the sentence out until then.", nil},
	{`todo|to do:|fixme|check this|action:`, pattern(`\b(?:TODO|TO DO:|FIXME|CHECK THIS|ACTION:)[^.\n]{0,40}`), "a note to oneself stands on the page", "Do it, and take the note out.", func(f found) bool { return strings.HasSuffix(f.p.file, ".toml") }},
	{`please `, pattern(`(?i)\bplease (?:specify|state|insert|delete|amend|add|choose|select|complete)\s*(?:$|[.)\]])`), "an instruction to the author stands on the page", authorFix, nil},
	// Marks that nobody writes in prose.
	{`%|#|$|@@`, pattern(`%[A-Z][A-Z_]{2,}%|#[A-Za-z]{2}[A-Za-z_]+#|\$[A-Z][A-Z_]{2,}\$|@@\w+@@`), "a placeholder was never filled", fillFix, nil},
	{`logo`, pattern(`(?i)^(?:(?:school|academy|trust) )?logo$`), "a placeholder was never filled", fillFix, nil},
	{`?`, pattern(`(?i)\b(?:appendix|page|section|clause|year|annex|paragraph) \?`), "a question was never answered", fillFix, nil},
	{`==|<mark`, pattern(`==[^=\s](?:[^=\n]*[^=\s])?==|(?i:<mark[^>\n]*>[^<\n]*(?:</mark>)?)`), "a highlighted place was never settled", "Settle what it says, and take the marks off.", nil},
	{`«`, pattern(`«[^«»\n]{1,60}»`), "a field of a mail merge was never filled", fillFix, func(f found) bool { return !fits(`_|(?i:\b`+slot+`\b)`, f.said) }},
	{`<`, pattern(`<+\s*[A-Za-z][^<>\n]{0,80}\s*>+`), "a placeholder was never filled", fillFix, func(f found) bool {
		return fits(`^</?(?:a|b|i|u|p|br|hr|em|ul|ol|li|h[1-6]|div|span|strong|table|tr|td|th|thead|tbody|img|sup|sub|font|center|o:p|details|summary|small|input|form|label|script|style|iframe)\b[^>]*>$`, f.said)
	}},
	{`{`, pattern(`\{\{?[^{}\n]{1,80}\}?\}`), "a placeholder was never filled", fillFix, func(f found) bool { return !fits(`[A-Za-z]{2}`, f.said) }},
	{`[`, pattern(`\[[^\[\]\n]*(?:\n[^\[\]\n]+)?\]`), "a placeholder was never filled", fillFix, editorial},
	{`(`, pattern(`(?i)\((?:please |or |and )?(?:(?:insert|amend|adapt|specify|edit|describe|tba|tbc|tbd)\b[^()\n]*|(?:names?|role|job title|title|number|optional|date|link|logo|list|delete|(?:choose|select|delete|pick) one|academy name|school name)|(?:schools?|academ(?:y|ies)|settings?|trusts?) (?:to|should) [^()\n]*|(?:name|names|title|number) of (?:school|academy|provider|system|committee|the (?:school|academy|committee|provider|dsl|lead))[^()\n]*|` + toDo + `(?: (?:an?|the|any|and|or|of|to|in|your|their|which|who|how|when|full|local|other|relevant))*(?: (?:names?|dates?|links?|numbers?|titles?|text|roles?|details?|list))|` + toDo + `\b[^()\n]{0,40}\b(?:frequency|provider|products?|systems?|software|academy|headteacher|dsl|committee|policy|logo|arrangements|(?:name|names|details|title) of|your (?:own|school|academy)|here)\b[^()\n]*|` + toDo + ` (?:how often|how|who|where|when|which)\b[^()\n]*)\s*\)`), "a placeholder was never filled", fillFix, parenthesis},
	{`insert|enter|add|type|write|put`, pattern(`(?i)` + imperative + `(insert(?:ion of)?:?\s+(?:(?:the|a|an|your|here|own|full|relevant|appropriate|current)\s+)*` + slot + `\b[^.\n|)\]]{0,60}|(?:enter|add|type|write|put)\s+[^.\n|)\]]{0,30}\b(?:school|academy|name of|text|details|logo|policy|provider)\b[^.\n|)\]]{0,20}\bhere\b)`), "a placeholder was never filled", fillFix, nil},
	{`insert|school|academy|your|trust`, pattern(`\bINSERT\b[^.\n|]{0,40}|\binsert(?:ed)? here\b|(?i:\b(?:school|academy|trust) (?:name|logo|crest|address) (?:here|goes here|to go here)\b|\byour (?:school|academy|setting|trust)(?:'s)? (?:name|logo)\b|\b(?:to be inserted|to insert)\b (?:here|name|date|later|by)[^.\n]*)`), "a placeholder was never filled", fillFix, nil},
	{`name of|names of`, pattern(`(?i)(?:^|[^a-z \n]\s*|\b(?:at|of|by|for|in|with|to|and|is|from|contact|our)\s+)((?:insert )?names? of (?:school|academy|setting|trust|provider|governor|headteacher|head|dsl|lead|company|person|member of staff|staff|organisation|system|product|council|authority|platform)s?\b)`), "a placeholder was never filled", fillFix,
		func(f found) bool { return fits(`^\s*[:|]\s*[^\s|]`, f.after) }},
	{`tb|to be `, pattern(`\b(?:TBC|TBA|TBD)\b|(?i:\bto be (?:confirmed|advised|inserted|decided|completed|added|arranged|appointed|attached|supplied|specified)\b)`), "something is still to be settled", "Settle it and write it, or leave the sentence out until then.", func(f found) bool {
		if len(f.said) == 3 {
			return false
		}
		return !fits(`^\s*(?:$|[)\]|.;,*])`, f.after) || fits(`(?i)\b(?:ha[sd]|have|needs?|ought|going|must|them|it|order|believed|us|likely|asks?|asked|wait|waits|waiting|wants?|proved?)\s*$`, f.before)
	}},
	{`x`, pattern(`(?i)\bx{2,4}\s?[/.-]\s?x{2,4}\s?[/.-]\s?(?:x{2,4}|20x{2}|\d{2,4})\b|\bx{2} x+ (?:20)?x{2,4}\b|\b20(?:[12]?x{1,2}|[12]?\?{1,2}|[12]?_{1,2})(?:\b|[^\w]|$)`), "a date was never filled in", "Write the day.", nil},
	{`dd|mm|day`, pattern(`\b(?:dd|DD)\s?[/. -]\s?(?:mm|MM)\s?[/. -]\s?(?:yy|YY){1,2}\b|\b(?:mm|MM)[/.](?:yy|YY){1,2}\b|(?i:\bday[/ ]month[/ ]year\b)`), "a date was never filled in", "Write the day.", func(f found) bool {
		return fits(`(?i)\b(?:as|format|like|form|pattern|style|written|in)\b[^.\n]{0,18}$`, f.before)
	}},
	{`@`, pattern(`\S*@(?:your|school|schoolname|academy|academyname|yourschool\w*|yourdomain|domain|nameofschool|xxx+)\.[\w.]+|\b(?:xxx+|yourname|name|firstname\.lastname|initial\.surname|a\.?name)@\S+`), "an address was never filled in", "Write the school's own address.", nil},
	{`0`, pattern(`\b01234[ ]?567[ ]?890?\b|\b0{3,}[ ]0{3,}(?:[ ]0{3,})?|\b0\d{0,4}[ ]?[xX]{3,}(?:[ ]?[xX]{3,})*|\b0{6,}\b|\b0123[ ]?456[ ]?7890?\b`), "a number was never filled in", "Write the number, and ring it once to be sure.", nil},
	{`http|www`, pattern(`(?i:https?://|www\.)(?:www\.)?(?:your\w*|insert\w*|xxx+|schoolname|nameofschool|example)\.[\w./-]+`), "an address was never filled in", "Write the real address.", nil},
	{`x| y | n |£|mr|ms|miss|dr|other|bloggs|any|some`, pattern(`\bX{2,}\b|\bx{4,}\b|\bxxx\b|(?i:\b(?:every|within|after|for|minimum of|at least|up to) [xyn] (?:(?:working|school|calendar) )?(?:day|week|month|term|year|hour|minute)s?\b)|£[Xx]+\b|\b(?:School|Academy|Trust|Year|Class|Group) X\b|\b(?:Mr|Mrs|Ms|Miss|Dr)\.? (?:[XYZ]|Name|Surname|Bloggs)\b|\bA\.? ?N\.? Other\b|\bJoe Bloggs\b|\b(?:Any|Some)(?:town| Town|where) (?:Primary|Junior|Academy|School)\b`), "a placeholder was never filled", fillFix, numeral},
	{`??`, pattern(`(?:^|[\s(|])(\?{2,})`), "a question was never answered", fillFix, nil},
	{`_|/`, pattern(`(?:[….]{1,4} ?/ ?){2}[….]*|_{2,}\s?/[_ /\d]*|_{3,}(?:\s?_{2,})*|(?:\b_ |[^_\w]_ )_(?: _)+`), "a gap was never filled", fillFix, func(f found) bool { return f.before == "" && f.after == "" && len(f.said) < 6 }},
	{`..|. .|…`, pattern(`\.{5,}|…{2,}|(?:\. ){5,}\.?`), "a gap was never filled", fillFix, func(f found) bool { return f.p.quoted(f.from) }},
	{`***|###|:|| |`, pattern(`(?:\*{4,}|#{4,}[^#\s\n]?)$|^[-*•]?\s*(?i:names? of [a-z ]{2,30}|(?:school|academy|head ?teacher's|dsl's|governor's) name|signed(?: by)?|date|name|chair of governors|head ?teacher|provider|reference|owner|version|(?:approved|ratified|adopted)(?: (?:by|on))?|(?:next )?review(?: date)?)\s*:\s*…?$|^\|\s*(?i:head ?teacher|name|date|owner|approved(?: by)?|(?:next )?review(?: date)?|chair of governors|designated safeguarding lead|dsl|senco|version)\s*\|\s*\|\s*$`), "a line of a form was never filled", "Write it, or take the line out: signatures are made in the portal, or on paper.", func(f found) bool {
		return strings.HasSuffix(f.said, ":") && strings.TrimSpace(f.p.lineAfter(f.to)) != ""
	}},
	// What only paper has.
	{`page|p a g e|-|–|—`, pattern(`(?i)(?:^|[|·•–-])\W*page\s*\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?\W*$|\bpage \d{1,3} (?:of|/) \d{1,3}\b|\d{0,3}[ |]*\b[Pp] a g e\b[ |]*\d{0,3}|^\s*[-–—]\s?\d{1,3}\s?[-–—]\s*$`), "a page number of the paper stands in the text", pasteFix, func(f found) bool { return fits(`(?i)\b(?:see|on|at|to|from|and)\s*$`, f.before) }},
}

// notAFamily keeps advice to families: "you can add any website to the list".
func notAFamily(f found) bool {
	return strings.HasPrefix(strings.ToLower(f.said), "you ") && !fits(`(?i)\b(?:polic|template|document|text|wording)|your (?:school|academy|setting)`, f.said)
}

var (
	refersTo   = pattern(`^\[(?:\s*|[\divxlc]{1,5}(?:[,–-] ?[\divxlc]{1,5})*|[a-wyz]|\d{4}|…|\.{3}|sic|[Ii]bid\.?)\]$`)
	emphasised = pattern(`(?i)\b(?:photo|picture|image|credit|photograph)s?: |\b(?:emphasis|italics|translation|translated|our note|opens?|new tab|new window|external|PDF|word document|DOCX?|XLSX?|[KM]B|video|audio|film|sound|laughter|applause|music|BSL|subtitles|redacted|blank|archived|in welsh)\b`)
	continues  = pattern(`^\[(?:the|our|their|his|her|its|it|they|we|he|she|who|which|that|this|these|those|and|or|of|in|to|for|by|with|is|are|was|were|has|have|had|must|will|should|not|as|at|on|from|also|all|any child|children|pupils|parents|young people)\b`)
	slotWord   = pattern(`(?i)\b(?:` + slot + `|insert|add|enter|state|specify|delete|amend|tbc|tba|x+|dsl|lado|year group|class|day|month|year|time|place|venue|amount|team|committee|officer|manager|company|service|tool|platform|app|council|authority|county|town|area|supplier|e\.?g|i\.?e|optional|ref|version|example|job|surname|forename|firstname|programme|scheme|device|age)\b|_|/`)
)

// editorial keeps what square brackets are for in prose.
func editorial(f found) bool {
	inner := strings.TrimSpace(strings.Trim(f.said, "[]"))
	glued := f.before != "" && isWord(lastRune(f.before)) || f.after != "" && isWord(rune(f.after[0]))
	switch {
	case strings.HasPrefix(inner, "insert"), inner == "" && f.to-f.from > 3:
		return false
	case fits(`^\[[xX]\]$`, f.said) && fits(`^\s*(?:[-*+]|\d+[.)])\s*$`, f.before): // a box to tick, which the build refuses
		return true
	case refersTo.MatchString(f.said), emphasised.MatchString(f.said), glued, f.p.quoted(f.from):
		return true
	case continues.MatchString(f.said) && !fits(`(?i)insert|name of|amend|delete|as appropriate|/`, f.said):
		return true
	}
	return !strings.ContainsAny(inner, " \n") && inner == strings.ToLower(inner) && !slotWord.MatchString(inner)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func lastRune(s string) rune {
	all := []rune(s)
	return all[len(all)-1]
}

// parenthesis keeps what brackets are for in prose: "(give your name at the office)".
func parenthesis(f found) bool {
	inner := strings.ToLower(strings.Trim(f.said, "() "))
	return fits(`^insert (?:a |the )?(?:coin|card|picture|image)|^describe what you|^edit(?:ion|or|ed)|^optional$|^school (?:staff|policy|trips?|email|address|phone)|\byour (?:child|full name|name|class|mobile|telephone|phone|email)|^enter the school\b`, inner) ||
		inner == "number" && !fits(`(?i)\b(?:on|at|ring|call)\s*$`, f.before)
}

// numeral keeps Roman numbers, kisses, ratings and algebra.
func numeral(f found) bool {
	switch {
	case strings.Trim(f.said, "X") == "":
		return fits(`(?i)\b(?:chapter|part|article|volume|vol\.?|louis|pope|psalm|section|schedule|numeral|numerals?:?|appendix|title|book|annex|act|bowl|olympiad|as|and|is|or)\s*$`, f.before) || fits(`(?i)^(?:[- ]?(?:rated|ratings?|content|films?|material|sites?|chromosomes?|century)\b|[IVLCDM])`, f.after) || fits(`[IVLCDM]$`, f.before)
	case strings.Trim(f.said, "x") == "":
		return !fits(`(?i)(?:\b(?:on|to|at|is|by|call|ring|contact|tel|telephone|phone|email|mr|mrs|miss|ms|dr|the|of|from|for)\.?|[:@\d/(|])\s*$`, f.before) && !fits(`^[\s.]?(?:[xX@/\d]|(?:days|weeks|school|academy|policy)\b)`, f.after)
	}
	return false
}

// lineAfter is what follows a place, to the end of the next line that holds anything.
func (p *prose) lineAfter(at int) string {
	rest := p.text[at:]
	if i := strings.Index(strings.TrimLeft(rest, " "), "\n\n"); i == 0 {
		return ""
	}
	lines := strings.SplitN(rest, "\n", 3)
	return strings.Join(lines[:min(len(lines), 2)], "")
}

// checkLeftovers looks through everything that the school, or the trust, has written for
// what a template left behind: in the sources, as what it spoils may keep a site from
// being built. What was published before stays as it was.
func (in *inspection) checkLeftovers() {
	var all []*prose
	for _, name := range in.sources.order {
		if siteOf(name) != in.draft.Slug || strings.Contains(name, "/earlier/") || path.Ext(name) != ".md" && path.Ext(name) != ".toml" || path.Base(name) == "pictures.toml" {
			continue
		}
		all = append(all, proseFrom(in.sources.byName[name]))
	}
	own := in.newPlaces(all)
	for _, p := range all {
		in.checkBrokenLinks(p)
		in.checkPaper(p)
		for _, l := range leftovers {
			in.checkShape(p, l)
		}
		in.checkNames(p, own)
		in.checkAreas(p, own)
		if !dated(p.file) {
			in.checkDates(p)
		}
		in.checkThreeRisks(p)
	}
	in.checkRoles(all)
}

// dated says whether a page is of a day, and stays as it was true then.
func dated(name string) bool {
	return strings.Contains(name, "/news/") || strings.Contains(name, "/events/")
}

func (in *inspection) checkShape(p *prose, l leftover) {
	p.each(l.needs, l.pattern, func(m []int) {
		from, to := m[0], m[1]
		if len(m) > 2 && m[2] >= 0 {
			from, to = m[2], m[3]
		}
		for from < to && strings.ContainsRune(" \n|", rune(p.text[from])) {
			from++
		}
		if from == to {
			return
		}
		begin, end := strings.LastIndexByte(p.text[:from], '\n')+1, len(p.text)
		if i := strings.IndexByte(p.text[to:], '\n'); i >= 0 {
			end = to + i
		}
		f := found{p, from, to, strings.Join(strings.Fields(p.text[from:to]), " "), p.text[begin:from], p.text[to:end]}
		if l.innocent != nil && l.innocent(f) {
			return
		}
		in.leftover(p, p.line(from), l.what, l.fix, f.said)
		p.take(from, to)
	})
}

func (in *inspection) leftover(p *prose, line int, what, fix, said string) {
	in.report("leftover", Wrong, place{file: p.file, line: line}, fix, "%s: %q", what, clip(said))
}

var (
	windowsPath = regexp.MustCompile(`^[A-Za-z]:[\\/]|^[A-Za-z]:%5C`)
	noAddress   = regexp.MustCompile(`(?i)^(?:#?|https?:/{0,2}(?:www\.?)?|mailto:|tel:|about:blank|javascript:.*|#?top)$`)
	ofTheirDisk = regexp.MustCompile(`(?i)^(?:file:|onenote:|ms-[a-z]+:|\\\\|%5C%5C)`)
	ofWord      = regexp.MustCompile(`^#_(?:Toc|Ref|Hlk|Heading|bookmark|msocom)`)
	behindDoor  = regexp.MustCompile(`(?i)^https?://(?:[\w-]+\.)*(?:sharepoint\.com|onedrive\.live\.com|1drv\.ms|office\.com|teams\.microsoft\.com|drive\.google\.com|docs\.google\.com)/|^https?://(?:intranet|sharepoint|staffroom|staffshared)\b|safelinks\.protection\.outlook`)
	pathInText  = regexp.MustCompile(`(?:\bfile:///|\b[A-Z]:\\[\w ])[^\s)]*|\\\\[A-Za-z][\w-]+\\[^\s)]*`)
)

// checkBrokenLinks looks for links that lead nowhere, or to what only the author sees.
func (in *inspection) checkBrokenLinks(p *prose) {
	contents := 0 // lines of a table of contents just passed
	for _, a := range p.links {
		why := ""
		switch {
		case ofWord.MatchString(a.to):
			if contents > 0 && a.line-contents <= 2 {
				contents = a.line
				continue
			}
			contents, why = a.line, "leads to a mark of Word's, which the page does not have"
		case noAddress.MatchString(a.to):
			why = "leads nowhere"
		case windowsPath.MatchString(a.to), ofTheirDisk.MatchString(a.to):
			why = "leads to a disk that readers do not have"
		case behindDoor.MatchString(a.to):
			why = "leads to a place where readers have to sign in"
		default:
			continue
		}
		in.report("leftover", Wrong, place{file: p.file, line: a.line}, linkFix, "the link %q (%s) %s", clip(a.words), cmp.Or(a.to, "no address"), why)
	}
	f := in.sources.byName[p.file]
	for i, line := range strings.Split(f.raw, "\n") {
		for _, m := range pathInText.FindAllStringIndex(line, -1) {
			if at := m[0]; at == 0 || line[at-1] != '(' {
				in.report("leftover", Wrong, place{file: p.file, line: i + 1}, linkFix, "a path on somebody's disk stands on the page: %q", clip(line[at:m[1]]))
			}
		}
	}
}

var (
	contentsLine = regexp.MustCompile(`^\W*(?:[\divx]+[.\d]*\)?\s+)?\S.{1,90}?(?:\s*(?:\.{3,}|…+|(?:\. ){3,}|_{3,})\s*|\t+|\s{3,}|\s*\|\s*)\d{1,3}\s*\|?\s*$`)
	headingLine  = regexp.MustCompile(`^(#{1,6})\s+(.+?)\s*#*\s*$`)
	typedBefore  = regexp.MustCompile(`^(?:(?:section|part)\s+)?[\d.]+[.):]?\s+`)
	ofPaper      = regexp.MustCompile(`(?i)polic|version|\bv ?\d|©|\bpage\b|20\d\d|saved|updated|confidential|school|academy|trust`)
)

// checkPaper looks for what a document on paper needs: a table of contents, running
// heads, and headings that came out twice.
func (in *inspection) checkPaper(p *prose) {
	lines := strings.Split(p.text, "\n")
	offset, run := 0, []int{}
	var starts []int
	for _, line := range lines {
		starts = append(starts, offset)
		offset += len(line) + 1
	}
	flush := func() {
		if len(run) >= 3 || len(run) > 0 && strings.Contains(lines[run[0]], "....") {
			in.leftover(p, p.line(starts[run[0]]), "a table of contents was pasted in", pasteFix, lines[run[0]])
			for _, i := range run {
				p.take(starts[i], starts[i]+len(lines[i]))
			}
		}
		run = run[:0]
	}
	var heads []struct {
		level int
		words string
	}
	last, since := "", true // the last heading's words, and whether words have come since
	times := map[string]int{}
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		m := headingLine.FindStringSubmatch(trimmed)
		switch {
		case trimmed == "":
		case m == nil && contentsLine.MatchString(line) && (strings.Contains(line, "...") || strings.Contains(line, "…") || !strings.Contains(trimmed, "|")):
			run = append(run, i)
		case len(run) > 0:
			flush()
		}
		if m == nil {
			if trimmed == "" {
				continue
			}
			if !since && bare(trimmed) == last && last != "" {
				in.report("leftover", Doubtful, place{file: p.file, line: p.line(starts[i])}, "Take one of them out.", "a heading stands here twice: %q", clip(trimmed))
			}
			since = true
			alone := (i == 0 || strings.TrimSpace(lines[i-1]) == "") && (i+1 == len(lines) || strings.TrimSpace(lines[i+1]) == "")
			if alone && len(trimmed) < 90 && ofPaper.MatchString(trimmed) && !strings.ContainsAny(trimmed[:1], "-*|>") {
				if times[trimmed]++; times[trimmed] == 3 {
					in.report("leftover", Doubtful, place{file: p.file, line: p.line(starts[i])}, pasteFix, "a running head or foot of the paper stands in the text, for the third time: %q", clip(trimmed))
				}
			}
			continue
		}
		level, words := len(m[1]), bare(m[2])
		for len(heads) > 0 && heads[len(heads)-1].level > level {
			heads = heads[:len(heads)-1]
		}
		twice := !since && words == last
		for j := len(heads) - 1; j >= 0 && heads[j].level == level; j-- {
			twice = twice || heads[j].words == words
		}
		if twice && words != "" {
			in.report("leftover", Doubtful, place{file: p.file, line: p.line(starts[i])}, "Take one of them out, or say in each what it is about.", "a heading stands here twice: %q", clip(m[2]))
		}
		heads = append(heads, struct {
			level int
			words string
		}{level, words})
		last, since = words, false
	}
	flush()
}

// bare is a heading's words without the number that was typed before them.
func bare(words string) string {
	words = typedBefore.ReplaceAllString(strings.ToLower(words), "")
	return strings.TrimSpace(strings.Join(strings.Fields(strings.Trim(words, " .:*#")), " "))
}

var (
	threeRisks = regexp.MustCompile(`(?i)\b(?:three|3) (?:main |broad |key )?(?:areas|categories|kinds|types|strands) of (?:online |potential )?(?:risk|harm)|\b(?:three|3) ['"]?Cs\b|\bcontent\b[^.\n]{0,60}\bcontact\b[^.\n]{0,60}\bconduct\b`)
)

// checkThreeRisks looks for three areas of risk where there are four.
func (in *inspection) checkThreeRisks(p *prose) {
	p.each("content|three|3", threeRisks, func(m []int) {
		if near := p.lower[m[0]:min(m[1]+400, len(p.text))]; strings.Contains(near, "commerce") || strings.Contains(near, "financ") {
			return
		}
		in.report("four-risks", Wrong, place{file: p.file, line: p.line(m[0])}, "Name all four: content (with misinformation and conspiracy theories), contact, conduct and commerce.",
			"three areas of risk stand where there are four: %q", clip(p.text[m[0]:m[1]]))
	})
}

// places are the names and areas that are a site's own.
type places struct {
	site.Elsewhere
	near    string // all that the settings say of the bodies near it, in small letters
	names   [][]string
	sisters []string               // the trust's other schools
	begins  map[string][]otherBody // of other areas, by their first word
	numbers map[string]string      // area by number, of other areas
}

// An otherBody is how the name of another area's body begins.
type otherBody struct {
	words, area string
	then        *regexp.Regexp // what has to follow
}

var (
	itsBody = regexp.MustCompile(`^(?:'s)? ` + areaBody)
	wordEnd = regexp.MustCompile(`^(?:\W|$)`)
)

// newPlaces reads them from the settings, and from links, which know where they lead.
func (in *inspection) newPlaces(all []*prose) *places {
	own := &places{Elsewhere: in.trust.Elsewhere, begins: map[string][]otherBody{}, numbers: map[string]string{}}
	know := func(names ...string) {
		for _, n := range names {
			own.names = append(own.names, wordsOf(n))
		}
	}
	know(in.trust.Name, in.trust.ShortName)
	know(own.Everybody...)
	near := []string{}
	for _, s := range in.trust.Schools {
		if in.school == nil || s == in.school {
			know(s.Name, s.ShortName)
			know(s.Known...)
			know(s.Address...)
			near = append(near, s.Authority)
			for name, value := range s.Blanks {
				if strings.HasPrefix(name, "local_") || strings.HasPrefix(name, "council_") {
					near = append(near, value)
					know(value)
				}
			}
			for _, o := range s.Help {
				near = append(near, o.Name, o.URL, o.Phone)
				know(o.Name)
			}
		} else {
			own.sisters = append(own.sisters, s.Name)
			if strings.Contains(s.ShortName, " ") {
				own.sisters = append(own.sisters, s.ShortName)
			}
		}
	}
	for _, o := range in.trust.Help {
		know(o.Name)
	}
	for _, p := range all {
		for _, a := range p.links {
			if strings.HasPrefix(a.to, "https://") && len(a.to) > 12 {
				know(a.words)
			}
		}
	}
	own.near = strings.ToLower(straightens.Replace(strings.Join(near, "\n")))
	begin := func(words, area string, then *regexp.Regexp) {
		words = straightens.Replace(words)
		first := tokens(words)[0].text
		own.begins[first] = append(own.begins[first], otherBody{words, area, then})
	}
	for _, a := range own.Areas {
		if !own.mine(a) {
			begin(a, a, itsBody)
		}
	}
	for _, a := range own.More {
		if own.mine(a.Name) {
			continue
		}
		for _, b := range a.Bodies {
			begin(b, a.Name, wordEnd)
		}
		for _, n := range a.Numbers {
			own.numbers[n] = a.Name
		}
	}
	return own
}

const (
	qualified = `(?:County|City|Borough|Metropolitan|District|Unitary|Royal|Council's?|Children's|Children and \w+|Social|Education|Early Years|Early|Integrated|Family|Local|Multi-Agency|Multi Agency|Safeguarding|Designated|Child|Schools?|Virtual|Online|e-?Safety|Consultation|Referral|First|Advice|Assessment|Access|Response)`
	areaBody  = `(?:(?:` + qualified + `,? )*(?:Council|MBC|LADO|MASH|LSCB|SCB|LA|Local Authority|Social Care|Social Services|Front Door|Admissions|Grid for Learning|Children's Services|Family Services|Education Authority|Safeguarding Hub)|(?:` + qualified + ` )+(?:Services?|Hub|Team|Officer|Help|Portal|Care|Helpdesk|Adviser|Advisor|Strategy|Procedures|Directorate))\b`
)

// mine says whether an area is the site's own, as far as its settings say.
func (own *places) mine(area string) bool { return strings.Contains(own.near, strings.ToLower(area)) }

var (
	board       = regexp.MustCompile(`\b(?:(?:[A-Z][\w'-]+|and|of|upon|on) ){0,5}(?:Local )?Safeguarding Child(?:ren)?(?:'?s)?'? Boards?\b|\b[A-Z]{1,5}SCBs?\b|\b(?i:local safeguarding (?:child(?:ren)?(?:'?s)?'? )?boards?)\b`)
	itsInitials = regexp.MustCompile(`\b[A-Z]{1,5}SC(?:P|MP)\b|\b[A-Z]{1,3}CC(?:'s)? (?:LADO|MASH|[Cc]hildren|[Ee]ducation|[Ss]afeguarding)\b`)
	hostIn      = regexp.MustCompile(`(?i)(?:https?://|www\.|@)([a-z0-9.-]+\.[a-z]{2,})`)
	gone        = regexp.MustCompile(`(?i)\b(?:replaced|formerly|former|used to|previously|before|until|abolished|was called|succeeded|instead of|took (?:the|its|their) place)\b`)
)

// checkAreas looks for bodies of other areas: by name, initials, number and address.
func (in *inspection) checkAreas(p *prose, own *places) {
	const fix = "Name the body of your own area, or add this one to the school's help.toml if it is one of yours."
	report := func(from, to int, area string) {
		in.report("other-area", Doubtful, place{file: p.file, line: p.line(from)}, fix, "%q is of another area, %s", clip(p.text[from:to]), area)
		p.take(from, to)
	}
	p.each("board|scb", board, func(m []int) {
		if near := p.text[max(0, m[0]-60):min(len(p.text), m[1]+50)]; gone.MatchString(near) {
			return
		}
		in.report("other-area", Wrong, place{file: p.file, line: p.line(m[0])}, "Write [[local_partnership]]: safeguarding partnerships took the boards' place in 2019.",
			"%q is a board, and there have been none since September 2019", clip(p.text[m[0]:m[1]]))
		p.take(m[0], m[1])
	})
	p.each("scp|scmp|cc", itsInitials, func(m []int) {
		said := p.text[m[0]:m[1]]
		if own.near != "" && said != "LSCP" && !strings.Contains(own.near, strings.ToLower(said)) && !slices.ContainsFunc(strings.Split(own.near, "\n"), func(name string) bool { return initials(name) == said }) {
			report(m[0], m[1], "by its initials")
		}
	})
	eachToken(p.text, func(from, to int) {
		for _, name := range own.begins[p.text[from:to]] {
			if !strings.HasPrefix(p.text[from:], name.words) {
				continue
			}
			end := from + len(name.words)
			if m := name.then.FindStringIndex(p.text[end:]); m != nil {
				end += len(strings.TrimRight(p.text[end:end+m[1]], " .,;:()\n"))
			} else if before, of := strings.CutSuffix(p.text[:from], "London Borough of "); of {
				from = len(before)
			} else {
				continue
			}
			report(from, end, name.area)
			return
		}
	})
	p.each("0", numberIn, func(m []int) {
		if a, ok := own.numbers[nationalNumber(digits(p.text[m[0]:m[1]]))]; ok {
			report(m[0], m[1], a)
		}
	})
	host := func(host string, line int) {
		for _, a := range own.More {
			for _, h := range a.Hosts {
				if (host == h || strings.HasSuffix(host, "."+h)) && !own.mine(a.Name) {
					in.report("other-area", Doubtful, place{file: p.file, line: line}, fix, "%s is of another area, %s", host, a.Name)
					return
				}
			}
		}
		for _, a := range own.Areas {
			name := strings.ToLower(strings.ReplaceAll(a, " ", ""))
			for _, end := range []string{name + ".gov.uk", name + "cc.gov.uk"} {
				if (host == end || strings.HasSuffix(host, "."+end)) && !own.mine(a) {
					in.report("other-area", Doubtful, place{file: p.file, line: line}, fix, "%s is of another area, %s", host, a)
				}
			}
		}
	}
	p.each("http|www.|@", hostIn, func(m []int) { host(p.lower[m[2]:m[3]], p.line(m[0])) })
	for _, a := range p.links {
		if m := hostIn.FindStringSubmatch(a.to); m != nil && m[1] != "" && !strings.Contains(a.words, m[1]) {
			host(strings.ToLower(m[1]), a.line)
		}
	}
}

// initials are those of a partnership's name: TSCP.
func initials(name string) string {
	var out strings.Builder
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' }) {
		if w != "and" && w != "of" && w != "the" {
			out.WriteString(strings.ToUpper(w[:1]))
		}
	}
	return out.String()
}

// kinds of schools, and words that stand before them and are nobody's name.
var (
	schoolKind = `(?:Primary|Junior|Infants?'?|Nursery|First|Middle|Secondary|High|Grammar|Special|Community|Catholic|Academy|C of E|CofE|CE|Church of England|RC|VC|VA|Voluntary (?:Aided|Controlled))`
	schoolEnd  = regexp.MustCompile(`\b(?:` + schoolKind + `(?:,? (?:and |& )?(?:` + schoolKind + `|Sixth Form|Church))* (?:School|Academy|College)|(?:Multi[- ]Academy|Academies|Academy|Schools|Education|Educational|Learning|Diocesan|Federation)(?: (?:Multi[- ]Academy|Academies|Academy|Schools|Education|Learning))* Trust|Federation|MAT|Academy|College)\b`)
	noSchool   = regexp.MustCompile(`\b(?:Football|Dance|Music|Theatre|Sports?|Drama|Tennis|Swimming|Cricket|Rugby|Digital|Leadership|Police|Staff|Art|Fire|Riding|Gymnastics|Training) (?:Academy|College)`)
	isKind     = map[string]bool{}
	stopsName  = map[string]bool{}
)

func init() {
	for _, w := range strings.Fields(`primary junior infant infants nursery first middle secondary high grammar special community catholic roman academy
		academies c of e cofe ce church england rc vc va voluntary aided controlled sixth form multi schools school college trust education
		educational learning diocesan federation mat and the on upon in s co cofe state free local maintained independent sponsored further
		higher studio technical university converter teaching our a an new old partner feeder other each every member mixed girls boys for`) {
		isKind[w] = true
	}
	for _, w := range strings.Fields(`The Our At In On For To From With Your Their Its This That These Each Every All Any Other If When Where Why How What
		Who Which And Or But As By Is Are Was New Starting Joining Leaving Choosing Changing Moving Visiting Attending Running Becoming Visit Welcome
		About Both No Not We You They It He She His Her My After Before Between Because Once Since Until While Some Many Most Another Dear Contact Tell Ask Head`) {
		stopsName[w] = true
	}
}

func wordsOf(name string) []string {
	var out []string
	for _, t := range tokens(strings.ToLower(straightens.Replace(name))) {
		if !isKind[t.text] {
			out = append(out, t.text)
		}
	}
	return out
}

// knows says whether every word of a name is in one that the site knows.
func (own *places) knows(words []string) bool {
	return slices.ContainsFunc(own.names, func(known []string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(known, w) })
	})
}

// checkNames looks for the names of other schools and trusts.
func (in *inspection) checkNames(p *prose, own *places) {
	report := func(from, to int, what string) {
		in.report("leftover", Doubtful, place{file: p.file, line: p.line(from)}, "Write [[school]] or [[trust]], if the sentence is about yours. If the other one is meant, link to it, or name it in known_schools in school.toml.",
			"%s stands here: %q", what, clip(p.text[from:to]))
		p.take(from, to)
	}
	if path.Base(p.file) == "help.toml" || path.Base(p.file) == "school.toml" && in.school != nil || path.Base(p.file) == "trust.toml" {
		return // where a site says which names are its own
	}
	for _, name := range own.sisters {
		name = straightens.Replace(name)
		for at := strings.Index(p.text, name); at >= 0; at = strings.Index(p.text, name) {
			if own.knows(wordsOf(name)) {
				break
			}
			report(at, at+len(name), "another school of the trust")
		}
	}
	p.each("school|academ|college|trust|federation|mat", schoolEnd, func(m []int) {
		from := m[0]
		for from > 0 && p.text[from-1] == ' ' {
			begin := 1 + strings.LastIndexAny(p.text[:from-1], " \n|\"“[")
			word := strings.Trim(p.text[begin:from-1], "'")
			first := []rune(word + " ")[0]
			joins := slices.Contains([]string{"of", "the", "and", "on", "upon", "in", "&"}, word)
			if strings.HasPrefix(word, "(V") || strings.HasPrefix(word, "(A") { // (VC), (Aided)
				from = begin
				continue
			}
			if stopsName[word] || !unicode.IsUpper(first) && !joins || strings.ContainsAny(word, ".:;,!?") && word != "St." {
				break
			}
			from = begin
		}
		for name := p.text[from:m[1]]; ; name = p.text[from:m[1]] {
			word, _, joined := strings.Cut(name, " ")
			if !joined || !slices.Contains([]string{"of", "the", "and", "on", "upon", "in", "&"}, word) {
				break
			}
			from += len(word) + 1
		}
		name := p.text[from:m[1]]
		if noSchool.MatchString(name) {
			return
		}
		if words := wordsOf(name); len(words) > 0 && !own.knows(words) {
			report(from, m[1], "another school's or trust's name")
		}
	})
}
