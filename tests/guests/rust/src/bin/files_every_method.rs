//! Calls every method of `wasi:filesystem` 0.2 on every kind of object there is, and prints what came back.

use std::fmt::Debug;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags, filesystem_error_code,
};

fn main() {
    let folders = get_directories();
    let root = |name: &str| &folders.iter().find(|(_, path)| path == name).expect("the folder is there").0;
    let (top, real) = (root("/"), root("/data"));
    let open = |folder: &Descriptor, path: &str, folder_wanted: bool| {
        let open = if folder_wanted { OpenFlags::DIRECTORY } else { OpenFlags::empty() };
        folder.open_at(PathFlags::SYMLINK_FOLLOW, path, open, DescriptorFlags::READ).expect(path)
    };
    let null = top
        .open_at(
            PathFlags::empty(),
            "dev/null",
            OpenFlags::empty(),
            DescriptorFlags::READ | DescriptorFlags::WRITE,
        )
        .expect("the null device");
    let kinds = [
        ("virtual file", open(top, "etc/hosts", false)),
        ("device", null),
        ("virtual folder", open(top, "usr/share/zoneinfo", true)),
        ("passage", open(top, "usr", true)),
        ("root", open(top, ".", true)),
        ("real file", open(real, "file", false)),
        ("real folder", open(real, "folder", true)),
        ("mount", open(top, "data", true)),
    ];
    for (name, fd) in &kinds {
        every(name, fd, real);
        for (other_name, other) in &kinds {
            say(name, &format!("is-same-object {other_name}"), fd.is_same_object(other));
            say(name, &format!("link-at {other_name}"), fd.link_at(PathFlags::empty(), "x", other, "y"));
            say(name, &format!("rename-at {other_name}"), fd.rename_at("x", other, "y"));
        }
    }
    println!("all called");
}

fn say(name: &str, call: &str, answer: impl Debug) {
    println!("{name}: {call}: {}", short(&format!("{answer:?}")));
}

/// `ErrorCode { code: 33, name: "read-only", ..}` as `ErrorCode::ReadOnly`.
fn short(text: &str) -> String {
    let Some((before, rest)) = text.split_once("ErrorCode {") else { return text.to_owned() };
    let name = rest.split('"').nth(1).expect("an error has a name");
    let name: String = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    let after = rest.rsplit_once('}').expect("an error ends").1;
    format!("{before}ErrorCode::{name}{after}")
}

fn every(name: &str, fd: &Descriptor, real: &Descriptor) {
    say(name, "advise", fd.advise(0, 1, Advice::Normal));
    say(name, "sync-data", fd.sync_data());
    say(name, "sync", fd.sync());
    say(name, "get-flags", fd.get_flags());
    say(name, "get-type", fd.get_type());
    say(name, "stat", fd.stat().map(|stat| (stat.type_, stat.size)));
    say(name, "metadata-hash", fd.metadata_hash().is_ok());
    say(name, "read", fd.read(4, 0));
    say(name, "write", fd.write(b"x", 0));
    say(name, "set-size", fd.set_size(0));
    say(name, "set-times", fd.set_times(NewTimestamp::Now, NewTimestamp::NoChange));
    for path in ["x", "hosts", "UTC", ".", "..", "", "/etc", "etc/hosts"] {
        let says = |call: &str, answer: &dyn Debug| say(name, &format!("{call} `{path}`"), answer);
        says("stat-at", &fd.stat_at(PathFlags::SYMLINK_FOLLOW, path).map(|stat| stat.type_));
        says("metadata-hash-at", &fd.metadata_hash_at(PathFlags::empty(), path).is_ok());
        says("readlink-at", &fd.readlink_at(path));
        says(
            "set-times-at",
            &fd.set_times_at(PathFlags::empty(), path, NewTimestamp::Now, NewTimestamp::Now),
        );
        says("create-directory-at", &fd.create_directory_at(path));
        says("symlink-at", &fd.symlink_at("target", path));
        says("link-at", &fd.link_at(PathFlags::empty(), path, real, "linked"));
        says("rename-at", &fd.rename_at(path, real, "renamed"));
        says("unlink-file-at", &fd.unlink_file_at(path));
        says("remove-directory-at", &fd.remove_directory_at(path));
        let opened = fd.open_at(PathFlags::empty(), path, OpenFlags::empty(), DescriptorFlags::READ);
        says("open-at", &opened.map(|_| ()));
    }
    let stream = fd.read_via_stream(0).map(|stream| stream.read(4).map(|bytes| bytes.len()));
    say(name, "read-via-stream", stream);
    match fd.write_via_stream(0) {
        Err(error) => say(name, "write-via-stream", error),
        Ok(stream) => {
            let result = stream.blocking_write_and_flush(b"x");
            if let Err(wasip2::io::streams::StreamError::LastOperationFailed(error)) = &result {
                say(name, "filesystem-error-code", filesystem_error_code(error));
            }
            say(name, "write-via-stream", result.is_ok());
        }
    }
    say(name, "append-via-stream", fd.append_via_stream().map(|_| ()));
    match fd.read_directory() {
        Err(error) => say(name, "read-directory", error),
        Ok(names) => {
            let mut count = 0;
            while let Ok(Some(_)) = names.read_directory_entry() {
                count += 1;
            }
            say(name, "read-directory", count > 0);
        }
    }
}
