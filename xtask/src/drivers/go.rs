//! Builds the Go drivers with the machine's own toolchain, as anybody would; fetches none.
use std::path::Path;

use anyhow::Context;
use semver::Version;

use super::folder::Skipped;
use crate::exec::Program;
use crate::paths::Paths;
use crate::run::RunOptions;
use crate::stamp::Inputs;

/// The module of the programs.
const SOURCES: &str = "tests/drivers/go";
/// What to do about a machine without Go.
const NO_GO: &str =
    "there is no `go` on this machine: `sudo apt-get install golang-go`, or get it from https://go.dev/dl";

pub(super) fn inputs(paths: &Paths) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    inputs.files(&paths.root, SOURCES)?;
    inputs.files(&paths.root, "xtask/src/drivers/go.rs")?;
    inputs.value("go", installed(paths).unwrap_or_default());
    Ok(inputs)
}

/// Builds `drivers`.
pub(super) fn build(paths: &Paths, run: &RunOptions, into: &Path) -> anyhow::Result<Skipped> {
    let Some(installed) = installed(paths) else { return Ok(Some(NO_GO.to_owned())) };
    let module = paths.root.join(SOURCES).join("go.mod");
    let text = std::fs::read_to_string(&module).with_context(|| format!("reading `{}`", module.display()))?;
    if let Some(reason) = too_old(&installed, &text) {
        return Ok(Some(reason));
    }
    let go =
        go(paths).args(["build", "-trimpath", "-buildvcs=false", "-o"]).arg(into.join("drivers")).arg(".");
    let go = if run.offline { go.env("GOPROXY", "off") } else { go };
    go.run(&paths.target.join("log/drivers-go.log"))?;
    Ok(None)
}

/// Stock Go with nothing of the user's own settings but where modules come from.
fn go(paths: &Paths) -> Program {
    [("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "off")]
        .into_iter()
        .fold(Program::new("go").current_dir(paths.root.join(SOURCES)), |program, (name, value)| {
            program.env(name, value)
        })
}

/// `go1.26.8`; none without Go.
fn installed(paths: &Paths) -> Option<String> {
    // From another folder: a Go that is too old says nothing inside the module.
    let said = go(paths).current_dir(&paths.root).args(["env", "GOVERSION"]).stdout().ok()?;
    Some(said.trim().to_owned())
}

/// Why a Go of this version cannot build the module, if it cannot.
fn too_old(installed: &str, module: &str) -> Option<String> {
    let wanted = module.lines().find_map(|line| line.strip_prefix("go "))?.trim();
    let parse = |text: &str| {
        let numbers = text.split(['-', ' ']).next().unwrap_or(text);
        let dots = numbers.matches('.').count();
        Version::parse(&format!("{numbers}{}", ".0".repeat(2_usize.saturating_sub(dots)))).ok()
    };
    let has = parse(installed.strip_prefix("go")?)?;
    (has < parse(wanted)?).then(|| {
        format!("the drivers need Go {wanted}, this machine has {installed}: get it from https://go.dev/dl")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_go_is_told_from_one_that_will_do() {
        let module = "module drivers\n\ngo 1.26.0\n";
        for enough in ["go1.26.0", "go1.26", "go1.27.1 X:nodwarf5", "go1.30"] {
            assert_eq!(too_old(enough, module), None, "{enough}");
        }
        for old in ["go1.25.9", "go1.19"] {
            assert!(too_old(old, module).unwrap().contains("Go 1.26.0"), "{old}");
        }
        assert_eq!(too_old("devel +abc", module), None);
    }
}
