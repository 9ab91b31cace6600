//! Redis's entry in the list of wire protocols; decides nothing.

use super::greet::RedisGreeter;
use super::track::RedisTracker;
use super::{cancel, login, ping, reset};
use crate::endpoint::Endpoint;
use crate::error::PoolError;
use crate::net::{BoxFuture, Connector, ServerStream};
use crate::protocol::{
    CancelLookup, GreetTerms, Greeter, LoggedIn, LoginRequest, ServerFacts, SessionFailure, Tracker,
    WireProtocol,
};
use bytes::Bytes;
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

    fn cancel<'a>(
        &'a self,
        _: &'a dyn Connector,
        _: &'a Endpoint,
        _: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>> {
        Box::pin(cancel::cancel())
    }
}
