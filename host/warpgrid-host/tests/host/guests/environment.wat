;; Prints the environment as Preview 1 gives it: every variable and a line end.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  ;; prelude
  (func (export "_start")
    (local $n i32) (local $text i32)
    (drop (call $environ_sizes_get (i32.const 24) (i32.const 28)))
    (drop (call $environ_get (i32.const 2048) (i32.const 4096)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $n) (i32.load (i32.const 24))))
        (local.set $text (i32.load (i32.add (i32.const 2048) (i32.mul (local.get $n) (i32.const 4)))))
        (call $print (local.get $text) (call $length (local.get $text)))
        (call $print_line_end)
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $next)))))
