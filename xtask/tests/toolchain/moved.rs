//! The SDK that `cargo xtask build-sdk` staged, at another place for each test.
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of the staged SDK in a folder of its own.
pub(crate) struct Moved {
    folder: tempfile::TempDir,
}

/// Moves the staged SDK into a folder with a space in its name; none, with a reason printed, when there is none.
pub(crate) fn moved() -> Option<Moved> {
    let build = std::env::var_os("WARPGRID_BUILD")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/warpgrid"), PathBuf::from);
    let staged = build.join("sdk");
    if !staged.join("bin/clang").is_file() || !staged.join("share/warpgrid/sysroots").is_dir() {
        println!("skipped: no SDK is staged in `{}`; run `cargo xtask build-sdk`", staged.display());
        return None;
    }
    let folder = tempfile::Builder::new().prefix("moved sdk ").tempdir_in(&build).unwrap();
    link_tree(&staged, &folder.path().join("my sdk"));
    Some(Moved { folder })
}

/// The same files under other paths: hard links, since libLLVM alone is 150 MB.
fn link_tree(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            link_tree(&entry.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            std::fs::hard_link(entry.path(), target).unwrap();
        }
    }
}

impl Moved {
    /// The moved SDK.
    pub(crate) fn sdk(&self) -> PathBuf {
        self.folder.path().join("my sdk")
    }

    /// A folder for the test's own files, also with a space in its name.
    pub(crate) fn work(&self) -> PathBuf {
        let work = self.folder.path().join("my work");
        std::fs::create_dir_all(&work).unwrap();
        work
    }

    /// Runs a program of the SDK in `/`, with an empty environment.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Output {
        run(&self.sdk().join("bin").join(program), arguments)
    }
}

/// Runs a program in `/`, with an empty environment.
pub(crate) fn run<A: AsRef<OsStr>>(program: &Path, arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(program).args(arguments).env_clear().current_dir("/").output().unwrap()
}

/// Fails with what the program said unless it succeeded.
pub(crate) fn succeed(output: &Output) {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Is the file a component (true) or a core module (false)?
pub(crate) fn is_component(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&bytes).unwrap();
    wasmparser::Parser::is_component(&bytes)
}
