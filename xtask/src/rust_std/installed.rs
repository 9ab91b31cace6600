//! The standard library that rustup added to this machine's compiler; never adds one, and never writes to it.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::library::{Origin, Road, StandardLibrary};
use super::{LICENCE, TARGET};
use crate::exec::Program;
use crate::pack::licences;
use crate::{file, tree};

/// A compiler of this machine that has the target's standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// What `rustc --version` prints.
    pub rustc: String,
    sysroot: PathBuf,
}

/// Asks `rustc`, as it is started from `folder`; none when there is no compiler, it has no such library, or that is
/// not from rustup.
#[must_use]
pub fn find_installed(rustc: &Path, folder: &Path) -> Option<Installed> {
    let ask = |arguments: &[&str]| {
        let asked = Program::new(rustc).args(arguments.iter().copied()).current_dir(folder).stdout();
        asked.ok().map(|said| said.trim().to_owned())
    };
    let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?);
    let installed = Installed { rustc: ask(&["--version"])?, sysroot };
    (installed.has_crates() && installed.record().is_file()).then_some(installed)
}

impl Installed {
    fn crates(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(TARGET).join("lib")
    }

    /// What rustup wrote down of everything that it installed.
    fn record(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/multirust-channel-manifest.toml")
    }

    fn has_crates(&self) -> bool {
        let names = tree::entries(&self.crates()).unwrap_or_default();
        names.iter().filter_map(|path| path.file_name()?.to_str()).any(|name| name.starts_with("libstd-"))
    }
}

/// Copies the library into `folder`, without the C library that came with it.
///
/// # Errors
/// When something cannot be read or written, or rustup did not record what it installed.
pub fn take_installed(installed: &Installed, folder: &Path) -> anyhow::Result<()> {
    let library = StandardLibrary::new(folder.to_owned());
    tree::create(&library.crates())?;
    for path in tree::entries(&installed.crates())? {
        let is_crate = path.extension().is_some_and(|extension| extension == "rlib" || extension == "rmeta");
        if is_crate {
            file::copy_bytes(&path, &library.crates().join(path.file_name().unwrap_or_default()))?;
        }
    }
    licences::write_texts(LICENCE, &library.licences())?;
    let copyright = installed.sysroot.join("share/doc/rust/COPYRIGHT-library.html");
    file::copy_bytes(&copyright, &library.licences().join("COPYRIGHT-library.html"))?;
    library.write_origin(&Origin {
        rustc: installed.rustc.clone(),
        road: Road::Rustup,
        component_sha256: Some(component_digest(&installed.record())?),
    })
}

/// The digest of the component's archive, which rustup checked when it installed it.
fn component_digest(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    let table: toml::Table = text.parse().with_context(|| format!("reading `{}`", path.display()))?;
    let target = ["pkg", "rust-std", "target", TARGET]
        .iter()
        .try_fold(&toml::Value::Table(table), |value, key| value.get(key))
        .and_then(|target| Some(target.get("xz_hash")?.as_str()?.to_owned()));
    target.with_context(|| format!("`{}` has no digest of rust-std for {TARGET}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A made-up compiler whose sysroot is `folder`.
    fn compiler(folder: &Path) -> PathBuf {
        let path = folder.join("rustc");
        let script = format!(
            "#!/bin/sh\ncase $1 in --version) echo 'rustc 1.2.3 (abc 2026-01-01)';; *) echo '{}';; esac\n",
            folder.display()
        );
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_library_is_taken_with_its_digest_and_without_its_c_library() {
        let machine = tempfile::tempdir().unwrap();
        let rustc = compiler(machine.path());
        assert_eq!(find_installed(&rustc, machine.path()), None);
        let crates = machine.path().join("lib/rustlib").join(TARGET).join("lib");
        tree::create(&crates.join("self-contained")).unwrap();
        for name in ["libstd-1.rlib", "libstd-1.rmeta", "self-contained/libc.a"] {
            std::fs::write(crates.join(name), name).unwrap();
        }
        tree::create(&machine.path().join("share/doc/rust")).unwrap();
        std::fs::write(machine.path().join("share/doc/rust/COPYRIGHT-library.html"), "words").unwrap();
        assert_eq!(find_installed(&rustc, machine.path()), None, "not installed by rustup");
        let record = machine.path().join("lib/rustlib/multirust-channel-manifest.toml");
        std::fs::write(&record, "").unwrap();
        let installed = find_installed(&rustc, machine.path()).unwrap();

        let taken = tempfile::tempdir().unwrap();
        let error = take_installed(&installed, taken.path()).unwrap_err();
        assert!(error.to_string().contains("no digest of rust-std"), "{error:#}");
        std::fs::write(record, format!("[pkg.rust-std.target.{TARGET}]\nxz_hash = 'c0ffee'\n")).unwrap();
        take_installed(&installed, taken.path()).unwrap();
        let library = StandardLibrary::new(taken.path().to_owned());
        let names: Vec<_> = tree::files(&library.crates()).unwrap();
        assert_eq!(names, ["libstd-1.rlib", "libstd-1.rmeta"].map(|name| library.crates().join(name)));
        let origin = library.origin().unwrap();
        assert_eq!((origin.version(), origin.road), ("1.2.3", Road::Rustup));
        assert_eq!(origin.component_sha256.as_deref(), Some("c0ffee"));
    }

    #[test]
    fn a_machine_without_a_compiler_has_no_library() {
        assert_eq!(find_installed(Path::new("/nonexistent/rustc"), Path::new("/")), None);
    }
}
