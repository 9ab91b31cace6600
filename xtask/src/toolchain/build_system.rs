//! The files by which CMake, Meson and cargo build scripts find the SDK's compiler; knows no path outside the SDK.
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context;

use super::layout::TARGETS;
use crate::tree;

const CMAKE: &str = include_str!("files/warpgrid.cmake");
const CMAKE_PLATFORM: &str = include_str!("files/WASI.cmake");
const MESON: &str = include_str!("files/meson.ini");
const COMPONENT_LINKER: &str = include_str!("files/component-linker");
const ENVIRONMENT: &str = include_str!("files/env.sh");

/// How the cross file of a target that makes components names their linker; for modules Meson knows the linker.
const COMPONENT_LINKER_KEYS: &str = "\
c_ld = '@DIRNAME@' / 'component-linker'
cpp_ld = '@DIRNAME@' / 'component-linker'
";

/// Writes `share/warpgrid/{cmake,meson}` and `env.sh` below `sdk`.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(sdk: &Path) -> anyhow::Result<()> {
    for (name, content) in files() {
        let path = sdk.join(&name);
        if let Some(folder) = path.parent() {
            tree::create(folder)?;
        }
        std::fs::write(&path, &content).with_context(|| format!("writing `{}`", path.display()))?;
        let mode = if content.starts_with("#!") { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            .with_context(|| format!("setting the mode of `{}`", path.display()))?;
    }
    Ok(())
}

fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("env.sh".to_owned(), ENVIRONMENT.to_owned()),
        ("share/warpgrid/cmake/Platform/WASI.cmake".to_owned(), CMAKE_PLATFORM.to_owned()),
        ("share/warpgrid/meson/component-linker".to_owned(), COMPONENT_LINKER.to_owned()),
    ];
    for target in TARGETS {
        let linker = if target == "wasm32-wasip1" { "" } else { COMPONENT_LINKER_KEYS };
        let fill =
            |template: &str| template.replace("TARGET_TRIPLE", target).replace("COMPONENT_LINKER\n", linker);
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
        assert_eq!(files.len(), 3 + 2 * TARGETS.len());
        for placeholder in ["TARGET_TRIPLE", "COMPONENT_LINKER"] {
            assert!(files.iter().all(|(_, content)| !content.contains(placeholder)), "{placeholder}");
        }
        for target in TARGETS {
            assert!(ENVIRONMENT.contains(target), "`env.sh` does not serve {target}");
        }
    }
}
