//! Does with plain `std` what its arguments say, a call and its paths at a time, and prints a line for each.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

fn main() {
    let mut arguments = std::env::args().skip(1);
    while let Some(call) = arguments.next() {
        let mut next = || arguments.next().expect("a call has its paths");
        let result = match call.as_str() {
            "read" => fs::read(next()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            "bytes" => read_some(&next()),
            "middle" => middle(&next()),
            "list" => list(&next()),
            "stat" => fs::metadata(next()).map(|found| described(&found)),
            "lstat" => fs::symlink_metadata(next()).map(|found| described(&found)),
            "write" => {
                OpenOptions::new().write(true).open(next()).and_then(|mut file| done(file.write_all(b"new")))
            }
            "append" => {
                OpenOptions::new().append(true).open(next()).and_then(|mut file| done(file.write_all(b"new")))
            }
            "create" => File::create(next()).and_then(|mut file| done(file.write_all(b"new"))),
            "create-new" => File::create_new(next()).and_then(|mut file| done(file.write_all(b"new"))),
            "mkdir" => done(fs::create_dir(next())),
            "rmdir" => done(fs::remove_dir(next())),
            "remove" => done(fs::remove_file(next())),
            "rename" => done(fs::rename(next(), next())),
            "link" => done(fs::hard_link(next(), next())),
            "readlink" => fs::read_link(next()).map(|path| path.display().to_string()),
            "exists" => fs::exists(next()).map(|exists| exists.to_string()),
            "same" => same(&next(), &next()),
            "walk" => walk(&next()),
            "many" => many(&next()),
            "slow-list" => list(&next()).map(|names| names.split(' ').count().to_string()),
            other => panic!("unknown call {other}"),
        };
        match result {
            Ok(text) => println!("{}", text.trim_end_matches('\n')),
            Err(error) => println!("{:?}", error.kind()),
        }
    }
}

fn done(result: io::Result<()>) -> io::Result<String> {
    result.map(|()| "done".to_owned())
}

fn described(found: &fs::Metadata) -> String {
    let kind = match (found.is_dir(), found.is_file(), found.is_symlink()) {
        (true, ..) => "folder",
        (_, true, _) => "file",
        (.., true) => "link",
        _ => "device",
    };
    format!("{kind} {}", found.len())
}

/// 32 bytes in hexadecimal, twice, from one descriptor.
fn read_some(path: &str) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut text = String::new();
    for _ in 0..2 {
        let mut bytes = [0; 32];
        file.read_exact(&mut bytes)?;
        text.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
        text.push(' ');
    }
    Ok(text)
}

/// Bytes from the middle and from the end, by seeking, and the descriptor's own size.
fn middle(path: &str) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut middle, mut end) = ([0; 4], String::new());
    file.seek(SeekFrom::Start(3))?;
    file.read_exact(&mut middle)?;
    file.seek(SeekFrom::End(-4))?;
    file.read_to_string(&mut end)?;
    Ok(format!("{} {} {}", String::from_utf8_lossy(&middle), end.trim_end(), file.metadata()?.len()))
}

fn list(path: &str) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{kind}", entry.file_name().to_string_lossy()));
    }
    names.sort();
    Ok(names.join(" "))
}

/// How many folders and files there are below a path.
fn walk(path: &str) -> io::Result<String> {
    let (mut open, mut folders, mut files) = (vec![path.to_owned()], 0, 0);
    while let Some(folder) = open.pop() {
        folders += 1;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => open.push(entry.path().display().to_string()),
                false => files += 1,
            }
        }
    }
    Ok(format!("{folders} {files}"))
}

/// Whether two spellings have one content and one size.
fn same(one: &str, other: &str) -> io::Result<String> {
    Ok((fs::read(one)? == fs::read(other)? && fs::metadata(one)?.len() == fs::metadata(other)?.len())
        .to_string())
}

/// How many files can be open at the same time, and that closing them gives room again.
fn many(path: &str) -> io::Result<String> {
    let mut open = Vec::new();
    let error = loop {
        match File::open(path) {
            Ok(file) => open.push(file),
            Err(error) => break error,
        }
        assert!(open.len() < 1_000_000, "there is no limit");
    };
    let count = open.len();
    drop(open);
    File::open(path)?;
    Ok(format!("{count} {:?}", error.kind()))
}
