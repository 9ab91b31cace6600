//! Commits back to files: byte-identical when nothing changed, numbered anew when something did.
use std::fs;

use crate::lab::{Lab, Message};

#[test]
fn an_export_without_a_change_is_byte_identical() {
    let mut lab = Lab::with_series();
    let before = lab.patch_files();
    assert_eq!(before.len(), 4);
    lab.apply(&[]);
    let report = lab.export().unwrap();
    assert_eq!((report.exported.unchanged, report.exported.written.len()), (4, 0));
    assert_eq!(lab.patch_files(), before);
    assert_eq!(lab.pins.writes, 0);
}

#[test]
fn no_configuration_of_the_person_or_the_checkout_changes_a_byte() {
    let mut lab = Lab::with_series();
    let before = lab.patch_files();
    let hostile = "[user]\n\tuseConfigOnly = true\n[diff]\n\tstatGraphWidth = 3\n\tstatNameWidth = 5\n\tnoprefix = true\n\tmnemonicPrefix = true\n\tcontext = 1\n\
        \talgorithm = histogram\n\trenames = copies\n\tsuppressBlankEmpty = true\n\torderFile = /nonexistent/order\n\
        \tinterHunkContext = 9\n\texternal = false\n\tindentHeuristic = false\n[core]\n\tabbrev = 7\n\tautocrlf = true\n\
        \teol = crlf\n\tquotePath = false\n\thooksPath = /nonexistent/hooks\n[commit]\n\tgpgSign = true\n\
        [gpg]\n\tprogram = /nonexistent/gpg\n[format]\n\tsignature = yours truly\n\tsuffix = .txt\n\tthread = deep\n\
        \theaders = \"Organization: nobody\\n\"\n\tto = all@example.org\n\tcc = some@example.org\n\tsignOff = true\n\
        \tattach = yes\n\tnumbered = true\n\tsubjectPrefix = HUHU\n\tfrom = true\n\tnotes = true\n\tcoverLetter = true\n\
        \tuseAutoBase = true\n\tpretty = fuller\n\toutputDirectory = /nonexistent/out\n\tencodeEmailHeaders = true\n\
        [am]\n\tkeepcr = false\n\tthreeWay = false\n\tmessageid = true\n[apply]\n\twhitespace = error\n\
        \tignoreWhitespace = change\n[i18n]\n\tcommitEncoding = ISO-8859-1\n\tlogOutputEncoding = ISO-8859-1\n\
        [log]\n\tdate = iso\n\tmailmap = true\n\tshowSignature = true\n[mailinfo]\n\tscissors = true\n\
        [color]\n\tui = always\n[core]\n\tpager = false\n[rerere]\n\tenabled = true\n[merge]\n\tconflictStyle = diff3\n";
    let home = lab.path("home");
    lab.write(&home, ".gitconfig", hostile);
    for (key, value) in [
        ("TZ", "America/St_Johns"),
        ("LC_ALL", "de_DE.UTF-8"),
        ("LANGUAGE", "de"),
        ("GIT_AUTHOR_NAME", "nobody"),
        ("GIT_COMMITTER_DATE", "2001-01-01T00:00:00"),
        ("GIT_DIFF_OPTS", "--unified=0"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_DIR", "/nonexistent/git"),
        ("GIT_INDEX_FILE", "/nonexistent/index"),
    ] {
        lab.sh.set_var(key, value);
    }
    lab.sh.set_var("HOME", &home);
    lab.sh.set_var("GIT_CONFIG_GLOBAL", home.join(".gitconfig"));

    assert!(lab.apply(&[]).is_clean());
    let config = lab.checkout().join(".git/config");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text + hostile).unwrap();
    fs::write(lab.checkout().join(".git/hooks-are-off"), "").unwrap();
    let report = lab.export().unwrap();
    assert_eq!((report.exported.unchanged, report.exported.written), (4, vec![]));
    assert_eq!(lab.patch_files(), before);
}

#[test]
fn letters_outside_ascii_carriage_returns_and_missing_line_feeds_survive() {
    let mut lab = Lab::new();
    lab.upstream_commit("v2", &[("dos.txt", Some("one\r\ntwo\r\nthree")), ("plain.txt", Some("one\n"))]);
    lab.pins.pin.revision = "v2".into();
    lab.pins.pin.commit = lab.git(&lab.upstream(), &["rev-parse", "v2^{commit}"]);
    lab.apply(&[]);
    lab.write(&lab.checkout(), "dos.txt", "one\r\nnew\r\ntwo\r\nthree");
    lab.write(&lab.checkout(), "plain.txt", "one\nzwölf");
    let mut message = Message::new(
        "time: name the zone of Zürich, a place with quite a long name, so that it folds",
        "time",
        &[],
    );
    message.body = "Because of ümlauts.\n\nA second paragraph: with a colon.\n".into();
    lab.commit(&message);
    lab.export().unwrap();
    let before = lab.patch_files();
    assert_eq!(
        before[0].0,
        "0001-time-name-the-zone-of-z-rich-a-place-with-quite-a-long-name-so-that-it-folds.patch"
    );
    lab.apply(&[]);
    assert_eq!(fs::read_to_string(lab.checkout().join("dos.txt")).unwrap(), "one\r\nnew\r\ntwo\r\nthree");
    assert_eq!(fs::read_to_string(lab.checkout().join("plain.txt")).unwrap(), "one\nzwölf");
    assert_eq!(lab.export().unwrap().exported.unchanged, 1);
    assert_eq!(lab.patch_files(), before);
}

#[test]
fn an_inserted_patch_moves_numbers_and_what_depends_on_them() {
    let mut lab = Lab::with_series();
    lab.apply(&[]);
    let head = lab.git(&lab.checkout(), &["rev-parse", "HEAD"]);
    lab.git(&lab.checkout(), &["reset", "-q", "--hard", "HEAD~4"]);
    lab.hook("CMakeLists.txt", "add_library", "include(overlay.cmake)\n");
    lab.commit(&Message::new("build: take the overlay in", "build", &[]));
    lab.git(&lab.checkout(), &["cherry-pick", &format!("{head}~4..{head}")]);
    let report = lab.export().unwrap();
    assert_eq!(report.exported.written.len(), 5);
    assert_eq!(report.exported.removed.len(), 4);
    let files = lab.patch_files();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0], "0001-build-take-the-overlay-in.patch");
    assert_eq!(names[4], "0005-sockets-connect-reads-the-proxy-file.patch");
    assert!(files[4].1.contains("\nDepends-on: 0004-fs-open-looks-at-the-virtual-map\n"));
    assert_eq!(xtask::series::validate::validate(&lab.fork().series().unwrap(), &lab.root()), []);
    lab.apply(&[]);
    assert_eq!(lab.export().unwrap().exported.unchanged, 5);
}

#[test]
fn a_dropped_patch_that_another_needs_stops_the_export() {
    let mut lab = Lab::with_series();
    lab.apply(&[]);
    let before = lab.patch_files();
    lab.git(&lab.checkout(), &["rebase", "-q", "--onto", "HEAD~2", "HEAD~1"]);
    let error = lab.export().unwrap_err().to_string();
    assert!(
        error.ends_with("depends on `0003-fs-open-looks-at-the-virtual-map`, which no commit is"),
        "{error}"
    );
    assert_eq!(lab.patch_files(), before);
}

#[test]
fn uncommitted_changes_merges_subsets_and_twins_stop_the_export() {
    let mut lab = Lab::with_series();
    let before = lab.patch_files();
    lab.apply(&["dns"]);
    assert!(lab.export().unwrap_err().to_string().contains("holds only the features dns"));
    lab.apply(&[]);
    lab.hook("src/open.c", "int open_file", "/* mine */\n");
    assert!(lab.export().unwrap_err().to_string().ends_with("has changes that are not committed"));
    lab.commit(&Message::new("fs: open looks at the virtual map", "fs", &[]));
    assert!(lab.export().unwrap_err().to_string().starts_with("two commits have the subject"));
    lab.git(&lab.checkout(), &["reset", "-q", "--hard", "HEAD~1"]);
    lab.git(&lab.checkout(), &["checkout", "-q", "-b", "side", "HEAD~1"]);
    lab.git(&lab.checkout(), &["commit", "-q", "--allow-empty", "-m", "side"]);
    lab.git(&lab.checkout(), &["merge", "-q", "--no-ff", "-m", "both", "series"]);
    assert!(lab.export().unwrap_err().to_string().contains("is a merge"));
    assert_eq!(lab.patch_files(), before);
}

#[test]
fn an_overlay_file_never_becomes_part_of_a_patch() {
    let mut lab = Lab::with_series();
    lab.write(&lab.root(), "forks/demo/overlay/shim.c", "int shim;\n");
    lab.apply(&[]);
    lab.write(&lab.checkout(), "src/shim.c", "int shim;\n");
    assert_eq!(lab.export().unwrap().exported.unchanged, 4, "an untracked file is not looked at");
    lab.commit(&Message::new("build: add the shim", "build", &[]));
    let error = lab.export().unwrap_err().to_string();
    assert!(error.contains("contains the overlay file") && error.ends_with("as `src/shim.c`"), "{error}");
}

#[test]
fn a_checkout_of_an_older_pin_is_not_exported() {
    let mut lab = Lab::with_series();
    lab.apply(&[]);
    lab.pins.pin.commit = "1".repeat(40);
    let error = lab.export().unwrap_err().to_string();
    assert!(error.ends_with(&format!("but the pin is {}", "1".repeat(40))), "{error}");
}
