//! The command as it is typed: flags, exit codes, and the manifest as the pin table.
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};
use xtask::cmd::rebase::{RebaseArgs, run};
use xtask::manifest::DIVIDER;
use xtask::paths::Paths;

use crate::lab::{Lab, NETDB};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask rebase")]
struct Cli {
    #[command(flatten)]
    args: RebaseArgs,
}

/// A lab with a manifest, and the paths of its root.
fn lab() -> (Lab, Paths) {
    let lab = Lab::with_series();
    let pin = &lab.pins.pin;
    let manifest = format!(
        "[sdk]\nversion = \"0.1.0\"\n\n[upstream.demo]\nproject = \"https://example.org/demo\"\nrevision = \"v1\"\n\
         licence = \"MIT\"\n\n[[upstream.demo.source]]\nkind = \"git\"\nurl = \"{0}\"\n\n\
         [target.wasm32-wasip2]\nvariants = [\"stock\"]\n\n{DIVIDER}\n\n[[pin]]\ninput = \"demo\"\nkind = \"git\"\n\
         name = \"{1}\"\nversion = \"v1\"\ncommit = \"{2}\"\nnote = \"made up\"\n",
        pin.url,
        pin.url.rsplit('/').next().unwrap(),
        pin.commit
    );
    lab.write(&lab.root(), "sdk-manifest.toml", &manifest);
    let paths = Paths::new(lab.root(), lab.cache(), None);
    (lab, paths)
}

fn typed(paths: &Paths, flags: &[&str]) -> anyhow::Result<bool> {
    let cli = Cli::try_parse_from(["rebase", "demo"].iter().chain(flags)).unwrap();
    run(&cli.args, paths).map(|code| code == ExitCode::SUCCESS)
}

#[test]
fn validate_exits_with_one_when_there_are_findings() {
    let (lab, paths) = lab();
    assert!(typed(&paths, &["--validate"]).unwrap());
    lab.edit("0001-dns-resolve-asks-the-host.patch", "Feature: dns\n", "");
    assert!(!typed(&paths, &["--validate"]).unwrap());
    assert!(!typed(&paths, &["--validate", "--json"]).unwrap());
}

#[test]
fn apply_export_and_update_work_from_a_checkout_below_target() {
    let (lab, paths) = lab();
    let before = lab.patch_files();
    assert!(typed(&paths, &["--apply"]).unwrap());
    assert!(paths.target.join("src/demo/src/netdb.c").exists());
    assert!(typed(&paths, &["--export", "--json"]).unwrap());
    assert_eq!(lab.patch_files(), before);

    lab.upstream_commit("v2", &[("news.txt", Some("news\n"))]);
    assert!(typed(&paths, &["--update", "v2"]).unwrap());
    let manifest = std::fs::read_to_string(&paths.manifest).unwrap();
    let commit = lab.git(&lab.upstream(), &["rev-parse", "v2^{commit}"]);
    assert!(
        manifest.contains("ref = \"v2\"\n") && manifest.contains(&format!("commit = \"{commit}\"")),
        "{manifest}"
    );
    assert!(typed(&paths, &["--apply"]).unwrap());
}

#[test]
fn a_conflict_is_an_error_with_the_next_step_and_changes_no_file() {
    let (lab, paths) = lab();
    let drifted = NETDB.replace("\treturn copy_name(host);\n", "\treturn copy_of_name(host, address);\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&drifted))]);
    let (before, manifest) = (lab.patch_files(), std::fs::read(&paths.manifest).unwrap());
    let error = typed(&paths, &["--update", "v2"]).unwrap_err();
    let hint = error.downcast_ref::<xtask::hint::Hint>().unwrap().hint().to_owned();
    assert!(
        error.to_string().ends_with("nothing was written") && hint.contains("`git am --continue`"),
        "{hint}"
    );
    assert_eq!((lab.patch_files(), std::fs::read(&paths.manifest).unwrap()), (before, manifest));
}

#[test]
fn export_needs_neither_network_nor_checkout() {
    let (lab, paths) = lab();
    for folder in [lab.upstream(), lab.cache(), lab.checkout()] {
        std::fs::remove_dir_all(folder).unwrap();
    }
    let before = lab.patch_files();
    assert!(typed(&paths, &["--export"]).unwrap());
    assert_eq!(lab.patch_files(), before);
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let refused = |flags: &[&str]| Cli::try_parse_from(["rebase", "demo"].iter().chain(flags)).is_err();
    assert!(refused(&[]));
    assert!(refused(&["--apply", "--export"]));
    assert!(refused(&["--export", "--onto", "v2"]));
    assert!(refused(&["--validate", "--feature", "dns"]));
    assert!(refused(&["--update"]));
    assert!(refused(&["--export", "--discard"]));
    assert!(refused(&["--apply", "--target", "wasm32-wasip1"]));
}

#[test]
fn help_shows_workflow_examples_and_exit_codes() {
    let help = Cli::command().render_long_help().to_string();
    for expected in
        ["--update <REF>", "--feature <NAME>", "git am --continue", "Exit codes:", "maintain-forks.md"]
    {
        assert!(help.contains(expected), "{expected}:\n{help}");
    }
}

#[test]
fn an_unknown_fork_lists_the_known_ones() {
    let (_lab, paths) = lab();
    let cli = Cli::try_parse_from(["rebase", "lbc", "--validate"]).unwrap();
    let error = run(&cli.args, &paths).unwrap_err();
    assert!(error.to_string().starts_with("there is no fork `lbc`"), "{error}");
    assert_eq!(error.downcast_ref::<xtask::hint::Hint>().unwrap().hint(), "the forks are: demo");
}
