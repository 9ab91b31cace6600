//! `cargo xtask doctor`: lists every program that a build, its sources and its tests need, and how to get each; starts
//! none but the ones that it asks for their version.
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;

use crate::manifest::{Kind, Manifest};
use crate::paths::Paths;
use crate::source::{Clients, client_info};

/// Flags of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask doctor           what is there, what is missing, and how to get it
  cargo xtask doctor --json    the same for programs

Exit status 1 when something required is missing.")]
pub struct DoctorArgs {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// How much depends on a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Need {
    /// A build or its tests fail without it.
    Required,
    /// Only a part that is not always built needs it.
    Optional,
}

/// What is known about one program on this machine.
#[derive(Debug, Serialize)]
struct Finding {
    program: String,
    need: Need,
    found: Option<String>,
    /// Why a program that is there does not do.
    problem: Option<String>,
    needed_for: String,
    get_it: String,
}

/// Examines the machine.
///
/// # Errors
/// When the manifest or the Rust pin cannot be read.
pub fn run(args: &DoctorArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    let (manifest, _) = Manifest::load_for_pinning(&paths.manifest)?;
    let clients = Clients::from_env(|name| std::env::var_os(name));
    let channel = pinned_rust(&paths.root)?;
    let findings = examine(&manifest, &clients, &paths.root, &channel);
    print(&findings, args.json)?;
    let missing = findings.iter().any(Finding::is_blocking);
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Finding {
    fn is_blocking(&self) -> bool {
        self.need == Need::Required && (self.found.is_none() || self.problem.is_some())
    }
}

fn examine(manifest: &Manifest, clients: &Clients, root: &Path, channel: &str) -> Vec<Finding> {
    let find = |program: &str| clients.find(program).map(|path| path.display().to_string());
    let client = |program: &str, need: Need| {
        let info = client_info(program);
        Finding {
            program: program.to_owned(),
            need,
            found: find(program),
            problem: None,
            needed_for: info.map_or_else(String::new, |info| info.needed_for.to_owned()),
            get_it: info.map_or_else(String::new, |info| info.get_it.to_owned()),
        }
    };
    let other = |program: &str, need: Need, needed_for: &str, get_it: &str| Finding {
        program: program.to_owned(),
        need,
        found: find(program),
        problem: None,
        needed_for: needed_for.to_owned(),
        get_it: get_it.to_owned(),
    };

    let mut findings = Vec::new();
    for program in ["rustc", "cargo"] {
        let mut finding = client(program, Need::Required);
        finding.get_it = format!("{}, then `rustup toolchain install {channel}`", finding.get_it);
        if finding.found.is_some() {
            finding.problem = wrong_version(clients, root, program, channel);
        }
        findings.push(finding);
    }
    let linker = "building the host and the build driver: Rust links with it";
    findings.push(other("cc", Need::Required, linker, "sudo apt-get install gcc libc6-dev"));
    findings.push(client("git", Need::Required));
    for (kind, programs) in [
        (Kind::Debian, &["apt-get", "apt-cache", "dpkg-deb"][..]),
        (Kind::Npm, &["npm"]),
        (Kind::Pypi, &["pip"]),
        (Kind::Go, &["go"]),
    ] {
        let used =
            manifest.inputs.iter().flat_map(|input| &input.sources).any(|source| source.kind() == kind);
        if used {
            findings.extend(programs.iter().map(|program| client(program, Need::Required)));
        }
    }
    let source_road = "building the C library from source (`--libc source`) and testing that road";
    findings.push(other("cmake", Need::Optional, source_road, "sudo apt-get install cmake"));
    findings.push(other("ninja", Need::Optional, source_road, "sudo apt-get install ninja-build"));
    findings
}

/// Why the Rust of this checkout is not the pinned one, if so.
fn wrong_version(clients: &Clients, root: &Path, program: &str, channel: &str) -> Option<String> {
    match clients.version(root, program) {
        Ok(said) if said.split_whitespace().nth(1) == Some(channel) => None,
        Ok(said) => Some(format!("it is `{}`, pinned is {channel}", said.trim())),
        Err(error) => Some(format!("{error:#}")),
    }
}

fn pinned_rust(root: &Path) -> anyhow::Result<String> {
    let path = root.join("rust-toolchain.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let table: toml::Table =
        toml::from_str(&text).with_context(|| format!("parsing `{}`", path.display()))?;
    let channel = table.get("toolchain").and_then(|toolchain| toolchain.get("channel"));
    let channel = channel.and_then(toml::Value::as_str);
    Ok(channel.with_context(|| format!("`{}` has no `toolchain.channel`", path.display()))?.to_owned())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(findings)?);
        return Ok(());
    }
    for finding in findings {
        let state = match (&finding.found, &finding.problem) {
            (Some(_), None) => "ok",
            (Some(_), Some(_)) => "wrong",
            (None, _) if finding.need == Need::Optional => "absent",
            (None, _) => "MISSING",
        };
        let place = finding.found.as_deref().unwrap_or("-");
        println!("{state:<8} {:<10} {place}", finding.program);
        if state != "ok" {
            if let Some(problem) = &finding.problem {
                println!("         {problem}");
            }
            println!("         needed for: {}", finding.needed_for);
            println!("         get it: {}", finding.get_it);
        }
    }
    let blocking = findings.iter().filter(|finding| finding.is_blocking()).count();
    match blocking {
        0 => println!("everything that is required is here"),
        count => println!("{count} required programs are missing or wrong"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = include_str!("../../tests/manifest/good.toml");

    fn findings(path: &str) -> Vec<Finding> {
        let manifest = Manifest::parse("good.toml", MANIFEST).unwrap();
        let clients = Clients { path: path.into(), cargo_home: "/nowhere".into(), env: Vec::new() };
        examine(&manifest, &clients, Path::new("/"), "1.95.0")
    }

    #[test]
    fn every_missing_program_is_told_at_once_with_the_command_that_gets_it() {
        let findings = findings("/nowhere");
        let blocking: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.is_blocking())
            .map(|finding| finding.program.as_str())
            .collect();
        assert_eq!(blocking, ["rustc", "cargo", "cc", "git", "apt-get", "apt-cache", "dpkg-deb"]);
        assert!(findings.iter().all(|finding| !finding.get_it.is_empty() && !finding.needed_for.is_empty()));
    }

    #[test]
    fn another_rust_than_the_pinned_one_is_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("rustc");
        std::fs::write(&program, "#!/bin/sh\necho 'rustc 1.2.3 (abc)'\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).unwrap();
        let findings = findings(&folder.path().display().to_string());
        assert_eq!(findings[0].problem.as_deref(), Some("it is `rustc 1.2.3 (abc)`, pinned is 1.95.0"));
        assert!(findings[0].is_blocking());
    }
}
