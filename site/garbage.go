package site

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

// seldomPercent is how much garbage may lie about while sites are built, as a share of
// what is in use; see [debug.SetGCPercent].
const seldomPercent = 400

// seldom is how garbage was collected before the builds that run now.
var seldom struct {
	sync.Mutex
	builds  int
	percent int
	limit   int64
}

// collectSeldom has garbage collected less often until done is called: a build makes much
// of it and keeps little, and clearing it away as often as a server does took a tenth of
// the build. From half of the machine's memory on it is cleared away as often as that
// takes, and where the machine does not tell how much it has, nothing changes. Whoever
// sets GOGC or GOMEMLIMIT for the program has their way.
func collectSeldom() (done func()) {
	memory := machineMemory()
	if memory == 0 || os.Getenv("GOGC") != "" {
		return func() {}
	}
	seldom.Lock()
	defer seldom.Unlock()
	if seldom.builds++; seldom.builds == 1 {
		seldom.limit = debug.SetMemoryLimit(-1) // which sets none
		debug.SetMemoryLimit(min(seldom.limit, memory/2))
		seldom.percent = debug.SetGCPercent(seldomPercent)
	}
	return func() {
		seldom.Lock()
		defer seldom.Unlock()
		if seldom.builds--; seldom.builds == 0 {
			debug.SetGCPercent(seldom.percent)
			debug.SetMemoryLimit(seldom.limit)
		}
	}
}

// machineMemory is how many bytes of memory there are for the program: the machine's, or
// its container's. It is 0 where neither is told, as on other systems than Linux.
func machineMemory() (bytes int64) {
	told, _ := os.ReadFile("/proc/meminfo")
	_, total, _ := strings.Cut(string(told), "MemTotal:")
	fmt.Sscan(total, &bytes)
	bytes <<= 10
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		var most int64
		if told, err := os.ReadFile(name); err == nil {
			if _, err := fmt.Sscan(string(told), &most); err == nil && most > 0 { // it may be "max"
				bytes = min(bytes, most)
			}
		}
	}
	return bytes
}
