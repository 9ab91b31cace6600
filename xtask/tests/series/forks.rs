//! The series of this repository's own forks.
use std::path::Path;

use xshell::Shell;
use xtask::series::check::check;
use xtask::series::fork::Fork;

#[test]
fn every_series_is_valid_applies_and_comes_back_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let sh = Shell::new().unwrap();
    let mut findings = Vec::new();
    for name in Fork::names(root).unwrap() {
        let fork = Fork::open(root, &name).unwrap();
        findings.extend(check(&sh, &fork, None).unwrap());
    }
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, Vec::<String>::new());
}
