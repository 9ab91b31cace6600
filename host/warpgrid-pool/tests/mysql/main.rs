//! MySQL's wire protocol against real servers: MariaDB, and MySQL where a package of it is there.

mod canaries;
mod commands;
mod guests;
mod lab;
mod logins;
mod relay;
mod replay;
