//! Documents: their links lead somewhere, the decision records are numbered without a gap.
use std::path::Path;

use super::check::{Finding, SourceFile};

pub(super) fn check(root: &Path, files: &[SourceFile], findings: &mut Vec<Finding>) {
    for file in files.iter().filter(|file| file.has_extension("md")) {
        for (index, line) in file.content.lines().enumerate() {
            for target in links(line) {
                let path = target.split('#').next().unwrap_or(target);
                let folder = root.join(&file.name).parent().map(Path::to_owned).unwrap_or_default();
                if !path.is_empty() && !path.contains("://") && !folder.join(path).exists() {
                    let text = format!("`{path}` does not exist");
                    findings.push(Finding::new(&file.name, index + 1, "dead-link", text));
                }
            }
        }
    }
    let mut records: Vec<&str> = files
        .iter()
        .filter_map(|file| file.name.strip_prefix("docs/adr/"))
        .filter(|name| name.ends_with(".md"))
        .collect();
    records.sort_unstable();
    for (index, name) in records.iter().enumerate() {
        if !name.starts_with(&format!("{:04}-", index + 1)) {
            let text = format!("records are numbered without a gap: expected {:04}", index + 1);
            findings.push(Finding::new(&format!("docs/adr/{name}"), 1, "adr-number", text));
            break;
        }
    }
}

/// The targets of `[text](target)` in one line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}
