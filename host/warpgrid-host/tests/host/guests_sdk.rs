//! Programs that are linked with the SDK's own C library: the explicit door, `warpgrid:shim`.

use crate::guests_rust::Setup;
use crate::harness::{guest, is_built, load};

const TOML: &str = "[package]\nname = 'case'\n[registry]\n'db.warp.local' = ['10.0.0.5']\n'db.production.warp.local' = ['10.0.0.5']";

#[tokio::test]
async fn a_c_program_reads_the_system_files() {
    if !is_built("sdk") {
        return;
    }
    let said = Setup { toml: TOML, ..Setup::default() }.run("sdk_c").await.text();
    assert_eq!(
        said,
        "resolv.conf: nameserver 127.0.0.1\nhosts names the database: yes\nprocess: case\nzones: many, Europe among them\n"
    );
}

#[tokio::test]
async fn plain_cargo_in_the_sdks_environment_links_the_sdks_c_library() {
    if !is_built("sdk") {
        return;
    }
    let said = Setup { toml: TOML, ..Setup::default() }.run("sdk_rust").await.text();
    assert_eq!(said, "resolv.conf nameserver 127.0.0.1\nname [10.0.0.5:5432]\nrandom true\n");
    // It asks through the shims, so that it is the library and not the host's files that answer.
    let Err(error) = load(&guest("sdk_rust"), "[shims]\nfilesystem = false\ndns = false") else {
        panic!("it links without the shims")
    };
    let text = error.to_string();
    assert!(text.contains("warpgrid:shim/filesystem") && text.contains("warpgrid:shim/dns"), "{text}");
}
