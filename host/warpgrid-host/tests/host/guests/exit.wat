;; Ends with the exit code that the first letter of argument 1 asks for: a digit is the code, `t` traps, `r`
;; returns, `l` is 256 (a code that does not fit into a byte).
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  ;; prelude
  (func $trap_here (unreachable))
  (func (export "_start")
    (local $letter i32)
    (local.set $letter (i32.load8_u (call $argument (i32.const 1))))
    (if (i32.eq (local.get $letter) (i32.const 116)) (then (call $trap_here)))
    (if (i32.eq (local.get $letter) (i32.const 114)) (then (return)))
    (call $exit (i32.sub (local.get $letter) (i32.const 48)))))
