//! The last link of the chain: the system's resolver; knows no registry and no cache.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

/// Why the system gave no address.
#[derive(Debug)]
pub enum SystemError {
    /// The system says that there is no such name.
    NotFound,
    /// The system could not answer now.
    Temporary(std::io::Error),
}

/// Asks for the addresses of a name. A test gives its own.
pub trait SystemResolver: Send + Sync {
    /// The addresses of `name`, in the system's order, each once.
    fn resolve<'a>(
        &'a self,
        name: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, SystemError>> + Send + 'a>>;
}

/// The resolver of the machine that the host runs on (`getaddrinfo`).
#[derive(Debug, Default, Clone, Copy)]
pub struct HostResolver;

impl SystemResolver for HostResolver {
    fn resolve<'a>(
        &'a self,
        name: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, SystemError>> + Send + 'a>> {
        Box::pin(async move {
            let mut addresses = Vec::new();
            for socket in tokio::net::lookup_host((name, 0)).await.map_err(sort_out)? {
                if !addresses.contains(&socket.ip()) {
                    addresses.push(socket.ip());
                }
            }
            if addresses.is_empty() { Err(SystemError::NotFound) } else { Ok(addresses) }
        })
    }
}

/// `getaddrinfo` has codes of its own that reach us only as text; what is not known to be passing is
/// taken as "no such name".
fn sort_out(error: std::io::Error) -> SystemError {
    let text = error.to_string().to_ascii_lowercase();
    let passing = error.raw_os_error().is_some() || text.contains("temporary") || text.contains("try again");
    if passing { SystemError::Temporary(error) } else { SystemError::NotFound }
}
