// Package themes carries how Schoolgate looks: the layouts of the public site
// and the one stylesheet that the site and the portal share.
package themes

import (
	"embed"
	"io/fs"
)

//go:embed all:schoolgate
var files embed.FS

// FS is the theme: layouts, assets (schoolgate.css) and static (favicon.svg).
var FS = theme()

func theme() fs.FS {
	fsys, err := fs.Sub(files, "schoolgate")
	if err != nil {
		panic(err) // the name is a good one
	}
	return fsys
}
