package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// setting is how somebody has set up their screen.
type setting struct {
	width  int    // of the window, in pixels
	high   int    // as well
	text   int    // size, in hundredths of the browser's usual one
	scheme string // light, dark or forced
	spaced bool   // with the spacing of WCAG 1.4.12
	rtl    bool   // the page runs from right to left
}

// settings are four for each of four font sets, by number, so that in the sixteen
// of them every font, width, size, scheme and manner meets every other once: the
// lines of a plane over the field of four elements.
func settings(fonts int) (four []setting) {
	for i := range 4 {
		twice := []int{0, 2, 3, 1}[i]
		manner := fonts ^ twice ^ i
		four = append(four, setting{
			[]int{320, 360, 768, 1280}[i], 640, []int{200, 150, 125, 100}[fonts^i], []string{"forced", "dark", "light", "light"}[fonts^twice], manner < 2, manner%2 == 0,
		})
	}
	return four
}

// through is the place of the setting that a page is seen in, of the four of a font set:
// the lines of another direction, so that in the four font sets the page meets every
// width, size and scheme once. The place next to it, with its last bit turned over,
// spaces the page and runs it otherwise than this one.
func through(fonts, page int) int { return []int{0, 2, 3, 1}[fonts] ^ page%4 }

// hardest is the setting in which most of what was ever wrong was seen.
var hardest = setting{320, 640, 200, "forced", true, false}

// oneOfAKind are pages each of which stands for those that are laid out like it.
var oneOfAKind = regexp.MustCompile(`^/(|fernlow-primary/(|worried/asked[^/]*/|report-a-concern/sharing-nudes/|help/parents/|policies/|online-safety-policy/|easy-read/|print/help-parents/|texts/|consents/video-calls/)|portal/.*)$`)

// A child of every script that the fonts have, with the longest names.
const layoutList = `UPN,Admission number,Forename,Surname,Date of birth,Year,Class,Contact name,Relationship,Email,Phone,Priority,Parental responsibility,Court order,Looked after
,7001,Maximiliana-Theodora,Featherstonehaugh-Cholmondeley,05/10/2017,Year 4,Kingfisher,Mrs Wilhelmina Featherstonehaugh-Cholmondeley,Mother,wilhelmina.featherstonehaugh-cholmondeley@a-very-long-mailbox-name.example,07700 900001,1,Yes,No,No
,7002,ফারিহা,চৌধুরী রহমান,06/11/2018,Year 4,Kingfisher,Mrs রেহানা চৌধুরী,Mother,,07700 900002,1,Yes,No,Yes
,7003,யாழினி,பாலசுப்பிரமணியம்,07/11/2018,Year 4,Kingfisher,Mr சுரேஷ் பாலசுப்பிரமணியம்,Father,,07700 900003,1,Yes,No,No
,7004,عبد الرحمن,الخطيب المصري,08/11/2018,Year 4,Kingfisher,Mrs رانيا الخطيب,Mother,,07700 900004,1,Yes,No,No
`

// No page is wider than its window, and no words are cut, covered or off the screen,
// whatever fonts somebody has and however they have set them up. Each page is seen in
// the widest fonts, also at the hardest setting, and in one of the other sets by turns:
// its words are its own, and what holds them is its kind's. One of each kind is seen at
// every setting of every font set, and a page of the portal at half of them.
func TestEveryLayoutHolds(t *testing.T) {
	t.Parallel()
	for _, fonts := range fontSets {
		fonts.need(t)
	}
	port, data := freePort(t), filepath.Join(t.TempDir(), "demo")
	address := "http://localhost:" + port
	startServer(t, address, "demo", "--addr", "127.0.0.1:"+port, "--data", data)
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte(layoutList), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "import", "--settings", filepath.Join(data, "schoolgate.toml"), "--school", "st-osrics-junior", "--apply", list)
	public := servedPages(t, filepath.Join(data, "sites"))
	t.Logf("%d public pages", len(public))

	for i, fonts := range fontSets {
		t.Run(fonts.name, func(t *testing.T) {
			t.Parallel()
			browser := needBrowserIn(t, fonts)
			four := settings(i)
			v := browser.open(t, "", address)
			for k, at := range public {
				some := four[through(i, k):][:1]
				if oneOfAKind.MatchString(at) {
					some = four
				} else if i > 0 && k%3 != i-1 {
					continue
				}
				v.do(chromedp.Navigate(address + at))
				if i == 0 {
					some = append([]setting{hardest}, some...)
				}
				v.holds(fonts, some)
			}
			v.firstThings("/fernlow-primary/", ".worries a")
			v.firstThings("/fernlow-primary/worried/asked-for-something/", ".steps > li")
			v.withoutStyles("/fernlow-primary/", "/fernlow-primary/easy-read/", "/fernlow-primary/print/help-parents/")
			v.portalHolds(i, fonts, four)
		})
	}
}

// servedPages are the addresses of the pages in the folder of all sites.
func servedPages(t *testing.T, sites string) (pages []string) {
	t.Helper()
	for _, slug := range []string{"_trust", "fernlow-primary"} {
		root := "/" + strings.TrimPrefix(slug+"/", "_trust/")
		at := os.DirFS(filepath.Join(sites, slug, "current"))
		err := fs.WalkDir(at, ".", func(name string, e fs.DirEntry, err error) error {
			if path.Ext(name) == ".html" {
				pages = append(pages, root+strings.TrimSuffix(name, "index.html"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pages
}

// portalHolds walks through the portal as a parent who leaves every form empty, and as
// the office of a school.
func (v *visitor) portalHolds(set int, fonts fontSet, four []setting) {
	v.t.Helper()
	pages := 0
	half := func() {
		v.t.Helper()
		i := through(set, pages)
		v.holds(fonts, []setting{four[i], four[i^1]})
		pages++
	}
	each := func(paths ...string) {
		v.t.Helper()
		for _, at := range paths {
			v.do(chromedp.Navigate(v.address + at))
			half()
		}
	}
	wrong := func(at string) {
		v.t.Helper()
		each(at)
		v.follow(chromedp.Click(chromedp.CSS(`main form[novalidate] button`)))
		half()
		v.errorsAreSeen()
	}
	each("/portal/sign-in")
	v.be("amina-rahman")
	wrong("/portal/join")
	each("/portal/", "/portal/sessions", "/portal/nowhere")
	v.firstThings("/portal/", ".todo a")
	if doors := v.text(`[...document.querySelectorAll("header a, nav a")].filter(a => /pupils\/$|staff\/$/.test(a.pathname)).join(" ")`); doors != "" {
		v.t.Errorf("the portal leads to %s", doors)
	}
	for _, link := range []string{"/agreements/", "/consents/"} {
		v.do(chromedp.Navigate(v.address + "/portal/"))
		wrong(v.text(fmt.Sprintf(`document.querySelector('.todo a[href*=%q]').pathname`, link)))
	}
	v.do(chromedp.Navigate(v.address + "/portal/"))
	each(v.text(`document.querySelector('.decided a[href*="/receipts/"]').pathname`))

	v.be("rohit-sandringham")
	const office = "/portal/office/st-osrics-junior/"
	each(office+"?class=Kingfisher", office+"letters", office+"export", office+"settle", office+"restrictions", office+"joins", office+"today", office+"chase", office+"find", office+"pictures?class=Kingfisher", office+"may?class=Kingfisher&purpose=video-calls")
	wrong(office + "activities/new")
	wrong(office + "import")
	v.do(chromedp.Navigate(v.address+office+"import"), chromedp.SetUploadFiles(chromedp.CSS("#field-file"), []string{layoutFile(v.t)}))
	v.follow(chromedp.Click(chromedp.CSS(`main form:not([method=get]) button`)))
	half()
	v.be("tobias-adeyinka")
	each("/portal/office/fernlow-primary/events", "/portal/office/fernlow-primary/activities")
	v.do(chromedp.Navigate(v.address + "/portal/office/fernlow-primary/activities"))
	activity := v.text(`[...document.querySelectorAll("tbody th a")].pop().pathname`)
	each(activity, activity+"/sheet", activity+"/sheet?for=photographer")
}

// layoutFile is the list again, everybody in another year.
func layoutFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "again.csv")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(layoutList, "Year 4", "Year 5")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// be signs in as one of the demo's people.
func (v *visitor) be(person string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.address + "/portal/"))
	if v.text(`String(!!document.querySelector(".signed-in form"))`) == "true" {
		v.follow(chromedp.Click(chromedp.CSS(`.signed-in form button`)))
	}
	v.do(chromedp.Navigate(v.address + "/portal/sign-in"))
	person = fmt.Sprintf(`button[value=%q]`, person)
	v.do(chromedp.Click(chromedp.CSS(`form[action="/portal/sign-in/demo"] button`)), chromedp.WaitVisible(chromedp.CSS(person)))
	v.follow(chromedp.Click(chromedp.CSS(person)))
}

// holds fails if the layout of the page that is open does not hold.
func (v *visitor) holds(fonts fontSet, settings []setting) {
	v.t.Helper()
	for _, s := range settings {
		v.set(s)
		if found := v.text(layoutFaults); found != "" {
			v.t.Errorf("%s in %s, %+v:\n%s", v.text(`location.pathname + location.search`), fonts.name, s, found)
			return
		}
	}
}

// firstThings fails unless what people come for begins in the upper half of a phone's
// first screen.
func (v *visitor) firstThings(at, what string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.address + at))
	v.set(setting{width: 360, high: 640, text: 100, scheme: "light"})
	if bottom := v.text(fmt.Sprintf(`(() => {
		const range = document.createRange();
		range.selectNodeContents(document.querySelector(%q));
		return String(Math.ceil([...range.getClientRects()].find(r => r.height)?.bottom ?? 9999));
	})()`, what)); len(bottom) > 3 || bottom > "320" {
		v.t.Errorf("%s: the first line of the first %s ends at %s of 640 pixels", at, what, bottom)
	}
}

// errorsAreSeen fails unless each link in the summary of errors that is open leads to a
// field that is seen whole, and its label with it where the window has room for both and a line,
// clear of the bars that stay: on a small phone in large text, and at a zoom of 400%.
func (v *visitor) errorsAreSeen() {
	v.t.Helper()
	for _, s := range []setting{{width: 320, high: 640, text: 100}, {width: 320, high: 640, text: 150}, {width: 320, high: 640, text: 200}, {width: 320, high: 256, text: 100}} {
		s.scheme = "light"
		v.set(s)
		if said := v.text(`(async () => {
			const found = [];
			for (const link of document.querySelectorAll(".error-summary a")) {
				link.click();
				await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
				const field = document.activeElement, at = field.getBoundingClientRect();
				if ("#" + field.id !== link.hash) { found.push(link.hash + ": the focus is on " + field.id); continue; }
				const label = (field.closest("fieldset")?.querySelector("legend") ?? field.labels[0]).getBoundingClientRect();
				let top = 0, bottom = innerHeight;
				for (const bar of document.querySelectorAll(".top, .help, .leave")) {
					const stays = getComputedStyle(bar).position, edge = bar.getBoundingClientRect();
					if (stays === "sticky") top = Math.max(top, edge.bottom);
					if (stays === "fixed") bottom = Math.min(bottom, edge.top);
				}
				if (at.top < top || at.bottom > bottom) found.push(link.hash + " is from " + at.top + " to " + at.bottom + ", seen is from " + top + " to " + bottom);
				const line = 2 * parseFloat(getComputedStyle(document.documentElement).fontSize);
				if (label.top < top && at.bottom - label.top <= bottom - top - line) found.push("the label of " + link.hash + " is at " + label.top + ", seen is from " + top + " to " + bottom);
			}
			return found.join("; ");
		})()`); said != "" {
			v.t.Errorf("%s, %+v: after an error's link: %s", v.text(`location.pathname`), s, said)
		}
	}
}

// withoutStyles fails if a drawing fills the page when the stylesheet has not come.
func (v *visitor) withoutStyles(paths ...string) {
	v.t.Helper()
	for _, at := range paths {
		v.do(chromedp.Navigate(v.address + at))
		if said := v.text(`(() => {
			for (const l of document.querySelectorAll("link[rel=stylesheet]")) l.disabled = true;
			return [...document.querySelectorAll("svg")].map(s => s.getBoundingClientRect().width).filter(w => w > 120).join(" ");
		})()`); said != "" {
			v.t.Errorf("%s without its stylesheet: drawings are %s pixels wide", at, said)
		}
	}
}

// set sets the screen up, and leaves the page open.
func (v *visitor) set(s setting) {
	v.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}, {Name: "forced-colors", Value: "none"}}
	if s.scheme == "forced" {
		features = []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}, {Name: "forced-colors", Value: "active"}}
	}
	features = append(features, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"}) // nothing to wait for
	v.do(func(ctx context.Context, _ *chromedp.Target) (done chromedp.Void, err error) {
		if _, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			return
		}
		if _, err = chromedp.Call(ctx, page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: int64(16 * s.text / 100), Fixed: int64(13 * s.text / 100)}}); err != nil {
			return
		}
		_, err = chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(s.width), Height: int64(s.high), DeviceScaleFactor: 1})
		return
	})
	dir, spacing := "ltr", ""
	if s.rtl {
		dir = "rtl"
	}
	if s.spaced {
		spacing = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }"
	}
	v.text(fmt.Sprintf(`(() => {
		document.documentElement.dir = %q;
		globalThis.spacing ??= new CSSStyleSheet();
		spacing.replaceSync(%q);
		document.adoptedStyleSheets = [spacing];
		scrollTo({top: 0, behavior: "instant"}); // a bar that stays covers what is scrolled under it
		return "";
	})()`, dir, spacing))
}

// layoutFaults is a script that answers what is wrong with the layout of the page
// that is open, a line each.
const layoutFaults = `(() => {
	const wide = document.documentElement.clientWidth, found = new Set(), boxes = [];
	const name = e => "<" + e.tagName.toLowerCase() + (e.classList.length ? "." + [...e.classList].join(".") : "") + "> " + (e.textContent || e.alt || "").trim().replace(/\s+/g, " ").slice(0, 40);
	const over = document.documentElement.scrollWidth - wide;
	if (over > 0) found.add("the page is " + over + " pixels wider than its window");
	// What an element stands in that scrolls or cuts off, from the inside out; null if it is not to be seen.
	const known = new Map([[document.documentElement, []]]);
	const around = e => {
		if (!known.has(e)) {
			const outer = around(e.parentElement), style = getComputedStyle(e);
			if (!outer || style.clipPath === "inset(50%)" || style.visibility === "hidden" || !e.checkVisibility()) known.set(e, null);
			else if (e === document.body || e instanceof SVGElement || style.overflowX === "visible" && style.overflowY === "visible") known.set(e, outer);
			else known.set(e, [{scrolls: /auto|scroll/.test(style.overflowX + style.overflowY), edge: e.getBoundingClientRect()}, ...outer]);
		}
		return known.get(e);
	};
	// What is seen of a box of an element; null for nothing, false where it is cut.
	const seen = (e, {left, right, top, bottom}) => {
		const outer = around(e);
		if (!outer) return null;
		for (const {scrolls, edge} of outer) {
			if (scrolls) {
				if (right <= edge.left || left >= edge.right || bottom <= edge.top || top >= edge.bottom) return null;
				left = Math.max(left, edge.left), right = Math.min(right, edge.right), top = Math.max(top, edge.top), bottom = Math.min(bottom, edge.bottom);
			} else if (left < edge.left - 1 || right > edge.right + 1 || top + (bottom - top) / 4 < edge.top || bottom - (bottom - top) / 4 > edge.bottom) return false;
		}
		if (!outer.some(o => o.scrolls) && (left < -1 || right > wide + 1)) return false;
		return {left, right, top, bottom};
	};
	const stays = e => { const bar = e.closest(".leave"); return bar && getComputedStyle(bar).position === "fixed"; }; // what is beneath it is read by scrolling
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || e.closest("title, desc, option") || !around(e)) continue;
		range.selectNodeContents(walk.currentNode);
		for (const box of range.getClientRects()) {
			if (box.width < 1) continue;
			const part = seen(e, box);
			if (part === false) { found.add("cut: " + name(e)); break; }
			// The middle of a line: the tops and tails of letters may meet the next line's.
			if (part && !stays(e)) boxes.push({e, left: part.left + 1, right: part.right - 1, top: part.top + (part.bottom - part.top) * .3, bottom: part.bottom - (part.bottom - part.top) * .3});
		}
		if (e.matches("svg.flow-wide text:not(.answer), svg.flow-narrow text:not(.answer)")) {
			let shape = e.previousElementSibling;
			while (shape && !shape.matches(".do, .ask, .aside, .end")) shape = shape.previousElementSibling;
			const t = e.getBoundingClientRect(), s = shape?.getBoundingClientRect();
			if (s && (t.left < s.left || t.right > s.right)) found.add("the chart's words leave their shape: " + name(e));
		}
	}
	for (const e of document.querySelectorAll("img, svg:not(svg svg), input:not([type=hidden]), select, textarea, button, a.button, a.button-quiet")) {
		const box = e.getBoundingClientRect(), part = box.width ? seen(e, box) : null;
		if (part === false) found.add("cut: " + name(e));
		if (part && e.scrollWidth > e.clientWidth + 1 && e.matches("button, .button, .button-quiet, select")) found.add("its words are cut: " + name(e));
		if (part && !stays(e)) boxes.push({e, solid: true, left: part.left + 1, right: part.right - 1, top: part.top + 1, bottom: part.bottom - 1});
	}
	boxes.sort((a, b) => a.top - b.top);
	for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length && boxes[j].top < boxes[i].bottom; j++) {
		const a = boxes[i], b = boxes[j];
		if ((a.solid || b.solid) && (a.e.contains(b.e) || b.e.contains(a.e))) continue;
		if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
			found.add("covered: " + name(a.e) + " and " + name(b.e));
	}
	// What stays in sight while the rest scrolls leaves most of the window to it.
	for (const e of document.querySelectorAll(".top, .help, .leave")) {
		const style = getComputedStyle(e);
		if (/sticky|fixed/.test(style.position) && style.display !== "contents" && e.offsetHeight > innerHeight * .3) found.add("the bar that stays covers " + e.offsetHeight + " of " + innerHeight + " pixels");
	}
	return [...found].slice(0, 8).join("\n");
})()`
