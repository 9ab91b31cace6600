//! Resolves a name through the DNS shim, and needs no other.

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    world: "dns-imports",
    generate_all,
});

fn main() {
    println!("{:?}", warpgrid::shim::dns::resolve_address("db.warp.local"));
}
