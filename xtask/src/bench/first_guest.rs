//! From the downloaded files to the first output of `hello`: our tarball against the same steps by hand.
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Figures;
use crate::exec::Program;
use crate::step;
use crate::suite::SuiteContext;
use crate::{file, tree};

const HELLO: &str = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n";

/// Measures both in turn, swapping the order in every second round.
///
/// # Errors
/// When one of them does not print `hello`.
pub(super) fn run(
    context: &SuiteContext<'_>,
    figures: &mut Figures,
    scratch: &Path,
    rounds: usize,
) -> anyhow::Result<()> {
    let mut pairs = Vec::new();
    for round in 0..rounds {
        let (ours, by_hand);
        if round % 2 == 0 {
            ours = with_the_sdk(context, &scratch.join("ours"))?;
            by_hand = by_hand_from_packages(context, &scratch.join("by hand"))?;
        } else {
            by_hand = by_hand_from_packages(context, &scratch.join("by hand"))?;
            ours = with_the_sdk(context, &scratch.join("ours"))?;
        }
        figures.figure("first-guest-seconds", ours);
        figures.figure("first-guest-by-hand-seconds", by_hand);
        pairs.push((ours, by_hand));
    }
    figures.ratio("first guest / the same by hand from Debian's clang and wasi-libc", &pairs);
    figures.notes.push(
        "first guest: unpack, compile hello for wasm32-wasip2, run. By hand: unpack Debian's packages, lay out the \
         builtins, compile, link with the same wasm-component-ld, run on the stock wasmtime; download and typing \
         not counted on either side"
            .into(),
    );
    Ok(())
}

fn with_the_sdk(context: &SuiteContext<'_>, folder: &Path) -> anyhow::Result<f64> {
    tree::empty(folder)?;
    file::replace(&folder.join("hello.c"), HELLO.as_bytes())?;
    let sdk = context.sdk()?;
    let start = Instant::now();
    Program::new("tar")
        .arg("-xzf")
        .arg(&sdk.tarball)
        .arg("-C")
        .arg(folder)
        .run(&context.log("bench-unpack"))?;
    let top = sdk.tarball.file_name().unwrap_or_default().to_string_lossy();
    let bin = folder.join(top.trim_end_matches(".tar.gz")).join("bin");
    Program::new(bin.join("clang"))
        .args(["hello.c", "-o", "hello.wasm"])
        .current_dir(folder)
        .run(&context.log("bench-compile"))?;
    let text = Program::new(bin.join("warp")).args(["run", "hello.wasm"]).current_dir(folder).stdout()?;
    let seconds = start.elapsed().as_secs_f64();
    anyhow::ensure!(text == "hello\n", "hello printed `{text}`");
    Ok(seconds)
}

fn by_hand_from_packages(context: &SuiteContext<'_>, folder: &Path) -> anyhow::Result<f64> {
    tree::empty(folder)?;
    file::replace(&folder.join("hello.c"), HELLO.as_bytes())?;
    let packages: Vec<PathBuf> =
        step::input_files(context.paths, context.offline, context.jobs, &["llvm", "libc"])?;
    let sdk = context.sdk()?;
    let start = Instant::now();
    let root = folder.join("root");
    for package in &packages {
        Program::new("dpkg-deb").arg("-x").arg(package).arg(&root).run(&context.log("bench-dpkg"))?;
    }
    let llvm = root.join("usr/lib/llvm-22");
    let builtins = llvm.join("lib/clang/22/lib/wasi/libclang_rt.builtins-wasm32.a");
    let place = llvm.join("lib/clang/22/lib/wasm32-unknown-wasip2");
    tree::create(&place)?;
    file::copy_bytes(&builtins, &place.join("libclang_rt.builtins.a"))?;
    let libraries =
        format!("{}:{}", root.join("usr/lib/x86_64-linux-gnu").display(), llvm.join("lib").display());
    let linker = sdk.program("wasm-component-ld");
    Program::new(llvm.join("bin/clang"))
        .args(["--target=wasm32-wasip2", "hello.c", "-o", "hello.wasm"])
        .arg(format!("--sysroot={}", root.join("usr").display()))
        .arg(format!("-fuse-ld={}", linker.display()))
        .env("LD_LIBRARY_PATH", libraries)
        .current_dir(folder)
        .run(&context.log("bench-compile-by-hand"))?;
    let text = Program::new(&sdk.wasmtime).args(["run", "hello.wasm"]).current_dir(folder).stdout()?;
    let seconds = start.elapsed().as_secs_f64();
    anyhow::ensure!(text == "hello\n", "hello printed `{text}`");
    Ok(seconds)
}
