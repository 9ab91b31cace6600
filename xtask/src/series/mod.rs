//! Patch series: parse, apply, export, rebase, validate; knows no particular fork.
//!
//! From the bytes of one file upwards: [`patch`] (made of [`message`], [`diff`], [`name`]), [`folder`] (a series),
//! [`validate`] and [`subset`] (rules, no git), [`git`] and [`checkout`] (a repository to work in), [`apply`],
//! [`conflict`] and [`export`] (patches to commits and back), [`upstream`] (commits by network or cache),
//! [`rebase`] (what the command does), [`manifest_pins`] (where pins are kept), [`check`] (the above, for CI). Beside them [`path_map`] with [`installed`] (header patches on an installed
//! sysroot) and [`preimages`] (a base where upstream cannot be reached).
pub mod apply;
pub mod check;
pub mod checkout;
pub mod conflict;
pub mod diff;
pub mod export;
pub mod finding;
pub mod folder;
pub mod fork;
pub mod git;
pub mod installed;
pub mod manifest_pins;
pub mod message;
pub mod name;
pub mod patch;
pub mod path_map;
pub mod preimages;
pub mod rebase;
pub mod report;
pub mod subset;
pub mod upstream;
pub mod validate;
