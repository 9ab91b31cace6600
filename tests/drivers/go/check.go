package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

const (
	// Connections, one after the other, of the cell `reuse`.
	passes = 20
	// Requests at once in the cell `pipeline`.
	queries = 20
	// Rows of the cell `copy`: enough to fill several packets.
	bulkRows = 5000
)

// unique is a name that nobody else uses: programs run at the same time on the same server.
func unique(cell string) string {
	random := make([]byte, 6)
	rand.Read(random)
	return "driver_" + cell + "_" + hex.EncodeToString(random)
}

// bulkText is the rows of the cell `copy`, tab-separated.
func bulkText() string {
	var rows strings.Builder
	for number := range bulkRows {
		fmt.Fprintf(&rows, "%d\tZeile grün %d\n", number, number)
	}
	return rows.String()
}

// same fails unless the answer is the wanted one.
func same[T comparable](what string, got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("%s is %v, not %v", what, got, wanted)
	}
	return nil
}

// until asks again and again until the answer is yes, at most 20 s long; an error ends it at once.
func until(ctx context.Context, what string, ask func(ctx context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		yes, err := ask(ctx)
		if yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within 20 s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// eventually tries again and again until `attempt` succeeds, at most 20 s long.
func eventually(ctx context.Context, what string, attempt func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within 20 s: %w", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// first gives the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// reuseFact is the fact of the cell `reuse`.
func reuseFact[T comparable](sessions map[T]bool) string {
	return fmt.Sprintf("%d connections, %d server sessions", passes, len(sessions))
}
