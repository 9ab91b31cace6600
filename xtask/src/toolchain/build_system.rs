//! The files by which CMake, Meson and cargo build scripts find the SDK's compiler; knows no path outside the SDK.
use std::path::Path;

use anyhow::Context;

use super::layout::TARGETS;

const CMAKE: &str = include_str!("files/warpgrid.cmake");
const CMAKE_PLATFORM: &str = include_str!("files/WASI.cmake");
const MESON: &str = include_str!("files/meson.ini");
const ENVIRONMENT: &str = include_str!("files/env.sh");

/// Writes `share/warpgrid/{cmake,meson}` and `env.sh` below `sdk`.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(sdk: &Path) -> anyhow::Result<()> {
    for (name, content) in files() {
        let path = sdk.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))?;
        }
        std::fs::write(&path, content).with_context(|| format!("writing `{}`", path.display()))?;
    }
    Ok(())
}

fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("env.sh".to_owned(), ENVIRONMENT.to_owned()),
        ("share/warpgrid/cmake/Platform/WASI.cmake".to_owned(), CMAKE_PLATFORM.to_owned()),
    ];
    for target in TARGETS {
        let fill = |template: &str| template.replace("TARGET_TRIPLE", target);
        files.push((format!("share/warpgrid/cmake/warpgrid-{target}.cmake"), fill(CMAKE)));
        files.push((format!("share/warpgrid/meson/warpgrid-{target}.ini"), fill(MESON)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_served_and_no_placeholder_is_left() {
        let files = files();
        assert_eq!(files.len(), 2 + 2 * TARGETS.len());
        assert!(files.iter().all(|(_, content)| !content.contains("TARGET_TRIPLE")));
        for target in TARGETS {
            assert!(ENVIRONMENT.contains(target), "`env.sh` does not serve {target}");
        }
    }
}
