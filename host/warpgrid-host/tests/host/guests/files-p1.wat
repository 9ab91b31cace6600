;; A Preview 1 program: opens the path of argument 1 below the first folder and prints what it reads, or
;; `error` and the errno.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  ;; prelude
  (func (export "_start")
    (local $path i32) (local $error i32)
    (local.set $path (call $argument (i32.const 1)))
    (local.set $error
      (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (call $length (local.get $path))
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 512)))
    (if (local.get $error)
      (then (call $print_error (local.get $error)) (return)))
    (block $end
      (loop $more
        (i32.store (i32.const 520) (i32.const 4096))
        (i32.store (i32.const 524) (i32.const 1000))
        (if (call $fd_read (i32.load (i32.const 512)) (i32.const 520) (i32.const 1) (i32.const 528))
          (then (unreachable)))
        (br_if $end (i32.eqz (i32.load (i32.const 528))))
        (call $print (i32.const 4096) (i32.load (i32.const 528)))
        (br $more)))
    (drop (call $fd_close (i32.load (i32.const 512))))))
