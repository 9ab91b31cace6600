//! MySQL; knows nothing of pooling. The files are those that every protocol has (see `protocol`), and:
//!
//! | file | what it holds |
//! |---|---|
//! | `answer` | the server's answers, packet by packet |
//! | `authentication` | the client's side of the authentication plugins |
//! | `facts` | what a server said of itself |
//! | `flags` | which capabilities are agreed |
//! | `kill` | `KILL` as a guest writes it |
//! | `packet` | the few packets whose content matters after the login |

mod answer;
mod authentication;
mod cancel;
mod facts;
mod flags;
mod frame;
mod greet;
mod kill;
mod login;
mod packet;
mod ping;
mod reset;
mod track;
mod wire;

pub use facts::MysqlFacts;
pub use wire::Mysql;
