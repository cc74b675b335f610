package site

import (
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"schoolgate/site/source"
)

// languagesFile stands among the model pages: how families are asked, each in their
// own language, to tell us which it is.
const languagesFile = "languages.toml"

// A Language is one that families speak.
type Language struct {
	Tag  string `toml:"tag"`  // BCP 47
	Name string `toml:"name"` // in the language itself
	Says string `toml:"says"` // asks to be told, and promises to explain
}

// Dir is the direction in which the language is written, "ltr" or "rtl".
func (l Language) Dir() string {
	script, _ := language.Make(l.Tag).Script()
	if slices.Contains([]string{"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"}, script.String()) {
		return "rtl"
	}
	return "ltr"
}

// loadLanguages reads the languages; there need not be any.
func loadLanguages(content fs.FS, name string, problems *source.Problems) []Language {
	var file struct {
		Languages []Language `toml:"language"`
	}
	src, ok := source.ReadOptional(content, name, &file, problems)
	if !ok {
		return nil
	}
	for _, l := range file.Languages {
		c := source.Checker{Src: src, Problems: problems, Value: l.Tag}
		if _, err := language.Parse(l.Tag); err != nil {
			c.Say("tag", "%q is no tag of a language, such as \"pl\" (BCP 47)", l.Tag)
		}
		if strings.TrimSpace(l.Name) == "" || strings.TrimSpace(l.Says) == "" {
			c.Say("tag", "%s has no name in its own words, or says nothing", l.Tag)
		}
	}
	return file.Languages
}
