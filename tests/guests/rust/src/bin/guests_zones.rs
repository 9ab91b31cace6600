//! Time zones as files: the rule at the end of a zone's file, read by `std`.

fn main() {
    for name in std::env::args().skip(1) {
        match std::fs::read(format!("/usr/share/zoneinfo/{name}")) {
            Ok(bytes) if bytes.starts_with(b"TZif") => {
                let text = String::from_utf8_lossy(&bytes);
                println!("{name} {}", text.trim_end().rsplit('\n').next().unwrap_or_default());
            }
            Ok(bytes) => println!("{name} is no zone but {} bytes", bytes.len()),
            Err(error) => println!("{name} {:?}", error.kind()),
        }
    }
}
