//! `std::fs` in a granted folder, and what is refused outside of it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.get(1).map_or("", String::as_str);
    match arguments[0].as_str() {
        "tour" => tour(path)?,
        "read" => match fs::read_to_string(path) {
            Ok(text) => print!("{text}"),
            Err(error) => println!("{:?}", error.kind()),
        },
        "write" => match fs::write(path, "from the guest\n") {
            Ok(()) => println!("written"),
            Err(error) => println!("{:?}", error.kind()),
        },
        "list" => {
            let mut names: Vec<String> = fs::read_dir(path)?
                .map(|entry| {
                    let entry = entry?;
                    let kind = if entry.file_type()?.is_dir() { "/" } else { "" };
                    Ok(format!("{}{kind}", entry.file_name().to_string_lossy()))
                })
                .collect::<std::io::Result<_>>()?;
            names.sort();
            println!("{}", names.join(" "));
        }
        other => panic!("unknown: {other}"),
    }
    Ok(())
}

/// Makes, changes, moves and removes things below `folder`, and says what it sees.
fn tour(folder: &str) -> std::io::Result<()> {
    let (first, second) = (format!("{folder}/first"), format!("{folder}/sub/second"));
    fs::write(&first, "0123456789")?;
    let mut file = OpenOptions::new().read(true).write(true).open(&first)?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(b"four")?;
    file.seek(SeekFrom::End(-3))?;
    let mut end = String::new();
    file.read_to_string(&mut end)?;
    println!("end {end} length {}", file.metadata()?.len());
    OpenOptions::new().append(true).open(&first)?.write_all(b"!")?;
    fs::create_dir_all(format!("{folder}/sub"))?;
    fs::rename(&first, &second)?;
    println!("moved {} {}", fs::metadata(&first).is_err(), fs::read_to_string(&second)?);
    println!("copied {}", fs::copy(&second, &first)?);
    File::open(&first)?.sync_all()?;
    fs::remove_file(&second)?;
    fs::remove_dir(format!("{folder}/sub"))?;
    println!("left {}", fs::read_dir(folder)?.count());
    Ok(())
}
