//! Runs a plan: order, stamps, one build at a time in a folder, progress; knows no step from the inside.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::digest::sha256_of_file;
use crate::file;
use crate::manifest::Manifest;
use crate::parallel::per_core;
use crate::paths::Paths;
use crate::plan::{Action, LibcRoad, Options, Outline, Part, Plan, RustRoad, Step};
use crate::rust_std::{self, Road};
use crate::source::unpack;
use crate::stamp::Stamps;
use crate::step::{self, StepContext};
use crate::tree;

/// How to run a plan.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions {
    /// Whether the network must not be used.
    pub offline: bool,
    /// How many things to do at once.
    pub jobs: usize,
}

/// A finished build.
#[derive(Debug)]
pub struct Built {
    /// The tarball.
    pub tarball: PathBuf,
    /// What was built and what is in it, for people.
    pub summary: String,
}

/// `wanted`, or one job per core.
#[must_use]
pub fn job_count(wanted: Option<usize>) -> usize {
    wanted.unwrap_or_else(per_core).max(1)
}

/// What a plan needs of the manifest.
///
/// # Errors
/// When the manifest is wrong; the message points at the line.
pub fn outline(paths: &Paths) -> anyhow::Result<Outline> {
    outline_of(paths, &Manifest::load(&paths.manifest)?)
}

fn outline_of(paths: &Paths, manifest: &Manifest) -> anyhow::Result<Outline> {
    let targets =
        manifest.targets.iter().map(|target| (target.triple.clone(), target.variants.clone())).collect();
    let context = StepContext { paths, manifest, jobs: 1, offline: true };
    Ok(Outline { targets, rustup_std: step::rustup_std_at_hand(&context)? })
}

/// Builds, packs and verifies the whole SDK.
///
/// # Errors
/// When a step fails; the steps before it stay done.
pub fn build(paths: &Paths, options: &Options, run: &RunOptions) -> anyhow::Result<Built> {
    let manifest = Manifest::load(&paths.manifest)?;
    let finished = run_by_either_road(paths, &manifest, options, run)?;
    let tarball = step::tarball_path(paths, &manifest);
    let size =
        std::fs::metadata(&tarball).with_context(|| format!("looking at `{}`", tarball.display()))?.len();
    let mut summary = String::new();
    for (step, duration) in &finished.ran {
        let _ = writeln!(summary, "  {step}: {:.1} s", duration.as_secs_f64());
    }
    let _ = writeln!(
        summary,
        "{} steps run, {} up to date; {} MB at the path below",
        finished.ran.len(),
        finished.up_to_date,
        size / 1_000_000
    );
    summary.push_str(&contents(paths, &describe_targets(&manifest)));
    Ok(Built { tarball, summary })
}

/// What the SDK has, for people: its programs and its sysroots.
fn contents(paths: &Paths, sysroots: &str) -> String {
    let programs: Vec<String> = tree::entries(&paths.staging().join("bin"))
        .unwrap_or_default()
        .iter()
        .filter(|path| path.extension().is_none())
        .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .filter(|name| !name.starts_with("wasm32-"))
        .collect();
    format!(
        "  programs: {}\n  sysroots: {sysroots}\n  and Rust's standard library, the fallback component, WIT, CMake, Meson and env.sh, sdk.json, SBOM, provenance, licences\n",
        programs.join(", ")
    )
}

fn describe_targets(manifest: &Manifest) -> String {
    let mut described = Vec::new();
    for target in &manifest.targets {
        let variants: Vec<&str> = target.variants.iter().map(|variant| variant.as_str()).collect();
        described.push(format!("{} ({})", target.triple, variants.join(", ")));
    }
    described.join(", ")
}

/// Builds parts of the SDK and gives the folders they are in.
///
/// # Errors
/// When a step fails; the steps before it stay done.
pub fn build_parts(paths: &Paths, options: &Options, run: &RunOptions) -> anyhow::Result<Vec<PathBuf>> {
    let manifest = Manifest::load(&paths.manifest)?;
    Ok(run_by_either_road(paths, &manifest, options, run)?.outputs)
}

/// A step of a plan that failed; the cause is its source.
#[derive(Debug, thiserror::Error)]
#[error("step `{name}` failed")]
struct StepFailed {
    name: String,
    is_sysroot: bool,
}

/// Runs the plan. Where nothing was said about the road to the library, upstream answered, and its build failed, the
/// overlay road gives an SDK all the same: the failure is printed and remembered until something of it changes.
fn run_by_either_road(
    paths: &Paths,
    manifest: &Manifest,
    options: &Options,
    run: &RunOptions,
) -> anyhow::Result<FinishedPlan> {
    if options.libc != LibcRoad::Auto {
        return run_plan(paths, manifest, options, run);
    }
    let context = StepContext { paths, manifest, jobs: run.jobs, offline: run.offline };
    let tried = step::source_road_inputs(&context)?.digest();
    let failed_before = paths.target.join("source-road-failed");
    let overlay = Options { libc: LibcRoad::Overlay, ..options.clone() };
    if std::fs::read_to_string(&failed_before).is_ok_and(|digest| digest == tried) {
        return run_plan(paths, manifest, &overlay, run);
    }
    match run_plan(paths, manifest, options, run) {
        Err(error)
            if error.downcast_ref::<StepFailed>().is_some_and(|failed| failed.is_sysroot)
                && step::libc_is_source(&context)? =>
        {
            eprintln!("warning: the source road failed, going on by the overlay road: {error:#}");
            eprintln!("hint: `cargo xtask build-sdk --libc source` insists on it");
            file::replace(&failed_before, tried.as_bytes())?;
            run_plan(paths, manifest, &overlay, run)
        }
        other => other,
    }
}

/// Code that every step's result may depend on.
const SHARED_BY_ALL_STEPS: &[&str] = &["xtask/src/file.rs", "xtask/src/tree.rs"];

struct FinishedPlan {
    ran: Vec<(String, Duration)>,
    up_to_date: usize,
    outputs: Vec<PathBuf>,
}

fn run_plan(
    paths: &Paths,
    manifest: &Manifest,
    options: &Options,
    run: &RunOptions,
) -> anyhow::Result<FinishedPlan> {
    let plan = Plan::build(&outline_of(paths, manifest)?, options)?;
    let _lock = BuildLock::take(&paths.target)?;
    let stamps = Stamps::new(paths.target.join("stamps"));
    let context = StepContext { paths, manifest, jobs: run.jobs, offline: run.offline };
    let mut finished = FinishedPlan { ran: Vec::new(), up_to_date: 0, outputs: Vec::new() };
    let mut digests: BTreeMap<&str, String> = BTreeMap::new();
    for (index, planned) in plan.steps.iter().enumerate() {
        let built = step::for_action(&planned.action);
        let mut inputs =
            built.inputs(&context).with_context(|| format!("looking at the inputs of `{}`", planned.name))?;
        for shared in SHARED_BY_ALL_STEPS {
            inputs.files(&paths.root, shared)?;
        }
        for need in &planned.needs {
            inputs.value(&format!("after {need}"), digests.get(need.as_str()).map_or("", String::as_str));
        }
        let output = built.output(&context);
        if stamps.matches(&planned.name, &inputs, &output) {
            finished.up_to_date += 1;
        } else {
            stamps.remove(&planned.name)?;
            let progress = Progress::start(index + 1, plan.steps.len(), planned);
            let start = Instant::now();
            built.run(&context).with_context(|| StepFailed {
                name: planned.name.clone(),
                is_sysroot: matches!(planned.action, Action::StageSysroot { .. }),
            })?;
            stamps.write(&planned.name, &inputs, &output)?;
            progress.finish(start.elapsed());
            finished.ran.push((planned.name.clone(), start.elapsed()));
        }
        digests.insert(&planned.name, inputs.digest());
        finished.outputs.push(output);
    }
    Ok(finished)
}

/// One line a step: moving on a terminal, written once elsewhere.
struct Progress {
    bar: ProgressBar,
    line: String,
}

impl Progress {
    fn start(number: usize, of: usize, step: &Step) -> Self {
        let line = format!("[{number}/{of}] {}", step.name);
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        if bar.is_hidden() {
            eprintln!("{line}");
        } else {
            bar.set_message(line.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, line }
    }

    fn finish(self, duration: Duration) {
        if !self.bar.is_hidden() {
            self.bar.finish_and_clear();
            eprintln!("{} ({:.1} s)", self.line, duration.as_secs_f64());
        }
    }
}

/// Held while a build writes to a folder: a second build in the same folder waits.
struct BuildLock {
    _file: std::fs::File,
}

impl BuildLock {
    fn take(target: &Path) -> anyhow::Result<Self> {
        tree::create(target)?;
        let path = target.join("lock");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("opening `{}`", path.display()))?;
        if file.try_lock().is_err() {
            eprintln!("waiting for another build in `{}`", target.display());
            file.lock().with_context(|| format!("locking `{}`", path.display()))?;
        }
        Ok(Self { _file: file })
    }
}

/// A stock `wasmtime` program of the version that the host embeds, built once into the cache.
///
/// # Errors
/// When its crate cannot be fetched or built.
pub fn stock_wasmtime(paths: &Paths, run: &RunOptions) -> anyhow::Result<PathBuf> {
    let manifest = Manifest::load(&paths.manifest)?;
    let context = StepContext { paths, manifest: &manifest, jobs: run.jobs, offline: run.offline };
    step::crate_program(&context, "wasmtime")
}

/// A compiler for WASI on a machine whose own has no standard library for it.
#[derive(Debug, Clone)]
pub struct RustTools {
    /// What to start as `rustc`.
    pub rustc: PathBuf,
    /// Its sysroot for the target, with the stock C library.
    pub sysroot: PathBuf,
    /// The linker of components and `wasm-ld`.
    pub programs: PathBuf,
}

/// The compiler of Debian's packages with the standard library that was built for it.
///
/// # Errors
/// When a package cannot be fetched, or the library not be built.
pub fn packaged_rust(paths: &Paths, run: &RunOptions) -> anyhow::Result<RustTools> {
    let wanted =
        Options { only: vec![Part::Rust], targets: vec![], libc: LibcRoad::Auto, rust: RustRoad::Packages };
    build_parts(paths, &wanted, run)?;
    let manifest = Manifest::load(&paths.manifest)?;
    let context = StepContext { paths, manifest: &manifest, jobs: run.jobs, offline: run.offline };
    let rust = step::packaged_rust(&context)?;
    let library = step::standard_library(&context, Road::Packages)?;
    let folder = context.scratch("rust-for-guests");
    let sysroot = folder.join("sysroot");
    let target = rust_std::TARGET;
    let stock = format!("sysroot-{target}-stock/share/warpgrid/sysroots/{target}/stock/lib/{target}");
    tree::replace(&sysroot, |folder| {
        let crates = folder.join("lib/rustlib").join(target).join("lib");
        tree::link(&library.crates(), &crates)?;
        rust_std::link_start_files(&context.part(&stock), &crates)
    })?;
    let rustc = rust.write_rustc(&folder.join("bin"))?;
    Ok(RustTools { rustc, sysroot, programs: rust.toolchain.join("bin") })
}

/// Unpacks a tarball as a user would, into a folder with a space in its name, once per content.
///
/// # Errors
/// When the tarball cannot be read or the folder not be written.
pub fn unpack_for_tests(paths: &Paths, tarball: &Path) -> anyhow::Result<PathBuf> {
    let digest = sha256_of_file(tarball)?;
    let folder = paths.target.join("unpacked sdk").join(&digest[..16]);
    if !folder.is_dir() {
        if let Some(older) = folder.parent() {
            let _ = std::fs::remove_dir_all(older);
        }
        tree::replace(&folder, |partial| unpack::tar_gz(tarball, partial))?;
    }
    let top = tarball.file_name().unwrap_or_default().to_string_lossy();
    Ok(folder.join(top.trim_end_matches(".tar.gz")))
}
