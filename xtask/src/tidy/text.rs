//! Rules that one file can break on its own.
use super::check::{Finding, SourceFile};

/// The longest a source file may be, in lines.
const LONGEST_FILE: usize = 500;

/// Longer files, each with the reason why it stays whole.
const LONG_FILES: &[(&str, &str)] = &[];

/// Words that must not appear in Rust code, with what to do instead. Split, so that this file does not break the rule.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("no-ignored-test", concat!("#[", "ignore"), "skip with a printed reason, or assert today's behaviour"),
    ("no-ignored-test", concat!("should_", "panic"), "assert the error instead"),
    ("no-ambient-state", concat!("env::", "set_var"), "pass the environment to the program that needs it"),
    ("no-ambient-state", concat!("env::", "set_current_dir"), "pass the folder to the program that needs it"),
    ("no-placeholder", concat!("todo", "!("), "write it, or leave it out"),
    ("no-placeholder", concat!("unimplemented", "!("), "write it, or leave it out"),
];

/// Names that say nothing about what is in a file.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "manager", "misc", "common"];

pub(super) fn check(file: &SourceFile, findings: &mut Vec<Finding>) {
    let name = file.name.rsplit('/').next().unwrap_or(&file.name);
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    if let Some(word) = words.into_iter().find(|word| EMPTY_NAMES.contains(word)) {
        let text = format!("`{word}` in a name: say what is in the file");
        findings.push(Finding::new(&file.name, 1, "empty-name", text));
    }
    if ["rs", "c", "h", "toml", "wit"].iter().any(|extension| file.has_extension(extension)) {
        for (index, line) in file.content.lines().enumerate() {
            if line.ends_with([' ', '\t']) {
                findings.push(Finding::new(&file.name, index + 1, "trailing-blank", "remove the blanks"));
            }
        }
    }
    if !file.has_extension("rs") {
        return;
    }
    if !file.content.starts_with("//!") {
        let text = "the first line must be `//!`: what the module is and what it does not know";
        findings.push(Finding::new(&file.name, 1, "module-doc", text));
    }
    let lines = file.content.lines().count();
    let allowed = LONG_FILES.iter().any(|(name, _)| *name == file.name);
    if lines > LONGEST_FILE && !allowed {
        let text = format!("{lines} lines; split by responsibility, at most {LONGEST_FILE}");
        findings.push(Finding::new(&file.name, 1, "file-length", text));
    }
    for (index, line) in file.content.lines().enumerate() {
        for (rule, word, instead) in FORBIDDEN {
            if line.contains(word) && !line.trim_start().starts_with("//") {
                findings.push(Finding::new(&file.name, index + 1, rule, format!("`{word}`: {instead}")));
            }
        }
    }
}
