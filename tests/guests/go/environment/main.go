// Arguments, environment, goroutines and the exit code of a Go program of the stock toolchain.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	switch os.Args[1] {
	case "print":
		fmt.Println(os.Args[2:], os.Getenv("GREETING"), len(os.Environ()))
	case "goroutines":
		sum := make(chan int)
		for worker := 1; worker <= 4; worker++ {
			go func() {
				time.Sleep(time.Millisecond)
				sum <- worker
			}()
		}
		fmt.Println(<-sum + <-sum + <-sum + <-sum)
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	case "panic":
		panic("as the test asked")
	}
}
