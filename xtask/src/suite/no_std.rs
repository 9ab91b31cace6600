//! Builds `warpgrid-grants` where there is no `std`: the data and decisions of the host must fit an edge host, too.
use anyhow::Context;

use super::SuiteContext;
use crate::exec::Program;
use crate::report::{Outcome, SuiteReport};
use crate::{file, tree};

const PACKAGE: &str = "warpgrid-grants";

/// Targets that have `core` and `alloc` and no `std`, the first that is there or can be added is taken.
const TARGETS: &[&str] = &["wasm32v1-none", "x86_64-unknown-none"];

/// A library with a panic handler and an allocator of its own: whatever brings `std` brings a second panic handler,
/// which the compiler refuses.
const WITHOUT_STD: &str = r"//! Links the crate where a second panic handler is an error.
#![no_std]

extern crate warpgrid_grants;

use core::alloc::{GlobalAlloc, Layout};

struct Nothing;

// SAFETY: it hands out no memory at all, which an allocator may do.
unsafe impl GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static NOTHING: Nothing = Nothing;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
";

/// One row a way of showing it; the second needs nothing but the compiler.
///
/// # Errors
/// When no scratch folder can be made.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("no-std");
    let scratch = context.scratch("no-std")?;
    report.case_or_skip("for a target without std", || {
        let Some(target) = target(context)? else {
            let targets = TARGETS.join("`, `");
            return Ok(Outcome::Skipped(format!(
                "neither of `{targets}` is installed or can be added by rustup"
            )));
        };
        Program::new("cargo")
            .current_dir(&context.paths.root)
            .args(["build", "--package", PACKAGE, "--target", target, "--target-dir"])
            .arg(scratch.join("target"))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .run(&context.log("no-std-target"))?;
        Ok(Outcome::Passed)
    });
    report.case("beside a panic handler of its own", || {
        let folder = scratch.join("linked");
        tree::create(&folder)?;
        let grants = context.paths.root.join("host").join(PACKAGE);
        let manifest = format!(
            "[workspace]\n[package]\nname = \"linked\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [lib]\npath = \"lib.rs\"\ncrate-type = [\"staticlib\"]\n\
             [dependencies]\n{PACKAGE} = {{ path = {:?} }}\n\
             [profile.dev]\npanic = \"abort\"\n",
            grants
        );
        file::replace(&folder.join("Cargo.toml"), manifest.as_bytes())?;
        file::replace(&folder.join("lib.rs"), WITHOUT_STD.as_bytes())?;
        Program::new("cargo")
            .current_dir(&folder)
            .args(["build", "--offline", "--target-dir"])
            .arg(scratch.join("target"))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .run(&context.log("no-std-linked"))
    });
    Ok(report)
}

/// A target without std that is installed, or that rustup could add.
fn target(context: &SuiteContext<'_>) -> anyhow::Result<Option<&'static str>> {
    let sysroot =
        Program::new("rustc").args(["--print", "sysroot"]).stdout().context("asking for the sysroot")?;
    let installed = |target: &&&str| {
        std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir()
    };
    if let Some(target) = TARGETS.iter().find(installed) {
        return Ok(Some(target));
    }
    if context.offline {
        return Ok(None);
    }
    let added = |target: &&&str| {
        let add = Program::new("rustup").args(["target", "add", target]);
        add.output().is_ok_and(|finished| finished.code == Some(0))
    };
    Ok(TARGETS.iter().find(added).copied())
}
