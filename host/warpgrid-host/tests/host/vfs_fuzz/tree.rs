//! The folders of the fuzzer at the start, and their comparison at the end.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// What real files hold that a virtual one hides.
pub(super) const HIDDEN: &str = "HIDDEN";
/// What lies outside of the guest's folder.
pub(super) const OUTSIDE: &str = "OUTSIDE";

/// Makes `base/root` with the guest's folders, and secrets around it. `hosts` is what stands at a path that a
/// virtual file may hide.
pub(super) fn make(base: &Path, hidden: impl Fn(&str) -> String) {
    let root = base.join("root");
    for name in ["etc", "usr/share/zoneinfo/US", "a/b", "c"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    for name in ["etc/hosts", "etc/resolv.conf", "usr/share/zoneinfo/UTC", "usr/share/zoneinfo/US/Eastern"] {
        fs::write(root.join(name), hidden(name)).unwrap();
    }
    for (name, text) in [("etc/passwd", "passwd"), ("a/b/c", "abc"), ("a/hosts", "a hosts"), ("c/d", "cd")] {
        fs::write(root.join(name), text).unwrap();
    }
    for (link, text) in [
        ("l", "etc"),
        ("m", "a/b"),
        ("a/l", "../etc/hosts"),
        ("a/m", "../usr/share/zoneinfo"),
        ("c/l", "../../etc/hosts"),
        ("c/m", "/etc/hosts"),
        ("etc/l", "../etc/../a"),
    ] {
        symlink(text, root.join(link)).unwrap();
    }
    fs::create_dir(base.join("etc")).unwrap();
    fs::write(base.join("etc/hosts"), OUTSIDE).unwrap();
    fs::write(base.join("hosts"), OUTSIDE).unwrap();
}

/// Everything below a folder: path to kind and content.
pub(super) fn contents(root: &Path) -> BTreeMap<String, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            let text = if kind.is_symlink() {
                format!("link {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                open.push(path.clone());
                "folder".to_owned()
            } else {
                format!("file {:?}", fs::read(&path).unwrap())
            };
            found.insert(path.strip_prefix(root).unwrap().display().to_string(), text);
        }
    }
    found
}
