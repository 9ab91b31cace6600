//! Looks names up with the calls of WASI 0.2 themselves, which tell errors apart that `std` does not.
//!
//! `names a b …`: one line each. `flood n`: starts n look-ups of different names and waits for none, then
//! prints how many were taken and how many refused, drops them all, and looks `a.example` up.

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::{ResolveAddressStream, resolve_addresses};
use wasip2::sockets::network::{ErrorCode, IpAddress};

fn finish(stream: &ResolveAddressStream) -> Result<Vec<IpAddress>, ErrorCode> {
    let mut addresses = Vec::new();
    let ready = stream.subscribe();
    loop {
        match stream.resolve_next_address() {
            Ok(Some(address)) => addresses.push(address),
            Ok(None) => return Ok(addresses),
            Err(ErrorCode::WouldBlock) => ready.block(),
            Err(error) => return Err(error),
        }
    }
}

fn look_up(name: &str) {
    match resolve_addresses(&instance_network(), name).and_then(|stream| finish(&stream)) {
        Ok(addresses) => println!("{}", addresses.len()),
        Err(error) => println!("error {}", error.name()),
    }
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments[0] == "names" {
        arguments[1..].iter().for_each(|name| look_up(name));
        return;
    }
    let network = instance_network();
    let (mut taken, mut refused) = (Vec::new(), 0);
    for n in 0..arguments[1].parse::<usize>().expect("a number") {
        match resolve_addresses(&network, &format!("slow{n}.example")) {
            Ok(stream) => taken.push(stream),
            Err(error) => {
                assert_eq!(error, ErrorCode::TemporaryResolverFailure);
                refused += 1;
            }
        }
    }
    println!("{} {refused}", taken.len());
    assert!(taken.iter().all(|stream| matches!(stream.resolve_next_address(), Err(ErrorCode::WouldBlock))));
    drop(taken);
    look_up("a.example");
}
