//! What a guest may see and touch, as plain data; knows no clock, no I/O and no Wasm engine.
#![no_std]
