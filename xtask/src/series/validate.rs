//! Everything a patch series must be, listed at once; needs no git and no network, only files.
use std::collections::BTreeMap;
use std::path::Path;

use super::diff::{FileChange, Hunk, LineKind};
use super::finding::Finding;
use super::folder::Series;
use super::name::PatchName;
use super::patch::Patch;

/// Holds `series` against the rules of `docs/how-to/maintain-forks.md`; `Test:` paths are relative to `root`.
/// Returns every finding, sorted by file and line; an empty list means the series is in order.
#[must_use]
pub fn validate(series: &Series, root: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in &series.strangers {
        let message = "only `NNNN-<subsystem>-<effect>.patch` files belong here";
        findings.push(Finding::new(series.folder.join(name), 0, message));
    }
    check_numbers(series, &mut findings);
    let mut slugs = BTreeMap::new();
    for patch in &series.patches {
        let mut check = Check { series, patch, root, findings: &mut findings };
        check.problems();
        check.name();
        check.trailers();
        check.depends_on();
        check.body();
        check.hunks();
        if let Some(other) = slugs.insert(patch.slug(), &patch.file_name) {
            let message = format!("has the same subject as `{other}`: patches are told apart by it");
            findings.push(series.finding(patch, patch.message.subject.line, message));
        }
    }
    findings.sort();
    findings
}

fn check_numbers(series: &Series, findings: &mut Vec<Finding>) {
    let mut expected = 1;
    for patch in &series.patches {
        let Some(name) = patch.name() else {
            let message = "the file name must be `NNNN-<subsystem>-<effect>.patch` in lower case";
            findings.push(series.finding(patch, 0, message));
            continue;
        };
        if name.number != expected {
            let message = format!(
                "the number is {:04}, but {expected:04} comes next; `--export` renumbers",
                name.number
            );
            findings.push(series.finding(patch, 0, message));
        }
        expected = name.number + 1;
    }
}

struct Check<'a> {
    series: &'a Series,
    patch: &'a Patch,
    root: &'a Path,
    findings: &'a mut Vec<Finding>,
}

impl Check<'_> {
    fn report(&mut self, line: usize, message: impl Into<String>) {
        self.findings.push(self.series.finding(self.patch, line, message));
    }

    fn problems(&mut self) {
        for (line, message) in &self.patch.problems {
            self.report(*line, message.clone());
        }
        for file in &self.patch.files {
            let full = |id: &String| matches!(id.len(), 40 | 64);
            match &file.index {
                Some((old, new)) if !full(old) || !full(new) => {
                    self.report(
                        file.index_line,
                        "the blob ids are cut short; `--export` writes them in full",
                    );
                }
                None if !file.hunks.is_empty() => {
                    self.report(
                        file.line,
                        "there is no `index` line: without it git cannot merge three ways",
                    );
                }
                _ => {}
            }
        }
    }

    fn name(&mut self) {
        let subject = &self.patch.message.subject;
        let subsystem = subject.value.split_once(": ").map(|(subsystem, _)| subsystem);
        let good = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !subsystem.is_some_and(good) {
            let message = format!("the subject must read `<subsystem>: <effect>`, found `{}`", subject.value);
            self.report(subject.line, message);
        } else if let Some(name) = self.patch.name()
            && name.slug != self.patch.slug()
        {
            let expected = PatchName { number: name.number, slug: self.patch.slug() };
            let message = format!("the subject belongs to a file named `{}`", expected.file_name());
            self.report(subject.line, message);
        }
    }

    fn trailers(&mut self) {
        self.one("Upstream", "a link, or `N/A <why>`", |value, _| {
            value.starts_with("https://")
                || value.strip_prefix("N/A ").is_some_and(|why| !why.trim().is_empty())
        });
        self.one("Feature", "one lower-case word such as `dns`", |value, _| is_word(value));
        self.one("Interface", "the WIT interface it needs (`warpgrid:shim/dns`), or `none`", |value, _| {
            value == "none" || is_interface(value)
        });
        self.some("Test", "a file of this repository", |value, root| {
            !value.is_empty() && !Path::new(value).is_absolute() && root.join(value).is_file()
        });
        self.some("Signed-off-by", "`Name <address>`", |value, _| {
            value.split_once(" <").is_some_and(|(name, rest)| !name.is_empty() && rest.ends_with('>'))
        });
    }

    fn one(&mut self, key: &str, form: &str, good: fn(&str, &Path) -> bool) {
        self.some(key, form, good);
        let extra: Vec<usize> =
            self.patch.message.trailers(key).skip(1).map(|trailer| trailer.line).collect();
        for line in extra {
            self.report(line, format!("there is a second `{key}:`"));
        }
    }

    fn some(&mut self, key: &str, form: &str, good: fn(&str, &Path) -> bool) {
        let trailers: Vec<_> = self.patch.message.trailers(key).cloned().collect();
        if trailers.is_empty() {
            self.report(self.message_end(), format!("there is no `{key}:` trailer ({form})"));
        }
        for trailer in trailers {
            if !good(&trailer.value, self.root) {
                let message = format!("`{key}:` must be {form}, found `{}`", trailer.value);
                self.report(trailer.line, message);
            }
        }
    }

    fn depends_on(&mut self) {
        let trailers: Vec<_> = self.patch.message.trailers("Depends-on").cloned().collect();
        if trailers.is_empty() {
            let line = self.message_end();
            self.report(line, "there is no `Depends-on:` trailer (the name of an earlier patch, or `none`)");
        }
        let several = trailers.len() > 1;
        for trailer in trailers {
            if trailer.value == "none" {
                if several {
                    self.report(trailer.line, "`Depends-on: none` stands beside another `Depends-on:`");
                }
                continue;
            }
            let Some(name) = PatchName::parse(&trailer.value) else {
                let message = format!(
                    "`Depends-on:` must be the name of an earlier patch (`NNNN-<subsystem>-<effect>`), or `none`, \
                     found `{}`",
                    trailer.value
                );
                self.report(trailer.line, message);
                continue;
            };
            if self.series.by_name(&name).is_none() {
                let renamed = self.series.by_slug(&name.slug).map(|patch| patch.file_name.clone());
                let message = match renamed {
                    Some(file) => format!("depends on `{name}`, which is now `{file}`; `--export` renumbers"),
                    None => format!("depends on `{name}`, which is not in the series"),
                };
                self.report(trailer.line, message);
            } else if self.patch.name().is_some_and(|own| name.number >= own.number) {
                self.report(trailer.line, format!("depends on `{name}`, which does not come before it"));
            }
        }
    }

    fn body(&mut self) {
        if !self.patch.message.body.iter().any(|line| !line.value.is_empty()) {
            let line = self.patch.message.subject.line;
            self.report(line, "the body is empty: say why this cannot live outside upstream");
        }
    }

    fn hunks(&mut self) {
        let patch = self.patch;
        let justified = patch
            .message
            .body
            .iter()
            .map(|line| line.value.as_str())
            .any(|line| line.strip_prefix("Deletes:").is_some_and(|why| !why.trim().is_empty()))
            || patch.message.trailer("Deletes").is_some_and(|trailer| !trailer.value.is_empty());
        let mut reported = justified;
        for file in &patch.files {
            for hunk in &file.hunks {
                if let Some(line) = whitespace_only(hunk) {
                    self.report(line, format!("only white space of `{}` changes here", file.path()));
                }
            }
            if !reported && let Some(line) = first_deletion(file) {
                let message =
                    "a line goes away; a patch only adds, or says why not in a paragraph `Deletes: <why>`";
                self.report(line, message);
                reported = true;
            }
        }
    }

    /// Where a missing trailer would stand: the last trailer, else the last line of the body or the subject.
    fn message_end(&self) -> usize {
        let message = &self.patch.message;
        message
            .trailers
            .last()
            .map(|trailer| trailer.line)
            .or(message.body.last().map(|line| line.line))
            .unwrap_or(message.subject.line)
    }
}

fn first_deletion(file: &FileChange) -> Option<usize> {
    let removed = file.hunks.iter().flat_map(|hunk| &hunk.lines).find(|line| line.kind == LineKind::Removed);
    removed.map(|line| line.line).or(file.new.is_none().then_some(file.line))
}

/// The line of a change in which nothing but white space differs.
fn whitespace_only(hunk: &Hunk) -> Option<usize> {
    hunk.changes()
        .find(|change| {
            let letters = |kind: LineKind| -> Vec<u8> {
                let lines = change.iter().filter(|line| line.kind == kind);
                lines
                    .flat_map(|line| &line.text)
                    .copied()
                    .filter(|byte| !byte.is_ascii_whitespace())
                    .collect()
            };
            letters(LineKind::Removed) == letters(LineKind::Added)
        })
        .map(|change| change[0].line)
}

fn is_word(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_lowercase())
        && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `namespace:package/interface`, with or without a version.
fn is_interface(value: &str) -> bool {
    let name = value.split_once('@').map_or(value, |(name, _)| name);
    name.split_once(':')
        .and_then(|(namespace, rest)| {
            rest.split_once('/').map(|(package, interface)| [namespace, package, interface])
        })
        .is_some_and(|parts| parts.into_iter().all(is_word))
}
