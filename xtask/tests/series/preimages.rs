//! Working on a series where upstream cannot be reached.
use xtask::series::preimages::Sysroot;

use crate::lab::{HEADER, Lab, numbers};

/// A lab whose upstream, cache and checkout are gone.
fn cut_off() -> Lab {
    let lab = Lab::with_series();
    for folder in [lab.upstream(), lab.cache(), lab.checkout()] {
        std::fs::remove_dir_all(folder).unwrap();
    }
    lab
}

#[test]
fn the_series_applies_and_exports_byte_identically_without_upstream() {
    let mut lab = cut_off();
    let before = lab.patch_files();
    let report = lab.export().unwrap();
    assert_eq!((report.exported.unchanged, report.exported.written.len()), (4, 0));
    assert_eq!(report.reconstructed, ["include/time.h", "src/netdb.c", "src/open.c"]);
    assert_eq!(lab.patch_files(), before);
}

#[test]
fn an_installed_header_gives_the_true_file() {
    let lab = cut_off();
    lab.write(&lab.path("sysroot"), "include/wasm32-wasip2/time.h", HEADER);
    let root = lab.path("sysroot");
    let sysroot = Sysroot { root: &root, triple: "wasm32-wasip2" };
    let report = lab.with(|rebase| rebase.apply_to_preimages(Some(sysroot), &[])).unwrap();
    assert_eq!(numbers(&report.applied), ["0001", "0002", "0003", "0004"]);
    assert_eq!(report.reconstructed, ["src/netdb.c", "src/open.c"]);
    assert_eq!(
        lab.git(&lab.checkout(), &["show", &format!("{}:include/time.h", report.base)]) + "\n",
        HEADER
    );

    lab.write(&lab.path("sysroot"), "include/wasm32-wasip2/time.h", &HEADER.replace("tm_sec", "tm_min"));
    let error = lab.with(|rebase| rebase.apply_to_preimages(Some(sysroot), &[])).unwrap_err();
    assert!(format!("{error:#}").contains("the patch was made for blob"), "{error:#}");
}

#[test]
fn a_patch_can_be_added_without_upstream() {
    let mut lab = cut_off();
    lab.export().unwrap();
    lab.hook("src/open.c", "\tif (is_virtual(path))\n", "\tcount_opens();\n");
    lab.commit(&crate::lab::Message::new(
        "fs: open counts",
        "fs",
        &["0003-fs-open-looks-at-the-virtual-map"],
    ));
    let report = lab.export().unwrap();
    assert_eq!(report.exported.written, ["0005-fs-open-counts.patch"]);
    assert_eq!(report.exported.unchanged, 4);
}

#[test]
fn a_patch_that_contradicts_an_earlier_one_is_named() {
    let lab = cut_off();
    // Both dns patches show the opening lines of `reverse` to git, but only one of them with this parameter.
    lab.edit(
        "0002-dns-reverse-asks-the-host.patch",
        "@@ -20,5 +20,6 @@ int reverse",
        "@@ -5,5 +5,6 @@ int reverse",
    );
    let error = lab.with(|rebase| rebase.apply_to_preimages(None, &[])).unwrap_err();
    let text = format!("{error:#}");
    assert!(
        text.contains("0002-dns-reverse-asks-the-host.patch:") && text.contains("an earlier patch shows"),
        "{text}"
    );
}

#[test]
fn the_check_for_continuous_integration_finds_a_series_in_order() {
    let lab = cut_off();
    let check = || xtask::series::check::check(&lab.sh, &lab.fork(), None).unwrap();
    assert_eq!(check(), []);
    lab.edit("0003-fs-open-looks-at-the-virtual-map.patch", "From: Ada Example", "From:  Ada Example");
    let findings = check();
    assert_eq!((findings.len(), findings[0].line), (1, 2));
    assert!(!lab.checkout().exists(), "it works in a folder of its own");
}
