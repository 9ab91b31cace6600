//! Collects the licence texts of what ships: Debian packages and Rust crates; knows nothing of the archive.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};

use crate::tree;

/// Debian's names of texts that its `copyright` files point to, and their SPDX names.
const COMMON: [(&str, &str); 13] = [
    ("Apache-2.0", "Apache-2.0"),
    ("Artistic", "Artistic-1.0-Perl"),
    ("CC0-1.0", "CC0-1.0"),
    ("GFDL-1.2", "GFDL-1.2-only"),
    ("GFDL-1.3", "GFDL-1.3-only"),
    ("GPL-1", "GPL-1.0-only"),
    ("GPL-2", "GPL-2.0-only"),
    ("GPL-3", "GPL-3.0-only"),
    ("LGPL-2", "LGPL-2.0-only"),
    ("LGPL-2.1", "LGPL-2.1-only"),
    ("LGPL-3", "LGPL-3.0-only"),
    ("MPL-1.1", "MPL-1.1"),
    ("MPL-2.0", "MPL-2.0"),
];

/// Writes the full texts of the licences and exceptions that an SPDX expression names to `<out>/<name>.txt`.
///
/// # Errors
/// When it is no SPDX expression, names something without a text, or a file cannot be written.
pub fn write_texts(expression: &str, out: &Path) -> anyhow::Result<()> {
    tree::create(out)?;
    let parsed = spdx::Expression::parse(expression)
        .map_err(|error| anyhow::anyhow!("{}", error.reason))
        .with_context(|| format!("reading the licence `{expression}`"))?;
    for requirement in parsed.requirements() {
        let licence = &requirement.req.license;
        let id = licence.id().with_context(|| format!("no text of the licence `{licence}`"))?;
        write(&out.join(format!("{}.txt", id.name)), id.text())?;
        if let Some(exception) = &requirement.req.addition {
            let id = exception.id().with_context(|| format!("no text of the exception `{exception}`"))?;
            write(&out.join(format!("{}.txt", id.name)), id.text())?;
        }
    }
    Ok(())
}

/// Copies the `copyright` of Debian packages to `<out>/<package>.copyright`, with every text that one points to.
///
/// `packages` is a folder into which they were unpacked. A package whose documentation is a link to another
/// package's gives that one's text, or none when the other package was not unpacked: [`write_texts`] has the rest.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy_debian(packages: &Path, names: &[&str], out: &Path) -> anyhow::Result<()> {
    tree::create(out)?;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for name in names {
        let path = packages.join("usr/share/doc").join(name).join("copyright");
        if !path.is_file() {
            continue;
        }
        let text = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        if texts.values().all(|known| *known != text) {
            texts.insert((*name).to_owned(), text);
        }
    }
    for (name, text) in &texts {
        write(&out.join(format!("{name}.copyright")), text)?;
        for (debian, spdx) in COMMON.iter().filter(|(debian, _)| points_to(text, debian)) {
            let full = spdx::license_id(spdx).map(|id| id.text());
            let full = full.with_context(|| format!("no text of the licence `{spdx}`"))?;
            write(&out.join(format!("{debian}.txt")), full)?;
        }
    }
    Ok(())
}

fn points_to(text: &str, debian: &str) -> bool {
    let reference = format!("common-licenses/{debian}");
    text.match_indices(&reference).any(|(at, _)| {
        let rest = &text[at + reference.len()..];
        // `GPL-2.1` does not point to `GPL-2`, but the end of a sentence does.
        !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-')
            && !rest
                .strip_prefix('.')
                .is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit()))
    })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing `{}`", path.display()))
}

/// Which crates a program is linked from.
#[derive(Debug, Clone)]
pub struct CrateOptions<'a> {
    /// The `cargo` to ask.
    pub cargo: &'a Path,
    /// `Cargo.toml` of the program's crate, beside or below its `Cargo.lock`.
    pub manifest: &'a Path,
    /// Feature flags as they were given to the build.
    pub features: &'a [String],
    /// Use only crates that are already on this machine?
    pub offline: bool,
}

/// The licence texts of every crate that is linked into a program, each different text once.
///
/// Crates and texts are sorted; no path of this machine gets in.
///
/// # Errors
/// When cargo fails or a crate has neither a licence file nor an SPDX expression.
pub fn of_crates(options: &CrateOptions<'_>) -> anyhow::Result<String> {
    let mut command = MetadataCommand::new();
    command.cargo_path(options.cargo).manifest_path(options.manifest);
    let mut others = vec!["--locked".to_owned(), "--filter-platform=x86_64-unknown-linux-gnu".to_owned()];
    others.extend(options.offline.then(|| "--offline".to_owned()));
    for feature in options.features {
        match feature.strip_prefix("--features=") {
            Some(names) => {
                command.features(CargoOpt::SomeFeatures(names.split(',').map(str::to_owned).collect()));
            }
            None => others.push(feature.clone()),
        }
    }
    let metadata = command
        .other_options(others)
        .exec()
        .with_context(|| format!("asking cargo for the dependencies of `{}`", options.manifest.display()))?;
    let root = metadata
        .packages
        .iter()
        .find(|package| package.manifest_path.as_std_path() == options.manifest)
        .with_context(|| format!("`{}` is not a package", options.manifest.display()))?;
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in linked(&metadata, &root.id)? {
        let label = format!("{} {}", package.name, package.version);
        for text in texts(package)? {
            users.entry(text).or_default().insert(label.clone());
        }
    }
    Ok(render(&users))
}

fn render(users: &BTreeMap<String, BTreeSet<String>>) -> String {
    // By first user, so that the order says something to a reader.
    let mut sections: Vec<(&BTreeSet<String>, &String)> =
        users.iter().map(|(text, users)| (users, text)).collect();
    sections.sort();
    let mut out = String::from("Licences of the Rust crates that are linked into this program.\n");
    for (users, text) in sections {
        let line = "=".repeat(80);
        let _ = write!(out, "\n{line}\n");
        for user in users {
            let _ = writeln!(out, "{user}");
        }
        let _ = write!(out, "{line}\n\n{}\n", text.trim_matches('\n'));
    }
    out
}

/// Every package reached over normal dependencies: what the compiler links, not what builds or tests it.
fn linked<'a>(metadata: &'a Metadata, root: &'a PackageId) -> anyhow::Result<Vec<&'a Package>> {
    let resolve = metadata.resolve.as_ref().context("cargo resolved no dependencies")?;
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut seen = BTreeSet::from([root]);
    let mut waiting = VecDeque::from([root]);
    while let Some(id) = waiting.pop_front() {
        let Some(node) = nodes.get(id) else { continue };
        for dependency in &node.deps {
            let normal = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if normal && seen.insert(&dependency.pkg) {
                waiting.push_back(&dependency.pkg);
            }
        }
    }
    let mut packages: Vec<&Package> = metadata
        .packages
        .iter()
        .filter(|package| seen.contains(&package.id))
        .filter(|package| {
            package.targets.iter().any(|target| !target.is_proc_macro() && !target.is_custom_build())
        })
        .collect();
    packages.sort_by(|a, b| (a.name.as_str(), &a.version).cmp(&(b.name.as_str(), &b.version)));
    Ok(packages)
}

/// The licence files at the top of a package, else the texts that its SPDX expression names.
fn texts(package: &Package) -> anyhow::Result<Vec<String>> {
    let folder = package.manifest_path.as_std_path().parent().unwrap_or(Path::new("/"));
    let mut found = BTreeMap::new();
    for path in tree::entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_licence_name(&name) && path.is_file() {
            let bytes = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
            found.insert(name, normalise(&String::from_utf8_lossy(&bytes)));
        }
    }
    if !found.is_empty() {
        return Ok(found.into_values().collect());
    }
    let label = format!("{} {}", package.name, package.version);
    let expression = package
        .license
        .as_deref()
        .with_context(|| format!("the crate {label} has neither a licence file nor a licence expression"))?;
    let parsed = spdx::Expression::parse_mode(expression, spdx::ParseMode::LAX)
        .map_err(|error| anyhow::anyhow!("{}", error.reason))
        .with_context(|| format!("reading the licence `{expression}` of {label}"))?;
    let mut texts = vec![format!("{label} declares `{expression}`; its package holds no licence file.")];
    texts.extend(requirement_texts(&parsed));
    Ok(texts)
}

/// The full texts of the licences and exceptions that an expression names.
fn requirement_texts(expression: &spdx::Expression) -> Vec<String> {
    let mut texts = Vec::new();
    for requirement in expression.requirements() {
        texts.extend(requirement.req.license.id().map(|id| normalise(id.text())));
        let exception = requirement.req.addition.as_ref().and_then(spdx::AdditionItem::id);
        texts.extend(exception.map(|id| normalise(id.text())));
    }
    texts
}

fn is_licence_name(name: &str) -> bool {
    const STARTS: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
    let name = name.to_ascii_lowercase();
    STARTS.iter().any(|start| name.starts_with(start)) && !name.ends_with(".rs")
}

/// Line ends and trailing blanks carry no meaning, but would make equal texts differ.
fn normalise(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copyright_brings_the_texts_it_points_to() {
        let folder = tempfile::tempdir().unwrap();
        let documents = folder.path().join("usr/share/doc/libfoo");
        std::fs::create_dir_all(&documents).unwrap();
        let text = "License: GPL-3\n see /usr/share/common-licenses/GPL-3.\n and `common-licenses/LGPL-2.1'";
        std::fs::write(documents.join("copyright"), text).unwrap();
        let out = folder.path().join("out");
        copy_debian(folder.path(), &["libfoo", "absent"], &out).unwrap();
        let mut names: Vec<_> = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["GPL-3.txt", "LGPL-2.1.txt", "libfoo.copyright"]);
        assert!(
            std::fs::read_to_string(out.join("GPL-3.txt")).unwrap().contains("GNU GENERAL PUBLIC LICENSE")
        );
    }

    #[test]
    fn an_expression_brings_licence_and_exception() {
        let folder = tempfile::tempdir().unwrap();
        write_texts("GPL-3.0-or-later WITH GCC-exception-3.1", folder.path()).unwrap();
        for name in ["GPL-3.0-or-later.txt", "GCC-exception-3.1.txt"] {
            assert!(!std::fs::read_to_string(folder.path().join(name)).unwrap().is_empty(), "{name}");
        }
        assert!(write_texts("free for all", folder.path()).is_err());
    }

    #[test]
    fn licence_files_are_known_by_name() {
        for name in ["LICENSE-MIT", "license.txt", "COPYING", "NOTICE", "UNLICENSE"] {
            assert!(is_licence_name(name), "{name}");
        }
        assert!(!is_licence_name("Cargo.toml"));
    }
}
