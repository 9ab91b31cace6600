//! The manifest as the rest of the driver sees it: validated values without spans.
use std::fmt;

use serde::Deserialize;

use crate::hint::Hint;

use super::nearest::did_you_mean;

/// The validated pin table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The SDK itself.
    pub sdk: Sdk,
    /// Everything that is fetched: upstreams, then tools, fixtures and services, each in the order of the file.
    pub inputs: Vec<Input>,
    /// The wasm triples that sysroots are made for, in the order of the file.
    pub targets: Vec<Target>,
    /// The rows below the divider: one for each artifact of each source, in the order of the file.
    pub pins: Vec<Pin>,
}

/// `[sdk]`: what the tarball is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdk {
    /// Version of the SDK, semantic versioning.
    pub version: semver::Version,
}

/// What an input is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A project whose bytes end up in users' programs, with a fork folder of the same name.
    Upstream,
    /// A program that the SDK ships, or that building and testing it runs.
    Tool,
    /// Third-party code that only the tests compile.
    Fixture,
    /// A database server or its like that only tests and benchmarks start.
    Service,
}

/// One upstream, tool, fixture or service and the ordered list of where its bytes may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name in the manifest, unique over all roles (`libc`, `llvm` …).
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Home of the project.
    pub project: String,
    /// Tag or version that people know it by.
    pub revision: String,
    /// Licence of what is fetched, as an SPDX expression.
    pub licence: String,
    /// Sources in the order in which they are tried; never empty.
    pub sources: Vec<Source>,
}

/// The ecosystem through which a source's bytes arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A git repository at a commit.
    Git,
    /// A file that the project publishes.
    Archive,
    /// Binary packages, through apt.
    Debian,
    /// A package of the Node registry, through npm.
    Npm,
    /// A wheel of the Python index, through pip.
    Pypi,
    /// A package of the Rust registry, through cargo.
    Crate,
    /// A Go module, through go.
    Go,
}

/// Where an input's bytes may come from. Names projects and packages, never a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A git repository, pinned by commit and tree.
    Git {
        /// Address of the repository.
        url: String,
        /// Tag or branch that the pinned commit is known by.
        reference: String,
    },
    /// A file under an address, pinned by SHA-256.
    Archive {
        /// Address of the file.
        url: String,
    },
    /// Packages of a Debian archive; all of them are needed.
    Debian {
        /// Packages with the suite that each is taken from.
        packages: Vec<Package>,
    },
    /// One package of a language's registry.
    Registry {
        /// `npm`, `pypi`, `crate` or `go`.
        kind: Kind,
        /// Name of the package.
        package: String,
        /// Versions that `cargo xtask pin` may choose: exact, or with a `*` at the end.
        version: Option<String>,
    },
}

/// One Debian package of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Name of the binary package.
    pub name: String,
    /// Suite that it is taken from (`bookworm`, `bookworm-security`, `sid` …).
    pub suite: String,
    /// Versions that `cargo xtask pin` may choose: exact, or with a `*` at the end.
    pub version: Option<String>,
}

/// A wasm triple and its sysroots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The triple, such as `wasm32-wasip2`.
    pub triple: String,
    /// Sysroots made for it, in the order of the file; never empty.
    pub variants: Vec<Variant>,
}

/// Which C library a sysroot has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// Upstream's, unchanged.
    Stock,
    /// With the overlay.
    Warpgrid,
}

/// One row below the divider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Input that the row belongs to.
    pub input: String,
    /// Source kind that the row belongs to.
    pub kind: Kind,
    /// Package, asset or repository name.
    pub name: String,
    /// Version of the package; for git the tag or branch, for an archive the revision.
    pub version: String,
    /// What exactly is pinned.
    pub pinned: Pinned,
}

/// The digests of a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pinned {
    /// A file.
    File {
        /// Name under which its ecosystem stores it.
        file: String,
        /// SHA-256, 64 lower-case hex digits.
        sha256: String,
        /// Size in bytes, where it is known.
        size: Option<u64>,
    },
    /// A commit.
    Commit {
        /// Commit id, 40 lower-case hex digits.
        commit: String,
        /// Tree id of that commit. Absent only with a reason in `note`.
        tree: Option<String>,
        /// Why the tree is not known.
        note: Option<String>,
    },
}

impl Manifest {
    /// The input of that name.
    ///
    /// # Errors
    /// When there is none; suggests the nearest name.
    pub fn input(&self, name: &str) -> anyhow::Result<&Input> {
        self.inputs.iter().find(|input| input.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.inputs.iter().map(|input| input.name.as_str()).collect();
            Hint::new(format!("unknown input `{name}`"), did_you_mean(name, &names)).into()
        })
    }

    /// The pins of one source of an input, in the order of the source's packages.
    #[must_use]
    pub fn pins_of(&self, input: &Input, source: &Source) -> Vec<&Pin> {
        let kind = source.kind();
        source
            .artifact_names()
            .iter()
            .filter_map(|name| {
                self.pins.iter().find(|pin| pin.input == input.name && pin.kind == kind && pin.name == *name)
            })
            .collect()
    }

    /// The target of that triple.
    #[must_use]
    pub fn target(&self, triple: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.triple == triple)
    }
}

impl Source {
    /// The ecosystem through which the bytes arrive.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Git { .. } => Kind::Git,
            Self::Archive { .. } => Kind::Archive,
            Self::Debian { .. } => Kind::Debian,
            Self::Registry { kind, .. } => *kind,
        }
    }

    /// Names of the artifacts that make this source complete: what its pins are called.
    #[must_use]
    pub fn artifact_names(&self) -> Vec<&str> {
        match self {
            Self::Git { url, .. } => vec![last_segment(url).trim_end_matches(".git")],
            Self::Archive { url } => vec![last_segment(url)],
            Self::Debian { packages } => packages.iter().map(|package| package.name.as_str()).collect(),
            Self::Registry { package, .. } => vec![package.as_str()],
        }
    }

    /// The versions that people allow for that artifact, where they said so.
    #[must_use]
    pub fn allowed_version(&self, artifact: &str) -> Option<&str> {
        match self {
            Self::Git { .. } | Self::Archive { .. } => None,
            Self::Debian { packages } => packages
                .iter()
                .find(|package| package.name == artifact)
                .and_then(|package| package.version.as_deref()),
            Self::Registry { version, .. } => version.as_deref(),
        }
    }
}

/// Whether `version` is allowed by `pattern`: equal to it, or starting with what stands before its final `*`.
#[must_use]
pub(crate) fn version_matches(pattern: &str, version: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => version.starts_with(prefix),
        None => version == pattern || version.split('+').next() == Some(pattern),
    }
}

fn last_segment(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.rsplit('/').next().unwrap_or(url)
}

impl Role {
    /// The word used in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Tool => "tool",
            Self::Fixture => "fixture",
            Self::Service => "service",
        }
    }
}

impl Kind {
    /// Every kind, in the order in which they are documented.
    pub const ALL: [Self; 7] =
        [Self::Git, Self::Archive, Self::Debian, Self::Npm, Self::Pypi, Self::Crate, Self::Go];

    /// The word used in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Archive => "archive",
            Self::Debian => "debian",
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Crate => "crate",
            Self::Go => "go",
        }
    }

    /// Whether the pinned version is chosen by `cargo xtask pin` alone, rather than by the project's revision.
    #[must_use]
    pub fn is_registry(self) -> bool {
        !matches!(self, Self::Git | Self::Archive)
    }
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 2] = [Self::Stock, Self::Warpgrid];

    /// The word used in the manifest, in paths and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Warpgrid => "warpgrid",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
