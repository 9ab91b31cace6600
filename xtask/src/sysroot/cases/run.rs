//! Compiles cases and runs them where they say; knows nothing of reports.
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::directive::{Case, Mode, Stock};
use super::{bless, imports};
use crate::exec::Program;
use crate::manifest::Variant;
use crate::parallel::in_parallel;
use crate::report::Outcome;
use crate::tree;

/// The programs that cases are compiled and run with.
pub struct CaseTools<'a> {
    /// The compiler.
    pub clang: &'a Path,
    /// Flags for every compilation, after target and sysroot.
    pub flags: &'a [String],
    /// Variables for the compiler, such as `PATH`.
    pub env: &'a [(String, String)],
    /// The sysroot of a target and variant.
    pub sysroot: &'a (dyn Fn(&str, Variant) -> PathBuf + Sync),
    /// Our host's command line.
    pub warp: &'a Path,
    /// A stock wasmtime, or the reason why there is none.
    pub wasmtime: Result<&'a Path, &'a str>,
    /// The fallback component.
    pub fallback: &'a Path,
    /// A folder for programs and their folders; a folder a row is made in it.
    pub scratch: &'a Path,
    /// How many rows are worked on at a time.
    pub jobs: usize,
    /// Whether the present output becomes the expected one.
    pub bless: bool,
}

/// One case on one target, variant and host.
#[derive(Debug, Clone)]
pub struct Row {
    /// `<case> [<place>]`.
    pub name: String,
    /// The wasm target.
    pub target: String,
    /// The variant of the sysroot.
    pub variant: Variant,
    /// How it ended.
    pub outcome: Outcome,
    /// How long compiling and running took.
    pub duration: Duration,
}

/// Runs every case on its targets, on both variants, in its places; rows come in a fixed order.
pub fn run_cases(cases: &[Case], tools: &CaseTools<'_>) -> Vec<Row> {
    let mut plan = Vec::new();
    for case in cases {
        for target in &case.targets {
            for variant in [Variant::Warpgrid, Variant::Stock] {
                plan.extend(case.modes.iter().map(|mode| (case, target.as_str(), variant, *mode)));
            }
        }
    }
    in_parallel(tools.jobs, &plan, |&(case, target, variant, mode)| {
        let start = Instant::now();
        let outcome = run_row(case, target, variant, mode, tools)
            .unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        Row {
            name: format!("{} [{}]", case.name, mode.as_str()),
            target: target.to_owned(),
            variant,
            outcome,
            duration: start.elapsed(),
        }
    })
}

fn run_row(
    case: &Case,
    target: &str,
    variant: Variant,
    mode: Mode,
    tools: &CaseTools<'_>,
) -> anyhow::Result<Outcome> {
    if variant == Variant::Stock && case.stock == Stock::Skip {
        return Ok(Outcome::Skipped("shim not available".to_owned()));
    }
    if let (Mode::Wasmtime | Mode::Composed, Err(reason)) = (mode, tools.wasmtime) {
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    let folder = tools.scratch.join(format!("{}.{target}.{}.{}", case.name, variant.as_str(), mode.as_str()));
    tree::empty(&folder)?;
    let program = compile(case, target, variant, &folder, tools)?;
    check_imports(case, variant, &program)?;
    let finished = command(case, variant, mode, &program, &folder, tools)?.output()?;
    if tools.bless && variant == Variant::Warpgrid && finished.code == Some(case.exit) {
        bless::bless(case, &finished.stdout)?;
        return Ok(Outcome::Passed);
    }
    if finished.stdout == case.stdout && finished.code == Some(case.exit) {
        return Ok(Outcome::Passed);
    }
    let code = finished.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
    Ok(Outcome::Failed(format!(
        "`{}`: {}exit {code}, expected {}\n{}",
        case.source.display(),
        difference(&case.stdout, &finished.stdout),
        case.exit,
        finished.stderr.trim_end()
    )))
}

fn compile(
    case: &Case,
    target: &str,
    variant: Variant,
    folder: &Path,
    tools: &CaseTools<'_>,
) -> anyhow::Result<PathBuf> {
    let output = folder.join("case.wasm");
    let mut clang = Program::new(tools.clang)
        .arg(format!("--target={target}"))
        .arg(format!("--sysroot={}", (tools.sysroot)(target, variant).display()))
        .args(tools.flags)
        .args(["-O1", "-Wall", "-Wextra", "-Wno-unused-result", "-Werror"])
        .args(&case.flags)
        .arg(&case.source)
        .arg("-o")
        .arg(&output);
    for (name, value) in tools.env {
        clang = clang.env(name, value);
    }
    clang.stdout().with_context(|| format!("compiling `{}`", case.source.display()))?;
    Ok(output)
}

fn check_imports(case: &Case, variant: Variant, program: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(program).with_context(|| format!("reading `{}`", program.display()))?;
    let found = imports::shim_imports(&bytes)?;
    let nothing = Default::default();
    let expected = match (variant, &case.imports) {
        (Variant::Stock, _) => &nothing,
        (Variant::Warpgrid, Some(imports)) => imports,
        (Variant::Warpgrid, None) => return Ok(()),
    };
    if found != *expected {
        bail!("`{}` imports {found:?} of `warpgrid:shim`, expected {expected:?}", case.source.display());
    }
    Ok(())
}

fn command(
    case: &Case,
    variant: Variant,
    mode: Mode,
    program: &Path,
    folder: &Path,
    tools: &CaseTools<'_>,
) -> anyhow::Result<Program> {
    let mut program = program.to_owned();
    if mode == Mode::Composed && variant == Variant::Warpgrid {
        let composed = folder.join("composed.wasm");
        Program::new(tools.warp)
            .arg("compose")
            .arg(&program)
            .arg("--fallback")
            .arg(tools.fallback)
            .arg("-o")
            .arg(&composed)
            .stdout()
            .context("composing with the fallback")?;
        program = composed;
    }
    let mut command = match (mode, tools.wasmtime) {
        (Mode::Wasmtime | Mode::Composed, Ok(wasmtime)) => {
            Program::new(wasmtime).arg("run").args(&case.wasmtime)
        }
        _ => Program::new(tools.warp).arg("run"),
    };
    if let (Mode::Warp, Some(config)) = (mode, &case.config) {
        command = command.arg("--config").arg(config);
    }
    for variable in &case.env {
        command = command.arg("--env").arg(variable);
    }
    if let Some(guest) = &case.dir {
        let host = folder.join("preopened");
        tree::create(&host)?;
        command = command.arg("--dir").arg(format!("{}::{guest}", host.display()));
    }
    command = command.arg(&program);
    // wasmtime hands everything after the program to the guest, warp what stands behind `--`.
    if mode == Mode::Warp && !case.args.is_empty() {
        command = command.arg("--");
    }
    Ok(command.args(&case.args).current_dir(folder))
}

/// The first line that differs.
fn difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for number in 1.. {
        match (expected.next(), found.next()) {
            (None, None) => break,
            (one, other) if one == other => {}
            (one, other) => {
                let show = |line: Option<&str>| line.map_or("nothing".to_owned(), |line| format!("`{line}`"));
                return format!("line {number} of the output is {}, expected {}; ", show(other), show(one));
            }
        }
    }
    String::new()
}
