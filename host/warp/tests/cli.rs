//! The command line as a user meets it: real program, real files.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Prints `hi` and ends with code 3 or, without `good` as first argument, traps.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hi\0a")
    (data (i32.const 0) "\10\00\00\00\03\00\00\00")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (call $sizes (i32.const 32) (i32.const 36)))
        (if (i32.eq (i32.load (i32.const 32)) (i32.const 1)) (then (unreachable)))
        (call $exit (i32.const 3))))"#;

const NEEDS_DNS: &str = r#"(component
    (import "warpgrid:shim/dns@0.1.0" (instance
        (export "reverse-resolve" (func)))))"#;

struct Room(tempfile::TempDir);

impl Room {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn guest(&self) -> PathBuf {
        self.put("guest with space.wasm", wat::parse_str(GUEST).unwrap())
    }
}

fn warp(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warp"));
    command.args(arguments.iter().map(|argument| argument.as_ref())).env_remove("RUST_LOG");
    command.output().unwrap()
}

fn error_of(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_guest_runs_and_its_output_and_exit_code_are_passed_on() {
    let room = Room::new();
    let output = warp(&[&"run", &room.guest(), &"--", &"good"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b"hi\n"[..]));
    assert_eq!(error_of(&output), "");
}

#[test]
fn a_trap_is_exit_code_134_and_keeps_what_was_printed() {
    let room = Room::new();
    let output = warp(&[&"run", &room.guest()]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(134), &b"hi\n"[..]));
    assert!(error_of(&output).contains("guest with space.wasm` trapped: wasm `unreachable`"), "{output:?}");
}

#[test]
fn a_component_that_does_not_link_says_what_to_switch_on() {
    let room = Room::new();
    let guest = room.put("needs-dns.wasm", wat::parse_str(NEEDS_DNS).unwrap());
    let config = room.put("warp.toml", "[shims]\ndns = false\n");
    let output = warp(&[&"run", &"--config", &config, &guest]);
    assert_eq!(output.status.code(), Some(125));
    let error = error_of(&output).replace(&room.0.path().display().to_string(), "ROOM");
    assert_eq!(
        error,
        "error: cannot run `ROOM/needs-dns.wasm`\n  \
         because: the component does not link: an import is missing\n      \
         warpgrid:shim/dns@0.1.0 (reverse-resolve)\n        \
         the dns shim provides it, and is switched off\n\
         hint: switch it on with `dns = true` under `[shims]` in warp.toml\n"
    );
}

#[test]
fn bad_input_is_answered_with_what_where_and_what_to_do() {
    let room = Room::new();
    let guest = room.guest();
    let run = |arguments: &[&dyn AsRef<std::ffi::OsStr>]| {
        let output = warp(arguments);
        assert_eq!(output.status.code(), Some(125), "{output:?}");
        error_of(&output)
    };
    let missing = room.path("missing.wasm");
    assert!(run(&[&"run", &missing]).contains("because: No such file or directory"));
    let source = room.put("a.c", "int main(void) { return 0; }");
    assert!(run(&[&"run", &source]).contains("(it looks like text)\nhint: warp runs components"));
    let typo = room.put("typo.toml", "[shims.dns]\ntll-seconds = 3\n");
    let error = run(&[&"run", &"--config", &typo, &guest]);
    assert!(
        error.contains(
            "typo.toml` line 2: unknown key `tll-seconds` in `[shims.dns]`\nhint: did you mean `ttl-seconds`?"
        ),
        "{error}"
    );
    let folder = run(&[&"run", &"--dir", &"/nowhere/at/all::/x", &guest]);
    assert!(folder.contains("cannot open the folder `/nowhere/at/all` for the guest"), "{folder}");
    let unset = room.put("unset.toml", "[env]\nA = { from = 'WARP_TEST_UNSET' }\n");
    assert!(run(&[&"run", &"--config", &unset, &guest]).contains("`WARP_TEST_UNSET`, which is not set"));
    assert_eq!(warp(&[&"run", &"--env", &"=x", &guest]).status.code(), Some(2));
}

#[test]
fn an_unknown_shim_is_a_warning_on_standard_error() {
    let room = Room::new();
    let config = room.put("warp.toml", "[shims]\ndsn = true\n");
    let output = warp(&[&"run", &"--config", &config, &room.guest(), &"good"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(error_of(&output).contains("unknown shim `dsn` is ignored; did you mean `dns`?"), "{output:?}");
}

#[test]
fn composing_what_needs_no_shim_copies_it() {
    let room = Room::new();
    let (guest, out) = (room.guest(), room.path("out.wasm"));
    let output = warp(&[&"compose", &guest, &"-o", &out]);
    assert_eq!(output.status.code(), Some(0));
    assert!(error_of(&output).contains("imports no shim and runs anywhere: copied unchanged"));
    assert_eq!(std::fs::read(guest).unwrap(), std::fs::read(out).unwrap());
}

#[test]
fn composing_without_a_fallback_says_where_one_was_looked_for() {
    let room = Room::new();
    let guest = room.put("needs-dns.wasm", wat::parse_str(NEEDS_DNS).unwrap());
    let output = warp(&[&"compose", &guest, &"-o", &room.path("out.wasm")]);
    assert_eq!(output.status.code(), Some(125));
    let error = error_of(&output);
    assert!(error.contains("share/warpgrid/fallback`\nhint: run the warp of an unpacked SDK"), "{error}");
    assert!(!Path::new(&room.path("out.wasm")).exists());
}

#[test]
fn help_has_examples_and_version_is_the_package_s() {
    for arguments in [&["--help"][..], &["run", "--help"], &["compose", "--help"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_warp")).args(arguments).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("Examples:\n"), "{arguments:?}");
    }
    let version = warp(&[&"--version"]).stdout;
    assert_eq!(String::from_utf8(version).unwrap(), format!("warp {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn explain_says_what_is_missing_and_runs_nothing() {
    let room = Room::new();
    let guest = room.guest();
    let text = warp(&[&"run", &"--explain", &guest]);
    assert_eq!((text.status.code(), error_of(&text)), (Some(0), String::new()));
    let said = String::from_utf8(text.stdout).unwrap();
    assert!(
        said.contains("guest with space.wasm`\nkind: a command\nform: a core module, adapted\n"),
        "{said}"
    );
    assert!(said.ends_with("missing: nothing\n") && !said.contains("hi\n"), "{said}");

    let needs_dns = room.put("needs-dns.wasm", wat::parse_str(NEEDS_DNS).unwrap());
    let config = room.put("warp.toml", "[shims]\ndns = false\n");
    let json = warp(&[&"run", &"--explain", &"--json", &"--config", &config, &needs_dns]);
    assert_eq!(json.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(said["missing"][0]["import"], "warpgrid:shim/dns@0.1.0");
    assert_eq!(said["missing"][0]["functions"][0], "reverse-resolve");
    assert_eq!(said["imports"][0]["area"], "names");
    assert_eq!(said["imports"][0]["shim"]["on"], false);

    let folder = warp(&[&"run", &"--explain", &"--dir", &"/srv::/data", &guest]);
    let said = String::from_utf8(folder.stdout).unwrap();
    assert!(said.contains("`/data` from `/srv`, to read and write"), "{said}");
    assert_eq!(warp(&[&"run", &"--explain", &room.put("a.c", "int main;")]).status.code(), Some(125));
}
