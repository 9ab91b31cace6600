//! Does what the README says, word for word, and then what it does not say: bad input.
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::SuiteContext;
use super::variation::copy_checkout;
use crate::exec::{Finished, Program};
use crate::report::{Outcome, SuiteReport};
use crate::tree;

/// Heading of the README's section that is run.
const TOUR: &str = "## Five-minute tour";

/// The tour, then one row a file of `tests/bad-input`.
///
/// # Errors
/// When the README or the folder of cases cannot be read.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("first-guest");
    let scratch = context.scratch("first guest")?;
    let tour = scratch.join("a tour");
    tree::empty(&tour)?;
    let readme =
        std::fs::read_to_string(context.paths.root.join("README.md")).context("reading `README.md`")?;
    let port = free_port()?;
    let blocks = blocks(&readme, port)?;
    for (index, block) in blocks.iter().enumerate() {
        match block.language.as_str() {
            "sh" => {
                let expected = blocks.get(index + 1).filter(|next| next.language == "text");
                let first = block.text.lines().next().unwrap_or_default();
                report.case_or_skip(format!("README: {first}"), || {
                    if block.text.contains("cargo build") && !has_rust_target(context)? {
                        let reason = "Rust has no standard library for wasm32-wasip2 here; \
                                      hint: run `rustup target add wasm32-wasip2`";
                        return Ok(Outcome::Skipped(reason.into()));
                    }
                    let expected = expected.map(|block| block.text.as_str());
                    command_block(context, &tour, &block.text, expected).map(|()| Outcome::Passed)
                });
            }
            "c" | "rust" | "toml" => write_block(&tour, block)?,
            _ => {}
        }
    }
    let folder = context.paths.root.join("tests/bad-input");
    for case in tree::entries(&folder)? {
        let name = case.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        report.case(format!("bad input: {name}"), || bad_input(context, &case, &scratch.join(&name), &tour));
    }
    Ok(report)
}

/// Whether the machine's own Rust compiles for the sandbox.
fn has_rust_target(context: &SuiteContext<'_>) -> anyhow::Result<bool> {
    let printed = Program::new("rustc")
        .args(["--print", "target-libdir", "--target", "wasm32-wasip2"])
        .current_dir(&context.paths.root)
        .output()?;
    Ok(Path::new(printed.stdout.trim()).is_dir())
}

/// A fenced block of the README.
struct Block {
    language: String,
    text: String,
}

/// A port that nobody listens on now.
fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("asking for a free port")?;
    Ok(listener.local_addr().context("asking for a free port")?.port())
}

/// The fenced blocks of the tour, in order, with the page's port replaced by a free one.
fn blocks(readme: &str, port: u16) -> anyhow::Result<Vec<Block>> {
    let (_, tour) =
        readme.split_once(TOUR).with_context(|| format!("`README.md` has no section `{TOUR}`"))?;
    let tour = tour.split("\n## ").next().unwrap_or(tour);
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in tour.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block { language: language.to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(&line.replace(":8080", &format!(":{port}")));
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    anyhow::ensure!(
        blocks.iter().any(|block| block.language == "sh"),
        "the tour in `README.md` runs nothing"
    );
    Ok(blocks)
}

/// A block that is a file says its name in its first line, as a comment.
fn write_block(folder: &Path, block: &Block) -> anyhow::Result<()> {
    let first = block.text.lines().next().unwrap_or_default();
    let name = first.trim_start_matches(['/', '#', ' ']).split([' ', ':']).next().unwrap_or_default();
    anyhow::ensure!(!name.is_empty(), "a block of the tour does not say its file's name: `{first}`");
    let path = folder.join(name);
    tree::create(path.parent().unwrap_or(folder))?;
    std::fs::write(&path, &block.text).with_context(|| format!("writing `{name}`"))
}

/// Runs one block as a person would type it, on a machine with nothing but the system's programs and cargo.
fn command_block(
    context: &SuiteContext<'_>,
    folder: &Path,
    text: &str,
    expected: Option<&str>,
) -> anyhow::Result<()> {
    let sdk = context.sdk()?;
    let wasmtime_folder =
        sdk.wasmtime.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let cargo_folder = context.paths.cargo_home.join("bin");
    let finished = Program::new("/bin/sh")
        .args(["-e", "-c", text])
        .current_dir(folder)
        .env("SDK", &sdk.folder)
        .env("PATH", format!("{wasmtime_folder}:{}:/usr/bin:/bin", cargo_folder.display()))
        .output()?;
    if finished.code != Some(0) {
        bail!("{}", finished.describe());
    }
    if let Some(expected) = expected
        && finished.stdout.trim_end() != expected.trim_end()
    {
        bail!("printed:\n{}\nthe README says:\n{expected}", finished.stdout);
    }
    Ok(())
}

/// One case, `tests/bad-input/<name>.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct BadInput {
    /// Why it is here.
    #[serde(rename = "about")]
    _about: String,
    /// The command; `$SDK`, `$XTASK`, `$TOUR` (folder of the tour), `$TARBALL` are replaced.
    run: Vec<String>,
    /// Files to write first, into the folder of the case.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Whether to run in a copy of the checkout.
    #[serde(default)]
    checkout: bool,
    /// Changes to files there: `[[edit]] file, from, to`.
    #[serde(default)]
    edit: Vec<Edit>,
    /// Extra variables.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// The exit code.
    exit: i32,
    /// Every one of these must be in what it prints.
    says: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

fn bad_input(context: &SuiteContext<'_>, file: &Path, folder: &Path, tour: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading `{}`", file.display()))?;
    let case: BadInput = toml::from_str(&text).with_context(|| format!("reading `{}`", file.display()))?;
    tree::empty(folder)?;
    if case.checkout {
        copy_checkout(&context.paths.root, folder)?;
    }
    for (name, content) in &case.files {
        let path = folder.join(name);
        let above = path.parent().unwrap_or(folder);
        tree::create(above)?;
        std::fs::write(&path, content).with_context(|| format!("writing `{}`", path.display()))?;
    }
    for edit in &case.edit {
        let path = folder.join(&edit.file);
        let before =
            std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
        anyhow::ensure!(before.contains(&edit.from), "`{}` does not contain `{}`", path.display(), edit.from);
        std::fs::write(&path, before.replacen(&edit.from, &edit.to, 1))
            .with_context(|| format!("writing `{}`", path.display()))?;
    }
    let finished = start(context, &case, folder, tour)?;
    if finished.code != Some(case.exit) {
        bail!("expected exit code {}, saw {}", case.exit, finished.describe());
    }
    let said = format!("{}{}", finished.stdout, finished.stderr);
    for wanted in &case.says {
        anyhow::ensure!(said.contains(wanted), "the message lacks `{wanted}`:\n{said}");
    }
    Ok(())
}

fn start(
    context: &SuiteContext<'_>,
    case: &BadInput,
    folder: &Path,
    tour: &Path,
) -> anyhow::Result<Finished> {
    let sdk = context.sdk()?;
    let fill = |text: &String| {
        text.replace("$SDK", &sdk.folder.display().to_string())
            .replace("$XTASK", &context.driver.display().to_string())
            .replace("$TOUR", &tour.display().to_string())
            .replace("$TARBALL", &sdk.tarball.display().to_string())
            .replace("$HERE", &folder.display().to_string())
    };
    let line: Vec<String> = case.run.iter().map(fill).collect();
    let (program, arguments) = line.split_first().context("a case without a command")?;
    let mut program = Program::new(program).args(arguments).current_dir(folder);
    for (name, value) in &case.environment {
        program = program.env(name, fill(value));
    }
    program.output()
}
