//! The service registry as a file of its own; watches nothing.
//!
//! The file holds what `[registry]` in `warp.toml` holds, without the heading:
//!
//! ```toml
//! 'db.warp.local' = '10.0.0.5'
//! 'users.warp.local' = ['10.0.0.7', '10.0.0.8', 'fd00::7']
//! ```

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use warpgrid_grants::names::{HostName, ServiceRegistry};

/// A registry file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("registry file `{}`{}: {message}", file.display(), line.map(|line| format!(" line {line}")).unwrap_or_default())]
pub struct RegistryFileError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; none when the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// Reads a registry file. A file without a single byte is taken for one that is being written or was cut off:
/// no service at all is written as a comment.
///
/// # Errors
/// [`RegistryFileError`] when the file cannot be read, or for the first thing that is wrong in it.
pub fn read_registry(file: &Path) -> Result<ServiceRegistry, RegistryFileError> {
    let error = |message| RegistryFileError { file: file.to_owned(), line: None, message };
    match std::fs::read_to_string(file) {
        Ok(text) if text.is_empty() => {
            Err(error("is empty; write a comment into it if there is no service".to_owned()))
        }
        Ok(text) => parse_registry(&text, file),
        Err(problem) => Err(error(format!("cannot be read: {problem}"))),
    }
}

/// Reads the text of a registry file. `file` is only named in errors.
///
/// # Errors
/// [`RegistryFileError`] for the first thing that is wrong.
pub fn parse_registry(text: &str, file: &Path) -> Result<ServiceRegistry, RegistryFileError> {
    let error = |at: Option<usize>, message: String| RegistryFileError {
        file: file.to_owned(),
        line: at.map(|at| text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1),
        message,
    };
    let table = DeTable::parse(text).map_err(|wrong| {
        error(wrong.span().map(|span| span.start), wrong.message().trim_end().replace('\n', ", "))
    })?;
    let mut entries: Vec<(HostName, Vec<IpAddr>)> = Vec::new();
    let mut lines: Vec<_> = table.get_ref().iter().collect();
    lines.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in lines {
        let wrong = |what: String| Err(error(Some(key.span().start), format!("`{}`: {what}", key.get_ref())));
        let name = match HostName::new(key.get_ref()) {
            Ok(name) => name,
            Err(problem) => return wrong(problem.to_string()),
        };
        if entries.iter().any(|(known, _)| *known == name) {
            return wrong("the name is there twice; case does not matter".to_owned());
        }
        match addresses(value) {
            Ok(addresses) if addresses.is_empty() => return wrong("there is no address".to_owned()),
            Ok(addresses) => entries.push((name, addresses)),
            Err(problem) => return wrong(problem),
        }
    }
    let entries = entries.into_iter().map(|(name, addresses)| (name.to_string(), addresses));
    ServiceRegistry::new(entries).map_err(|problem| error(None, problem.to_string()))
}

fn addresses(value: &Spanned<DeValue<'_>>) -> Result<Vec<IpAddr>, String> {
    match value.get_ref() {
        DeValue::String(text) => match text.parse() {
            Ok(address) => Ok(vec![address]),
            Err(_) => Err(format!("`{text}` is not an IPv4 or IPv6 address")),
        },
        DeValue::Array(values) => {
            let mut all = Vec::new();
            for value in values {
                match value.get_ref() {
                    DeValue::String(_) => all.extend(addresses(value)?),
                    _ => return Err("a list of addresses holds texts only".to_owned()),
                }
            }
            Ok(all)
        }
        DeValue::Table(_) => Err("this is a table: a name with dots must stand in quotes".to_owned()),
        _ => Err("expected an address such as \"10.0.0.5\", or a list of addresses".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_or_several_make_a_service() {
        let text = "'DB.warp.local' = '10.0.0.5'\nweb = ['10.0.0.7', 'fd00::7']\n";
        let registry = parse_registry(text, Path::new("r.toml")).unwrap();
        let addresses = |name| registry.addresses(&HostName::new(name).unwrap()).len();
        assert_eq!((addresses("db.warp.local"), addresses("web"), registry.len()), (1, 2, 2));
        assert!(parse_registry("", Path::new("r.toml")).unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            ("a = '10.0.0.1'\n'b c' = '10.0.0.1'", "line 2: `b c`: the name holds a character"),
            ("a = '10.0.0.300'", "line 1: `a`: `10.0.0.300` is not an IPv4 or IPv6 address"),
            ("\na = []", "line 2: `a`: there is no address"),
            ("a = 5", "line 1: `a`: expected an address"),
            ("a = ['10.0.0.1', 5]", "line 1: `a`: a list of addresses holds texts only"),
            ("db.warp.local = '10.0.0.1'", "line 1: `db`: this is a table: a name with dots"),
            ("a = '::1'\nA = '::1'", "line 2: `A`: the name is there twice"),
            ("a = '::1'\nb = '::", "line 2: "),
            ("'10.0.0.1' = '::1'", "line 1: `10.0.0.1`: the name ends in a number"),
        ] {
            let error = parse_registry(text, Path::new("r.toml")).unwrap_err().to_string();
            let says = error.strip_prefix("registry file `r.toml` ").unwrap();
            assert!(says.starts_with(expected), "{text:?}: {error}");
        }
        let error = read_registry(Path::new("/nowhere/r.toml")).unwrap_err().to_string();
        assert!(error.starts_with("registry file `/nowhere/r.toml`: cannot be read: "), "{error}");
    }
}
