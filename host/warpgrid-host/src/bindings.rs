//! Generated from `wit/warpgrid`, and nothing else.
#![allow(missing_docs)]

wasmtime::component::bindgen!({
    path: "../../wit/warpgrid",
    world: "imports",
    imports: {
        "warpgrid:shim/dns.resolve-address": async | trappable,
        "warpgrid:shim/database-proxy.connect": async | trappable,
        "warpgrid:shim/database-proxy.[method]connection.send": async | trappable,
        "warpgrid:shim/database-proxy.[method]connection.recv": async | trappable,
        default: trappable,
    },
    with: {
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "warpgrid:shim/filesystem.file": warpgrid_grants::files::OpenFile,
        "warpgrid:shim/database-proxy.connection": crate::shims::database_proxy::ProxiedConnection,
        "warpgrid:shim/database-proxy-async.connection": crate::shims::database_proxy::AsyncProxiedConnection,
    },
});
