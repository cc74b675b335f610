package site

// What the tests of package site_test need of this package's own.
var (
	NewFixture   = newFixture
	BuildFixture = buildFixture
	MustBuild    = mustBuild
	ResultOf     = resultOf
	Embedded     = embedded
	Put          = put
	FillIn       = fillIn
	Todo         = todo
)

const TidyPage = tidyPage
