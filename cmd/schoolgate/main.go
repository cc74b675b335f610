// Schoolgate builds each school's public safeguarding site and serves the portal
// in which families sign agreements and decide on consents.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "schoolgate: "+err.Error())
		os.Exit(1)
	}
}

// command is the whole command line; each subcommand has a file of its name.
func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "schoolgate",
		Short:         "Online-safety pages, agreements and consents for schools",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	var file string
	root.PersistentFlags().StringVar(&file, "settings", "schoolgate.toml", "the settings `file`")
	settings := func() (Settings, error) { return readSettings(file) }
	root.AddCommand(
		buildCommand(settings),
		checkCommand(settings),
		serveCommand(settings),
		importCommand(settings),
		lettersCommand(settings),
		exportCommand(settings),
		remindCommand(settings),
		verifyCommand(settings),
		ledgerCommand(settings),
		retentionCommand(settings),
		backupCommand(settings),
		restoreCommand(settings),
		policyCommand(settings),
		demoCommand(&file),
		initCommand(),
		previewCommand(&file),
		cleanCommand(),
	)
	return root
}

// settingsFunc reads the settings when a command starts to run.
type settingsFunc func() (Settings, error)

func newLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// closing adds the error of closing something to the one a function answers.
func closing(err *error, c io.Closer) { *err = errors.Join(*err, c.Close()) }
