// Programs of the driver matrix in Go: `drivers <driver> <cell>`, one file a driver.
package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// The longest a cell may take.
const limit = 60 * time.Second

// A cell ends with a fact (which may be empty), or an error.
type cell func(ctx context.Context, s settings) (string, error)

// An error that says that the driver has no way to do it.
type unsupported string

func (why unsupported) Error() string { return string(why) }

var drivers = map[string]map[string]cell{
	"pgx":      pgxCells,
	"mysql":    mysqlCells,
	"go-redis": redisCells,
}

func main() {
	if len(os.Args) != 3 {
		end("", fmt.Errorf("usage: drivers <driver> <cell>"))
	}
	run, known := drivers[os.Args[1]][os.Args[2]]
	if !known {
		end("", fmt.Errorf("there is no driver `%s` with a cell `%s`", os.Args[1], os.Args[2]))
	}
	s, err := readSettings()
	if err != nil {
		end("", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	end(run(ctx, s))
}

// end prints the last line and leaves with the exit code.
func end(fact string, err error) {
	switch why := err.(type) {
	case nil:
		if fact == "" {
			fmt.Println("ok")
		} else {
			fmt.Println("ok: " + fact)
		}
		os.Exit(0)
	case unsupported:
		fmt.Println("unsupported: " + string(why))
		os.Exit(0)
	default:
		fmt.Println("failed: " + err.Error())
		os.Exit(1)
	}
}
