package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"schoolgate/portal"
	"schoolgate/site"
)

// writing lets one draft at a time into the content folder.
var writing sync.Mutex

// fillIn is the site's form of a school, as the content folder is now.
func (app *application) fillIn(school string, answers map[string]string) (*site.Form, error) {
	trust := app.trust.Load()
	if trust == nil {
		return nil, errors.New("the content folder cannot be used now")
	}
	return trust.FillIn(app.settings.content(), school, answers, site.Options{Out: app.sites(), Address: app.settings.Address, Now: app.now(), Kept: kept()})
}

// blankNamed is how the loader begins what it says against an answer, which stands beside
// that answer here.
var blankNamed = regexp.MustCompile(`^blank "[a-z0-9_]+"(: | )`)

// blanks is what a school is asked for, with some answers in place of its own; what keeps the
// file from being read is told in it.
func (app *application) blanks(school string, answers map[string]string) (portal.BlankForm, error) {
	f, err := app.fillIn(school, answers)
	if errors.Is(err, fs.ErrNotExist) {
		return portal.BlankForm{}, fmt.Errorf("the school's file: %w", portal.ErrNotFound)
	} else if err != nil { // somebody is at the file
		return portal.BlankForm{Rest: []string{err.Error()}}, nil
	}
	return blankForm(f), nil
}

// blankForm is the site's form as the portal knows it.
func blankForm(f *site.Form) portal.BlankForm {
	out := portal.BlankForm{Open: f.Open, Rest: f.Rest, Kept: f.Kept, Wrong: map[string]string{}}
	for key, why := range f.Wrong {
		if m := blankNamed.FindStringSubmatch(why); m != nil {
			why = map[string]string{": ": "", " ": "it "}[m[1]] + why[len(m[0]):]
		}
		out.Wrong[key] = "This cannot stand here: " + why
	}
	for _, b := range f.Blanks {
		out.Blanks = append(out.Blanks, portal.Blank(b))
	}
	return out
}

// writeBlanks puts an approved draft into its school's own file, unless somebody has been at
// what it changes there, and has the site made of it. What keeps it from being written is
// [*portal.Invalid].
func (app *application) writeBlanks(ctx context.Context, x portal.Draft) error {
	writing.Lock()
	defer writing.Unlock()
	refuse := func(why string) error {
		var wrong portal.Invalid
		wrong.Add("do", why+" Nothing is changed, and the draft stays as it is.")
		return &wrong
	}
	f, err := app.fillIn(x.School, x.Answers())
	if err != nil {
		return refuse("The school’s file cannot be used now: " + err.Error() + ".")
	}
	form := blankForm(f)
	against := slices.Concat(slices.Collect(maps.Values(form.Wrong)), form.Rest)
	switch {
	case len(x.Clash(form.Own())) > 0:
		return refuse("Somebody has changed the school’s file since this was drafted. Look at both versions below: whoever drafted it chooses.")
	case len(form.Open) > 0:
		return refuse(fmt.Sprintf("%d of the blanks are open: the site cannot be made.", len(form.Open)))
	case len(against) > 0:
		return refuse("The site cannot be made with these words: " + strings.Join(against, "; ") + ".")
	case app.settings.Content == "":
		return refuse("The words of this server are those inside the program, which nobody can change: whoever looks after it sets a content folder.")
	}
	name := filepath.Join(app.settings.Content, "schools", x.School, "school.toml")
	switch err := editFile(name, f.File, f.Edited); {
	case errors.Is(err, errChanged):
		return refuse("Somebody changed the school’s file at the same moment. Look at it again.")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return refuse("The server’s disk is full. Tell whoever looks after it.")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return refuse("The portal may not write into the school’s folder. Ask whoever looks after the server to let it.")
	case err != nil:
		app.log.Error("a draft was not written", "site", x.School, "err", err)
		return refuse("The school’s file could not be written. Tell whoever looks after the server.")
	}
	if err := commit(ctx, name, x); err != nil { // the file is right, and what is public is made of it
		app.log.Error("a change was written and not committed", "site", x.School, "err", err)
	}
	select {
	case app.written <- struct{}{}:
	default: // it is about to be seen to
	}
	return nil
}

var errChanged = errors.New("the file has changed")

// editFile puts other words in a file's place, in one step and down to the disk, while it
// still says what it said.
func editFile(name string, was, now []byte) error {
	info, err := os.Stat(name)
	if err != nil || bytes.Equal(was, now) {
		return err
	}
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, ".school-*") // hidden: no loader reads it
	if err != nil {
		return err
	}
	_, err = f.Write(now)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close()); err == nil {
		var found []byte
		if found, err = os.ReadFile(name); err == nil && !bytes.Equal(found, was) {
			err = errChanged
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// commit makes one commit of a school's file, where its folder is in a git repository: by
// the role of whoever sent the draft, with the reason. What else is changed or staged there
// stays as it is.
func commit(ctx context.Context, name string, x portal.Draft) error {
	git := func(args ...string) (string, error) {
		run := exec.CommandContext(ctx, "git", append([]string{"-C", filepath.Dir(name), "-c", "commit.gpgsign=false"}, args...)...)
		run.Env = append(os.Environ(), "GIT_COMMITTER_NAME=Schoolgate", "GIT_COMMITTER_EMAIL=schoolgate@localhost", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
		out, err := run.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(out))
		}
		return string(out), err
	}
	if _, err := git("rev-parse", "--is-inside-work-tree"); err != nil {
		return nil // no repository, or no git
	}
	file := filepath.Base(name)
	if changed, err := git("status", "--porcelain", "--", file); err != nil || changed == "" {
		return err
	}
	said := []string{x.Why, "", fmt.Sprintf("Approved by the %s.", x.ApprovedAs)}
	if x.Governors != "" {
		said = append(said, fmt.Sprintf("Governors: %s.", x.Governors))
	}
	if x.Minute != "" {
		said = append(said, "Minute: "+x.Minute)
	}
	_, err := git("add", "--intent-to-add", "--", file)
	if err == nil {
		_, err = git("commit", "--quiet", "--only", "--message", strings.Join(said, "\n"), "--author", fmt.Sprintf("%s of %s <%s@localhost>", x.SentAs, x.School, x.School), "--", file)
	}
	return err
}

// holds says whether a school's file says what a draft does.
func (app *application) holds(x portal.Draft) bool {
	form, err := app.blanks(x.School, nil)
	own := form.Own()
	return err == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(x.Changes)), func(key string) bool { return own[key] != x.Changes[key].Now })
}

// finishDrafts writes what was approved and, as the program was ended, is not in its file;
// wrote says that there was any.
func (app *application) finishDrafts(ctx context.Context) (wrote bool, err error) {
	all, err := app.portal.ApprovedDrafts(ctx)
	for _, x := range all {
		if x.Trouble == "" && !app.holds(x) {
			if why := app.writeBlanks(ctx, x); why != nil {
				err = errors.Join(err, app.portal.DraftPublished(ctx, x, why.Error()))
			} else {
				wrote = true
			}
		}
	}
	return wrote, err
}

// published tells the portal of approved drafts that are public now, and why others are not;
// and of schools whose site never stood, so that somebody can fill in their blanks.
func (app *application) published(ctx context.Context, results []site.Result) error {
	all, err := app.portal.ApprovedDrafts(ctx)
	for _, r := range results {
		i := slices.IndexFunc(all, func(x portal.Draft) bool { return x.School == r.Slug })
		switch {
		case i >= 0 && r.Err == nil && app.holds(all[i]):
			err = errors.Join(err, app.portal.DraftPublished(ctx, all[i], ""))
		case i >= 0 && r.Err != nil && !errors.Is(r.Err, errNotHandedOver):
			err = errors.Join(err, app.portal.DraftPublished(ctx, all[i], "the site could not be made of it. "+r.Err.Error()))
		}
		if _, s := app.schoolNamed(r.Slug); r.Err != nil && s != nil {
			if _, unknown := app.portal.School(ctx, r.Slug); errors.Is(unknown, portal.ErrNotFound) {
				err = errors.Join(err, app.portal.SetSchools(ctx, []portal.School{app.begun(s)}))
			}
		}
	}
	return err
}

// begun is a school whose site never stood, as the portal knows it until it does.
func (app *application) begun(s *site.School) portal.School {
	out := app.school(s, site.Result{Slug: s.Slug})
	for _, v := range []*string{&out.Name, &out.ShortName, &out.Phone, &out.Email} {
		if strings.HasPrefix(*v, "TODO") {
			*v = ""
		}
	}
	out.Name, out.ShortName = cmp.Or(out.Name, s.Slug), cmp.Or(out.ShortName, out.Name, s.Slug)
	return out
}
