// Package themes carries how Schoolgate looks: the layouts of the public site
// and the one stylesheet that the site and the portal share.
package themes

import "embed"

// FS holds the theme under "schoolgate": layouts, assets (schoolgate.css) and
// static (favicon.svg).
//
//go:embed all:schoolgate
var FS embed.FS
