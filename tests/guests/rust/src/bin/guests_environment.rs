//! Arguments, environment, standard streams, exit codes and a panic.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "print" => {
            println!("arguments {:?}", &arguments[2..]);
            let mut variables: Vec<String> =
                std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
            variables.sort();
            println!("environment {variables:?}");
        }
        "input" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).expect("the input can be read");
            println!("input {text:?}");
        }
        "clock" => {
            let start = Instant::now();
            std::thread::sleep(Duration::from_millis(20));
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
            println!("{} {}", start.elapsed() >= Duration::from_millis(20), now.as_secs());
        }
        "exit" => std::process::exit(arguments[2].parse().expect("a number")),
        "panic" => panic!("as the test asked"),
        other => panic!("unknown: {other}"),
    }
}
