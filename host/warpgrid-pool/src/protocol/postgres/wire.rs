//! PostgreSQL's entry in the list of wire protocols; decides nothing.

use crate::endpoint::Endpoint;
use crate::error::PoolError;
use crate::net::{BoxFuture, Connector, ServerStream};
use crate::protocol::{
    CancelLookup, GreetTerms, Greeter, LoggedIn, LoginRequest, ServerFacts, SessionFailure, Tracker,
    WireProtocol,
};
use bytes::Bytes;
use std::sync::Arc;

/// PostgreSQL.
pub struct Postgres;

impl WireProtocol for Postgres {
    fn server_speaks_first(&self) -> bool {
        todo!()
    }

    fn login<'a>(
        &'a self,
        stream: ServerStream,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<LoggedIn, PoolError>> {
        todo!()
    }

    fn greeter(&self, terms: GreetTerms) -> Box<dyn Greeter> {
        todo!()
    }

    fn tracker(&self, facts: &ServerFacts, cancel: Arc<dyn CancelLookup>) -> Box<dyn Tracker> {
        todo!()
    }

    fn reset<'a>(
        &'a self,
        stream: &'a mut ServerStream,
        tracker: &'a mut dyn Tracker,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        todo!()
    }

    fn ping<'a>(&'a self, stream: &'a mut ServerStream) -> BoxFuture<'a, Result<(), SessionFailure>> {
        todo!()
    }

    fn goodbye(&self) -> Bytes {
        todo!()
    }

    fn cancel<'a>(
        &'a self,
        connector: &'a dyn Connector,
        endpoint: &'a Endpoint,
        facts: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>> {
        todo!()
    }
}
