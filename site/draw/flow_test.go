package draw

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A chart is sound XML, its boxes neither meet nor leave the picture, and its
// words stand inside the boxes, at both widths.
func TestChartLayout(t *testing.T) {
	long := strings.Repeat("Somebody tells the safeguarding lead about it. ", 3)
	flow := []Step{
		{Who: "You", Do: long},
		{Ask: "Is it urgent?", Yes: long, Stop: true},
		{Ask: long, No: "Short."},
		{Ask: "Again?", Yes: long},
		{Do: "Donaudampfschifffahrtsgesellschaft rests."},
	}
	rect := regexp.MustCompile(`<rect class="[a-z ]+" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"`)
	ask := regexp.MustCompile(`<path class="ask" d="M([0-9.]+) ([0-9.]+)H([0-9.]+)L[0-9.]+ [0-9.]+L[0-9.]+ ([0-9.]+)H`)
	word := regexp.MustCompile(`<text(?: class="who")? x="([0-9.]+)" y="([0-9.]+)">([^<]*)<`)
	view := regexp.MustCompile(`viewBox="0 0 ([0-9.]+) ([0-9.]+)"`)
	for chart := range strings.Lines(Flow("A & B", "flow-x", flow)) {
		if err := xml.Unmarshal([]byte(chart), new(struct{})); err != nil {
			t.Fatal(err)
		}
		size := numbers(t, view.FindStringSubmatch(chart)[1:])
		var boxes [][]float64 // x, y, right, bottom
		for _, m := range rect.FindAllStringSubmatch(chart, -1) {
			n := numbers(t, m[1:])
			boxes = append(boxes, []float64{n[0], n[1], n[0] + n[2], n[1] + n[3]})
		}
		for _, m := range ask.FindAllStringSubmatch(chart, -1) {
			n := numbers(t, m[1:])
			boxes = append(boxes, []float64{n[0] - 12, n[1], n[2] + 12, n[3]})
		}
		if len(boxes) != len(flow)+3 {
			t.Fatalf("%d boxes for %d steps and 3 answers", len(boxes), len(flow))
		}
		for i, a := range boxes {
			if a[0] < 0 || a[1] < 0 || a[2] > size[0] || a[3] > size[1] {
				t.Errorf("box %v leaves the picture of %v", a, size)
			}
			for _, b := range boxes[:i] {
				if a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] {
					t.Errorf("boxes %v and %v meet", a, b)
				}
			}
		}
		for _, m := range word.FindAllStringSubmatch(chart, -1) {
			at := numbers(t, m[1:3])
			inside := false
			for _, b := range boxes {
				inside = inside || at[0] > b[0] && at[0]+textWidth(m[3]) < b[2] && at[1]-12 > b[1] && at[1]+4 < b[3]
			}
			if !inside {
				t.Errorf("%q at %v stands in no box", m[3], at)
			}
		}
	}
}

func numbers(t *testing.T, texts []string) []float64 {
	t.Helper()
	var out []float64
	for _, s := range texts {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}
