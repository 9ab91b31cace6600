//! The suites of the host: each is a part of the tests in `host/`, so that no test runs twice; knows no test by name.
use anyhow::Context;

use super::SuiteContext;
use super::rust_tests::{cargo_test, cargo_test_some};
use crate::exec::Program;
use crate::guests;
use crate::report::SuiteReport;
use crate::run::RunOptions;
use crate::services;
use crate::step::host_cargo;
use crate::tree;

/// The test program that is divided by its modules: `host/warpgrid-host/tests/host`.
const DIVIDED: &str = "host";

/// How many paths `vfs-fuzz` makes up with `--full`.
const FULL_PATHS: &str = "1000000";

/// Which tests a suite has.
enum Share {
    /// These modules of the divided test program.
    Modules(&'static [&'static str]),
    /// A whole test program.
    Program(&'static str),
}

/// The packages whose tests these are. The pool has suites of its own.
const PACKAGES: &[&str] = &["warpgrid-grants", "warpgrid-host", "warp"];

/// Suites whose tests start database servers.
const WITH_SERVERS: &[&str] = &["guests-db", "warp-proxy"];

/// Every suite with its share. What nobody has runs in the suite `host`.
const SHARES: &[(&str, Share)] = &[
    ("dns", Share::Modules(&["dns", "names"])),
    ("files", Share::Modules(&["files"])),
    ("sockets", Share::Modules(&["sockets"])),
    ("http", Share::Modules(&["http", "http_outgoing"])),
    ("signals", Share::Modules(&["signals"])),
    ("threading", Share::Modules(&["threading"])),
    ("config", Share::Program("config")),
    ("limits", Share::Modules(&["limits"])),
    ("deny-matrix", Share::Modules(&["deny_matrix"])),
    ("ssrf", Share::Modules(&["ssrf"])),
    ("vfs-fuzz", Share::Modules(&["vfs_fuzz"])),
    ("guests-rust", Share::Modules(&["guests_rust", "guests_sdk"])),
    ("guests-go", Share::Modules(&["guests_go"])),
    ("guests-db", Share::Modules(&["guests_db"])),
    ("warp-proxy", Share::Program("proxy")),
    ("embed", Share::Modules(&["embed"])),
];

/// The tests of one suite.
///
/// # Errors
/// When a guest or the tests do not compile, or the suite has no test.
pub(super) fn named(context: &SuiteContext<'_>, suite: &str) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new(suite);
    let (_, share) = SHARES
        .iter()
        .find(|(name, _)| *name == suite)
        .with_context(|| format!("no tests are listed for the suite `{suite}`"))?;
    let mut tests = Tests::prepare(context)?;
    if WITH_SERVERS.contains(&suite) {
        let options = RunOptions { offline: context.offline, jobs: context.jobs };
        tests.cargo = tests.cargo.env("WARPGRID_SERVICES", services::folder(context.paths, &options)?);
    }
    match share {
        Share::Program(program) => cargo_test(&tests.cargo().args(["--test", program]), &mut report)?,
        Share::Modules(modules) => {
            let names = tests.list(&|module| modules.contains(&module))?;
            anyhow::ensure!(
                !names.is_empty(),
                "no test in `host/warpgrid-host/tests/host` is in {}",
                modules.join(" or ")
            );
            cargo_test_some(&tests.divided(), &names, &mut report)?;
        }
    }
    Ok(report)
}

/// Every test of the host crates that is in no suite of its own.
///
/// # Errors
/// When a guest or the tests do not compile.
pub(super) fn rest(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("host");
    let tests = Tests::prepare(context)?;
    // Examples are only compiled: documents show them.
    let mut cargo = tests.cargo().args(["--lib", "--bins", "--examples"]);
    for program in other_programs(context)? {
        cargo = cargo.args(["--test", &program]);
    }
    cargo_test(&cargo, &mut report)?;
    let names = tests.list(&|module| !is_shared_out(module))?;
    if !names.is_empty() {
        cargo_test_some(&tests.divided(), &names, &mut report)?;
    }
    let documents = tests.cargo().arg("--doc");
    if documents.clone().args(["--", "--list"]).stdout()?.lines().any(|line| line.ends_with(": test")) {
        cargo_test(&documents, &mut report)?;
    }
    Ok(report)
}

fn is_shared_out(module: &str) -> bool {
    SHARES.iter().any(|(_, share)| matches!(share, Share::Modules(modules) if modules.contains(&module)))
}

/// Test programs of the host crates but the divided one and those that are a suite.
fn other_programs(context: &SuiteContext<'_>) -> anyhow::Result<Vec<String>> {
    let mut programs = Vec::new();
    for package in PACKAGES {
        let folder = context.paths.root.join("host").join(package).join("tests");
        for path in if folder.is_dir() { tree::entries(&folder)? } else { Vec::new() } {
            let is_program =
                path.extension().is_some_and(|found| found == "rs") || path.join("main.rs").is_file();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_suite =
                SHARES.iter().any(|(_, share)| matches!(share, Share::Program(program) if *program == name));
            if is_program && !is_suite && name != DIVIDED {
                programs.push(name);
            }
        }
    }
    programs.sort();
    programs.dedup();
    Ok(programs)
}

/// The tests of the host crates, with the very flags, folder and packages of the shipped build: others would compile
/// wasmtime once more.
struct Tests {
    cargo: Program,
}

impl Tests {
    /// Builds the guests.
    fn prepare(context: &SuiteContext<'_>) -> anyhow::Result<Self> {
        let run = RunOptions { offline: context.offline, jobs: context.jobs };
        let guests = guests::build(context.paths, &run, context.rust)?;
        let mut cargo = host_cargo(context.paths).args(["test", "--release"]);
        for package in PACKAGES {
            cargo = cargo.args(["--package", package]);
        }
        cargo = cargo.env("WARPGRID_GUESTS", guests);
        if context.full {
            cargo = cargo.env("WARPGRID_FUZZ_PATHS", FULL_PATHS);
        }
        Ok(Self { cargo })
    }

    fn cargo(&self) -> Program {
        self.cargo.clone()
    }

    fn divided(&self) -> Program {
        self.cargo().args(["--test", DIVIDED])
    }

    /// Names of the divided program's tests whose module is wanted.
    fn list(&self, wanted: &dyn Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
        let said = self.divided().args(["--", "--list"]).stdout()?;
        Ok(names(&said, wanted))
    }
}

/// `<module>::…: test` lines.
fn names(said: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    said.lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| wanted(name.split("::").next().unwrap_or(name)))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::SUITES;
    use super::*;

    #[test]
    fn every_suite_of_the_host_has_a_share_and_no_module_is_in_two() {
        let mut modules = Vec::new();
        for (suite, share) in SHARES {
            assert!(SUITES.iter().any(|listed| listed.name == *suite), "`{suite}` is not in the list");
            if let Share::Modules(of_suite) = share {
                modules.extend_from_slice(of_suite);
            }
        }
        let count = modules.len();
        modules.sort_unstable();
        modules.dedup();
        assert_eq!(modules.len(), count, "a module is in two suites: {modules:?}");
    }

    #[test]
    fn a_module_is_not_taken_for_one_whose_name_ends_like_it() {
        let said =
            "files::a: test\ndeny_matrix::files::b: test\nvfs_files::c: test\nfiles::d::e: test\n\n2 tests\n";
        assert_eq!(names(said, &|module| module == "files"), ["files::a", "files::d::e"]);
        assert_eq!(names(said, &|module| !is_shared_out(module)), ["vfs_files::c"]);
    }
}
