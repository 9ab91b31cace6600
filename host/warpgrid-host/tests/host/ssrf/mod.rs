//! Whether a guest can reach what its rules do not name: a table of tries, each by a real guest.

mod names;
mod rows;
mod table;
