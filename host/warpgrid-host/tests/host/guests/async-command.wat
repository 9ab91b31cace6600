;; A command of WASI 0.3: its `run` returns an error at once, which is exit code 1.
(module
  (memory (export "memory") 1)
  (func (export "wasi:cli/run@0.3.0#run") (result i32) (i32.const 1)))
