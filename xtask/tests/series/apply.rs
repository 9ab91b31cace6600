//! Applying a series: all of it, or the features that are complete.
use crate::lab::{Lab, numbers};

#[test]
fn a_clean_series_becomes_one_commit_per_patch() {
    let lab = Lab::with_series();
    let report = lab.apply(&[]);
    assert!(report.is_clean(), "{report}");
    assert_eq!(numbers(&report.applied), ["0001", "0002", "0003", "0004"]);
    let log =
        lab.git(&lab.checkout(), &["log", "--reverse", "--format=%an: %s", &format!("{}..", report.base)]);
    assert_eq!(
        log,
        "Ada Example: dns: resolve asks the host\nAda Example: dns: reverse asks the host\n\
         Ada Example: fs: open looks at the virtual map\nAda Example: sockets: connect reads the proxy file"
    );
}

#[test]
fn the_same_patches_on_the_same_pin_give_the_same_commit_ids() {
    let lab = Lab::with_series();
    lab.apply(&[]);
    let first = lab.git(&lab.checkout(), &["rev-parse", "HEAD"]);
    lab.sh.set_var("TZ", "Asia/Kolkata");
    lab.sh.set_var("GIT_COMMITTER_NAME", "somebody else");
    lab.sh.set_var("GIT_COMMITTER_DATE", "2001-01-01T00:00:00");
    lab.apply(&[]);
    assert_eq!(lab.git(&lab.checkout(), &["rev-parse", "HEAD"]), first);
}

#[test]
fn a_complete_feature_applies_alone_and_leaves_the_rest_stock() {
    let lab = Lab::with_series();
    let report = lab.apply(&["dns"]);
    assert_eq!(numbers(&report.applied), ["0001", "0002"]);
    let stock = |path: &str| lab.git(&lab.checkout(), &["diff", &report.base, "--", path]);
    assert_ne!(stock("src/netdb.c"), "");
    assert_eq!((stock("src/open.c"), stock("include/time.h")), (String::new(), String::new()));

    let report = lab.apply(&["fs"]);
    assert_eq!(numbers(&report.applied), ["0003"]);
    let report = lab.apply(&["fs", "sockets"]);
    assert_eq!(numbers(&report.applied), ["0003", "0004"]);
}

#[test]
fn a_feature_that_needs_another_names_both_patches() {
    let lab = Lab::with_series();
    let error = lab.try_apply(None, &["sockets"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "patch `0004-sockets-connect-reads-the-proxy-file.patch` (feature `sockets`) depends on \
         `0003-fs-open-looks-at-the-virtual-map.patch` (feature `fs`), which is not chosen"
    );
    let hint = error.downcast_ref::<xtask::hint::Hint>().unwrap();
    assert_eq!(hint.hint(), "use `--feature fs,sockets`");
}

#[test]
fn an_unknown_feature_lists_the_known_ones() {
    let lab = Lab::with_series();
    let error = lab.try_apply(None, &["dsn"]).unwrap_err();
    assert!(error.to_string().ends_with("has the feature `dsn`"), "{error}");
    let hint = error.downcast_ref::<xtask::hint::Hint>().unwrap();
    assert_eq!(hint.hint(), "the features are: dns, fs, sockets");
}

#[test]
fn work_that_is_not_exported_is_not_thrown_away() {
    let lab = Lab::with_series();
    lab.apply(&[]);
    lab.hook("src/open.c", "int open_file", "/* mine */\n");
    let error = lab.try_apply(None, &[]).unwrap_err();
    assert!(error.to_string().ends_with("has changes that are not committed"), "{error}");
    lab.git(&lab.checkout(), &["commit", "-q", "-a", "-m", "mine"]);
    let error = lab.try_apply(None, &[]).unwrap_err();
    assert!(error.to_string().ends_with("has commits that are not exported"), "{error}");
    let report = lab.with(|rebase| {
        xtask::series::rebase::Rebase { discard: true, ..*rebase }.apply(&lab.pins.pin, None, &[])
    });
    assert!(report.unwrap().is_clean());
}

#[test]
fn a_folder_that_is_no_checkout_is_never_touched() {
    let lab = Lab::with_series();
    std::fs::remove_dir_all(lab.checkout()).unwrap();
    lab.write(&lab.checkout(), "precious.txt", "mine");
    let error = lab.try_apply(None, &[]).unwrap_err();
    assert!(error.to_string().ends_with("was not made by `cargo xtask rebase`"), "{error}");
    assert!(lab.checkout().join("precious.txt").exists());
}

#[test]
fn the_pin_needs_upstream_only_once() {
    let lab = Lab::with_series();
    std::fs::rename(lab.upstream(), lab.path("gone")).unwrap();
    assert!(lab.apply(&[]).is_clean());
}

#[test]
fn an_unreachable_upstream_says_so_and_offers_a_local_clone() {
    let mut lab = Lab::with_series();
    std::fs::remove_dir_all(lab.cache()).unwrap();
    std::fs::rename(lab.upstream(), lab.path("clone")).unwrap();
    let error = lab.try_apply(None, &[]).unwrap_err();
    assert!(error.to_string().starts_with("cannot fetch `v1` from `file://"), "{error}");
    let hint = error.downcast_ref::<xtask::hint::Hint>().unwrap().hint().to_owned();
    assert!(hint.contains("`--from <folder>`") && hint.contains("--installed"), "{hint}");
    let error = lab.update("v1").unwrap_err();
    assert!(error.downcast_ref::<xtask::hint::Hint>().unwrap().hint().contains("`--from <folder>`"));

    let clone = lab.path("clone");
    let report = lab.with(|rebase| {
        xtask::series::rebase::Rebase { from: Some(&clone), ..*rebase }.apply(&lab.pins.pin, None, &[])
    });
    assert!(report.unwrap().is_clean());
}

#[test]
fn a_tag_that_moved_is_refused_with_both_commits() {
    let mut lab = Lab::new();
    lab.pins.pin.commit = "1".repeat(40);
    let error = lab.try_apply(None, &[]).unwrap_err().to_string();
    assert!(
        error.contains("is commit ") && error.ends_with(&format!("but the pin is {}", "1".repeat(40))),
        "{error}"
    );
}

#[test]
fn a_tree_that_differs_from_the_pin_is_refused() {
    let mut lab = Lab::new();
    lab.pins.pin.tree = Some("2".repeat(40));
    let error = lab.try_apply(None, &[]).unwrap_err().to_string();
    assert!(error.ends_with(&format!("but the pin is {}", "2".repeat(40))), "{error}");
}

#[test]
fn a_shallow_clone_that_has_the_commit_under_another_name_is_enough() {
    let lab = Lab::with_series();
    std::fs::remove_dir_all(lab.cache()).unwrap();
    let clone = lab.path("clone.git");
    std::fs::create_dir_all(&clone).unwrap();
    lab.git(&clone, &["init", "-q", "--bare"]);
    lab.git(&clone, &["fetch", "-q", "--depth=1", "--no-tags", &lab.pins.pin.url, "v1:refs/pins/demo"]);
    std::fs::remove_dir_all(lab.upstream()).unwrap();
    let report = lab.with(|rebase| {
        xtask::series::rebase::Rebase { from: Some(&clone), ..*rebase }.apply(&lab.pins.pin, None, &[])
    });
    assert!(report.unwrap().is_clean());
}
