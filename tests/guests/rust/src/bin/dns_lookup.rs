//! Looks names up with plain `std`: each argument is one look-up, each line of the output its addresses in
//! order, or `error` with what the guest is told. `x5` before a name looks it up five times.

use std::net::ToSocketAddrs;

fn main() {
    for argument in std::env::args().skip(1) {
        let (times, name) = match argument.split_once(' ') {
            Some((times, name)) => (times.trim_start_matches('x').parse().expect("a number"), name),
            None => (1, argument.as_str()),
        };
        for _ in 0..times {
            match (name, 80).to_socket_addrs() {
                Ok(addresses) => {
                    let addresses: Vec<_> = addresses.map(|address| address.ip().to_string()).collect();
                    println!("{}", addresses.join(" "));
                }
                Err(error) => println!("error {error}"),
            }
        }
    }
}
