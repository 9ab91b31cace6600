//! The network that a guest may reach: rules, pinned answers, bindings. Opens nothing and asks nobody.
//!
//! | file | what it holds |
//! |---|---|
//! | `policy` | [`NetworkPolicy`]: where a guest may connect to and listen |
//! | `pins` | [`AnswerPins`]: which addresses a guest was told for which name |
//! | `binding` | [`Binding`]: a database that the host connects to for the guest |
//! | `synthetic` | [`SyntheticAddresses`]: addresses of names that the host itself answers for |

mod binding;
mod pins;
mod policy;
mod synthetic;

pub use binding::{Binding, BindingProtocol};
pub use pins::AnswerPins;
pub use policy::{NetworkPolicy, PolicyError};
pub use synthetic::SyntheticAddresses;
