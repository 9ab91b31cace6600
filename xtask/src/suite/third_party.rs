//! Compiles other people's C with the SDK and natively, runs both, compares what they print.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

use super::SuiteContext;
use crate::exec::Program;
use crate::parallel::in_parallel;
use crate::report::SuiteReport;
use crate::{step, tree};

/// One case, `tests/third-party/<name>.toml`. Paths are relative to the unpacked fixture unless said otherwise.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    /// Name of the `[fixture.…]` of the manifest.
    fixture: String,
    /// C files, or `folder/*.c`.
    sources: Vec<String>,
    /// Our program, beside the case.
    program: Option<String>,
    /// The fixture's own program.
    program_in_fixture: Option<String>,
    /// More C files of ours, beside the case.
    #[serde(default)]
    extra: Vec<String>,
    /// Folders with headers.
    #[serde(default)]
    include: Vec<String>,
    /// Compiler flags of both builds.
    #[serde(default)]
    flags: Vec<String>,
    /// Compiler flags of the build for the sandbox alone.
    #[serde(default)]
    wasm_flags: Vec<String>,
    /// Whether the program takes a folder to write in as its argument.
    #[serde(default = "takes_folder")]
    folder: bool,
    /// A line that both must print.
    expect: Option<String>,
    /// The targets to build for.
    targets: Vec<String>,
}

fn takes_folder() -> bool {
    true
}

/// Runs every case for every target it names.
///
/// # Errors
/// When the folder of cases cannot be read.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("third-party");
    let folder = context.paths.root.join("tests/third-party");
    let scratch = context.scratch("third-party")?;
    let mut files = tree::entries(&folder)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let work = scratch.join(&name);
        match prepare(context, &file, &work) {
            Ok((case, fixture, native)) => {
                for target in &case.targets {
                    report.case(format!("{name} {target}"), || {
                        compare(context, &case, &fixture, &native, target, &work)
                    });
                }
            }
            Err(error) => report.case(format!("{name} native"), || Err(error)),
        }
    }
    Ok(report)
}

/// Reads a case, unpacks its fixture, builds and runs it natively.
fn prepare(context: &SuiteContext<'_>, file: &Path, work: &Path) -> anyhow::Result<(Case, PathBuf, String)> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading `{}`", file.display()))?;
    let case: Case = toml::from_str(&text).with_context(|| format!("reading `{}`", file.display()))?;
    let fixture = work.join("fixture");
    tree::empty(&fixture)?;
    step::unpack_input(context.paths, context.offline, context.jobs, &case.fixture, &fixture)?;
    let program = work.join("native");
    let compiler = Program::new("cc").current_dir(&context.paths.root);
    compile(context, &case, compiler, &fixture, &[], &program, &work.join("native.log"))
        .context("building natively with `cc`")?;
    let data = work.join("native-data");
    tree::empty(&data)?;
    let finished = Program::new(&program).args(case.folder.then_some(&data)).current_dir(work).output()?;
    if finished.code != Some(0) {
        bail!("the native program failed: {}", finished.describe());
    }
    Ok((case, fixture, finished.stdout))
}

fn compare(
    context: &SuiteContext<'_>,
    case: &Case,
    fixture: &Path,
    native: &str,
    target: &str,
    work: &Path,
) -> anyhow::Result<()> {
    let sdk = context.sdk()?;
    let component = work.join(format!("{target}.wasm"));
    let compiler =
        Program::new(sdk.program("clang")).arg(format!("--target={target}")).current_dir(&context.paths.root);
    compile(
        context,
        case,
        compiler,
        fixture,
        &case.wasm_flags,
        &component,
        &work.join(format!("{target}.log")),
    )?;
    let data = work.join(format!("{target}-data"));
    tree::empty(&data)?;
    let finished = Program::new(sdk.program("warp"))
        .args(["run", "--dir"])
        .arg(format!("{}::/scratch", data.display()))
        .arg(&component)
        .args(if case.folder { &["--", "/scratch"][..] } else { &[] }.iter().copied())
        .current_dir(work)
        .output()?;
    if finished.code != Some(0) {
        bail!("the guest failed: {}", finished.describe());
    }
    if let Some(expected) = &case.expect
        && !finished.stdout.contains(expected.as_str())
    {
        bail!("the guest did not print `{expected}`: {}", finished.describe());
    }
    if finished.stdout.is_empty() || finished.stdout != native {
        let differing = native.lines().zip(finished.stdout.lines()).find(|(native, guest)| native != guest);
        bail!(
            "native and guest print different things: {} and {} bytes; first difference: {differing:?}",
            native.len(),
            finished.stdout.len()
        );
    }
    Ok(())
}

/// Compiles every source to its own object, several at once, and links them.
fn compile(
    context: &SuiteContext<'_>,
    case: &Case,
    compiler: Program,
    fixture: &Path,
    more_flags: &[String],
    output: &Path,
    log: &Path,
) -> anyhow::Result<()> {
    let beside = context.paths.root.join("tests/third-party");
    let mut sources = Vec::new();
    for pattern in &case.sources {
        sources.extend(expand(fixture, pattern)?);
    }
    sources.extend(case.program.iter().chain(&case.extra).map(|name| beside.join(name)));
    sources.extend(case.program_in_fixture.iter().map(|name| fixture.join(name)));
    let mut compiler = compiler.args(["-O2", "-w"]).args(&case.flags).args(more_flags);
    for folder in &case.include {
        compiler = compiler.arg("-I").arg(fixture.join(folder));
    }
    let objects = output.with_extension("objects");
    tree::empty(&objects)?;
    let jobs: Vec<(PathBuf, PathBuf)> = sources
        .into_iter()
        .enumerate()
        .map(|(index, source)| (source, objects.join(format!("{index}.o"))))
        .collect();
    in_parallel(context.jobs, &jobs, |(source, object)| {
        compiler.clone().arg("-c").arg(source).arg("-o").arg(object).run(&object.with_extension("log"))
    })
    .into_iter()
    .collect::<anyhow::Result<()>>()?;
    let objects = jobs.iter().map(|(_, object)| object);
    compiler.args(objects).arg("-lm").arg("-o").arg(output).run(log)
}

/// `folder/*.c` as the sorted files it names, anything else as itself.
fn expand(root: &Path, pattern: &str) -> anyhow::Result<Vec<PathBuf>> {
    let Some(folder) = pattern.strip_suffix("/*.c") else { return Ok(vec![root.join(pattern)]) };
    let folder = root.join(folder);
    let mut files = tree::entries(&folder)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    Ok(files)
}
