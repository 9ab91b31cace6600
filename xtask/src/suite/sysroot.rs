//! The unpacked SDK as a compiler: both targets, both variants, C and C++, and what ends up in the result.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::SuiteContext;
use super::context::SdkUnderTest;
use crate::exec::Program;
use crate::manifest::Variant;
use crate::report::{Outcome, SuiteReport};
use crate::series::fork::Fork;
use crate::sysroot::compiler::Compiler as WasmCompiler;
use crate::sysroot::recipe::Recipe;
use crate::sysroot::source_road_proof::{ProofInputs, prove};
use crate::sysroot::stage::LARGEST_GROWTH_PERCENT;
use crate::sysroot::{archive, audit, symbols};
use crate::tree;

const TARGETS: &[&str] = &["wasm32-wasip1", "wasm32-wasip2"];
const VARIANTS: &[&str] = &["stock", "warpgrid"];

/// A program that uses no shimmed function.
const PLAIN: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int main(void) { printf("%d %d\n", abs(-3), time(NULL) > 1000000000); return 0; }
"#;

/// A program that reads, writes, polls and closes, and still needs no shim.
const DESCRIPTORS: &str = r#"
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    char byte;
    struct pollfd entry = { .fd = 1, .events = POLLOUT };
    int ready = poll(&entry, 1, 0);
    printf("%d %d\n", ready, read(0, &byte, 0) > 0);
    return close(2);
}
"#;

const CPLUSPLUS: &str = r#"
#include <iostream>
#include <map>
#include <string>
#include <vector>
#include <algorithm>
int main() {
    std::map<std::string, std::vector<int>> numbers{{"b", {3, 1, 2}}, {"a", {9}}};
    std::sort(numbers["b"].begin(), numbers["b"].end());
    for (const auto &[name, list] : numbers) {
        std::cout << name;
        for (int number : list) std::cout << ' ' << number;
        std::cout << std::endl;
    }
}
"#;

const EXCEPTIONS: &str = "int main() { try { throw 1; } catch (int) { return 0; } }\n";

/// Compiles and runs; looks into archives and results.
///
/// # Errors
/// When the scratch folder cannot be made.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("sysroot");
    let sdk = context.sdk()?;
    let scratch = context.scratch("sysroot suite")?;
    for target in TARGETS {
        for variant in VARIANTS {
            let folder = scratch.join(format!("{target} {variant}"));
            let compiler = Compiler { sdk, target, variant, folder };
            report.case(format!("C {target} {variant}"), || {
                let wasm = compiler.compile("clang", "plain.c", PLAIN, &["-O2"])?;
                compiler.runs_everywhere(&wasm, "3 1\n")
            });
            report.case(format!("C++ {target} {variant}"), || {
                let wasm = compiler.compile("clang++", "lists.cpp", CPLUSPLUS, &["-O1"])?;
                compiler.runs_everywhere(&wasm, "a 9\nb 1 2 3\n")
            });
            report.case(format!("descriptors need no shim {target} {variant}"), || {
                let wasm = compiler.compile("clang", "descriptors.c", DESCRIPTORS, &["-O2"])?;
                no_shim_import(sdk, &wasm)?;
                compiler.runs_everywhere(&wasm, "1 0\n")
            });
        }
        for variant in Variant::ALL {
            report.case(format!("symbols and descriptor audit {target} {variant}"), || {
                reviewed_lists(context, target, variant)
            });
        }
        report.case(format!("archive at most {LARGEST_GROWTH_PERCENT} % larger {target}"), || {
            archive_size(sdk, target)
        });
    }
    report
        .case("-fexceptions is answered clearly, or works", || exceptions(sdk, &scratch.join("exceptions")));
    report.case_or_skip("the source road builds a made-up upstream", || source_road(context, sdk, &scratch));
    report.case("no path of the build machine", || no_build_path(context, sdk));
    Ok(report)
}

/// The SDK's compiler for one target and variant, on a machine without any other.
struct Compiler<'a> {
    sdk: &'a SdkUnderTest,
    target: &'a str,
    variant: &'a str,
    folder: PathBuf,
}

impl Compiler<'_> {
    fn compile(&self, driver: &str, name: &str, text: &str, flags: &[&str]) -> anyhow::Result<PathBuf> {
        if !self.folder.is_dir() {
            tree::empty(&self.folder)?;
        }
        let source = self.folder.join(name);
        std::fs::write(&source, text).with_context(|| format!("writing `{}`", source.display()))?;
        let output = source.with_extension("wasm");
        Program::new(self.sdk.program(driver))
            .arg(format!("--target={}", self.target))
            .arg(format!("--sysroot={}", self.sdk.sysroot(self.target, self.variant).display()))
            .args(flags.iter().copied())
            .arg(&source)
            .arg("-o")
            .arg(&output)
            .env("PATH", "/nonexistent")
            .current_dir(&self.folder)
            .run(&source.with_extension("log"))?;
        Ok(output)
    }

    /// Our host and the stock one must print the same.
    fn runs_everywhere(&self, wasm: &Path, expected: &str) -> anyhow::Result<()> {
        for host in [&self.sdk.program("warp"), &self.sdk.wasmtime] {
            let text = Program::new(host).arg("run").arg(wasm).current_dir(&self.folder).stdout()?;
            anyhow::ensure!(text == expected, "`{}` printed `{text}`, expected `{expected}`", host.display());
        }
        Ok(())
    }
}

/// The names of interfaces stand in a component and in a module as plain text.
fn no_shim_import(sdk: &SdkUnderTest, wasm: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(wasm).with_context(|| format!("reading `{}`", wasm.display()))?;
    let needle = b"warpgrid:shim";
    if bytes.windows(needle.len()).any(|window| window == needle) {
        bail!("`{}` imports a shim, built with `{}`", wasm.display(), sdk.folder.display());
    }
    Ok(())
}

/// The shipped `libc.a` defines what `sysroots/*.symbols` says, and leaves to upstream what `*.audit` reviews.
fn reviewed_lists(context: &SuiteContext<'_>, target: &str, variant: Variant) -> anyhow::Result<()> {
    let root = &context.paths.root;
    let path = context.sdk()?.sysroot(target, variant.as_str()).join("lib").join(target).join("libc.a");
    let bytes = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let members = archive::read(&bytes).with_context(|| format!("in `{}`", path.display()))?;
    let list = |kind: &str| root.join(format!("sysroots/{target}.{variant}.{kind}"));
    symbols::compare(&symbols::defined(&members)?, &list("symbols"), false)?;
    if variant == Variant::Warpgrid {
        let prefix = Recipe::read(&root.join("forks/libc"))?.overlay.prefix;
        audit::compare(&audit::remainder(&members, &prefix)?, &list("audit"))?;
    }
    Ok(())
}

fn archive_size(sdk: &SdkUnderTest, target: &str) -> anyhow::Result<()> {
    let size = |variant: &str| -> anyhow::Result<u64> {
        let path = sdk.sysroot(target, variant).join("lib").join(target).join("libc.a");
        Ok(std::fs::metadata(&path).with_context(|| format!("looking at `{}`", path.display()))?.len())
    };
    let (stock, warpgrid) = (size("stock")?, size("warpgrid")?);
    let limit = stock + stock * LARGEST_GROWTH_PERCENT / 100;
    anyhow::ensure!(
        warpgrid <= limit,
        "`libc.a` has {warpgrid} bytes, stock {stock}: more than the limit {limit}"
    );
    Ok(())
}

fn exceptions(sdk: &SdkUnderTest, folder: &Path) -> anyhow::Result<()> {
    tree::empty(folder)?;
    let source = folder.join("throws.cpp");
    std::fs::write(&source, EXCEPTIONS).with_context(|| format!("writing `{}`", source.display()))?;
    let finished = Program::new(sdk.program("clang++"))
        .args(["-fexceptions", "throws.cpp", "-o", "throws.wasm"])
        .current_dir(folder)
        .output()?;
    if finished.code == Some(0) {
        Program::new(sdk.program("warp")).args(["run", "throws.wasm"]).current_dir(folder).stdout()?;
        return Ok(());
    }
    anyhow::ensure!(finished.stderr.contains("exceptions"), "not a clear error: {}", finished.describe());
    Ok(())
}

/// Upstream's own build with our hook, on a small upstream that the proof makes itself.
fn source_road(context: &SuiteContext<'_>, sdk: &SdkUnderTest, scratch: &Path) -> anyhow::Result<Outcome> {
    let clients = &context.paths.clients;
    let (Some(cmake), Some(_)) = (clients.find("cmake"), clients.find("ninja")) else {
        return Ok(Outcome::Skipped("cmake and ninja are not both installed".into()));
    };
    let fork = Fork::open(&context.paths.root, "libc")?;
    let series = fork.series()?;
    let hook = series.patches.iter().find(|patch| patch.file_name.contains("-cmake-"));
    let hook = series.path(hook.context("the series of `libc` has no patch for CMake")?);
    prove(&ProofInputs {
        compiler: &WasmCompiler { clang: sdk.program("clang"), resource_dir: None, env: Vec::new() },
        cmake: &cmake,
        overlay: &fork.overlay(),
        hook: &hook,
        scratch: &scratch.join("source road"),
    })?;
    Ok(Outcome::Passed)
}

/// Nothing in the SDK names the checkout, the build folder, the cache or cargo's home.
fn no_build_path(context: &SuiteContext<'_>, sdk: &SdkUnderTest) -> anyhow::Result<()> {
    let paths = context.paths;
    let needles: Vec<Vec<u8>> = [&paths.root, &paths.target, &paths.cache, &paths.cargo_home]
        .iter()
        .map(|path| path.display().to_string().into_bytes())
        .collect();
    for file in tree::files(&sdk.folder)? {
        if file.is_symlink() {
            continue;
        }
        let bytes = std::fs::read(&file).with_context(|| format!("reading `{}`", file.display()))?;
        for needle in &needles {
            if memchr::memmem::find(&bytes, needle).is_some() {
                bail!("`{}` holds `{}`", file.display(), String::from_utf8_lossy(needle));
            }
        }
    }
    Ok(())
}
