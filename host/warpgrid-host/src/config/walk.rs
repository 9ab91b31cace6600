//! Holds a file against the list of keys; reads no value.

use super::error::{ConfigError, Warning};
use super::keys;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Where each key of a file stands, and what is ignored in it.
#[derive(Debug)]
pub(super) struct Walked {
    lines: BTreeMap<Vec<String>, usize>,
    pub(super) warnings: Vec<Warning>,
}

impl Walked {
    /// The line of a key.
    pub(super) fn line(&self, path: &[&str]) -> Option<usize> {
        self.lines.get(&path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).copied()
    }
}

/// The line, from 1, in which a byte of the text stands.
pub(super) fn line_at(text: &str, byte: usize) -> usize {
    let end = byte.min(text.len());
    text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Checks all keys of a file.
pub(super) fn walk(text: &str, file: &Path, table: &DeTable<'_>) -> Result<Walked, ConfigError> {
    let mut walk = Walk { text, file, walked: Walked { lines: BTreeMap::new(), warnings: Vec::new() } };
    walk.table(&mut Vec::new(), table)?;
    Ok(walk.walked)
}

struct Walk<'a> {
    text: &'a str,
    file: &'a Path,
    walked: Walked,
}

impl Walk<'_> {
    fn table<'t>(&mut self, path: &mut Vec<&'t str>, table: &'t DeTable<'_>) -> Result<(), ConfigError> {
        for (name, value) in table {
            let line = line_at(self.text, name.span().start);
            path.push(name.get_ref());
            self.walked.lines.insert(path.iter().map(|name| (*name).to_owned()).collect(), line);
            let known = self.key(path, name.span())?;
            if known && let DeValue::Table(table) = value.get_ref() {
                self.table(path, table)?;
            }
            path.pop();
        }
        Ok(())
    }

    /// Checks one key. False: it is ignored, with what is below it.
    fn key(&mut self, path: &[&str], span: Range<usize>) -> Result<bool, ConfigError> {
        let line = line_at(self.text, span.start);
        let error =
            |message, hint| ConfigError { file: self.file.to_owned(), line: Some(line), message, hint };
        if keys::find(path).is_some() {
            return Ok(true);
        }
        let Some((name, above)) = path.split_last() else { return Ok(true) };
        let known = keys::names_below(above);
        if known.is_empty() && !above.is_empty() {
            // The value above must not be a table; reading the values says so.
            return Ok(true);
        }
        let suggestion = keys::nearest(name, &known);
        if above == ["shims"] {
            let also = suggestion.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let message = format!("unknown shim `{name}` is ignored{also}");
            self.walked.warnings.push(Warning { line, message });
            return Ok(false);
        }
        let place = match above {
            [] => String::new(),
            above => format!(" in `[{}]`", above.join(".")),
        };
        let hint = match suggestion {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known keys{place}: {}", known.join(", ")),
        };
        Err(error(format!("unknown key `{name}`{place}"), Some(hint)))
    }
}
