//! Walks the files that git would commit and hands them to the rules; knows no rule from the inside.
use std::fmt;
use std::path::Path;

use anyhow::Context;

use super::{docs, layers, rooms, text};

/// A place where a rule is broken; prints as `file:line: rule: text`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path relative to the root.
    pub file: String,
    /// Line, from 1; 1 for a whole file.
    pub line: usize,
    /// Name of the rule.
    pub rule: &'static str,
    /// What was found and what to do.
    pub text: String,
}

impl Finding {
    pub(super) fn new(file: &str, line: usize, rule: &'static str, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, rule, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}: {}", self.file, self.line, self.rule, self.text)
    }
}

/// A text file of the tree.
pub(super) struct SourceFile {
    /// Path relative to the root, with `/`.
    pub(super) name: String,
    /// Its content.
    pub(super) content: String,
}

impl SourceFile {
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.name).extension().is_some_and(|found| found == extension)
    }
}

/// Every finding in the tree at `root`, sorted.
///
/// # Errors
/// When git cannot list the files or one cannot be read.
pub fn check(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let files = read_files(root)?;
    let mut findings = Vec::new();
    for file in &files {
        text::check(file, &mut findings);
        layers::check(file, &mut findings);
    }
    docs::check(root, &files, &mut findings);
    rooms::check(root, &files, &mut findings)?;
    findings.sort();
    Ok(findings)
}

/// All text files that are tracked, or untracked and not ignored.
fn read_files(root: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let repository = git2::Repository::open(root).with_context(|| format!("opening `{}`", root.display()))?;
    let index = repository.index().context("reading the git index")?;
    let mut names: Vec<String> =
        index.iter().filter_map(|entry| String::from_utf8(entry.path).ok()).collect();
    let mut options = git2::StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true);
    let statuses = repository.statuses(Some(&mut options)).context("reading the git status")?;
    names.extend(
        statuses
            .iter()
            .filter(|entry| entry.status().is_wt_new())
            .filter_map(|entry| entry.path().ok().map(str::to_owned)),
    );
    names.sort();
    names.dedup();
    let mut files = Vec::new();
    for name in names {
        let path = root.join(&name);
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
        if let Ok(content) = String::from_utf8(bytes) {
            files.push(SourceFile { name, content });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cargo test` catches what `cargo xtask tidy` would.
    #[test]
    fn this_tree_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let findings: Vec<String> = check(root).unwrap().iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }

    fn findings(name: &str, content: &str) -> Vec<&'static str> {
        let file = SourceFile { name: name.into(), content: content.into() };
        let mut findings = Vec::new();
        text::check(&file, &mut findings);
        layers::check(&file, &mut findings);
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn each_text_rule_fires() {
        assert_eq!(findings("xtask/src/x.rs", "fn main() {}\n"), ["module-doc"]);
        assert_eq!(findings("xtask/src/x.rs", "//! doc\nfn a() {} \n"), ["trailing-blank"]);
        assert_eq!(findings("xtask/src/x.rs", &format!("//! doc\n{}", "//\n".repeat(500))), ["file-length"]);
        let ignored = format!("//! doc\n#[{}]\nfn a() {{}}\n", "ignore");
        assert_eq!(findings("xtask/src/x.rs", &ignored), ["no-ignored-test"]);
        let ambient = format!("//! doc\nfn a() {{ std::env::{}(\"A\", \"b\") }}\n", "set_var");
        assert_eq!(findings("xtask/src/x.rs", &ambient), ["no-ambient-state"]);
        assert_eq!(findings("xtask/src/path_utils.rs", "//! doc\n"), ["empty-name"]);
    }

    #[test]
    fn each_layer_rule_fires() {
        assert_eq!(findings("xtask/src/source/git.rs", "//! doc\nuse crate::cmd::ci;\n"), ["layers"]);
        assert_eq!(findings("host/warpgrid-grants/src/a.rs", "//! doc\nuse std::fs;\n"), ["layers"]);
        assert_eq!(findings("xtask/src/run.rs", "//! doc\nuse crate::step;\n"), [""; 0]);
        assert_eq!(findings("xtask/src/tree.rs", "//! doc\nuse crate::run;\n"), ["layers"]);
        assert_eq!(findings("xtask/src/plan.rs", "//! doc\nuse warpgrid_host::Engine;\n"), ["layers"]);
        assert_eq!(findings("xtask/src/plan.rs", "//! doc\nconst NAME: &str = \"warpgrid_a\";\n"), [""; 0]);
    }

    #[test]
    fn only_one_room_starts_programs_and_one_uses_the_network() {
        let starts = format!("//! doc\nfn a() {{ Command::{}(\"cc\"); }}\n", "new");
        assert_eq!(findings("xtask/src/step/warp.rs", &starts), ["layers"]);
        assert_eq!(findings("xtask/src/exec.rs", &starts), [""; 0]);
        assert_eq!(findings("xtask/tests/cache.rs", &starts), [""; 0]);
        let longer = starts.replace(" Command", " MetadataCommand");
        assert_eq!(findings("xtask/src/pack/licences.rs", &longer), [""; 0]);
        let in_a_test = format!("//! doc\n#[cfg(test)]\n{}", &starts[9..]);
        assert_eq!(findings("xtask/src/step/warp.rs", &in_a_test), [""; 0]);
        let network = "//! doc\nuse reqwest::blocking::Client;\n";
        assert_eq!(findings("xtask/src/step/fetch.rs", network), ["layers"]);
        assert_eq!(findings("xtask/src/source/archive.rs", network), [""; 0]);
    }

    #[test]
    fn the_host_prints_nothing_and_starts_nothing() {
        for library in ["host/warpgrid-host/src/a.rs", "host/warpgrid-grants/src/a.rs"] {
            let prints = format!("//! doc\nfn a() {{ println{}\"\"); }}\n", "!(");
            assert_eq!(findings(library, &prints), ["layers"], "{library}");
        }
        let starts = "//! doc\nuse std::process::Command;\n";
        assert_eq!(findings("host/warpgrid-host/src/a.rs", starts), ["layers"]);
    }

    fn file(name: &str, content: &str) -> SourceFile {
        SourceFile { name: name.into(), content: content.into() }
    }

    #[test]
    fn a_command_and_its_file_have_one_name() {
        let files = ["mod", "build_sdk", "shared"].map(|name| file(&format!("xtask/src/cmd/{name}.rs"), ""));
        let mut findings = Vec::new();
        rooms::check_commands(&["build-sdk", "ci"], &files, &mut findings);
        let places: Vec<&str> = findings.iter().map(|finding| finding.file.as_str()).collect();
        assert_eq!(places, ["xtask/src/cmd/shared.rs", "xtask/src/cmd/ci.rs"]);
    }

    #[test]
    fn a_guest_is_named_by_a_test() {
        let files = [
            file("tests/guests/rust/src/bin/files_read.rs", ""),
            file("tests/guests/rust/src/bin/files_rea.rs", ""),
            file("tests/guests/go/files/main.go", ""),
            file("tests/guests/go/other/main.go", ""),
            file("tests/guests/c/files.c", ""),
            file("tests/guests/c/other.c", ""),
            file(
                "host/warpgrid-host/tests/host/files.rs",
                "guest(\"files_read\"); guest(\"go_files\"); guest(\"sdk_files\")",
            ),
        ];
        let mut findings = Vec::new();
        rooms::check_guests(&files, &mut findings);
        let places: Vec<&str> = findings.iter().map(|finding| finding.file.as_str()).collect();
        assert_eq!(
            places,
            [
                "tests/guests/rust/src/bin/files_rea.rs",
                "tests/guests/go/other/main.go",
                "tests/guests/c/other.c"
            ]
        );
    }

    #[test]
    fn a_case_begins_with_what_it_shows_and_its_directives() {
        let cases = [
            ("good", "//! What it shows.\n//! run: warp\nint main(void) {}\n"),
            ("silent", "int main(void) {}\n"),
            ("vague", "//! run: warp\n//! stock: same\n"),
            ("bare", "//! What it shows.\nint main(void) {}\n//! run: warp\n"),
        ];
        let mut files: Vec<SourceFile> =
            cases.iter().map(|(name, text)| file(&format!("tests/libc/{name}.c"), text)).collect();
        files.push(file("tests/third-party/own.c", "int main(void) {}\n"));
        let mut findings = Vec::new();
        rooms::check_cases(&files, &mut findings);
        let places: Vec<&str> = findings.iter().map(|finding| finding.file.as_str()).collect();
        assert_eq!(places, ["tests/libc/silent.c", "tests/libc/vague.c", "tests/libc/bare.c"]);
    }
}
