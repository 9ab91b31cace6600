//! What the suites of the proof share: servers, a network that does harm, guests that speak by hand. Knows no suite.
//!
//! | file | what it holds |
//! |---|---|
//! | `size` | which part of a matrix is played: that of CI, or all (`WARPGRID_FULL=1`) |
//! | `site` | real servers, and pools in front of them |
//! | `line` | the network between pool and server: it harms, it notes what passed |
//! | `guest` | a guest that speaks its protocol by hand, through either door |
//! | `wire` | the frames of the protocols, as far as a guest needs them |
#![allow(dead_code, unused_imports, reason = "each suite uses a part")]

pub(crate) mod guest;
pub(crate) mod line;
pub(crate) mod site;
pub(crate) mod size;
pub(crate) mod wire;
