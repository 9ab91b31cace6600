//! Looks names up with WASI 0.3: each argument is one look-up, all at the same time, each line of the output
//! its addresses in order, or `error` with what the guest is told.

use futures::future::join_all;
use wasip3::sockets::ip_name_lookup::{ErrorCode, resolve_addresses};
use wasip3::sockets::types::IpAddress;

wasip3::cli::command::export!(Lookup);

struct Lookup;

fn text(address: IpAddress) -> String {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => std::net::Ipv4Addr::new(a, b, c, d).to_string(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => {
            std::net::Ipv6Addr::new(a, b, c, d, e, f, g, h).to_string()
        }
    }
}

fn line(result: Result<Vec<IpAddress>, ErrorCode>) -> String {
    match result {
        Ok(addresses) => addresses.into_iter().map(text).collect::<Vec<_>>().join(" "),
        Err(ErrorCode::InvalidArgument) => "error invalid-argument".to_owned(),
        Err(ErrorCode::NameUnresolvable) => "error name-unresolvable".to_owned(),
        Err(ErrorCode::TemporaryResolverFailure) => "error temporary-resolver-failure".to_owned(),
        Err(error) => format!("error {error:?}"),
    }
}

impl wasip3::exports::cli::run::Guest for Lookup {
    async fn run() -> Result<(), ()> {
        let names = wasip3::cli::environment::get_arguments().into_iter().skip(1);
        for result in join_all(names.map(resolve_addresses)).await {
            println!("{}", line(result));
        }
        Ok(())
    }
}

fn main() {}
