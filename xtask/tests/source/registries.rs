//! One small package of each language's registry, through its own client; skipped with a reason where it does not answer.
use std::fs;

use xtask::digest::sha256_hex;
use xtask::manifest::Manifest;

use crate::support::{fetch, manifest, options, told, unreachable};

struct Small {
    kind: &'static str,
    package: &'static str,
    version: &'static str,
    file: &'static str,
    sha256: &'static str,
}

const SMALL: [Small; 4] = [
    Small {
        kind: "crate",
        package: "fnv",
        version: "1.0.7",
        file: "fnv-1.0.7.crate",
        sha256: "3f9eec918d3f24069decb9af1554cad7c880e2da24a9afd88aca000531ab82c1",
    },
    Small {
        kind: "npm",
        package: "is-number",
        version: "7.0.0",
        file: "is-number-7.0.0.tgz",
        sha256: "7b75c1057198cf97696909a9bee176c9c5e9bcb5b03bf3ecef2f484defadd51e",
    },
    Small {
        kind: "pypi",
        package: "six",
        version: "1.17.0",
        file: "six-1.17.0-py2.py3-none-any.whl",
        sha256: "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",
    },
    Small {
        kind: "go",
        package: "rsc.io/quote",
        version: "v1.5.2",
        file: "rsc.io-quote@v1.5.2.zip",
        sha256: "643fcf8ef4e4cbb8f910622c42df3f9a81f3efe8b158a05825a81622c121ca0a",
    },
];

impl Small {
    fn pinned(&self, version: &str, sha256: &str) -> Manifest {
        let Self { kind, package, file, .. } = self;
        manifest(
            &format!("[[source]]\nkind = \"{kind}\"\npackage = \"{package}\"\n"),
            &format!(
                "[[pin]]\nkind = \"{kind}\"\nname = \"{package}\"\nversion = \"{version}\"\nfile = \"{file}\"\n\
                 sha256 = \"{sha256}\"\n"
            ),
        )
    }
}

fn small(kind: &str) -> &'static Small {
    SMALL.iter().find(|small| small.kind == kind).unwrap()
}

fn arrives_with_its_own_digest(kind: &str) {
    let small = small(kind);
    let folder = tempfile::tempdir().unwrap();
    match fetch(&options(folder.path()), &small.pinned(small.version, small.sha256)) {
        Ok(fetched) => {
            let bytes = fs::read(&fetched.artifacts[0].path).unwrap();
            assert_eq!(sha256_hex(&bytes), small.sha256);
            let temp = fs::read_dir(folder.path().join("tmp")).unwrap().flatten();
            assert_eq!(temp.filter(|entry| entry.file_name() != ".gate").count(), 0);
        }
        Err(error) => assert!(unreachable(kind, &error), "{}", told(&error)),
    }
}

fn other_bytes_than_pinned_are_refused(kind: &str) {
    let small = small(kind);
    let folder = tempfile::tempdir().unwrap();
    let wrong = "0".repeat(64);
    let error = fetch(&options(folder.path()), &small.pinned(small.version, &wrong)).unwrap_err();
    if unreachable(kind, &error) {
        return;
    }
    let text = told(&error);
    for part in [&format!("source `{kind}`"), "`example`", &wrong, small.sha256] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    assert!(fs::read_dir(folder.path().join("objects/sha256")).unwrap().next().is_none());
}

fn a_version_that_is_not_there_is_said_and_no_error_of_ours(kind: &str, version: &str) {
    let small = small(kind);
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&options(folder.path()), &small.pinned(version, small.sha256)).unwrap_err();
    let text = told(&error);
    assert!(text.starts_with(&format!("no source of input `example` answers\n  {kind}: ")), "{text}");
}

fn a_missing_client_is_named(kind: &str, client: &str) {
    let small = small(kind);
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.clients.path = "/nowhere".into();
    let text = told(&fetch(&options, &small.pinned(small.version, small.sha256)).unwrap_err());
    assert!(text.contains(&format!("the program `{client}` is not installed")), "{text}");
    assert!(text.contains("hint: ") && text.contains("cargo xtask doctor"), "{text}");
}

macro_rules! registry {
    ($module:ident, $kind:literal, $client:literal, $absent:literal) => {
        mod $module {
            #[test]
            fn a_package_arrives_with_its_own_digest() {
                super::arrives_with_its_own_digest($kind);
            }

            #[test]
            fn other_bytes_than_pinned_are_refused() {
                super::other_bytes_than_pinned_are_refused($kind);
            }

            #[test]
            fn a_version_that_is_not_there_is_said() {
                super::a_version_that_is_not_there_is_said_and_no_error_of_ours($kind, $absent);
            }

            #[test]
            fn a_missing_client_is_named() {
                super::a_missing_client_is_named($kind, $client);
            }
        }
    };
}

registry!(rust_crate, "crate", "cargo", "1.0.99999");
registry!(npm, "npm", "npm", "7.0.99999");
registry!(pypi, "pypi", "pip", "1.17.99999");
registry!(golang, "go", "go", "v1.5.99999");
