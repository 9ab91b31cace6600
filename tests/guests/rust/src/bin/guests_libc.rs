//! What only the C library decides: system files without a granted folder, and names. Needs no crate.

use std::io::Read;
use std::net::ToSocketAddrs;

fn main() {
    match std::fs::read_to_string("/etc/resolv.conf") {
        Ok(text) => print!("resolv.conf {text}"),
        Err(error) => println!("resolv.conf {:?}", error.kind()),
    }
    match ("db.warp.local", 5432).to_socket_addrs() {
        Ok(addresses) => println!("name {:?}", addresses.collect::<Vec<_>>()),
        Err(_) => println!("name unknown"),
    }
    let mut bytes = [0; 16];
    let random = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    println!("random {}", random.is_ok() && bytes != [0; 16]);
}
