package main

import (
	"syscall"
	"time"
)

// confine takes from this process what reading a picture does not need: more processor time
// and memory than that, files, and a picture of its memory where it fails.
func confine(seconds time.Duration, memory uint64) error {
	for resource, most := range map[int]uint64{
		syscall.RLIMIT_CPU: uint64(seconds.Seconds()), syscall.RLIMIT_DATA: memory, syscall.RLIMIT_FSIZE: 0, syscall.RLIMIT_CORE: 0,
	} {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	return nil
}
