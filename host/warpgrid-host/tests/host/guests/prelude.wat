  ;; What every guest shares: memory, an allocator that never frees, arguments and printing.
  (memory (export "memory") 4)
  (global $free (mut i32) (i32.const 65536))
  (func $realloc (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
    (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (loop $more
        (br_if $enough
          (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
        (unreachable)))
    (if (local.get $old)
      (then (memory.copy (local.get $at) (local.get $old) (local.get $old_size))))
    (local.get $at))
  ;; Prints bytes to standard output. The first 16 bytes of memory are scratch.
  (func $print (param $at i32) (param $length i32)
    (loop $again
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
      (br_if $again (local.get $length))))
  (func $print_byte (param $byte i32)
    (i32.store8 (i32.const 12) (local.get $byte))
    (call $print (i32.const 12) (i32.const 1)))
  (func $print_number (param $number i32)
    (if (i32.ge_u (local.get $number) (i32.const 10))
      (then (call $print_number (i32.div_u (local.get $number) (i32.const 10)))))
    (call $print_byte (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10)))))
  (func $print_line_end (call $print_byte (i32.const 10)))
  ;; Prints `error N` and ends the line: N is the number of the case of the error enum.
  (func $print_error (param $case i32)
    (i64.store (i32.const 16) (i64.const 0x20726f727265)) ;; "error "
    (call $print (i32.const 16) (i32.const 6))
    (call $print_number (local.get $case))
    (call $print_line_end))
  ;; The address of argument $n, which ends with a NUL, and its length.
  (func $argument (param $n i32) (result i32)
    (drop (call $args_sizes_get (i32.const 24) (i32.const 28)))
    (if (i32.ge_u (local.get $n) (i32.load (i32.const 24))) (then (unreachable)))
    (drop (call $args_get (i32.const 256) (i32.const 1024)))
    (i32.load (i32.add (i32.const 256) (i32.mul (local.get $n) (i32.const 4)))))
  (func $length (param $text i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $text))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))
