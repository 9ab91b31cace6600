//! Moving the pin: all or nothing.
use crate::lab::{Lab, Message, NETDB, numbers};

#[test]
fn a_clean_update_exports_and_writes_the_pin() {
    let mut lab = Lab::with_series();
    let before = lab.patch_files();
    let longer = format!("/* a new line on top */\n/* and another */\n{NETDB}");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&longer))]);
    let report = lab.update("v2").unwrap();
    assert!(report.is_clean(), "{report}");
    let commit = lab.git(&lab.upstream(), &["rev-parse", "v2^{commit}"]);
    let tree = lab.git(&lab.upstream(), &["rev-parse", "v2^{tree}"]);
    assert_eq!(lab.pins.writes, 1);
    assert_eq!((lab.pins.pin.revision.as_str(), lab.pins.pin.commit.as_str()), ("v2", commit.as_str()));
    assert_eq!(lab.pins.pin.tree.as_deref(), Some(tree.as_str()));
    assert_eq!(report.pin.as_ref(), Some(&lab.pins.pin));
    let after = lab.patch_files();
    assert_eq!(after.len(), 4);
    assert_ne!(after, before, "line numbers and blob ids are those of the new base");
    assert!(lab.apply(&[]).is_clean());
    assert_eq!(lab.export().unwrap().exported.unchanged, 4);
}

#[test]
fn an_update_that_conflicts_writes_nothing() {
    let mut lab = Lab::with_series();
    let (before, pin) = (lab.patch_files(), lab.pins.pin.clone());
    let drifted = NETDB.replace("\treturn copy_name(host);\n", "\treturn copy_of_name(host, address);\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&drifted))]);
    let report = lab.update("v2").unwrap();
    assert!(!report.is_clean());
    assert_eq!((numbers(&report.applied), numbers(&report.untried)), (vec!["0001"], vec!["0003", "0004"]));
    assert_eq!((lab.pins.writes, &lab.pins.pin), (0, &pin));
    assert_eq!(lab.patch_files(), before);
    let error = lab.update("v2").unwrap_err().to_string();
    assert!(error.ends_with("has a `git am` under way"), "{error}");
    let error = lab.export().unwrap_err().to_string();
    assert!(error.starts_with("a `git am` is under way"), "{error}");
}

#[test]
fn a_conflict_that_a_developer_resolves_is_finished_by_an_export() {
    let mut lab = Lab::with_series();
    let drifted = NETDB.replace("\treturn copy_name(host);\n", "\treturn copy_of_name(host, address);\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&drifted))]);
    lab.update("v2").unwrap();
    let path = lab.checkout().join("src/netdb.c");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("<<<<<<<"), "{text}");
    let ours = lab.git(&lab.checkout(), &["show", "HEAD:src/netdb.c"]) + "\n";
    let hook = "\tname_was_found(host);\n\treturn copy_of_name";
    std::fs::write(&path, ours.replace("\treturn copy_of_name", hook)).unwrap();
    lab.git(&lab.checkout(), &["add", "src/netdb.c"]);
    lab.git(&lab.checkout(), &["am", "--continue"]);
    let report = lab.export().unwrap();
    assert_eq!(lab.patch_files().len(), 4);
    assert_eq!((lab.pins.writes, lab.pins.pin.revision.as_str()), (1, "v2"));
    assert_eq!(report.pin.as_ref(), Some(&lab.pins.pin));
    assert!(lab.apply(&[]).is_clean());
    assert_eq!(lab.export().unwrap().exported.unchanged, 4);
    assert_eq!(lab.pins.writes, 1);
}

#[test]
fn a_change_that_upstream_took_is_not_dropped_silently() {
    let mut lab = Lab::with_series();
    let before = lab.patch_files();
    let taken =
        NETDB.replace("\treturn copy_name(host);\n", "\tname_was_found(host);\n\treturn copy_name(host);\n");
    lab.upstream_commit("v2", &[("src/netdb.c", Some(&taken))]);
    assert!(!lab.update("v2").unwrap().is_clean());
    assert_eq!((lab.pins.writes, lab.patch_files() == before), (0, true));
    let report = lab.export().unwrap();
    let names: Vec<String> = lab.patch_files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(numbers(&names), ["0001", "0002", "0003"]);
    assert_eq!(report.exported.removed.len(), 3, "0002 is gone, the two after it have new numbers");
    assert_eq!((lab.pins.writes, lab.pins.pin.revision.as_str()), (1, "v2"));
    assert_eq!(xtask::series::validate::validate(&lab.fork().series().unwrap(), &lab.root()), []);
}

#[test]
fn a_revision_that_does_not_exist_is_told_from_an_unreachable_host() {
    let mut lab = Lab::with_series();
    let error = lab.update("v9").unwrap_err();
    assert!(error.to_string().ends_with("has no tag, branch or commit `v9`"), "{error}");
    let error = lab.update("--upload-pack=touch").unwrap_err();
    assert!(error.to_string().ends_with("is not a tag, branch or commit id"), "{error}");
    assert_eq!(lab.pins.writes, 0);
}

#[test]
fn a_look_at_another_revision_cannot_be_exported() {
    let mut lab = Lab::with_series();
    lab.upstream_commit("v2", &[("news.txt", Some("news\n"))]);
    assert!(lab.try_apply(Some("v2"), &[]).unwrap().is_clean());
    lab.commit_nothing();
    let error = lab.export().unwrap_err().to_string();
    assert!(error.ends_with("is based on `v2`, which is not the pin"), "{error}");
}

impl Lab {
    fn commit_nothing(&self) {
        let text = Message::new("fs: nothing", "fs", &[]).text();
        self.git(&self.checkout(), &["commit", "-q", "--allow-empty", "-m", &text]);
    }
}
