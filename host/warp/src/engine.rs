//! How `warp` sets up its engine; knows no component.

use std::ffi::OsString;
use std::path::PathBuf;
use warpgrid_host::engine::EngineOptions;

/// The engine's options: compiled code is kept in the user's cache folder, if there is one.
pub(crate) fn options(no_cache: bool) -> EngineOptions {
    let code_cache = if no_cache { None } else { cache_folder(|name| std::env::var_os(name)) };
    EngineOptions { code_cache, ..EngineOptions::default() }
}

/// `$XDG_CACHE_HOME/warpgrid/compiled`, else `~/.cache/warpgrid/compiled`. A relative path does not count.
fn cache_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("warpgrid/compiled"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(cache: Option<&str>, home: Option<&str>) -> Option<String> {
        let given = |name: &str| if name == "HOME" { home } else { cache }.map(OsString::from);
        cache_folder(given).map(|path| path.display().to_string())
    }

    #[test]
    fn compiled_code_is_kept_in_the_cache_folder_of_the_user() {
        assert_eq!(folder(Some("/c"), Some("/h")).as_deref(), Some("/c/warpgrid/compiled"));
        assert_eq!(folder(Some("relative"), Some("/h")).as_deref(), Some("/h/.cache/warpgrid/compiled"));
        assert_eq!(folder(None, None), None);
    }
}
