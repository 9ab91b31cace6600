//! PostgreSQL's entry in the list of wire protocols; decides nothing.

use super::error::{LoginFailure, write_last_words};
use super::facts::PostgresFacts;
use super::greet::PostgresGreeter;
use super::track::PostgresTracker;
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

/// PostgreSQL.
pub struct Postgres;

impl WireProtocol for Postgres {
    fn server_speaks_first(&self) -> bool {
        false
    }

    fn login<'a>(
        &'a self,
        stream: ServerStream,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<LoggedIn, PoolError>> {
        Box::pin(login::login(stream, request))
    }

    fn greeter(&self, terms: GreetTerms) -> Box<dyn Greeter> {
        Box::new(PostgresGreeter::new(terms))
    }

    fn tracker(&self, facts: &ServerFacts, _cancel: Arc<dyn CancelLookup>) -> Box<dyn Tracker> {
        match facts {
            ServerFacts::Postgres(facts) => Box::new(PostgresTracker::new(facts)),
            _ => Box::new(PostgresTracker::new(&PostgresFacts::default())),
        }
    }

    fn reset<'a>(
        &'a self,
        stream: &'a mut ServerStream,
        tracker: &'a mut dyn Tracker,
        _request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(reset::reset(stream, tracker))
    }

    fn ping<'a>(&'a self, stream: &'a mut ServerStream) -> BoxFuture<'a, Result<(), SessionFailure>> {
        Box::pin(ping::ping(stream))
    }

    fn goodbye(&self) -> Bytes {
        Bytes::from_static(b"X\0\0\0\x04")
    }

    fn last_words(&self, _: &ServerFacts, gap: Gap, loss: Loss, text: &str, output: &mut BytesMut) {
        write_last_words(output, gap, loss, text);
    }

    fn cancel<'a>(
        &'a self,
        connector: &'a dyn Connector,
        endpoint: &'a Endpoint,
        facts: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>> {
        Box::pin(async move {
            match facts {
                ServerFacts::Postgres(facts) => cancel::cancel(connector, endpoint, facts).await,
                _ => Err(LoginFailure(endpoint).not_postgres("its facts are those of another protocol")),
            }
        })
    }
}
