//! Puts a standard library into the SDK as a sysroot of rustc whose C library is the SDK's; compiles nothing.
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::TARGET;
use super::library::StandardLibrary;
use crate::{file, tree};

/// Where it lies in the SDK: what `rustc --sysroot` is given.
pub const SDK_FOLDER: &str = "share/warpgrid/rust";
/// The linker that cargo is told to call.
const LINKER: &str = include_str!("files/linker");
/// What rustc links into every program for the target.
const START_FILES: [&str; 3] = ["crt1-command.o", "crt1-reactor.o", "libc.a"];

/// What is laid out.
#[derive(Debug)]
pub struct LayoutInputs<'a> {
    /// The library.
    pub library: &'a StandardLibrary,
    /// The SDK folder; `share/warpgrid/rust` and `share/licenses/rust` are written.
    pub out: &'a Path,
}

/// Lays out the crates, the C library as links to the SDK's own, the linker, and which compiler all of it fits.
///
/// # Errors
/// When something cannot be read or written.
pub fn lay_out(inputs: &LayoutInputs<'_>) -> anyhow::Result<()> {
    let folder = inputs.out.join(SDK_FOLDER);
    let crates = folder.join("lib/rustlib").join(TARGET).join("lib");
    tree::create(&crates)?;
    tree::link(&inputs.library.crates(), &crates)?;
    // From `self-contained` up to `share/warpgrid`.
    let sysroot = PathBuf::from("../../../../../../sysroots").join(TARGET).join("warpgrid/lib").join(TARGET);
    link_start_files(&sysroot, &crates)?;
    let linker = folder.join("linker");
    file::replace(&linker, LINKER.as_bytes())?;
    std::fs::set_permissions(&linker, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("setting the mode of `{}`", linker.display()))?;
    let origin = inputs.library.origin()?;
    origin.write(&folder.join("standard-library.json"))?;
    file::replace(&folder.join("rustc-version"), format!("{}\n", origin.rustc).as_bytes())?;
    tree::link(&inputs.library.licences(), &inputs.out.join("share/licenses/rust"))
}

/// Links what is in the library folder of a C sysroot into `self-contained`, where rustc looks for it.
///
/// # Errors
/// When a link cannot be made.
pub fn link_start_files(from: &Path, crates: &Path) -> anyhow::Result<()> {
    let folder = crates.join("self-contained");
    tree::create(&folder)?;
    for name in START_FILES {
        let link = folder.join(name);
        std::os::unix::fs::symlink(from.join(name), &link)
            .with_context(|| format!("linking `{}`", link.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::library::{Origin, Road};
    use super::*;

    #[test]
    fn the_c_library_is_the_sdks_own() {
        let folder = tempfile::tempdir().unwrap();
        let (made, sdk) = (folder.path().join("made"), folder.path().join("sdk"));
        let library = StandardLibrary::new(made.clone());
        tree::create(&library.crates()).unwrap();
        tree::create(&library.licences()).unwrap();
        std::fs::write(library.crates().join("libstd-1.rlib"), "crate").unwrap();
        std::fs::write(library.licences().join("MIT.txt"), "licence").unwrap();
        let origin = Origin { rustc: "rustc 1.2.3 (x)".into(), road: Road::Packages, component_sha256: None };
        library.write_origin(&origin).unwrap();
        let own = sdk.join("share/warpgrid/sysroots/wasm32-wasip2/warpgrid/lib/wasm32-wasip2");
        tree::create(&own).unwrap();
        std::fs::write(own.join("libc.a"), "ours").unwrap();

        lay_out(&LayoutInputs { library: &library, out: &sdk }).unwrap();
        let crates = sdk.join("share/warpgrid/rust/lib/rustlib/wasm32-wasip2/lib");
        assert_eq!(std::fs::read_to_string(crates.join("libstd-1.rlib")).unwrap(), "crate");
        assert_eq!(std::fs::read_to_string(crates.join("self-contained/libc.a")).unwrap(), "ours");
        let version = std::fs::read_to_string(sdk.join("share/warpgrid/rust/rustc-version")).unwrap();
        assert_eq!(version, "rustc 1.2.3 (x)\n");
        assert!(sdk.join("share/licenses/rust/MIT.txt").is_file());
    }
}
