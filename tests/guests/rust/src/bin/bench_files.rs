//! `print` a file, or `read` it many times and print nanoseconds of one open, read and close.

use std::io::Read;

const TIMES: u32 = 2000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let path = &arguments[2];
    if arguments[1] == "print" {
        print!("{}", std::fs::read_to_string(path).expect("a readable file"));
        return;
    }
    let mut buffer = [0; 4096];
    let start = std::time::Instant::now();
    for _ in 0..TIMES {
        let mut file = std::fs::File::open(path).expect("a readable file");
        assert!(file.read(&mut buffer).expect("bytes") > 0);
    }
    println!("{}", start.elapsed().as_nanos() / u128::from(TIMES));
}
