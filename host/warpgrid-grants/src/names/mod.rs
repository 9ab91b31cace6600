//! Names and addresses; knows no resolver of the system and no clock.
//!
//! | file | what it holds |
//! |---|---|
//! | `host_name` | [`HostName`]: a name in one spelling |
//! | `registry` | [`ServiceRegistry`]: the names that the operator declares |
//! | `hosts` | [`HostsFile`]: the text of `/etc/hosts`, written and read |
//! | `order` | [`LookupOrder`]: which link of the chain answers |
//! | `answer` | [`Rotation`] and [`Answer`]: the addresses of a name, in turn |
//! | `cache` | [`AddressCache`]: answers with a time to live, bounded |
//! | `absent` | [`AbsentNames`]: names that were asked for in vain |

mod absent;
mod answer;
mod cache;
mod host_name;
mod hosts;
mod order;
mod registry;

pub use absent::{Absence, AbsentNames};
pub use answer::{Answer, Rotation};
pub use cache::{AddressCache, CacheSettings, CacheStatistics};
pub use host_name::{HostName, HostNameError};
pub use hosts::HostsFile;
pub use order::{Link, LookupOrder, Step};
pub use registry::{RegistryError, ServiceRegistry};
