//! MySQL's entry in the list of wire protocols; decides nothing.

use super::facts::MysqlFacts;
use super::greet::MysqlGreeter;
use super::packet::put_last_words;
use super::track::MysqlTracker;
use super::{cancel, login, ping, reset};
use crate::endpoint::Endpoint;
use crate::error::{Loss, PoolError};
use crate::net::{BoxFuture, Connector, ServerStream};
use crate::protocol::{
    CancelLookup, Gap, GreetTerms, Greeter, LoggedIn, LoginRequest, ServerFacts, SessionFailure, Tracker,
    WireProtocol,
};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// MySQL.
pub struct Mysql;

/// `COM_QUIT`.
const GOODBYE: &[u8] = &[1, 0, 0, 0, 1];

impl WireProtocol for Mysql {
    fn server_speaks_first(&self) -> bool {
        true
    }

    fn login<'a>(
        &'a self,
        stream: ServerStream,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<LoggedIn, PoolError>> {
        Box::pin(login::login(stream, request))
    }

    fn greeter(&self, terms: GreetTerms) -> Box<dyn Greeter> {
        Box::new(MysqlGreeter::new(terms))
    }

    fn tracker(&self, facts: &ServerFacts, cancel: Arc<dyn CancelLookup>) -> Box<dyn Tracker> {
        Box::new(MysqlTracker::new(&own(facts), cancel))
    }

    fn reset<'a>(
        &'a self,
        stream: &'a mut ServerStream,
        tracker: &'a mut dyn Tracker,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(reset::reset(stream, tracker, request))
    }

    fn ping<'a>(&'a self, stream: &'a mut ServerStream) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(ping::ping(stream))
    }

    fn goodbye(&self) -> Bytes {
        Bytes::from_static(GOODBYE)
    }

    fn last_words(&self, facts: &ServerFacts, gap: Gap, loss: Loss, text: &str, output: &mut BytesMut) {
        let mut packet = Vec::new();
        put_last_words(&mut packet, own(facts).is_mariadb(), gap, loss, text);
        output.extend_from_slice(&packet);
    }

    fn cancel<'a>(
        &'a self,
        connector: &'a dyn Connector,
        endpoint: &'a Endpoint,
        facts: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>> {
        Box::pin(async move { cancel::cancel(connector, endpoint, &own(facts)).await })
    }
}

/// The facts of this protocol; those of another have no meaning here.
fn own(facts: &ServerFacts) -> MysqlFacts {
    match facts {
        ServerFacts::Mysql(facts) => facts.clone(),
        _ => MysqlFacts::default(),
    }
}
