//! Generated from `wit/warpgrid`, and nothing else.
#![allow(missing_docs)]

wasmtime::component::bindgen!({
    path: "../../wit/warpgrid",
    world: "imports",
    imports: {
        "warpgrid:shim/dns.resolve-address": async | trappable,
        default: trappable,
    },
    with: {
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "warpgrid:shim/filesystem.file": warpgrid_grants::files::OpenFile,
    },
});
