//! Every method of every interface that the shim replaces, on every kind of object. A method that is
//! forgotten after an upgrade of wasmtime meets an object it does not know, and ends the guest.

use crate::harness::{guest, load, run_with_folders};
use std::fs;
use tempfile::TempDir;
use warpgrid_host::instance::Folder;

/// What the guest printed, with real folders that hold what it looks for.
async fn every(name: &str, arguments: &[&str]) -> String {
    let (data, usr) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(data.path().join("file"), "real").unwrap();
    fs::create_dir(data.path().join("folder")).unwrap();
    let folder = |folder: &TempDir, guest: &str| Folder {
        host: folder.path().to_owned(),
        guest: guest.to_owned(),
        read_only: false,
    };
    let folders = vec![folder(&data, "/data"), folder(&usr, "/usr")];
    let program = load(&guest(name), "").unwrap();
    run_with_folders(&program, arguments, folders, &[]).await.ran.text()
}

fn check(said: &str) {
    assert!(said.ends_with("all called\n"), "{said}");
    for line in [
        "virtual file: get-type: Ok(DescriptorType::RegularFile)",
        "virtual file: stat: Ok((DescriptorType::RegularFile, 34))",
        "virtual file: set-size: Err(ErrorCode::ReadOnly)",
        "virtual file: is-same-object virtual file: true",
        "virtual file: is-same-object real file: false",
        "virtual file: stat-at `x`: Err(ErrorCode::NotDirectory)",
        "device: get-type: Ok(DescriptorType::CharacterDevice)",
        "virtual folder: get-type: Ok(DescriptorType::Directory)",
        "virtual folder: stat-at `UTC`: Ok(DescriptorType::RegularFile)",
        "virtual folder: unlink-file-at `UTC`: Err(ErrorCode::ReadOnly)",
        "virtual folder: create-directory-at `x`: Err(ErrorCode::ReadOnly)",
        "virtual folder: open-at `..`: Err(ErrorCode::NotPermitted)",
        "virtual folder: stat-at ``: Err(ErrorCode::NoEntry)",
        "virtual folder: is-same-object virtual folder: true",
        "virtual folder: is-same-object root: false",
        "root: stat-at `etc/hosts`: Ok(DescriptorType::RegularFile)",
        "passage: stat-at `x`: Err(ErrorCode::NoEntry)",
        "real folder: stat-at `..`: Err(ErrorCode::NotPermitted)",
        "mount: get-type: Ok(DescriptorType::Directory)",
    ] {
        assert!(said.lines().any(|said| said == line), "`{line}` is not in\n{said}");
    }
}

#[tokio::test]
async fn every_method_of_wasi_0_2_answers_for_every_kind_of_object() {
    let said = every("files_every_method", &[]).await;
    check(&said);
    assert!(said.contains("virtual file: read: Ok(([49, 50, 55, 46], false))"), "{said}");
    assert!(said.contains("virtual folder: read-directory: true"), "{said}");
}

#[tokio::test]
async fn every_method_of_wasi_0_3_answers_for_every_kind_of_object() {
    let said = every("files_p3", &["every"]).await;
    check(&said);
    assert!(said.contains("virtual file: write-via-stream: Err(ErrorCode::ReadOnly)"), "{said}");
    assert!(said.contains("virtual folder: read-directory: (true, Ok(()))"), "{said}");
}
