package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"sync"
	"time"

	"schoolgate/site"
)

// How long a keeper waits before it builds again what the portal could not take over.
const (
	leastWait = 5 * time.Second
	mostWait  = 10 * time.Minute
)

// A renewal makes an application and what it serves from settings that were read again.
type renewal func(*application) (*application, http.Handler, error)

// A keeper looks after an application that is served: it builds the sites, and deletes what
// has had its time. It works on one thing at a time.
type keeper struct {
	*application
	renew renewal
	show  func(http.Handler) // serves this from now on

	day   string        // in London, of the last build
	wait  time.Duration // after a build that the portal could not take over; 0 after another
	again time.Time     // when to build then

	asked map[string][]string // by school: the register's names of the pictures that its site shows
	desks map[string]string   // what the picture desks had to show when the sites were built last

	erased string // the day on which it erased last, in London

	post func() // stops the sender of mail, once it has finished the mail that it is at
}

// keep works until ctx ends. It builds at once, on hup after it has read the
// settings again, after midnight, and when the database is back.
func (k *keeper) keep(ctx context.Context, hup <-chan os.Signal) {
	tidying, looking, watching := time.NewTicker(5*time.Minute), time.NewTicker(leastWait), time.NewTicker(time.Second)
	defer tidying.Stop()
	defer looking.Stop()
	defer watching.Stop()
	k.send(ctx)
	defer func() { k.post() }()
	k.build(ctx)
	k.tidy(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tidying.C:
			k.tidy(ctx)
		case <-looking.C:
			k.look(ctx)
		case <-watching.C:
			k.watch(ctx)
		case <-k.written:
			k.publish(ctx)
		case <-hup:
			k.reload(ctx)
		}
	}
}

func (k *keeper) tidy(ctx context.Context) {
	if err := k.portal.Tidy(ctx); err != nil && ctx.Err() == nil {
		k.log.Error("tidying", "err", err)
	}
	today := site.Day(k.now())
	if k.settings.Retention.Run != daily || k.erased == today {
		return
	}
	k.erased = today
	if err := k.retention(ctx, io.Discard, "", true); err != nil && ctx.Err() == nil {
		k.log.Error("erasing what has had its time", "err", err)
	}
}

// send starts the sender of the settings' mail server, in place of the one before.
func (k *keeper) send(ctx context.Context) {
	if k.post != nil {
		k.post()
	}
	k.post = func() {}
	sender, err := k.mailSender()
	if err != nil {
		k.log.Error("no mail is sent", "err", err)
	}
	if sender == nil {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { sender.Run(ctx) })
	k.post = func() { stop(); running.Wait() }
}

// look builds when it is time to.
func (k *keeper) look(ctx context.Context) {
	late := k.wait > 0 && !time.Now().Before(k.again) && k.answers(ctx) == nil
	if late || site.Day(k.now()) != k.day {
		k.build(ctx)
	}
}

// watch builds where a picture on a site may not be shown any more, or where a picture desk
// has another one to show. Nobody is served the one meanwhile: see [onlyShown].
func (k *keeper) watch(ctx context.Context) {
	if now, err := k.portal.Desks(ctx); err == nil && !maps.Equal(now, k.desks) {
		k.log.Info("the picture desk has something to show, or nothing any more")
		k.build(ctx)
		return
	}
	for school, published := range k.asked {
		if len(published) == 0 {
			continue
		}
		if stale, err := k.portal.Stale(ctx, school, published); err == nil && stale {
			k.log.Info("a picture is taken down", "site", school)
			k.build(ctx)
			return
		}
	}
}

// reload reads the settings again; while they are wrong the old ones go on.
func (k *keeper) reload(ctx context.Context) {
	next, handler, err := k.renew(k.application)
	if err != nil {
		k.log.Error("the settings were not read again, and stay as they were", "err", err)
	} else {
		k.application = next
		k.show(handler)
		k.send(ctx)
	}
	k.build(ctx)
}

// publish builds the sites of the schools whose approved drafts are in their files, and the
// trust's own, which lists them; what else has changed waits for its own turn.
func (k *keeper) publish(ctx context.Context) {
	drafts, err := k.portal.ApprovedDrafts(ctx)
	if err != nil || len(drafts) == 0 {
		return
	}
	only := []string{site.Overview}
	for _, x := range drafts {
		only = append(only, x.School)
	}
	results, err := k.application.build(ctx, whatChanged, only...)
	k.remember(results)
	if err != nil && ctx.Err() == nil {
		k.log.Error("what was approved is not public", "err", err)
		if errors.Is(err, errNotHandedOver) {
			k.later()
		}
	}
}

// build builds what has changed, and says how much that was.
func (k *keeper) build(ctx context.Context) {
	k.day = site.Day(k.now())
	if now, err := k.portal.Desks(ctx); err == nil { // before, so that what comes meanwhile is seen
		k.desks = now
	}
	results, err := k.application.build(ctx, whatChanged)
	if ctx.Err() != nil {
		return
	}
	k.built.Store(true)
	k.remember(results)
	var built, unchanged int
	for _, r := range results {
		switch {
		case r.Unchanged:
			unchanged++
		case r.Err == nil:
			built++
		}
	}
	if err != nil {
		k.log.Error("some sites were not built and stay as they were", "err", err)
	}
	k.log.Info("sites", "built", built, "unchanged", unchanged, "failed", len(results)-built-unchanged)
	if !errors.Is(err, errNotHandedOver) {
		k.wait = 0
		return
	}
	k.later()
}

// remember notes which pictures the sites that stand now show.
func (k *keeper) remember(results []site.Result) {
	if k.asked == nil {
		k.asked = map[string][]string{}
	}
	for _, r := range results {
		if r.Err == nil {
			k.asked[r.Slug] = r.Asked
		}
	}
}

// later has another try made after a while, each time twice as long.
func (k *keeper) later() {
	k.wait = min(max(2*k.wait, leastWait), mostWait)
	k.again = time.Now().Add(k.wait)
}
