//! One cell: a way to fail, a protocol, encrypted or not, through a door. Knows not what must come of it.

use crate::proof::guest::{Door, Guest};
use crate::proof::line::Harm;
use crate::proof::site::{Site, encrypted, endpoint};
use crate::toxic::{LIMIT, Outcome, Toxic, outcome};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_test_services::Server;

/// How long the server may take for an answer, and how long a login may take, where it says nothing.
pub(crate) const REPLY: Duration = Duration::from_secs(3);
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// The same where it must come in the end, and how long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The bytes of an answer.
pub(crate) const ANSWER: usize = 4000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) toxic: Toxic,
    pub(crate) protocol: Protocol,
    pub(crate) encrypted: bool,
    pub(crate) door: Door,
}

/// What came of it, and after how long.
pub(crate) type Seen = (Outcome, Duration);

fn question(protocol: Protocol) -> String {
    match protocol {
        Protocol::Postgres | Protocol::Mysql => format!("SELECT repeat('x', {ANSWER})"),
        Protocol::Redis => format!("ECHO {}", "x".repeat(ANSWER)),
    }
}

impl Cell {
    fn site(&self, server: &Server) -> Site {
        let (reply, connect) =
            if self.toxic == Toxic::Timeout { (REPLY, CONNECT) } else { (PATIENCE, PATIENCE) };
        let options = PoolOptions {
            size: 1,
            reply,
            connect,
            retry: Duration::from_millis(1),
            ..PoolOptions::default()
        };
        let make = if self.encrypted { encrypted } else { endpoint };
        Site::new(make(server, self.protocol, options))
    }

    fn guest(&self, site: &Site) -> Guest {
        Guest::new(&site.pool, "a", self.door)
    }

    /// What comes of the answer to a question, and the bytes of it that came.
    async fn ask(&self, guest: &mut Guest) -> Result<Seen, String> {
        let begun = Instant::now();
        let asked = timeout(PATIENCE, guest.ask(&question(self.protocol))).await;
        match asked.map_err(|_| "no end")? {
            Ok(answer) if answer == "x".repeat(ANSWER) => Ok((Outcome::Answered, begun.elapsed())),
            // Redis and MySQL say it in the place of an answer.
            Ok(text) if text.starts_with("!ERR the s") || text.starts_with("!#08S01the session of") => {
                self.end(guest, begun, text).await
            }
            Ok(answer) => Err(format!("it heard `{answer}`")),
            Err(text) => self.end(guest, begun, text).await,
        }
    }

    async fn end(&self, guest: &mut Guest, begun: Instant, text: String) -> Result<Seen, String> {
        // What is left to read comes first, the end after it.
        timeout(PATIENCE, guest.rest()).await.map_err(|_| "no end")?;
        let seen = outcome(guest.error()).ok_or_else(|| format!("{text}: {:?}", guest.error()))?;
        Ok((seen, begun.elapsed()))
    }

    /// With the harm gone, the next guest is served, and nothing is lost.
    async fn recovers(&self, site: &Site, guest: Guest) -> Result<(), String> {
        drop(guest);
        site.line.set(Harm::default());
        timeout(PATIENCE, site.rest())
            .await
            .map_err(|_| format!("a place is lost: {:?}", site.pool.stats()))?;
        // Nobody tries again for a millisecond after a failed login.
        let mut next = loop {
            let mut next = self.guest(site);
            match timeout(PATIENCE, next.log_in()).await.map_err(|_| "the next guest waits in vain")? {
                Ok(()) => break next,
                Err(_) if site.pool.stats().down.is_some() => {}
                Err(text) => return Err(format!("the next guest: {text}")),
            }
        };
        let mut seen = self.ask(&mut next).await;
        while self.protocol == Protocol::Redis && site.pool.stats().down.is_some() {
            next = self.guest(site);
            seen = self.ask(&mut next).await;
        }
        match seen {
            Ok((Outcome::Answered, _)) => {}
            other => return Err(format!("the next guest: {other:?}")),
        }
        drop(next);
        site.rest().await;
        let stats = site.pool.stats();
        if (stats.taken, stats.busy, stats.waiting, stats.idle) == (0, 0, 0, 1) {
            Ok(())
        } else {
            Err(format!("at the end: {stats:?}"))
        }
    }

    /// The harm comes when the guest has a session.
    pub(crate) async fn in_session(&self, server: &Server) -> Result<Seen, String> {
        let site = self.site(server);
        let mut guest = self.guest(&site);
        guest.log_in().await?;
        if self.ask(&mut guest).await?.0 != Outcome::Answered {
            return Err("not even without harm".into());
        }
        if self.toxic == Toxic::SlowClose {
            end_session(server, self.protocol, &mut guest).await?;
        }
        site.line.set(self.toxic.harm());
        let begun = Instant::now();
        let seen = if self.toxic == Toxic::SlowClose {
            self.end(&mut guest, begun, String::new()).await?
        } else {
            let got = guest.got;
            let seen = self.ask(&mut guest).await?;
            if self.toxic == Toxic::LimitData && guest.got - got > LIMIT {
                return Err(format!("{} bytes came, more than there were", guest.got - got));
            }
            seen
        };
        self.recovers(&site, guest).await?;
        Ok(seen)
    }

    /// The harm is there when the session is opened.
    pub(crate) async fn at_login(&self, server: &Server) -> Result<Seen, String> {
        let site = self.site(server);
        site.line.set(self.toxic.harm_at_login());
        let mut guest = self.guest(&site);
        let begun = Instant::now();
        let seen = match timeout(PATIENCE, guest.log_in()).await.map_err(|_| "no end")? {
            Ok(()) => self.ask(&mut guest).await?,
            Err(text) => self.end(&mut guest, begun, text).await?,
        };
        self.recovers(&site, guest).await?;
        Ok(seen)
    }
}

/// Has the server end the guest's session.
async fn end_session(server: &Server, protocol: Protocol, guest: &mut Guest) -> Result<(), String> {
    let (number, order) = match protocol {
        Protocol::Postgres => ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend("),
        Protocol::Mysql => ("SELECT CONNECTION_ID()", "KILL CONNECTION "),
        Protocol::Redis => ("CLIENT ID", "CLIENT KILL ID "),
    };
    let number = guest.ask(number).await?;
    let end = if protocol == Protocol::Postgres { ")" } else { "" };
    let order = format!("{order}{}{end}", number.trim_start_matches(':'));
    server.admin_sql(&order).map(drop).map_err(|error| format!("{error:#}"))
}
