//! Carries out the steps of the path fuzzer below one of its folders and prints what each one gave, or reads a
//! few paths again and again while others change the folder.
//!
//! `steps <folder> <seed> <count>` · `race <folder> <rounds> <path>...`

#[path = "../fuzz_plan.rs"]
mod plan;

use plan::{Act, Numbers, Step, digest, step};
use std::collections::BTreeMap;
use std::io::Write;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let folders = get_directories();
    let root = &folders.iter().find(|(_, path)| *path == arguments[2]).expect("the folder is there").0;
    let number = |text: &str| text.parse::<u64>().expect("a number");
    match arguments[1].as_str() {
        "steps" => {
            let mut numbers = Numbers(number(&arguments[3]));
            let mut out = std::io::BufWriter::new(std::io::stdout());
            for _ in 0..number(&arguments[4]) {
                let result = carry_out(root, &step(&mut numbers));
                let text = result.unwrap_or_else(|error| class(error).to_owned());
                writeln!(out, "{text}").expect("standard output");
            }
        }
        "race" => race(root, number(&arguments[3]), &arguments[4..]),
        other => panic!("unknown call {other}"),
    }
}

fn carry_out(root: &Descriptor, step: &Step) -> Result<String, ErrorCode> {
    let flags = if step.follow { PathFlags::SYMLINK_FOLLOW } else { PathFlags::empty() };
    let (read, write) = (DescriptorFlags::READ, DescriptorFlags::WRITE);
    let open = |open: OpenFlags, how: DescriptorFlags| root.open_at(flags, &step.path, open, how);
    let done = |result: Result<(), ErrorCode>| result.map(|()| "+".to_owned());
    match step.act {
        Act::Read => Ok(content(&open(OpenFlags::empty(), read)?)),
        Act::Open => Ok(kind(open(OpenFlags::empty(), read)?.get_type()?).to_owned()),
        Act::OpenFolder => {
            // What is opened below the folder must be what its path means.
            let folder = open(OpenFlags::DIRECTORY, read)?;
            let file = folder.open_at(PathFlags::SYMLINK_FOLLOW, "hosts", OpenFlags::empty(), read);
            let above = folder.open_at(PathFlags::SYMLINK_FOLLOW, "../etc/hosts", OpenFlags::empty(), read);
            assert!(above.is_err(), "{step:?} leads above a folder");
            Ok(match file {
                Ok(file) => format!("d{}", content(&file)),
                Err(error) => format!("d{}", class(error)),
            })
        }
        Act::Write => write_to(&open(OpenFlags::empty(), write)?, step),
        Act::Create => write_to(&open(OpenFlags::CREATE, write)?, step),
        Act::CreateNew => write_to(&open(OpenFlags::CREATE | OpenFlags::EXCLUSIVE, write)?, step),
        Act::Stat => root.stat_at(flags, &step.path).map(|stat| match stat.type_ {
            DescriptorType::RegularFile => format!("f{}", stat.size),
            other => kind(other).to_owned(),
        }),
        Act::ReadLink => root.readlink_at(&step.path).map(|text| format!("l{:x}", digest(text.as_bytes()))),
        Act::MakeFolder => done(root.create_directory_at(&step.path)),
        Act::RemoveFolder => done(root.remove_directory_at(&step.path)),
        Act::Remove => done(root.unlink_file_at(&step.path)),
        Act::Rename => done(root.rename_at(&step.path, root, &step.other)),
        Act::Symlink => done(root.symlink_at(&step.other, &step.path)),
        Act::Link => done(root.link_at(PathFlags::empty(), &step.path, root, &step.other)),
    }
}

/// The kind of what was opened, and its first bytes.
fn content(opened: &Descriptor) -> String {
    match opened.get_type() {
        Ok(DescriptorType::RegularFile) => match opened.read(64, 0) {
            Ok((bytes, _)) => format!("f{:x}", digest(&bytes)),
            Err(error) => class(error).to_owned(),
        },
        Ok(other) => kind(other).to_owned(),
        Err(error) => class(error).to_owned(),
    }
}

fn write_to(file: &Descriptor, step: &Step) -> Result<String, ErrorCode> {
    match file.get_type()? {
        DescriptorType::RegularFile => {
            file.write(&digest(step.path.as_bytes()).to_le_bytes(), 0)?;
            Ok("+".to_owned())
        }
        other => Ok(kind(other).to_owned()),
    }
}

fn kind(kind: DescriptorType) -> &'static str {
    match kind {
        DescriptorType::RegularFile => "f",
        DescriptorType::Directory => "d",
        DescriptorType::SymbolicLink => "l",
        DescriptorType::CharacterDevice => "c",
        _ => "?",
    }
}

/// The class of an error.
fn class(error: ErrorCode) -> &'static str {
    match error {
        ErrorCode::NoEntry => "noent",
        ErrorCode::NotDirectory => "notdir",
        ErrorCode::IsDirectory => "isdir",
        ErrorCode::Exist => "exist",
        ErrorCode::NotEmpty => "notempty",
        ErrorCode::NotPermitted | ErrorCode::Access | ErrorCode::CrossDevice => "perm",
        ErrorCode::ReadOnly => "rofs",
        ErrorCode::Invalid | ErrorCode::IllegalByteSequence => "inval",
        ErrorCode::NameTooLong => "long",
        ErrorCode::Loop => "loop",
        ErrorCode::Busy => "busy",
        _ => "other",
    }
}

/// Reads the paths in turns and counts what came.
fn race(root: &Descriptor, rounds: u64, paths: &[String]) {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..rounds {
        for path in paths {
            let opened =
                root.open_at(PathFlags::SYMLINK_FOLLOW, path, OpenFlags::empty(), DescriptorFlags::READ);
            let text = match opened.and_then(|file| file.read(64, 0)) {
                Ok((bytes, _)) => String::from_utf8_lossy(&bytes).lines().next().unwrap_or("").to_owned(),
                Err(error) => class(error).to_owned(),
            };
            *seen.entry(text).or_default() += 1;
        }
    }
    for (text, count) in seen {
        println!("{count} {text}");
    }
}
