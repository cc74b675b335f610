// Pocketbase is PocketBase with one difference, for BenchmarkPocketBase: a create is on
// the disk before it is answered, as a signature is. PocketBase itself leaves that to the
// next checkpoint of SQLite's log (synchronous=NORMAL).
package main

import (
	"log"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
)

// The settings of its own (core.DefaultDBConnect), but the one.
const settings = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)"

func main() {
	app := pocketbase.NewWithConfig(pocketbase.Config{
		DBConnect: func(path string) (*dbx.DB, error) { return dbx.Open("sqlite", path+settings) },
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}
