// Package content carries the words people read: the trust's model pages, the
// agreements and purposes families answer, the directory of help, and each
// school's own details. It holds no code, only the files, so that the binary
// can lay them out as a working starter for a new trust.
//
// A question to families is a file in consents/, a text to sign one in agreements/, a page of
// every school one in model/, a school's own in schools/<slug>/; what mails say is
// model/mails.toml. None of them needs code.
package content

import "embed"

// FS holds every content folder, laid out as site.Load expects it: trust,
// model, agreements, consents and schools at the root.
//
//go:embed all:trust all:model all:agreements all:consents all:schools
var FS embed.FS
