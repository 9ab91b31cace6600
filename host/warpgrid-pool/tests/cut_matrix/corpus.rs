//! Writes dialogues, logins and resets down for `fuzz_wire`, when `WARPGRID_RECORD` names a folder; knows no cut.
//!
//! A file has a line for each piece: `>` what the guest said, `<` what it heard, in hexadecimal. Of logins, resets and pings
//! only what the host heard.

use crate::play::Passed;
use crate::proof::site::{Site, endpoint};
use std::fmt::Write as _;
use std::path::PathBuf;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, Protocol};
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::Server;

/// Longer files are left out.
const MOST_BYTES: usize = 8 * 1024;

fn folder() -> Option<PathBuf> {
    std::env::var_os("WARPGRID_RECORD").map(PathBuf::from)
}

pub(crate) fn write_down(name: &str, passed: &Passed) {
    let Some(folder) = folder() else { return };
    let mut text = String::new();
    for (guest, bytes) in passed {
        text.push(if *guest { '>' } else { '<' });
        bytes.iter().for_each(|byte| write!(text, "{byte:02x}").unwrap());
        text.push('\n');
    }
    if text.len() < MOST_BYTES {
        std::fs::write(folder.join(format!("{name}.txt")), text).unwrap();
    }
}

fn heard(site: &Site) -> Passed {
    site.line.record().into_iter().filter(|(host, _)| !host).collect()
}

/// The logins of all users, and a reset and a ping.
pub(crate) async fn write_down_logins(server: &Server, protocol: Protocol) {
    if folder().is_none() {
        return;
    }
    let users: &[&str] = match protocol {
        Protocol::Postgres => &["app", "app_md5", "app_password", "app_trust"],
        Protocol::Mysql => &["app", "app_ed25519"],
        Protocol::Redis => &["app"],
    };
    for user in users {
        let password = server.password(user);
        let password = (!password.is_empty()).then(|| Secret::new(password));
        let options =
            PoolOptions { size: 1, healthcheck: std::time::Duration::from_millis(10), ..Default::default() };
        let site = Site::new(Endpoint {
            user: Some((*user).into()),
            password,
            ..endpoint(server, protocol, options)
        });
        site.line.record();
        let mut guest = site.open().await.unwrap();
        let text = if protocol == Protocol::Redis { "MULTI" } else { "BEGIN" };
        while site.pool.stats().opened == 0 {
            // Redis logs in at the first byte.
            guest.ask("PING").await.unwrap();
        }
        write_down(&format!("login-{protocol}-{user}"), &heard(&site));
        guest.ask(text).await.unwrap();
        site.line.record();
        guest.leave().await;
        site.rest().await;
        write_down(&format!("reset-{protocol}"), &heard(&site));
        while site.line.heard() == 0 {
            tokio::task::yield_now().await;
        }
        site.rest().await;
        write_down(&format!("ping-{protocol}"), &heard(&site));
    }
}
