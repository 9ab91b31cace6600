//! Turns values into checked ones, and names the line of those that are wrong; knows no key.

use super::error::ConfigError;
use super::values::{Count, Seconds, Size};
use super::walk::Walked;
use bytesize::ByteSize;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

/// A file whose keys are known, while its values are checked.
pub(super) struct Reader<'a> {
    pub(super) file: &'a Path,
    pub(super) walked: &'a Walked,
}

impl Reader<'_> {
    /// What is wrong at a key.
    pub(super) fn error(&self, path: &[&str], message: String) -> ConfigError {
        ConfigError { file: self.file.to_owned(), line: self.walked.line(path), message, hint: None }
    }

    /// The values of one table.
    pub(super) fn table<'r>(&'r self, path: &'r [&'r str]) -> Table<'r> {
        Table { reader: self, path }
    }
}

/// The values of one table. Each function replaces a default by what the file says, if it says something.
pub(super) struct Table<'r> {
    reader: &'r Reader<'r>,
    path: &'r [&'r str],
}

impl Table<'_> {
    /// What is wrong at a key of this table.
    pub(super) fn error(&self, key: &str, message: &str) -> ConfigError {
        let path: Vec<&str> = self.path.iter().copied().chain([key]).collect();
        self.reader.error(&path, format!("`{}`: {message}", path.join(".")))
    }

    pub(super) fn count(
        &self,
        key: &str,
        count: Option<Count>,
        range: RangeInclusive<usize>,
        value: &mut usize,
    ) -> Result<(), ConfigError> {
        let Some(Count(count)) = count else { return Ok(()) };
        match usize::try_from(count) {
            Ok(count) if range.contains(&count) => *value = count,
            _ => {
                let (least, most) = range.into_inner();
                return Err(self.error(key, &format!("{count} is not between {least} and {most}")));
            }
        }
        Ok(())
    }

    pub(super) fn size(
        &self,
        key: &str,
        size: Option<Size>,
        range: RangeInclusive<usize>,
        value: &mut usize,
    ) -> Result<(), ConfigError> {
        let Some(Size(size)) = size else { return Ok(()) };
        match usize::try_from(size) {
            Ok(size) if range.contains(&size) => *value = size,
            _ => {
                let text = |bytes: usize| ByteSize(bytes as u64).to_string();
                let (least, most) = (text(*range.start()), text(*range.end()));
                let message = format!("{} is not between {least} and {most}", ByteSize(size));
                return Err(self.error(key, &message));
            }
        }
        Ok(())
    }

    /// A time that may be nothing.
    pub(super) fn seconds(&self, seconds: Option<Seconds>, value: &mut Duration) {
        if let Some(Seconds(seconds)) = seconds {
            *value = seconds;
        }
    }

    /// A time that cannot be nothing.
    pub(super) fn some_seconds(
        &self,
        key: &str,
        seconds: Option<Seconds>,
        value: &mut Duration,
    ) -> Result<(), ConfigError> {
        if let Some(Seconds(Duration::ZERO)) = seconds {
            return Err(self.error(key, "0 seconds leave no time at all"));
        }
        self.seconds(seconds, value);
        Ok(())
    }
}
