//! Virtual files for a Preview 1 module, adapted when it is loaded.

use crate::harness::{load, module, run, run_with_folders};
use tempfile::TempDir;
use warpgrid_host::instance::Folder;

#[tokio::test]
async fn a_preview_1_module_reads_virtual_files() {
    assert_eq!(run("files-p1", "", &["etc/hosts"]).await.text(), "127.0.0.1\tlocalhost\n::1\tlocalhost\n");
    assert!(run("files-p1", "", &["usr/share/zoneinfo/UTC"]).await.output.starts_with(b"TZif"));
    // ENOENT and EPERM of Preview 1.
    assert_eq!(run("files-p1", "", &["etc/passwd"]).await.text(), "error 44\n");
    assert_eq!(run("files-p1", "", &["../etc/hosts"]).await.text(), "error 63\n");
}

#[tokio::test]
async fn a_preview_1_module_with_a_real_root_sees_both() {
    let tree = TempDir::new().unwrap();
    std::fs::write(tree.path().join("file"), "real\n").unwrap();
    let application = load(&module("files-p1"), "").unwrap();
    for (path, expected) in [("file", "real\n"), ("etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n")] {
        let folder = Folder { host: tree.path().to_owned(), guest: "/".to_owned(), read_only: true };
        let ran = run_with_folders(&application, &[path], vec![folder], &[]).await;
        assert_eq!(ran.ran.text(), expected);
    }
}
