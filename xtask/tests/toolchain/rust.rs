//! Rust programs in the environment of the moved SDK.
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::moved::{Moved, is_component, moved, succeed, text};

const PROGRAM: &str = "fn main() { println!(\"{:?}\", std::fs::read_to_string(\"/etc/hosts\")); }\n";

#[test]
fn plain_cargo_links_the_sdks_c_library_from_a_folder_with_blanks() {
    let Some(moved) = with_rust() else { return };
    let said = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    if !Path::new(text(&said.stdout).trim()).join("lib/rustlib/wasm32-wasip2/lib").is_dir() {
        println!("skipped: rustc has no standard library here: `rustup target add wasm32-wasip2`");
        return;
    }
    let project = moved.work().join("a project");
    std::fs::create_dir_all(project.join("src")).unwrap();
    std::fs::write(project.join("Cargo.toml"), "[package]\nname = \"app\"\n[workspace]\n").unwrap();
    std::fs::write(project.join("src/main.rs"), PROGRAM).unwrap();
    for (variant, shim) in [("warpgrid", true), ("stock", false)] {
        let folder = project.join(variant);
        let script = ". \"$1/env.sh\" && exec cargo build --target wasm32-wasip2";
        let built = Command::new("sh")
            .args(["-euc", script, "sh"])
            .arg(moved.sdk())
            .env("WARPGRID_VARIANT", variant)
            .env("CARGO_TARGET_DIR", &folder)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("RUSTFLAGS")
            .current_dir(&project)
            .output()
            .unwrap();
        succeed(&built);
        let component = folder.join("wasm32-wasip2/debug/app.wasm");
        assert!(is_component(&component));
        let bytes = std::fs::read(&component).unwrap();
        let found = memchr::memmem::find(&bytes, b"warpgrid:shim/filesystem").is_some();
        assert_eq!(found, shim, "{variant}");
    }
}

#[test]
fn env_sh_says_when_the_sdks_rust_library_cannot_be_used() {
    let Some(moved) = with_rust() else { return };
    let other = source(&moved, "rustc 1.2.3 (other)");
    succeed(&other);
    let (said, complaint) = (text(&other.stdout), text(&other.stderr));
    assert!(said.contains("/share/warpgrid/rust/linker\n"), "{said}");
    for words in
        ["fits another compiler", "rustc 1.2.3 (other)", "hint: run `rustup target add wasm32-wasip2`"]
    {
        assert!(complaint.contains(words), "no `{words}` in {complaint}");
    }
    let version = std::fs::read_to_string(moved.sdk().join("share/warpgrid/rust/rustc-version")).unwrap();
    let fitting = source(&moved, version.trim());
    succeed(&fitting);
    let complaint = text(&fitting.stderr);
    assert!(complaint.contains("holds a blank") && complaint.contains("hint: "), "{complaint}");
    assert!(!text(&fitting.stdout).contains("--sysroot="), "a path with blanks would be torn apart");
}

/// The moved SDK, if it has Rust's library.
fn with_rust() -> Option<Moved> {
    let moved = moved()?;
    if !moved.sdk().join("share/warpgrid/rust/linker").is_file() {
        println!("skipped: the staged SDK is older than its part `rust`; run `cargo xtask build-sdk`");
        return None;
    }
    Some(moved)
}

/// Sources `env.sh` where `rustc` is of that version and has no library of its own.
fn source(moved: &Moved, version: &str) -> Output {
    let bin = moved.work().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let rustc = bin.join("rustc");
    let script = format!("#!/bin/sh\ncase $1 in --version) echo '{version}';; *) echo /nonexistent;; esac\n");
    std::fs::write(&rustc, script).unwrap();
    std::fs::set_permissions(&rustc, std::fs::Permissions::from_mode(0o755)).unwrap();
    Command::new("sh")
        .args(["-euc", ". \"$1/env.sh\"; env", "sh"])
        .arg(moved.sdk())
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .output()
        .unwrap()
}
