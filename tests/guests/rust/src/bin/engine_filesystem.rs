//! Reads `/etc/hosts` through the filesystem shim, and needs no other.

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    world: "filesystem-imports",
    generate_all,
});

fn main() {
    let hosts = warpgrid::shim::filesystem::read_virtual("/etc/hosts").expect("the virtual hosts file");
    print!("{}", String::from_utf8_lossy(&hosts));
}
