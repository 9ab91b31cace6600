//! The network that a guest may reach: rules, pinned answers, bindings. Opens nothing and asks nobody.
//!
//! | file | what it holds |
//! |---|---|
//! | `policy` | [`NetworkPolicy`]: where a guest may connect to and listen |
//! | `rule` | one rule, read from text |
//! | `cidr` | a block of addresses |
//! | `address` | [`AddressClass`]: public, private, loopback …, in every spelling |
//! | `pins` | [`AnswerPins`]: which addresses a guest was told for which name |
//! | `binding` | [`Binding`]: a database that the host connects to for the guest |
//! | `synthetic` | [`SyntheticAddresses`]: addresses of names that the host itself answers for |

mod address;
mod binding;
mod cidr;
mod pins;
mod policy;
#[cfg(test)]
mod policy_tests;
mod rule;
mod synthetic;

pub use address::{AddressClass, classify};
pub use binding::{Binding, BindingProtocol};
pub use pins::AnswerPins;
pub use policy::{Denied, NetworkPolicy, PolicyError, Purpose};
pub use synthetic::SyntheticAddresses;
