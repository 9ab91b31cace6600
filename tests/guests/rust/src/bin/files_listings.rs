//! Opens listings of a folder of WASI 0.2 and holds them until there are too many; then lets go of them all
//! and lists the folder once more. With `given`, the folder is the one that the host gave, else it is opened first.

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};

fn main() {
    let wanted = std::env::args().nth(1).expect("a folder");
    let folders = get_directories();
    let given = &folders.iter().find(|(_, path)| *path == wanted).expect("the folder is there").0;
    let opened = given
        .open_at(PathFlags::empty(), ".", OpenFlags::DIRECTORY, DescriptorFlags::READ)
        .expect("it opens");
    let folder = if std::env::args().nth(2).is_some_and(|which| which == "given") { given } else { &opened };
    let mut open = Vec::new();
    let error = loop {
        match folder.read_directory() {
            Ok(names) => open.push(names),
            Err(error) => break error,
        }
        assert!(open.len() < 10_000, "there is no limit");
    };
    println!("{} {}", open.len(), error.name());
    drop(open);
    println!("{}", count(folder));
}

/// How many names a folder has, and which errors came between.
fn count(folder: &Descriptor) -> String {
    let names = folder.read_directory().expect("there is room again");
    let (mut count, mut errors) = (0, 0);
    let mut last = "the end";
    // After an error the next name is asked for, as a guest may.
    loop {
        match names.read_directory_entry() {
            Ok(Some(_)) => count += 1,
            Ok(None) => return format!("{count} names, {errors} errors, then {last}"),
            Err(error) => {
                errors += 1;
                last = error.name();
            }
        }
    }
}
