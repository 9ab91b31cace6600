//! Logins, resets and pings against servers that say anything; knows no guest.

use super::track::{Nobody, facts};
use crate::corpus::{Corpus, Piece};
use crate::garbage::Garbage;
use crate::mutate;
use fastrand::Rng;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol};
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::net::{ServerAddress, ServerStream};
use warpgrid_pool::protocol::{LoginRequest, Verdict, wire_protocol};
use warpgrid_pool::secret::Secret;

fn endpoint(protocol: Protocol, random: &mut Rng) -> Endpoint {
    Endpoint {
        name: "orders".into(),
        protocol,
        server: ServerAddress::Tcp { host: "127.0.0.1".into(), port: 1 },
        database: random.bool().then(|| "app".into()),
        user: random.bool().then(|| "app".into()),
        password: random.bool().then(|| Secret::new("sesame")),
        tls: None,
        guest_login: GuestLogin::Any,
        options: Default::default(),
    }
}

/// A future that waits for nothing but [`Garbage`], which is always ready.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for nothing"),
    }
}

fn server(all: &[Vec<Piece>], random: &mut Rng) -> ServerStream {
    let bytes = mutate::dialogue(all, random).into_iter().flat_map(|piece| piece.bytes).collect();
    Box::new(Garbage::new(bytes, random.fork()))
}

/// A login ends with a session or an error, whatever the server says.
pub(crate) fn log_in(corpus: &Corpus, random: &mut Rng) {
    let endpoint = endpoint(corpus.protocol, random);
    let startup = StartupSet { capabilities: u64::from(random.u32(..)), ..StartupSet::default() };
    let stream = server(&corpus.logins, random);
    let request = LoginRequest { endpoint: &endpoint, startup: &startup };
    if let Err(error) = at_once(wire_protocol(corpus.protocol).login(stream, request)) {
        let text = error.to_string();
        assert!(text.len() < 2000 && !text.contains("sesame"), "{text}");
    }
}

/// A reset succeeds only with a tracker that is as new; a ping succeeds or fails.
pub(crate) fn reset(corpus: &Corpus, random: &mut Rng) {
    let wire = wire_protocol(corpus.protocol);
    let endpoint = Endpoint { password: None, ..endpoint(corpus.protocol, random) };
    let startup = StartupSet::default();
    let request = LoginRequest { endpoint: &endpoint, startup: &startup };
    let mut tracker = wire.tracker(&facts(corpus.protocol), Arc::new(Nobody));
    let mut stream = server(&corpus.resets, random);
    if at_once(wire.reset(&mut stream, tracker.as_mut(), request)).is_ok() {
        assert_eq!(tracker.verdict(), Verdict::Reset);
        assert!(!tracker.is_busy() && !tracker.in_transaction());
    }
    let mut stream = server(&corpus.pings, random);
    let _ = at_once(wire.ping(&mut stream));
}
