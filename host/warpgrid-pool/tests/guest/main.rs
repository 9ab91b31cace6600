//! Guests and native clients in front of real PostgreSQL servers: with the server's own client, and byte by byte.
//!
//! `$WARPGRID_SERVICES` names the folder of servers (`cargo xtask services fetch`).
//!
//! | file | what it holds |
//! |---|---|
//! | `lab` | a server, a pool, a listener |
//! | `psql` | PostgreSQL's own client through a listener |
//! | `refusals` | what guests hear when there is no server |
//! | `allocations` | the memory of a query |

#![cfg(test)]

mod allocations;
mod lab;
mod psql;
mod refusals;
