//! Does with `wasi:filesystem` 0.3 what its arguments say, a call and a path at a time, and prints a line for
//! each. `every` calls every method on every kind of object.

use std::fmt::Debug;
use wasip3::cli::environment::get_arguments;
use wasip3::filesystem::preopens::get_directories;
use wasip3::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};

wasip3::cli::command::export!(Files);

struct Files;

fn main() {}

impl wasip3::exports::cli::run::Guest for Files {
    async fn run() -> Result<(), ()> {
        let folders = get_directories();
        let mut arguments = get_arguments().into_iter().skip(1);
        while let Some(call) = arguments.next() {
            if call == "every" {
                every(&folders).await;
                continue;
            }
            let path = arguments.next().expect("a call has its path");
            let path = path.trim_start_matches('/');
            let root = &folders.iter().find(|(_, name)| name == "/").expect("a root").0;
            let result = match call.as_str() {
                "read" => read(root, path).await,
                "list" => list(root, path).await,
                "stat" => root
                    .stat_at(PathFlags::SYMLINK_FOLLOW, path.into())
                    .await
                    .map(|stat| stat.size.to_string()),
                "write" => write(root, path, OpenFlags::empty()).await,
                "create" => write(root, path, OpenFlags::CREATE).await,
                "remove" => root.unlink_file_at(path.into()).await.map(|()| "done".into()),
                "mkdir" => root.create_directory_at(path.into()).await.map(|()| "done".into()),
                "rename" => root.rename_at(path.into(), root, "renamed".into()).await.map(|()| "done".into()),
                "many" => many(root, path).await,
                "listings" => listings(root, path).await,
                other => panic!("unknown call {other}"),
            };
            match result {
                Ok(text) => println!("{}", text.trim_end_matches('\n')),
                Err(error) => println!("{error:?}"),
            }
        }
        Ok(())
    }
}

async fn open(
    root: &Descriptor,
    path: &str,
    open: OpenFlags,
    how: DescriptorFlags,
) -> Result<Descriptor, ErrorCode> {
    root.open_at(PathFlags::SYMLINK_FOLLOW, path.into(), open, how).await
}

async fn read(root: &Descriptor, path: &str) -> Result<String, ErrorCode> {
    let file = open(root, path, OpenFlags::empty(), DescriptorFlags::READ).await?;
    let (stream, end) = file.read_via_stream(0);
    let bytes = stream.collect().await;
    end.await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn list(root: &Descriptor, path: &str) -> Result<String, ErrorCode> {
    let path = if path.is_empty() { "." } else { path };
    let folder = open(root, path, OpenFlags::DIRECTORY, DescriptorFlags::READ).await?;
    let (stream, end) = folder.read_directory();
    let mut names: Vec<String> = stream.collect().await.into_iter().map(|entry| entry.name).collect();
    let count = names.len();
    end.await.map_err(|error| {
        println!("{count} names and then");
        error
    })?;
    names.sort();
    Ok(names.join(" "))
}

async fn write(root: &Descriptor, path: &str, how: OpenFlags) -> Result<String, ErrorCode> {
    let file = open(root, path, how, DescriptorFlags::WRITE).await?;
    let (mut writer, stream) = wasip3::wit_stream::new();
    let end = file.write_via_stream(stream, 0);
    writer.write_all(b"new".to_vec()).await;
    drop(writer);
    end.await?;
    Ok("done".to_owned())
}

async fn many(root: &Descriptor, path: &str) -> Result<String, ErrorCode> {
    let mut files = Vec::new();
    let error = loop {
        match open(root, path, OpenFlags::empty(), DescriptorFlags::READ).await {
            Ok(file) => files.push(file),
            Err(error) => break error,
        }
        assert!(files.len() < 1_000_000, "there is no limit");
    };
    let count = files.len();
    drop(files);
    open(root, path, OpenFlags::empty(), DescriptorFlags::READ).await?;
    Ok(format!("{count} {error:?}"))
}

/// Holds listings of a folder until there are too many; then lists it once more.
async fn listings(root: &Descriptor, path: &str) -> Result<String, ErrorCode> {
    let folder = open(root, path, OpenFlags::DIRECTORY, DescriptorFlags::READ).await?;
    let mut held = Vec::new();
    let error = loop {
        let (mut stream, end) = folder.read_directory();
        // With one name the folder was read.
        match stream.next().await {
            Some(_) => held.push((stream, end)),
            None => break end.await,
        }
        assert!(held.len() < 10_000, "there is no limit");
    };
    let count = held.len();
    drop(held);
    list(root, path).await?;
    Ok(format!("{count} {error:?}"))
}

async fn every(folders: &[(Descriptor, String)]) {
    let root = |name: &str| &folders.iter().find(|(_, path)| path == name).expect("the folder is there").0;
    let (top, real) = (root("/"), root("/data"));
    let opened = async |folder: &Descriptor, path: &str, how: OpenFlags| {
        open(folder, path, how, DescriptorFlags::READ).await.expect("it opens")
    };
    let null =
        open(top, "dev/null", OpenFlags::empty(), DescriptorFlags::READ | DescriptorFlags::WRITE).await;
    let kinds = [
        ("virtual file", opened(top, "etc/hosts", OpenFlags::empty()).await),
        ("device", null.expect("the null device")),
        ("virtual folder", opened(top, "usr/share/zoneinfo", OpenFlags::DIRECTORY).await),
        ("passage", opened(top, "usr", OpenFlags::DIRECTORY).await),
        ("root", opened(top, ".", OpenFlags::DIRECTORY).await),
        ("real file", opened(real, "file", OpenFlags::empty()).await),
        ("real folder", opened(real, "folder", OpenFlags::DIRECTORY).await),
        ("mount", opened(top, "data", OpenFlags::DIRECTORY).await),
    ];
    for (name, fd) in &kinds {
        methods(name, fd, real).await;
        for (other_name, other) in &kinds {
            say(name, &format!("is-same-object {other_name}"), fd.is_same_object(other).await);
            let linked = fd.link_at(PathFlags::empty(), "x".into(), other, "y".into()).await;
            say(name, &format!("link-at {other_name}"), linked);
            say(name, &format!("rename-at {other_name}"), fd.rename_at("x".into(), other, "y".into()).await);
        }
    }
    println!("all called");
}

fn say(name: &str, call: &str, answer: impl Debug) {
    println!("{name}: {call}: {answer:?}");
}

async fn methods(name: &str, fd: &Descriptor, real: &Descriptor) {
    say(name, "advise", fd.advise(0, 1, Advice::Normal).await);
    say(name, "sync-data", fd.sync_data().await);
    say(name, "sync", fd.sync().await);
    say(name, "get-flags", fd.get_flags().await);
    say(name, "get-type", fd.get_type().await);
    say(name, "stat", fd.stat().await.map(|stat| (stat.type_, stat.size)));
    say(name, "metadata-hash", fd.metadata_hash().await.is_ok());
    say(name, "set-size", fd.set_size(0).await);
    say(name, "set-times", fd.set_times(NewTimestamp::Now, NewTimestamp::NoChange).await);
    for path in ["x", "hosts", "UTC", ".", "..", "", "/etc", "etc/hosts"] {
        let says = |call: &str, answer: &dyn Debug| say(name, &format!("{call} `{path}`"), answer);
        let path = || path.to_owned();
        says("stat-at", &fd.stat_at(PathFlags::SYMLINK_FOLLOW, path()).await.map(|stat| stat.type_));
        says("metadata-hash-at", &fd.metadata_hash_at(PathFlags::empty(), path()).await.is_ok());
        says("readlink-at", &fd.readlink_at(path()).await);
        let times = fd.set_times_at(PathFlags::empty(), path(), NewTimestamp::Now, NewTimestamp::Now).await;
        says("set-times-at", &times);
        says("create-directory-at", &fd.create_directory_at(path()).await);
        says("symlink-at", &fd.symlink_at("target".into(), path()).await);
        says("link-at", &fd.link_at(PathFlags::empty(), path(), real, "linked".into()).await);
        says("rename-at", &fd.rename_at(path(), real, "renamed".into()).await);
        says("unlink-file-at", &fd.unlink_file_at(path()).await);
        says("remove-directory-at", &fd.remove_directory_at(path()).await);
        let opened = fd.open_at(PathFlags::empty(), path(), OpenFlags::empty(), DescriptorFlags::READ).await;
        says("open-at", &opened.map(|_| ()));
    }
    let (stream, end) = fd.read_via_stream(0);
    let bytes = stream.collect().await;
    say(name, "read-via-stream", (bytes.len(), end.await));
    let (mut writer, stream) = wasip3::wit_stream::new();
    let end = fd.write_via_stream(stream, 0);
    writer.write_all(b"x".to_vec()).await;
    drop(writer);
    say(name, "write-via-stream", end.await);
    let (writer, stream) = wasip3::wit_stream::new();
    let end = fd.append_via_stream(stream);
    drop(writer);
    say(name, "append-via-stream", end.await);
    let (stream, end) = fd.read_directory();
    let names = stream.collect().await;
    say(name, "read-directory", (!names.is_empty(), end.await));
}
