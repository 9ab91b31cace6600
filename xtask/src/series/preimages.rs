//! A base for a series where upstream cannot be reached: only the files that the patches change, as they were before.
//!
//! A header that is installed somewhere is upstream's file, and its blob id, which the patch names, proves it. Of any
//! other file the patches show some lines; they are put where the hunks say, with numbered filler lines between them.
//! On that base the series applies as on upstream's, because `git apply` looks at nothing else, and an export gives the
//! same bytes except for blob ids of such files, which an export therefore keeps as they are. What this does *not* show
//! is that those hunks fit upstream: only a run against upstream does.
//!
//! Later patches see what earlier ones added, so lines are traced back: a file is a list of cells, each either a line
//! of the base or a line that a patch added.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use git2::{ObjectType, Oid};

use super::diff::{FileChange, LineKind};
use super::folder::Series;
use super::patch::Patch;
use super::path_map::{PathMap, Place};

/// A bound on what a damaged line number can make us allocate, in lines.
const LONGEST_FILE: usize = 1_000_000;

/// The files of a base and how much of them is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preimages {
    /// Content by upstream path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Paths of which only the lines shown in patches are known, sorted.
    pub reconstructed: Vec<String>,
}

/// An installed sysroot to take headers from.
#[derive(Debug, Clone, Copy)]
pub struct Sysroot<'a> {
    /// Its root, the folder that `--sysroot` names.
    pub root: &'a Path,
    /// Its target.
    pub triple: &'a str,
}

/// The base of `series`: headers from `sysroot` through `map`, the rest from the patches themselves.
///
/// # Errors
/// When a patch cannot be read completely, patches contradict each other, or an installed header is not the file that
/// the patch was made for.
pub fn collect(series: &Series, map: &PathMap, sysroot: Option<Sysroot<'_>>) -> anyhow::Result<Preimages> {
    let mut traces: BTreeMap<&str, Trace> = BTreeMap::new();
    let mut preimages = Preimages::default();
    for patch in &series.patches {
        if let Some((line, problem)) = patch.problems.first() {
            bail!("{}:{line}: {problem}", series.path(patch).display());
        }
        for file in &patch.files {
            let path = file.path();
            let known = traces.contains_key(path) || preimages.files.contains_key(path);
            if !known
                && file.old.is_some()
                && let Some(bytes) = installed(series, patch, file, map, sysroot)?
            {
                preimages.files.insert(path.to_owned(), bytes);
            }
            if !preimages.files.contains_key(path) {
                let trace = traces.entry(path).or_insert_with(|| Trace::new(file.old.is_some()));
                trace
                    .follow(file)
                    .with_context(|| format!("{}:{}: `{path}`", series.path(patch).display(), file.line))?;
            }
        }
    }
    for (path, trace) in traces {
        if trace.in_base {
            preimages.files.insert(path.to_owned(), trace.text());
            preimages.reconstructed.push(path.to_owned());
        }
    }
    Ok(preimages)
}

/// The installed copy of the file before the first patch that changes it.
fn installed(
    series: &Series,
    patch: &Patch,
    file: &FileChange,
    map: &PathMap,
    sysroot: Option<Sysroot<'_>>,
) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(sysroot) = sysroot else { return Ok(None) };
    let Some(Place::Installed(place)) = map.place(file.path(), sysroot.triple) else { return Ok(None) };
    let path = sysroot.root.join(place);
    let bytes = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let id = Oid::hash_object(ObjectType::Blob, &bytes).context("computing a blob id")?.to_string();
    if let Some((expected, _)) = &file.index
        && *expected != id
    {
        bail!(
            "{}:{}: the patch was made for blob {expected}, but `{}` is blob {id}",
            series.path(patch).display(),
            file.index_line,
            path.display()
        );
    }
    Ok(Some(bytes))
}

/// A file as far as hunks show it.
struct Trace {
    /// Whether the base has the file.
    in_base: bool,
    /// Lines of the base; `None` is not shown by any patch.
    base: Vec<Option<Vec<u8>>>,
    /// Function headings that git printed, by the base line nearest above their hunk.
    headings: BTreeMap<usize, Vec<u8>>,
    /// The file as it is after the patches so far.
    now: Vec<Cell>,
}

#[derive(Clone)]
enum Cell {
    Base(usize),
    Added(Vec<u8>),
}

impl Trace {
    fn new(in_base: bool) -> Self {
        Self { in_base, base: Vec::new(), headings: BTreeMap::new(), now: Vec::new() }
    }

    fn follow(&mut self, file: &FileChange) -> anyhow::Result<()> {
        let mut after: Vec<Cell> = Vec::new();
        let mut next = 0;
        for hunk in &file.hunks {
            let start = if hunk.old.is_empty() { hunk.old.start } else { hunk.old.start.saturating_sub(1) };
            if start < next {
                bail!("the hunk of line {} overlaps the one before it", hunk.line);
            }
            let end = start + hunk.old.len();
            if end > LONGEST_FILE {
                bail!("the hunk of line {} names line {end}: no file is that long", hunk.line);
            }
            self.grow(end);
            if start > self.now.len() {
                bail!("the hunk of line {} stands behind the end of the file", hunk.line);
            }
            after.extend_from_slice(&self.now[next..start]);
            next = start;
            if let Some(Cell::Base(above)) = start.checked_sub(1).map(|above| &self.now[above])
                && !hunk.heading.is_empty()
            {
                self.headings.insert(*above, [&hunk.heading[..], b"\n"].concat());
            }
            for line in &hunk.lines {
                if line.kind == LineKind::Added {
                    after.push(Cell::Added(line.text.clone()));
                    continue;
                }
                let cell =
                    self.now.get(next).cloned().context("the hunk reaches behind the end of the file")?;
                self.must_be(&cell, &line.text, line.line)?;
                if line.kind == LineKind::Context {
                    after.push(cell);
                }
                next += 1;
            }
        }
        after.extend_from_slice(&self.now[next..]);
        self.now = after;
        Ok(())
    }

    /// Makes the file at least `length` lines long: what follows the last known line is base, too.
    fn grow(&mut self, length: usize) {
        while self.in_base && self.now.len() < length {
            self.now.push(Cell::Base(self.base.len()));
            self.base.push(None);
        }
    }

    fn must_be(&mut self, cell: &Cell, text: &[u8], line: usize) -> anyhow::Result<()> {
        let known = match cell {
            Cell::Added(known) => Some(known.as_slice()),
            Cell::Base(index) => self.base[*index].as_deref(),
        };
        match (known, cell) {
            (Some(known), _) if known != text => bail!(
                "line {line} expects `{}`, but an earlier patch shows `{}`",
                String::from_utf8_lossy(text).trim_end(),
                String::from_utf8_lossy(known).trim_end()
            ),
            (None, Cell::Base(index)) => self.base[*index] = Some(text.to_vec()),
            _ => {}
        }
        Ok(())
    }

    fn text(&self) -> Vec<u8> {
        // A filler begins with a space, so that git never takes it for a function heading.
        let filler = |index: usize| format!(" line {}\n", index + 1).into_bytes();
        let line = |(index, line): (usize, &Option<Vec<u8>>)| {
            line.clone().or_else(|| self.headings.get(&index).cloned()).unwrap_or_else(|| filler(index))
        };
        self.base.iter().enumerate().flat_map(line).collect()
    }
}
