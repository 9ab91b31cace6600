//! One guest's visit; knows no protocol.

use crate::lab::servers::connect;
use crate::{mysql, postgres, redis};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use warpgrid_pool::Pool;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_pool::guest::GuestStream;

/// What every marker begins with. Nobody may hear it before planting.
pub(crate) const MARK: &str = "bird_";

/// A kind of session state: its name, and the words that make it. `{b}` stands for the guest's marker, `{n}` for its number.
pub(crate) type Kind = (&'static str, &'static str);

/// What a guest is, and what chance has in store for it.
pub(crate) struct Visitor<'a> {
    pub(crate) pool: &'a Arc<Pool>,
    pub(crate) tenant: &'a str,
    pub(crate) number: u64,
    pub(crate) random: fastrand::Rng,
    /// What a session looks like that nobody used.
    pub(crate) fresh: &'a str,
    pub(crate) owners: &'a Owners,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// So that the session can be kept.
    Politely,
    /// So that the session has to be destroyed.
    Rudely,
    /// Before it had a session, or perhaps before.
    Early,
}

/// To whom each session of a server belongs.
#[derive(Default)]
pub(crate) struct Owners(Mutex<HashMap<String, String>>);

impl Owners {
    /// A guest of a tenant finds itself in a session.
    pub(crate) fn enter(&self, session: &str, tenant: &str) -> Result<(), String> {
        let mut owners = self.0.lock().unwrap();
        match owners.get(session) {
            Some(owner) if owner != tenant => {
                Err(format!("a session of {owner} was given to {tenant}: {session}"))
            }
            Some(_) => Ok(()),
            None => {
                owners.insert(session.to_owned(), tenant.to_owned());
                Ok(())
            }
        }
    }
}

impl Visitor<'_> {
    pub(crate) fn connect(&self) -> GuestStream {
        connect(self.pool, self.tenant)
    }

    pub(crate) fn marker(&self) -> String {
        format!("{MARK}{}_{}", self.tenant, self.number)
    }

    /// Fills a canary's words in.
    pub(crate) fn words(&self, text: &str) -> String {
        words(text, &self.marker(), self.number)
    }

    /// Some of the kinds, and sometimes an ending.
    pub(crate) fn choose(&mut self, kinds: &[Kind], endings: &[Kind]) -> Vec<Kind> {
        let count = self.random.usize(2..=5);
        let mut chosen = self.random.choose_multiple(kinds.iter().copied(), count);
        // In the order of the list: some must stand before others.
        chosen.sort_by_key(|kind| kinds.iter().position(|other| other == kind));
        if self.random.u32(..2) == 0 {
            chosen.extend(self.random.choice(endings.iter().copied()));
        }
        chosen
    }

    /// Compares what a guest sees with what nobody has touched, and looks whose session it is.
    pub(crate) fn compare(&self, session: &str, seen: &str, heard: &[u8]) -> Result<(), String> {
        compare(self.fresh, seen, heard)?;
        self.owners.enter(session, self.tenant)
    }

    /// A cut of these bytes: more than `held`, not all. What says too little of a command is held back by the host, and then
    /// its session is as good as before.
    pub(crate) fn half(&mut self, bytes: &[u8], held: usize) -> Vec<u8> {
        bytes[..self.random.usize(held + 1..bytes.len())].to_vec()
    }
}

pub(crate) fn words(text: &str, marker: &str, number: u64) -> String {
    text.replace("{b}", marker).replace("{n}", &number.to_string())
}

pub(crate) fn compare(fresh: &str, seen: &str, heard: &[u8]) -> Result<(), String> {
    if seen != fresh {
        return Err(format!("a session is not as new\n  seen:  {seen}\n  fresh: {fresh}"));
    }
    match heard.windows(MARK.len()).any(|bytes| bytes == MARK.as_bytes()) {
        true => Err(format!("a marker of somebody was heard: {}", String::from_utf8_lossy(heard))),
        false => Ok(()),
    }
}

pub(crate) async fn visit(protocol: Protocol, visitor: Visitor<'_>) -> Result<Left, String> {
    match protocol {
        Protocol::Postgres => postgres::visit(visitor).await,
        Protocol::Mysql => mysql::visit(visitor).await,
        Protocol::Redis => redis::visit(visitor).await,
    }
}

/// What the first guest of a server sees.
pub(crate) async fn fresh(protocol: Protocol, pool: &Arc<Pool>) -> Result<String, String> {
    let stream = connect(pool, "first");
    match protocol {
        Protocol::Postgres => Ok(postgres::look(&mut postgres::enter(stream).await?, 0).await?.1),
        Protocol::Mysql => Ok(mysql::look(&mut mysql::enter(stream).await?, 0).await?.1),
        Protocol::Redis => Ok(redis::look(&mut redis::enter(stream), 0).await?.1),
    }
}

/// What the tables and roles of the proof are made with.
pub(crate) fn preparation(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Postgres => Some(postgres::PREPARATION),
        Protocol::Mysql => Some(mysql::PREPARATION),
        Protocol::Redis => None,
    }
}
