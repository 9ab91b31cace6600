//! Every manifest in `tests/manifest/` is read, and what is said about it is compared with the file beside it.
//! `BLESS=1` writes the files anew. Knows no rule of the manifest.
use std::path::{Path, PathBuf};

use xtask::manifest::{DIVIDER, Kind, Manifest, Pin, Pinned};

#[cfg(test)]
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifest")
}

#[cfg(test)]
fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    cases.sort();
    cases
}

#[test]
fn every_faulty_manifest_says_where_and_what_to_do() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for case in cases() {
        let text = std::fs::read_to_string(&case).unwrap();
        let said = match Manifest::parse("sdk-manifest.toml", &text) {
            Ok(_) => "ok\n".to_owned(),
            Err(error) => format!("{error}\n"),
        };
        let sidecar = case.with_extension("expected");
        if bless {
            std::fs::write(&sidecar, &said).unwrap();
        }
        let expected = std::fs::read_to_string(&sidecar).unwrap_or_default();
        assert!(!expected.trim().is_empty(), "{} has no expectation: run with BLESS=1", case.display());
        if expected != said {
            failures.push(format!("{}:\nexpected:\n{expected}said:\n{said}", case.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(cases().len() >= 20, "cases have been lost");
}

#[test]
fn the_manifest_of_this_project_is_valid_and_is_rendered_as_it_stands() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk-manifest.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let manifest = Manifest::load(&path).unwrap();
    assert_eq!(manifest.render(&text), text);
    assert_eq!(manifest.input("libc").unwrap().sources.len(), 3);
    let error = manifest.input("lvm").unwrap_err();
    assert_eq!(error.to_string(), "unknown input `lvm`");
}

#[test]
fn a_new_pin_changes_its_rows_only_and_nothing_above_the_line() {
    let text = std::fs::read_to_string(folder().join("good.toml")).unwrap();
    let mut manifest = Manifest::parse("good.toml", &text).unwrap();
    let pin = Pin {
        input: "zlib".to_owned(),
        kind: Kind::Crate,
        name: "libz-sys".to_owned(),
        version: "1.1.99".to_owned(),
        pinned: Pinned::File {
            file: "libz-sys-1.1.99.crate".to_owned(),
            sha256: "0".repeat(64),
            size: Some(7),
        },
    };
    manifest.replace_pins("zlib", Kind::Crate, vec![pin]);
    let rendered = manifest.render(&text);
    let above = |text: &str| text[..text.find(DIVIDER).unwrap()].to_owned();
    assert_eq!(above(&rendered), above(&text));
    assert!(rendered.contains("\nversion = \"1.1.99\"\n"), "{rendered}");
    assert_eq!(Manifest::parse("good.toml", &rendered).unwrap().render(&rendered), rendered);
}

#[test]
fn missing_and_leftover_pins_do_not_stop_pinning() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("sdk-manifest.toml");
    let text = std::fs::read_to_string(folder().join("good.toml")).unwrap();
    let above = &text[..text.find(DIVIDER).unwrap()];
    std::fs::write(&path, above).unwrap();
    assert!(Manifest::load(&path).is_err());
    let (manifest, _) = Manifest::load_for_pinning(&path).unwrap();
    assert!(manifest.pins.is_empty());
    assert!(Manifest::store(&path, above).is_err(), "an invalid manifest is never written");
}
