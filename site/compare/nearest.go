package compare

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// A Near is the text that is most like another, and how like it is: 0 for no word in
// common, 1 for the same words.
type Near struct {
	At       int // -1 for none
	Likeness float64
}

// Nearest finds for each text of one list the one of another that says most nearly the
// same, by words: those that few texts have count for more, and a word's ending counts
// for nothing.
func Nearest(of, among []string) []Near {
	in := map[string]int{} // how many texts have a word
	bags := make([]map[string]float64, 0, len(of)+len(among))
	for _, text := range slices.Concat(of, among) {
		bag := map[string]float64{}
		for _, w := range stems(text) {
			bag[w]++
		}
		for w := range bag {
			in[w]++
		}
		bags = append(bags, bag)
	}
	holders := map[string][]int{} // which of among have a word
	for i, bag := range bags {
		sum := 0.0
		for w, n := range bag {
			bag[w] = (1 + math.Log(n)) * math.Log(1+float64(len(bags))/float64(in[w]))
			sum += bag[w] * bag[w]
		}
		for w := range bag {
			bag[w] /= math.Sqrt(sum)
			if i >= len(of) {
				holders[w] = append(holders[w], i)
			}
		}
	}
	out := make([]Near, len(of))
	for i := range of {
		out[i].At = -1
		scores := map[int]float64{}
		for w, weight := range bags[i] {
			for _, j := range holders[w] {
				scores[j] += weight * bags[j][w]
			}
		}
		for j, score := range scores {
			at := j - len(of)
			if score = min(score, 1); score > out[i].Likeness+1e-9 || score > out[i].Likeness-1e-9 && at < out[i].At {
				out[i] = Near{at, score}
			}
		}
	}
	return out
}

// common are words that say nothing of what a sentence is about.
var common = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq("a an and any are as at be been being but by can could do does each for from had has have he her his how if in into is it its may more must not of on one only or other our shall she should so such than that the their them then there these they this those to under up us was we were what when where which who will with within would you your") {
		all[w] = true
	}
	return all
}()

// stems are the words of a text that say something, without their endings.
func stems(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if common[w] || len(w) < 2 {
			continue
		}
		for _, ending := range []string{"ations", "ation", "ings", "ing", "ies", "ment", "edly", "ed", "es", "ly", "s", "e"} {
			if stem, ok := strings.CutSuffix(w, ending); ok && len(stem) > 3 {
				w = stem
				break
			}
		}
		out = append(out, strings.TrimSuffix(w, "y"))
	}
	return out
}
