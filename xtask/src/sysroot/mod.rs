//! Sysroots for the wasm targets: staging, the overlay over upstream's archive, symbol lists, descriptor audit, the
//! fallback component, and the cases of `tests/libc`. Knows no source kind and fetches nothing.
pub mod archive;
pub mod audit;
pub mod bindings;
pub mod cases;
pub mod compiler;
pub mod fallback;
pub mod object;
pub mod overlay;
pub mod recipe;
pub mod rename;
pub mod source_road;
pub mod source_road_proof;
pub mod stage;
pub mod symbols;
