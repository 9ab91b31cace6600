// What a Go program of the stock toolchain sees of the host's files: prints one line a question.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	switch os.Args[1] {
	case "read":
		text, err := os.ReadFile(os.Args[2])
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Print(string(text))
	case "random":
		first, second := random(), random()
		fmt.Println(len(first), first != second)
	case "list":
		entries, err := os.ReadDir(os.Args[2])
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		for _, entry := range entries {
			fmt.Println(entry.Name(), entry.IsDir())
		}
	case "write":
		err := os.WriteFile(os.Args[2], []byte("from go\n"), 0o644)
		fmt.Println("error:", err)
	case "zone":
		// Reads /usr/share/zoneinfo: this program does not embed the zones.
		zone, err := time.LoadLocation(os.Args[2])
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		summer := time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC).In(zone)
		fmt.Println(summer.Format("15:04 MST"))
	default:
		fmt.Fprintln(os.Stderr, "unknown:", strings.Join(os.Args, " "))
		os.Exit(2)
	}
}

func random() string {
	file, err := os.Open("/dev/urandom")
	if err != nil {
		fmt.Println("error:", err)
		return ""
	}
	defer file.Close()
	bytes := make([]byte, 32)
	if _, err := io.ReadFull(file, bytes); err != nil {
		fmt.Println("error:", err)
	}
	return string(bytes)
}
