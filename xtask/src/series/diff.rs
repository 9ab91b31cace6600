//! Reads the diff part of a patch, file by file and hunk by hunk, with the line every piece stands on;
//! knows nothing of messages, trees or git.
use std::ops::Range;

/// A place in the patch file and what is wrong there.
pub type Problem = (usize, String);

/// The change of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileChange {
    /// Line of `diff --git` in the patch, from 1.
    pub line: usize,
    /// Path before, without `a/`; `None` when the patch creates the file.
    pub old: Option<String>,
    /// Path after, without `b/`; `None` when the patch deletes the file.
    pub new: Option<String>,
    /// Blob ids of the `index` line, as written: before and after.
    pub index: Option<(String, String)>,
    /// Line of the `index` line, 0 without one.
    pub index_line: usize,
    /// The hunks in file order.
    pub hunks: Vec<Hunk>,
}

impl FileChange {
    /// The path to show a person: the new one, or the old one of a deleted file.
    #[must_use]
    pub fn path(&self) -> &str {
        self.new.as_deref().or(self.old.as_deref()).unwrap_or_default()
    }
}

/// One `@@` block. The ranges count lines from 1, as the `@@` line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Line of the `@@` line in the patch, from 1.
    pub line: usize,
    /// Lines of the file before; for an empty range `start` is the line after which it stands, as in git.
    pub old: Range<usize>,
    /// Lines of the file after, same rule.
    pub new: Range<usize>,
    /// The function heading behind the second `@@`.
    pub heading: Vec<u8>,
    /// Context, removed and added lines in order.
    pub lines: Vec<HunkLine>,
}

/// What a line of a hunk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Must be there, stays.
    Context,
    /// Must be there, goes.
    Removed,
    /// Comes.
    Added,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkLine {
    /// Line in the patch, from 1.
    pub line: usize,
    /// What the line does.
    pub kind: LineKind,
    /// The text, with its line feed unless the file ends without one.
    pub text: Vec<u8>,
}

impl Hunk {
    /// The lines the file must have: context and removed lines.
    pub fn before(&self) -> impl Iterator<Item = &HunkLine> {
        self.lines.iter().filter(|line| line.kind != LineKind::Added)
    }

    /// The lines the file has afterwards: context and added lines.
    pub fn after(&self) -> impl Iterator<Item = &HunkLine> {
        self.lines.iter().filter(|line| line.kind != LineKind::Removed)
    }

    /// Runs of removed and added lines between context lines.
    pub fn changes(&self) -> impl Iterator<Item = &[HunkLine]> {
        self.lines.split(|line| line.kind == LineKind::Context).filter(|run| !run.is_empty())
    }
}

/// Reads the diffs in `lines`, whose first line is line `first` of the patch file.
/// What cannot be read is a problem, never an early end: the rest is read as well.
#[must_use]
pub fn parse(lines: &[&[u8]], first: usize) -> (Vec<FileChange>, Vec<Problem>) {
    let mut reader = Reader { lines, first, next: 0, files: Vec::new(), problems: Vec::new() };
    while reader.next < lines.len() {
        reader.read_line();
    }
    (reader.files, reader.problems)
}

struct Reader<'a> {
    lines: &'a [&'a [u8]],
    first: usize,
    next: usize,
    files: Vec<FileChange>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read_line(&mut self) {
        let line = self.first + self.next;
        let bytes = self.lines[self.next];
        self.next += 1;
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end_matches('\n');
        if let Some(paths) = text.strip_prefix("diff --git ") {
            self.begin_file(line, paths);
            return;
        }
        let Some(file) = self.files.last_mut() else {
            if !text.is_empty() {
                self.problems.push((line, format!("expected `diff --git`, found `{text}`")));
            }
            return;
        };
        if let Some(ids) = text.strip_prefix("index ") {
            let ids = ids.split(' ').next().unwrap_or_default();
            file.index = ids.split_once("..").map(|(old, new)| (old.to_owned(), new.to_owned()));
            file.index_line = line;
        } else if let Some(path) = text.strip_prefix("--- ").filter(|_| file.hunks.is_empty()) {
            file.old = side(path, "a/");
        } else if let Some(path) = text.strip_prefix("+++ ").filter(|_| file.hunks.is_empty()) {
            file.new = side(path, "b/");
        } else if text.starts_with("new file mode ") {
            file.old = None;
        } else if text.starts_with("deleted file mode ") {
            file.new = None;
        } else if text.starts_with("@@ ") {
            self.read_hunk(line, bytes);
        } else if text.starts_with("GIT binary patch") || text.starts_with("Binary files ") {
            self.problems
                .push((line, "a binary change cannot be reviewed; keep such a file in `overlay/`".into()));
            self.next = self.end_of_file_change();
        } else if text.starts_with("rename ") || text.starts_with("copy ") {
            self.problems
                .push((line, "a rename hides what changes; `--export` writes it as two files".into()));
        } else if text.starts_with("-- ") {
            self.problems
                .push((line, "a signature depends on the version of git; `--export` leaves it out".into()));
            self.next = self.lines.len();
        } else if !is_quiet_header(text) {
            self.problems.push((line, format!("not part of a diff: `{text}`")));
        }
    }

    fn begin_file(&mut self, line: usize, paths: &str) {
        let mut file = FileChange { line, ..FileChange::default() };
        if paths.contains('"') {
            self.problems.push((line, format!("a quoted path is not supported: {paths}")));
        } else if let Some((old, new)) = both_sides(paths) {
            file.old = Some(old);
            file.new = Some(new);
        } else {
            self.problems.push((line, format!("the paths must read `a/<path> b/<path>`, found `{paths}`")));
        }
        self.files.push(file);
    }

    fn end_of_file_change(&self) -> usize {
        (self.next..self.lines.len())
            .find(|&index| self.lines[index].starts_with(b"diff --git "))
            .unwrap_or(self.lines.len())
    }

    fn read_hunk(&mut self, line: usize, bytes: &[u8]) {
        let Some((old, new, heading)) = parse_ranges(bytes) else {
            self.problems.push((line, "the `@@` line must read `@@ -start,length +start,length @@`".into()));
            return;
        };
        let (mut old_left, mut new_left) = (old.len(), new.len());
        let mut hunk = Hunk { line, old, new, heading, lines: Vec::new() };
        while old_left > 0 || new_left > 0 || self.at_no_newline() {
            let Some(bytes) = self.lines.get(self.next) else { break };
            let number = self.first + self.next;
            let (kind, text) = match bytes.first() {
                Some(b' ') => (LineKind::Context, &bytes[1..]),
                Some(b'-') => (LineKind::Removed, &bytes[1..]),
                Some(b'+') => (LineKind::Added, &bytes[1..]),
                Some(b'\\') => {
                    if let Some(last) = hunk.lines.last_mut() {
                        last.text.pop();
                    }
                    self.next += 1;
                    continue;
                }
                _ => break,
            };
            let takes_old = usize::from(kind != LineKind::Added);
            let takes_new = usize::from(kind != LineKind::Removed);
            if takes_old > old_left || takes_new > new_left {
                break;
            }
            old_left -= takes_old;
            new_left -= takes_new;
            hunk.lines.push(HunkLine { line: number, kind, text: text.to_vec() });
            self.next += 1;
        }
        if old_left > 0 || new_left > 0 {
            let message = format!("the hunk ends early: {old_left} old and {new_left} new lines are missing");
            self.problems.push((line, message));
        }
        if let Some(file) = self.files.last_mut() {
            file.hunks.push(hunk);
        }
    }

    fn at_no_newline(&self) -> bool {
        self.lines.get(self.next).is_some_and(|line| line.starts_with(b"\\"))
    }
}

fn is_quiet_header(text: &str) -> bool {
    text.is_empty()
        || text.starts_with("old mode ")
        || text.starts_with("new mode ")
        || text.starts_with("similarity index ")
        || text.starts_with("dissimilarity index ")
}

fn side(path: &str, prefix: &str) -> Option<String> {
    path.trim_end_matches('\t').strip_prefix(prefix).map(str::to_owned)
}

/// `a/x y b/x y`: without renames both paths are the same, so the middle is known even with spaces.
fn both_sides(paths: &str) -> Option<(String, String)> {
    let middle = paths.len() / 2;
    if !paths.is_char_boundary(middle) || paths.as_bytes().get(middle) != Some(&b' ') {
        return paths
            .strip_prefix("a/")?
            .split_once(" b/")
            .map(|(old, new)| (old.to_owned(), new.to_owned()));
    }
    let (old, new) = (&paths[..middle], &paths[middle + 1..]);
    Some((old.strip_prefix("a/")?.to_owned(), new.strip_prefix("b/")?.to_owned()))
}

fn parse_ranges(bytes: &[u8]) -> Option<(Range<usize>, Range<usize>, Vec<u8>)> {
    let rest = bytes.strip_prefix(b"@@ -")?;
    let end = rest.windows(3).position(|window| window == b" @@")?;
    let ranges = std::str::from_utf8(&rest[..end]).ok()?;
    let (old, new) = ranges.split_once(" +")?;
    let heading = &rest[end + 3..];
    let heading = heading.strip_suffix(b"\n").unwrap_or(heading);
    let heading = heading.strip_prefix(b" ").unwrap_or(heading);
    Some((parse_range(old)?, parse_range(new)?, heading.to_vec()))
}

fn parse_range(text: &str) -> Option<Range<usize>> {
    let (start, length) = text.split_once(',').unwrap_or((text, "1"));
    let (start, length): (usize, usize) = (start.parse().ok()?, length.parse().ok()?);
    Some(start..start.checked_add(length)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<FileChange>, Vec<Problem>) {
        let lines: Vec<&[u8]> = text.as_bytes().split_inclusive(|&byte| byte == b'\n').collect();
        parse(&lines, 1)
    }

    const ONE: &str = "diff --git a/x/time.h b/x/time.h\n\
        index 1111111111111111111111111111111111111111..2222222222222222222222222222222222222222 100644\n\
        --- a/x/time.h\n+++ b/x/time.h\n@@ -3,2 +3,3 @@ struct tm\n a\n+b\n c\n";

    #[test]
    fn a_hunk_has_ranges_heading_and_numbered_lines() {
        let (files, problems) = read(ONE);
        assert_eq!(problems, []);
        let hunk = &files[0].hunks[0];
        assert_eq!((hunk.old.clone(), hunk.new.clone()), (3..5, 3..6));
        assert_eq!((hunk.line, hunk.heading.as_slice()), (5, b"struct tm".as_slice()));
        assert_eq!(hunk.lines[1].line, 7);
        assert_eq!(hunk.before().count(), 2);
        assert_eq!(hunk.after().count(), 3);
        assert_eq!(hunk.changes().count(), 1);
    }

    #[test]
    fn a_new_file_has_no_old_path() {
        let (files, problems) = read(
            "diff --git a/n b/n\nnew file mode 100644\nindex 0000000..1\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n\
             \\ No newline at end of file\n",
        );
        assert_eq!(problems, []);
        assert_eq!((files[0].old.as_deref(), files[0].new.as_deref()), (None, Some("n")));
        assert_eq!(files[0].hunks[0].lines[0].text, b"x");
    }

    #[test]
    fn a_short_hunk_a_rename_a_binary_change_and_a_signature_are_problems() {
        let (_, problems) = read("diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n a\n");
        assert_eq!(problems, [(4, "the hunk ends early: 2 old and 2 new lines are missing".to_owned())]);
        let (files, problems) = read(
            "diff --git a/a b/b\nrename from a\nrename to b\ndiff --git a/p b/p\nGIT binary patch\nxx\n-- \n2.39\n",
        );
        assert_eq!(files.len(), 2);
        assert_eq!(problems.len(), 3);
        let (_, problems) = read(&format!("{ONE}-- \n2.39.5\n"));
        assert_eq!(problems.len(), 1);
    }
}
