//! Redis's entry in the list of wire protocols; decides nothing.

use super::greet::RedisGreeter;
use super::track::RedisTracker;
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

/// Redis.
pub struct Redis;

impl WireProtocol for Redis {
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
        Box::new(RedisGreeter::new(terms))
    }

    fn tracker(&self, _: &ServerFacts, _: Arc<dyn CancelLookup>) -> Box<dyn Tracker> {
        Box::new(RedisTracker::new())
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
        // Redis logs nothing of a connection that just ends.
        Bytes::new()
    }

    fn last_words(&self, _: &ServerFacts, gap: Gap, loss: Loss, text: &str, output: &mut BytesMut) {
        let says = match loss {
            // The answer to what was wrong; were another owed, it would be taken for that one.
            Loss::Violation(_) => !gap.awaited,
            // Clients know a closed connection, and ask again elsewhere; an error they would take for the answer.
            Loss::ServerClosed | Loss::ServerViolation => false,
            _ => gap.awaited,
        };
        if says {
            output.extend_from_slice(format!("-ERR {text}\r\n").as_bytes());
        }
    }

    fn cancel<'a>(
        &'a self,
        _: &'a dyn Connector,
        _: &'a Endpoint,
        _: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>> {
        Box::pin(cancel::cancel())
    }
}
