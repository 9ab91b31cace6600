;; Asks both shims once: is `/etc/hosts` virtual, and does `db.warp.local` resolve? Prints `1 0` when both
;; answer yes: the number of the first, and the discriminant of the second (0 ok, 1 error).
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "is-virtual" (func $is_virtual (param i32 i32) (result i32)))
  (import "warpgrid:shim/dns@0.1.0" "resolve-address" (func $resolve (param i32 i32 i32)))
  ;; prelude
  (data (i32.const 2048) "/etc/hosts")
  (data (i32.const 2064) "db.warp.local")
  (func (export "_start")
    (call $print_number (call $is_virtual (i32.const 2048) (i32.const 10)))
    (call $print_byte (i32.const 32))
    (call $resolve (i32.const 2064) (i32.const 13) (i32.const 512))
    (call $print_number (i32.load8_u (i32.const 512)))
    (call $print_line_end)))
