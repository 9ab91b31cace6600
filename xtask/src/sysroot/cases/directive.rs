//! Reads a case: the lines `//! key: value` at the head of a C file. Knows nothing of how a case is run.
//!
//! | key | meaning |
//! |---|---|
//! | (no key) | what the case shows, in one sentence or more; required |
//! | `stdout` | a line of the expected output; repeated, or a file `<case>.expected.txt` beside the source |
//! | `exit` | the expected exit code; 0 by itself |
//! | `run` | where it runs: `warp`, `wasmtime` (a stock one, as it is), `composed` (a stock one, with the fallback) |
//! | `stock` | `same`: the stock variant gives the same; `skip`: it cannot |
//! | `targets` | wasm targets; all by itself |
//! | `config` | a file of `config/` for `warp run` |
//! | `imports` | exact interfaces of `warpgrid:shim` that the program imports, or `none` |
//! | `args`, `env` | arguments; `NAME=value` (repeated) |
//! | `dir` | a guest path at which an empty folder is preopened |
//! | `flags` | more compiler flags |
//! | `wasmtime` | more flags for a stock wasmtime |
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::tree;

/// Targets a case runs on when it names none.
const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-wasip2"];

/// Where a case runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// On our host.
    Warp,
    /// On a stock wasmtime, as it was linked.
    Wasmtime,
    /// On a stock wasmtime, composed with the fallback.
    Composed,
}

impl Mode {
    /// The word of the directive.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warp => "warp",
            Self::Wasmtime => "wasmtime",
            Self::Composed => "composed",
        }
    }
}

/// What the stock variant does with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// It cannot run it: the shim is missing.
    Skip,
    /// It gives the same output.
    Same,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// File name without `.c`.
    pub name: String,
    /// The C file.
    pub source: PathBuf,
    /// Expected standard output.
    pub stdout: String,
    /// Whether the output stands in directives, not in a file beside the source.
    pub inline: bool,
    /// Expected exit code.
    pub exit: i32,
    /// Where it runs.
    pub modes: BTreeSet<Mode>,
    /// What the stock variant does.
    pub stock: Stock,
    /// Wasm targets.
    pub targets: Vec<String>,
    /// Configuration for `warp run`.
    pub config: Option<PathBuf>,
    /// Interfaces it imports, when the case says.
    pub imports: Option<BTreeSet<String>>,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// Environment of the program.
    pub env: Vec<String>,
    /// Guest path of a preopened empty folder.
    pub dir: Option<String>,
    /// Compiler flags.
    pub flags: Vec<String>,
    /// Flags for a stock wasmtime.
    pub wasmtime: Vec<String>,
}

/// All cases of `folder`, sorted by name.
///
/// # Errors
/// When the folder cannot be read, or a case has a wrong or missing directive: the message names file and line.
pub fn read_cases(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in tree::entries(folder)? {
        if path.extension().is_some_and(|extension| extension == "c") {
            cases.push(read_case(&path)?);
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cases)
}

fn read_case(path: &Path) -> anyhow::Result<Case> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    let sidecar = path.with_extension("expected.txt");
    let expected = match sidecar.is_file() {
        true => Some(
            std::fs::read_to_string(&sidecar).with_context(|| format!("reading `{}`", sidecar.display()))?,
        ),
        false => None,
    };
    parse(path, &text, expected)
}

/// The key and value of a directive line; a line of prose has no key.
pub(crate) fn directive(line: &str) -> Option<(Option<&str>, &str)> {
    let rest = line.strip_prefix("//!")?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    match rest.split_once(':') {
        Some((key, value)) if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            Some((Some(key), value.strip_prefix(' ').unwrap_or(value)))
        }
        _ => Some((None, rest)),
    }
}

fn parse(path: &Path, text: &str, expected: Option<String>) -> anyhow::Result<Case> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut case = Case {
        name,
        source: path.to_owned(),
        stdout: String::new(),
        inline: expected.is_none(),
        exit: 0,
        modes: BTreeSet::new(),
        stock: Stock::Skip,
        targets: TARGETS.map(str::to_owned).to_vec(),
        config: None,
        imports: None,
        args: Vec::new(),
        env: Vec::new(),
        dir: None,
        flags: Vec::new(),
        wasmtime: Vec::new(),
    };
    let (mut described, mut stock) = (false, false);
    for (number, line) in (1..).zip(text.lines()) {
        let Some((key, value)) = directive(line) else { break };
        let words = || value.split_whitespace().map(str::to_owned);
        let at = || format!("{}:{number}", path.display());
        match key {
            None => described = true,
            Some("stdout") => {
                case.stdout.push_str(value);
                case.stdout.push('\n');
            }
            Some("exit") => {
                case.exit = value.trim().parse().with_context(|| format!("{}: no exit code", at()))?
            }
            Some("run") => {
                for word in value.split_whitespace() {
                    case.modes
                        .insert(mode(word).with_context(|| format!("{}: unknown place `{word}`", at()))?);
                }
            }
            Some("stock") => {
                stock = true;
                case.stock = match value.trim() {
                    "same" => Stock::Same,
                    "skip" => Stock::Skip,
                    other => bail!("{}: `stock` is `same` or `skip`, not `{other}`", at()),
                };
            }
            Some("targets") => case.targets = words().collect(),
            Some("config") => {
                let file = path.with_file_name("config").join(value.trim());
                if !file.is_file() {
                    bail!("{}: there is no `{}`", at(), file.display());
                }
                case.config = Some(file);
            }
            Some("imports") => case.imports = Some(words().filter(|word| word != "none").collect()),
            Some("args") => case.args = words().collect(),
            Some("env") => case.env.push(value.to_owned()),
            Some("dir") => case.dir = Some(value.trim().to_owned()),
            Some("flags") => case.flags = words().collect(),
            Some("wasmtime") => case.wasmtime = words().collect(),
            Some(other) => bail!("{}: unknown directive `{other}`", at()),
        }
    }
    if let Some(expected) = expected {
        if !case.stdout.is_empty() {
            bail!(
                "`{}` has `stdout` directives and an expectation file: one of them must go",
                path.display()
            );
        }
        case.stdout = expected;
    }
    let missing = match () {
        () if !described => "a sentence that says what it shows",
        () if case.stdout.is_empty() => "an expected output",
        () if !stock => "the directive `stock`",
        () if case.modes.is_empty() => "the directive `run`",
        () => return Ok(case),
    };
    bail!("`{}` lacks {missing}", path.display())
}

fn mode(word: &str) -> Option<Mode> {
    [Mode::Warp, Mode::Wasmtime, Mode::Composed].into_iter().find(|mode| mode.as_str() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: &str) -> anyhow::Result<Case> {
        parse(Path::new("/cases/some_case.c"), text, None)
    }

    #[test]
    fn directives_are_read_until_the_first_line_of_code() {
        let case = case(
            "//! Shows that: it works.\n//! run: warp composed\n//! stock: same\n//! exit: 3\n//! env: A=b: c\n\
             //! stdout:  two spaces\n//! stdout: \n//! imports: none\nint main;\n//! exit: 4\n",
        )
        .unwrap();
        assert_eq!((case.name.as_str(), case.exit), ("some_case", 3));
        assert_eq!(case.stdout, " two spaces\n\n");
        assert_eq!(case.env, ["A=b: c"]);
        assert_eq!(case.imports, Some(BTreeSet::new()));
        assert_eq!(case.modes.len(), 2);
    }

    #[test]
    fn a_case_without_an_expectation_is_refused() {
        let error = case("//! Shows.\n//! run: warp\n//! stock: same\n").unwrap_err().to_string();
        assert_eq!(error, "`/cases/some_case.c` lacks an expected output");
    }

    #[test]
    fn an_unknown_directive_is_named_with_its_line() {
        let error = case("//! Shows.\n//! exitt: 3\n").unwrap_err().to_string();
        assert_eq!(error, "/cases/some_case.c:2: unknown directive `exitt`");
    }

    #[test]
    fn the_committed_cases_are_readable() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/libc");
        assert!(read_cases(&folder).unwrap().len() > 20);
    }
}
