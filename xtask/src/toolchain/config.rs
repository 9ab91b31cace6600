//! The clang configuration files that make `bin/clang` find its target and sysroot from wherever the SDK lies.
use std::path::Path;

use anyhow::Context;

use super::layout::{DEFAULT_TARGET, DEFAULT_VARIANT, STOCK_VARIANT, TARGETS};
use crate::tree;

/// Folder of the header that turns C++ exceptions into a clear error, relative to `bin`.
const CXX_FOLDER: &str = "../share/warpgrid/cxx";

/// Comes before libc++'s own `__config_site`, which every header of libc++ includes first.
const CONFIG_SITE: &str = "\
// Says clearly what a link error would say badly; libc++'s own file of this name follows.
#if defined(__cpp_exceptions) && !defined(WARPGRID_SAID_NO_EXCEPTIONS)
#  define WARPGRID_SAID_NO_EXCEPTIONS
#  error \"this SDK's C++ library is built without exceptions: remove -fexceptions (the default is -fno-exceptions)\"
#endif
#include_next <__config_site>
";

/// Writes the configuration files into `<sdk>/bin` and the header they point to.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(sdk: &Path) -> anyhow::Result<()> {
    for (name, content) in files() {
        let path = sdk.join("bin").join(name);
        std::fs::write(&path, content).with_context(|| format!("writing `{}`", path.display()))?;
    }
    let folder = sdk.join("share/warpgrid/cxx");
    tree::create(&folder)?;
    let path = folder.join("__config_site");
    std::fs::write(&path, CONFIG_SITE).with_context(|| format!("writing `{}`", path.display()))
}

fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for target in TARGETS {
        let long = target.replacen("wasm32-", "wasm32-unknown-", 1);
        files.push((format!("{long}-clang.cfg"), defaults(target)));
        files.push((format!("{long}-clang++.cfg"), format!("@{long}-clang.cfg\n")));
        files.push((
            format!("{target}-{STOCK_VARIANT}.cfg"),
            format!(
                "# clang --config={target}-{STOCK_VARIANT}.cfg: the C library without WarpGrid's changes.\n\
                 @{long}-clang.cfg\n{}\n",
                sysroot(target, STOCK_VARIANT)
            ),
        ));
        if target == DEFAULT_TARGET {
            files.push(("clang.cfg".to_owned(), format!("@{long}-clang.cfg\n")));
            files.push(("clang++.cfg".to_owned(), format!("@{long}-clang++.cfg\n")));
        }
    }
    files
}

fn sysroot(target: &str, variant: &str) -> String {
    format!("--sysroot=<CFGDIR>/../share/warpgrid/sysroots/{target}/{variant}")
}

fn defaults(target: &str) -> String {
    // A component is linked by wasm-component-ld, which clang finds beside itself; a module by wasm-ld, whose
    // default name in Debian's clang ends in the version.
    let linker = if target == "wasm32-wasip1" { "-fuse-ld=lld\n" } else { "" };
    format!(
        "# Defaults for {target}; a later --sysroot=, --target= or flag on the command line wins.\n\
         --target={target}\n{}\n-isystem <CFGDIR>/{CXX_FOLDER}\n-fno-exceptions\n--no-wasm-opt\n{linker}",
        sysroot(target, DEFAULT_VARIANT)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_own_sysroot() {
        let files = files();
        let content = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
        assert!(content("wasm32-unknown-wasip1-clang.cfg").contains("sysroots/wasm32-wasip1/warpgrid\n"));
        assert!(content("wasm32-wasip2-stock.cfg").contains("sysroots/wasm32-wasip2/stock\n"));
        assert_eq!(content("clang.cfg"), "@wasm32-unknown-wasip2-clang.cfg\n");
        assert!(files.iter().all(|(_, content)| !content.contains("=/")), "no absolute path");
    }
}
