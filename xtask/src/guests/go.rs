//! Builds the Go guests with the machine's own toolchain, as anybody would; fetches none.
use std::path::{Path, PathBuf};

use super::folder::Skipped;
use crate::exec::Program;
use crate::paths::Paths;
use crate::stamp::Inputs;
use crate::tree;

/// Sources of the guests, one folder a program.
const SOURCES: &str = "tests/guests/go";
/// What to do about a machine without Go.
const NO_GO: &str =
    "there is no `go` on this machine: `sudo apt-get install golang-go`, or get it from https://go.dev/dl";

pub(super) fn inputs(paths: &Paths) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    inputs.files(&paths.root, SOURCES)?;
    inputs.files(&paths.root, "xtask/src/guests/go.rs")?;
    inputs.value("go", version(paths).unwrap_or_default());
    Ok(inputs)
}

/// Builds `go_<program>.wasm` for each folder.
pub(super) fn build(paths: &Paths, into: &Path) -> anyhow::Result<Skipped> {
    if version(paths).is_none() {
        return Ok(Some(NO_GO.to_owned()));
    }
    let folder = paths.root.join(SOURCES);
    for program in programs(&folder)? {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        go(&folder)
            .args(["build", "-trimpath", "-ldflags=-s -w", "-o"])
            .arg(into.join(format!("go_{name}.wasm")))
            .arg(format!("./{name}"))
            .run(&paths.target.join(format!("log/guest-go-{name}.log")))?;
    }
    Ok(None)
}

/// Stock Go for `wasip1`, with nothing of the user's own settings and nothing from the network.
fn go(folder: &Path) -> Program {
    [("GOOS", "wasip1"), ("GOARCH", "wasm"), ("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local")]
        .into_iter()
        .chain([("GOPROXY", "off"), ("GOFLAGS", ""), ("GOWORK", "off")])
        .fold(Program::new("go").current_dir(folder), |program, (name, value)| program.env(name, value))
}

fn version(paths: &Paths) -> Option<String> {
    go(&paths.root).arg("version").stdout().ok()
}

fn programs(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(tree::entries(folder)?.into_iter().filter(|path| path.join("main.go").is_file()).collect())
}
