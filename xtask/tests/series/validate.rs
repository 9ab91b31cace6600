//! What is wrong with a series, all of it at once, each with file and line.
use xtask::series::validate::validate;

use crate::lab::Lab;

const FIRST: &str = "0001-dns-resolve-asks-the-host.patch";
const FOURTH: &str = "0004-sockets-connect-reads-the-proxy-file.patch";

fn findings(lab: &Lab) -> Vec<String> {
    let series = lab.fork().series().unwrap();
    let prefix = format!("{}/", lab.patches().display());
    validate(&series, &lab.root()).iter().map(|finding| finding.to_string().replace(&prefix, "")).collect()
}

/// After one edit there is one finding, and this is it.
fn refused(file: &str, from: &str, to: &str, expected: &str) {
    let lab = Lab::with_series();
    lab.edit(file, from, to);
    assert_eq!(findings(&lab), [expected]);
}

#[test]
fn what_export_writes_is_in_order() {
    assert_eq!(findings(&Lab::with_series()), Vec::<String>::new());
}

#[test]
fn every_fault_is_listed_at_once() {
    let lab = Lab::with_series();
    lab.edit(FIRST, "Upstream: N/A specific to this host", "Upstream: maybe");
    lab.edit(FIRST, "Test: tests/libc/case.c", "Test: tests/libc/none.c");
    lab.edit(FOURTH, "Depends-on: 0003-fs", "Depends-on: 0009-fs");
    lab.write(&lab.patches(), "series", "");
    assert_eq!(
        findings(&lab),
        [
            "0001-dns-resolve-asks-the-host.patch:9: `Upstream:` must be a link, or `N/A <why>`, found `maybe`",
            "0001-dns-resolve-asks-the-host.patch:13: `Test:` must be a file of this repository, found \
             `tests/libc/none.c`",
            "0004-sockets-connect-reads-the-proxy-file.patch:12: depends on \
             `0009-fs-open-looks-at-the-virtual-map`, which is now `0003-fs-open-looks-at-the-virtual-map.patch`; \
             `--export` renumbers",
            "series: only `NNNN-<subsystem>-<effect>.patch` files belong here",
        ]
    );
}

#[test]
fn a_missing_patch_leaves_a_gap_and_an_unmet_dependency() {
    let lab = Lab::with_series();
    std::fs::remove_file(lab.patches().join("0003-fs-open-looks-at-the-virtual-map.patch")).unwrap();
    assert_eq!(
        findings(&lab),
        [
            "0004-sockets-connect-reads-the-proxy-file.patch: the number is 0004, but 0003 comes next; `--export` \
             renumbers",
            "0004-sockets-connect-reads-the-proxy-file.patch:12: depends on \
             `0003-fs-open-looks-at-the-virtual-map`, which is not in the series",
        ]
    );
}

#[test]
fn a_patch_that_comes_before_what_it_needs_is_refused() {
    refused(
        FIRST,
        "Depends-on: none",
        "Depends-on: 0002-dns-reverse-asks-the-host",
        "0001-dns-resolve-asks-the-host.patch:12: depends on `0002-dns-reverse-asks-the-host`, which does not come \
         before it",
    );
}

#[test]
fn each_trailer_is_asked_for() {
    for (line, form) in [
        ("Upstream: N/A specific to this host\n", "`Upstream:` trailer (a link, or `N/A <why>`)"),
        ("Feature: dns\n", "`Feature:` trailer (one lower-case word such as `dns`)"),
        (
            "Interface: warpgrid:shim/dns\n",
            "`Interface:` trailer (the WIT interface it needs (`warpgrid:shim/dns`), or `none`)",
        ),
        ("Depends-on: none\n", "`Depends-on:` trailer (the name of an earlier patch, or `none`)"),
        ("Test: tests/libc/case.c\n", "`Test:` trailer (a file of this repository)"),
    ] {
        refused(FIRST, line, "", &format!("0001-dns-resolve-asks-the-host.patch:13: there is no {form}"));
    }
    refused(
        FIRST,
        "Signed-off-by: Ada Example <ada@example.org>\n",
        "",
        "0001-dns-resolve-asks-the-host.patch:13: there is no `Signed-off-by:` trailer (`Name <address>`)",
    );
}

#[test]
fn name_and_subject_must_agree() {
    refused(
        FIRST,
        "Subject: [PATCH] dns: resolve asks the host",
        "Subject: [PATCH] dns: resolve asks",
        "0001-dns-resolve-asks-the-host.patch:4: the subject belongs to a file named `0001-dns-resolve-asks.patch`",
    );
    refused(
        FIRST,
        "Subject: [PATCH] dns: resolve asks the host",
        "Subject: [PATCH] Resolve asks the host",
        "0001-dns-resolve-asks-the-host.patch:4: the subject must read `<subsystem>: <effect>`, found `Resolve asks \
         the host`",
    );
}

#[test]
fn an_empty_body_is_refused() {
    refused(
        FIRST,
        "The host knows names that the table does not.\nAn overlay cannot reach this line.\n",
        "",
        "0001-dns-resolve-asks-the-host.patch:4: the body is empty: say why this cannot live outside upstream",
    );
}

#[test]
fn a_change_of_white_space_is_refused() {
    let mut lab = Lab::new();
    lab.apply(&[]);
    let mut message = crate::lab::Message::new("dns: tidy", "dns", &[]);
    message.body = "Deletes: the line is indented anew.\n".into();
    let path = lab.checkout().join("src/open.c");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\tint folder", "        int folder")).unwrap();
    lab.commit(&message);
    lab.export().unwrap();
    assert_eq!(findings(&lab), ["0001-dns-tidy.patch:26: only white space of `src/open.c` changes here"]);
}

#[test]
fn a_deletion_needs_a_reason() {
    let mut lab = Lab::new();
    lab.apply(&[]);
    let mut message = crate::lab::Message::new("dns: drop a line", "dns", &[]);
    let path = lab.checkout().join("src/open.c");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("#include <fcntl.h>\n", "")).unwrap();
    lab.commit(&message);
    lab.export().unwrap();
    assert_eq!(
        findings(&lab),
        [
            "0001-dns-drop-a-line.patch:24: a line goes away; a patch only adds, or says why not in a paragraph `Deletes: \
          <why>`"
        ]
    );
    message.body += "\nDeletes: the header is not there on this target.\n";
    lab.git(&lab.checkout(), &["commit", "-q", "--amend", "-m", &message.text()]);
    lab.export().unwrap();
    assert_eq!(findings(&lab), Vec::<String>::new());
}

#[test]
fn what_plain_format_patch_writes_is_told_to_export() {
    let lab = Lab::with_series();
    let plain = lab.git(&lab.checkout(), &["format-patch", "--stdout", "HEAD~4..HEAD~3"]) + "\n";
    std::fs::write(lab.patches().join(FIRST), plain).unwrap();
    let findings = findings(&lab).join("\n");
    for expected in ["the first line must be", "the blob ids are cut short", "a signature"] {
        assert!(findings.contains(expected), "{expected}:\n{findings}");
    }
}

#[test]
fn a_line_that_is_no_trailer_is_pointed_at() {
    refused(
        FIRST,
        "Feature: dns\n",
        "Feature: dns\nand something else\n",
        "0001-dns-resolve-asks-the-host.patch:11: not a trailer: `and something else`; leave a blank line above the \
         trailers",
    );
}

#[test]
fn a_test_outside_the_repository_is_refused() {
    refused(
        FIRST,
        "Test: tests/libc/case.c",
        "Test: ../root/tests/libc/case.c",
        "0001-dns-resolve-asks-the-host.patch:13: `Test:` must be a file of this repository, found \
         `../root/tests/libc/case.c`",
    );
}

#[test]
fn damaged_patches_are_answers_never_a_crash() {
    let lab = Lab::with_series();
    let map = lab.fork().path_map().unwrap();
    let sysroot = lab.path("sysroot");
    let whole = lab.patch_files();
    for (name, text) in &whole {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut damaged: Vec<String> =
            (0..text.len()).step_by(11).map(|end| text[..end].to_owned()).collect();
        for index in 0..lines.len() {
            let (before, after) = (lines[..index].concat(), lines[index + 1..].concat());
            damaged.push(format!("{before}{after}"));
            damaged.push(format!("{before}{0}{0}{after}", lines[index]));
            damaged.push(format!("{before}@@ -99999999,3 +18446744073709551615,9 @@\n{after}"));
            damaged.push(format!("{before}@@ -7,0 +7 @@\n+x\n{after}"));
        }
        for damaged in damaged {
            std::fs::write(lab.patches().join(name), damaged).unwrap();
            let series = lab.fork().series().unwrap();
            let found = validate(&series, &lab.root());
            let collected = xtask::series::preimages::collect(&series, &map, None);
            let installed = xtask::series::installed::apply_headers(&series, &map, &sysroot, "wasm32-wasip2");
            assert!(installed.is_err(), "there is no sysroot");
            assert!(
                collected.is_ok() || !found.is_empty() || text_of(&collected).contains("the hunk of line")
            );
        }
        std::fs::write(lab.patches().join(name), text).unwrap();
    }
}

fn text_of<T>(result: &anyhow::Result<T>) -> String {
    result.as_ref().err().map(|error| format!("{error:#}")).unwrap_or_default()
}
