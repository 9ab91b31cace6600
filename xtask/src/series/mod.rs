//! Patch series: parse, apply, export, rebase, validate; knows no particular fork.
