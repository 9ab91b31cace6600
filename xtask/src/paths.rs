//! Where things lie, as one value that is passed down; reads no environment by itself.
use std::path::PathBuf;

use crate::source::Clients;

/// The folders and files every command works with. All paths are absolute.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Root of the checkout.
    pub root: PathBuf,
    /// The pin table, `<root>/sdk-manifest.toml`.
    pub manifest: PathBuf,
    /// Content-addressed cache shared by all clones (`$WARPGRID_CACHE`, else `<user cache>/warpgrid`).
    pub cache: PathBuf,
    /// Everything that a build writes, `<root>/target/warpgrid`.
    pub target: PathBuf,
    /// Cargo's folder for the host programs (`$WARPGRID_HOST_BUILD`, else `<target>/cargo`).
    pub host_build: PathBuf,
    /// Cargo's home, whose path must not end up in what ships (`$CARGO_HOME`, else `~/.cargo`).
    pub cargo_home: PathBuf,
    /// The ecosystems' own programs, found through the environment of the command.
    pub clients: Clients,
    /// Whether cases rewrite their expectations (`$BLESS`).
    pub bless: bool,
    /// Folder of files by digest (`$WARPGRID_DISTFILES`), tried before any network.
    pub distfiles: Option<PathBuf>,
}

impl Paths {
    /// Lays out the paths of a checkout at `root` with the given cache and distfiles folders.
    #[must_use]
    pub fn new(root: PathBuf, cache: PathBuf, distfiles: Option<PathBuf>) -> Self {
        let target = root.join("target/warpgrid");
        Self {
            manifest: root.join("sdk-manifest.toml"),
            host_build: target.join("cargo"),
            cargo_home: root.join(".cargo"),
            bless: false,
            clients: Clients::from_env(|_| None),
            target,
            root,
            cache,
            distfiles,
        }
    }

    /// Where finished tarballs lie, `<target>/dist`.
    #[must_use]
    pub fn dist(&self) -> PathBuf {
        self.target.join("dist")
    }

    /// Where the SDK is laid out before it is packed, `<target>/sdk`.
    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.target.join("sdk")
    }
}
