package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"schoolgate/portal"
	"schoolgate/portal/web"
	"schoolgate/site"
	"schoolgate/site/picture"
)

// What a picture that somebody sends may take to be read, in a process of its own.
const (
	cleanTime   = 40 * time.Second
	cleanMemory = 1 << 30 // bytes; 50 million pixels take some 400 MB
	cleanMost   = 16 << 20
)

// refusedStatus is how the process ends that finds fault with the picture, and says which.
const refusedStatus = 3

// cleaning is how many pictures are read at once, whoever sends them.
var cleaning = make(chan struct{}, 2)

// cleanCommand reads a picture that somebody has sent, and writes what is kept of it. It is
// a process of its own, which has nothing but the picture and ends with it: see
// [cleanPicture].
func cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use: "clean-picture", Hidden: true, Args: cobra.NoArgs,
		Short: "Turn, shrink and strip a picture, from standard input to standard output",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := confine(cleanTime, cleanMemory); err != nil {
				return err
			}
			debug.SetMemoryLimit(cleanMemory / 2)
			sent, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), picture.MaxSize+1))
			if err != nil {
				return err
			}
			made, err := picture.Master(sent)
			if why, ok := errors.AsType[picture.Refused](err); ok {
				fmt.Fprint(cmd.OutOrStdout(), string(why))
				os.Exit(refusedStatus)
			}
			if err == nil {
				_, err = cmd.OutOrStdout().Write(made.Data)
			}
			return err
		},
	}
}

// cleanPicture is what is kept of a picture that somebody has sent: turned upright, no wider
// than a page needs, and nothing but pixels. Whatever the file holds is read in a process of
// its own. What is wrong with it is [*portal.Invalid].
func cleanPicture(ctx context.Context, sent []byte) ([]byte, error) {
	refuse := func(why string) ([]byte, error) {
		var wrong portal.Invalid
		wrong.Add("pictures", why)
		return nil, &wrong
	}
	select {
	case cleaning <- struct{}{}:
		defer func() { <-cleaning }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("clean a picture: %w", err)
	}
	within, done := context.WithTimeout(ctx, cleanTime)
	defer done()
	var made limited
	run := exec.CommandContext(within, program)
	run.Args, run.Env, run.Dir = []string{"schoolgate", "clean-picture"}, []string{"LANG=C"}, "/"
	run.Stdin, run.Stdout, run.WaitDelay = bytes.NewReader(sent), &made, time.Second
	err = run.Run()
	status, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case ended && status.ExitCode() == refusedStatus:
		return refuse(made.String())
	case err != nil && !ended && within.Err() == nil && !errors.Is(err, errMore): // a fault of the machine
		return nil, fmt.Errorf("clean a picture: %w", err)
	case err != nil || made.Len() == 0:
		return refuse("takes more time or memory to read than any picture of a camera: open it and save it again as a JPEG")
	}
	return made.Bytes(), nil
}

var errMore = errors.New("more than a picture")

// limited is what a process writes, as far as it is believed.
type limited struct{ bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > cleanMost {
		return 0, errMore
	}
	return l.Buffer.Write(b)
}

// ReadFrom is not the buffer's own, which has no end.
func (l *limited) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{l}, r)
}

// shelf is the folder of the picture desk's files, which are encrypted.
type shelf string

// shelved is what a file there is called.
var shelved = regexp.MustCompile(`^[A-Z2-7]{26}$`)

func (s shelf) Put(name string, file []byte) error {
	if !shelved.MatchString(name) {
		return fmt.Errorf("%q is no name of a picture", name)
	}
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(string(s), ".new-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(file)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(string(s), name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (s shelf) Get(name string) ([]byte, error) {
	if !shelved.MatchString(name) {
		return nil, fmt.Errorf("%q: %w", name, portal.ErrNotFound)
	}
	b, err := os.ReadFile(filepath.Join(string(s), name))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("its file is gone: %w", portal.ErrNotFound)
	}
	return b, err
}

func (s shelf) Sweep(keep func(string) bool) error {
	entries, err := os.ReadDir(string(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, wrong := e.Info()
		ours := shelved.MatchString(e.Name()) || strings.HasPrefix(e.Name(), ".new-")
		if wrong != nil || !ours || keep(e.Name()) || time.Since(info.ModTime()) < time.Hour {
			continue
		}
		err = errors.Join(err, os.Remove(filepath.Join(string(s), e.Name())))
	}
	return err
}

// deskPictures are the pictures of a school's desk, for its site. One whose file is gone is
// left out, so that it holds up nothing else.
func (app *application) deskPictures(ctx context.Context, school string) (all []site.Brought, err error) {
	photos, err := app.portal.SitePhotos(ctx, school)
	for _, x := range photos {
		if _, err := app.portal.OpenPhoto(x); err != nil {
			app.log.Error("a picture of the desk is left out", "picture", x.ID, "err", err)
			continue
		}
		all = append(all, site.Brought{
			Key: x.SiteKey(), Page: x.Page, Alt: x.Alt, Caption: x.Caption, SHA256: x.SHA256, Nobody: x.IsNobody(),
			Open: func() ([]byte, error) { return app.portal.OpenPhoto(x) },
		})
	}
	return all, err
}

// sitePages are the pages of a school's site that a picture can stand on.
func (app *application) sitePages(school string) (all []web.SitePage) {
	trust, s := app.schoolNamed(school)
	if s == nil {
		return nil
	}
	for _, p := range trust.PicturePages(s, app.now()) {
		all = append(all, web.SitePage{Address: p.Address, Title: cmp.Or(p.Title, p.Address)})
	}
	return all
}
