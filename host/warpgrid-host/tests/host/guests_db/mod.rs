//! Guests with databases: unmodified drivers in the sandbox against real servers.
//!
//! | file | what it holds |
//! |---|---|
//! | `world` | a server, the guest's way to it, and what differs between the ways |
//! | `sql` | tokio-postgres, sqlx and the raw protocols: the same cases for each |
//! | `keys` | redis-rs and the raw protocol: the same cases for each |
//! | `misuse` | guests that break the protocol's rules |
//! | `service` | a service with stock axum and sqlx |
//! | `proxy` | guests of `warpgrid:shim/database-proxy` and of its async twin |
//! | `c` | a C program on the SDK's own C library |

mod c;
mod keys;
mod misuse;
mod proxy;
mod service;
mod sql;
mod world;
