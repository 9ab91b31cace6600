;; Calls the filesystem shim: argument 1 is the call, argument 2 the path.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "is-virtual" (func $is_virtual (param i32 i32) (result i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "read-virtual" (func $read_virtual (param i32 i32 i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "stat" (func $stat (param i32 i32 i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "list-directory" (func $list (param i32 i32 i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "open" (func $open (param i32 i32 i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "[method]file.read" (func $read (param i32 i64 i32 i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "[method]file.write" (func $write (param i32 i64 i32 i32 i32)))
  (import "warpgrid:shim/filesystem@0.1.0" "[resource-drop]file" (func $close (param i32)))
  ;; prelude
  (func $is_error (result i32) (i32.load8_u (i32.const 512)))
  ;; Opens the path and returns the handle, or prints the error and returns -1.
  (func $open_path (param $path i32) (result i32)
    (call $open (local.get $path) (call $length (local.get $path)) (i32.const 512))
    (if (call $is_error)
      (then (call $print_error (i32.load8_u (i32.const 516))) (return (i32.const -1))))
    (i32.load (i32.const 516)))
  (func (export "_start")
    (local $call i32) (local $path i32) (local $size i32) (local $at i32) (local $end i32) (local $file i32)
    (local.set $call (i32.load8_u (call $argument (i32.const 1))))
    (local.set $path (call $argument (i32.const 2)))
    (local.set $size (call $length (local.get $path)))

    ;; v: is it virtual? Prints 1 or 0.
    (if (i32.eq (local.get $call) (i32.const 118))
      (then
        (call $print_number (call $is_virtual (local.get $path) (local.get $size)))
        (call $print_line_end)))

    ;; r: the whole content.
    (if (i32.eq (local.get $call) (i32.const 114))
      (then
        (call $read_virtual (local.get $path) (local.get $size) (i32.const 512))
        (if (call $is_error)
          (then (call $print_error (i32.load8_u (i32.const 516))))
          (else (if (i32.load (i32.const 520))
            (then (call $print (i32.load (i32.const 516)) (i32.load (i32.const 520)))))))))

    ;; s: kind, size and whether it can be written.
    (if (i32.eq (local.get $call) (i32.const 115))
      (then
        (call $stat (local.get $path) (local.get $size) (i32.const 512))
        (if (call $is_error)
          (then (call $print_error (i32.load8_u (i32.const 520))))
          (else
            (call $print_number (i32.load8_u (i32.const 520)))
            (call $print_byte (i32.const 32))
            (call $print_number (i32.load (i32.const 528)))
            (call $print_byte (i32.const 32))
            (call $print_number (i32.load8_u (i32.const 536)))
            (call $print_line_end)))))

    ;; l: the names, one a line, each after its kind.
    (if (i32.eq (local.get $call) (i32.const 108))
      (then
        (call $list (local.get $path) (local.get $size) (i32.const 512))
        (if (call $is_error)
          (then (call $print_error (i32.load8_u (i32.const 516))))
          (else
            (local.set $at (i32.load (i32.const 516)))
            (local.set $end
              (i32.add (local.get $at) (i32.mul (i32.load (i32.const 520)) (i32.const 12))))
            (block $done
              (loop $next
                (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
                (call $print_number (i32.load8_u offset=8 (local.get $at)))
                (call $print_byte (i32.const 32))
                (call $print (i32.load (local.get $at)) (i32.load offset=4 (local.get $at)))
                (call $print_line_end)
                (local.set $at (i32.add (local.get $at) (i32.const 12)))
                (br $next)))))))

    ;; o: opens and reads 16 bytes a time until 64 bytes or the end came.
    (if (i32.eq (local.get $call) (i32.const 111))
      (then
        (local.set $file (call $open_path (local.get $path)))
        (if (i32.ne (local.get $file) (i32.const -1))
          (then
            (local.set $at (i32.const 0))
            (block $done
              (loop $next
                (call $read
                  (local.get $file) (i64.extend_i32_u (local.get $at)) (i32.const 16) (i32.const 512))
                (if (call $is_error) (then (unreachable)))
                (br_if $done (i32.eqz (i32.load (i32.const 520))))
                (call $print (i32.load (i32.const 516)) (i32.load (i32.const 520)))
                (local.set $at (i32.add (local.get $at) (i32.load (i32.const 520))))
                (br_if $next (i32.lt_u (local.get $at) (i32.const 64)))))
            (call $close (local.get $file))))))

    ;; w: opens and writes the 3 bytes at 0; prints how many were taken.
    (if (i32.eq (local.get $call) (i32.const 119))
      (then
        (local.set $file (call $open_path (local.get $path)))
        (if (i32.ne (local.get $file) (i32.const -1))
          (then
            (call $write (local.get $file) (i64.const 0) (i32.const 0) (i32.const 3) (i32.const 512))
            (if (call $is_error)
              (then (call $print_error (i32.load8_u (i32.const 520))))
              (else (call $print_number (i32.load (i32.const 520))) (call $print_line_end)))))))

    ;; k: opens 2000 times without closing; prints how many were opened before the first error.
    (if (i32.eq (local.get $call) (i32.const 107))
      (then
        (local.set $at (i32.const 0))
        (block $done
          (loop $next
            (call $open (local.get $path) (local.get $size) (i32.const 512))
            (br_if $done (call $is_error))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $at) (i32.const 2000)))))
        (call $print_number (local.get $at))
        (call $print_line_end)
        (if (call $is_error) (then (call $print_error (i32.load8_u (i32.const 516)))))))

    ;; c: opens and closes 3000 times; prints how often it went well.
    (if (i32.eq (local.get $call) (i32.const 99))
      (then
        (local.set $at (i32.const 0))
        (block $done
          (loop $next
            (call $open (local.get $path) (local.get $size) (i32.const 512))
            (br_if $done (call $is_error))
            (call $close (i32.load (i32.const 516)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $at) (i32.const 3000)))))
        (call $print_number (local.get $at))
        (call $print_line_end)))))
