;; Calls the DNS shim: argument 1 is the call, argument 2 the name, argument 3 how often.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "warpgrid:shim/dns@0.1.0" "resolve-address" (func $resolve (param i32 i32 i32)))
  (import "warpgrid:shim/dns@0.1.0" "reverse-resolve"
    (func $reverse (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  ;; prelude
  ;; Prints an address: IPv4 with dots, IPv6 as eight decimal groups.
  (func $print_address (param $at i32)
    (local $n i32) (local $six i32)
    (local.set $six (i32.load8_u (local.get $at)))
    (local.set $at (i32.add (local.get $at) (i32.const 2)))
    (block $done
      (loop $next
        (if (local.get $n) (then (call $print_byte (select (i32.const 58) (i32.const 46) (local.get $six)))))
        (if (local.get $six)
          (then
            (call $print_number
              (i32.load16_u (i32.add (local.get $at) (i32.mul (local.get $n) (i32.const 2))))))
          (else (call $print_number (i32.load8_u (i32.add (local.get $at) (local.get $n))))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $n) (select (i32.const 8) (i32.const 4) (local.get $six)))))))
  (func $resolve_and_print (param $name i32)
    (local $at i32) (local $left i32)
    (call $resolve (local.get $name) (call $length (local.get $name)) (i32.const 512))
    (if (i32.load8_u (i32.const 512))
      (then (call $print_error (i32.load8_u (i32.const 516))) (return)))
    (local.set $at (i32.load (i32.const 516)))
    (local.set $left (i32.load (i32.const 520)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (call $print_address (local.get $at))
        (call $print_byte (i32.const 32))
        (local.set $at (i32.add (local.get $at) (i32.const 18)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (call $print_line_end))
  (func (export "_start")
    (local $call i32) (local $times i32) (local $at i32) (local $left i32)
    (local.set $call (i32.load8_u (call $argument (i32.const 1))))
    (local.set $times (i32.sub (i32.load8_u (call $argument (i32.const 3))) (i32.const 48)))

    ;; d: the addresses of a name, so many times, one line each.
    (if (i32.eq (local.get $call) (i32.const 100))
      (then
        (loop $next
          (call $resolve_and_print (call $argument (i32.const 2)))
          (local.set $times (i32.sub (local.get $times) (i32.const 1)))
          (br_if $next (i32.gt_s (local.get $times) (i32.const 0))))))

    ;; b: the names of 10.0.0.N, where N is the digit of argument 3.
    (if (i32.eq (local.get $call) (i32.const 98))
      (then
        (call $reverse
          (i32.const 0) (i32.const 10) (i32.const 0) (i32.const 0) (local.get $times)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))
        (if (i32.load8_u (i32.const 512))
          (then (call $print_error (i32.load8_u (i32.const 516))) (return)))
        (local.set $at (i32.load (i32.const 516)))
        (local.set $left (i32.load (i32.const 520)))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $left)))
            (call $print (i32.load (local.get $at)) (i32.load offset=4 (local.get $at)))
            (call $print_line_end)
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br $next)))))))
