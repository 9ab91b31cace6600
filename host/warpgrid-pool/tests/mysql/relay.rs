//! A guest's connection from its greeting to its goodbye, as plainly as it can be written; no pool.

use crate::lab::{PlainConnector, Threads, mysql};
use bytes::BytesMut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::net::Connector;
use warpgrid_pool::protocol::{
    CancelKey, GreetStep, GreetTerms, GuestStep, LoggedIn, LoginRequest, ServerFacts,
};

/// A door in front of a server.
pub(crate) struct Relay {
    pub(crate) port: u16,
    task: tokio::task::JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn open(endpoint: Endpoint) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let facts = Arc::new(login(&endpoint, &StartupSet::default()).await.facts);
        let threads = Arc::new(Threads::default());
        let numbers = Arc::new(AtomicU32::new(1_000_000));
        let task = tokio::spawn(async move {
            while let Ok((guest, _)) = listener.accept().await {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(guest, endpoint.clone(), facts.clone(), threads.clone(), number));
            }
        });
        Self { port, task }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn login(endpoint: &Endpoint, startup: &StartupSet) -> LoggedIn {
    let stream = PlainConnector.connect(&endpoint.server).await.unwrap();
    mysql().login(stream, LoginRequest { endpoint, startup }).await.unwrap()
}

async fn serve(
    mut guest: TcpStream,
    endpoint: Endpoint,
    facts: Arc<ServerFacts>,
    threads: Arc<Threads>,
    number: u32,
) {
    let mut greeter = mysql().greeter(GreetTerms {
        endpoint: endpoint.name.clone(),
        database: endpoint.database.clone(),
        login: endpoint.guest_login.clone(),
        tls_offered: false,
        facts: Some(facts),
        cancel: CancelKey { number, secret: 0 },
        nonce: [7; 32],
    });
    let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
    greeter.open(&mut output);
    let hello = loop {
        guest.write_all(&output).await.unwrap();
        output.clear();
        match greeter.advance(&mut input, &mut output) {
            GreetStep::More if !output.is_empty() => {}
            GreetStep::More => {
                if guest.read_buf(&mut input).await.unwrap() == 0 {
                    return;
                }
            }
            GreetStep::Checkout(hello) => break hello,
            GreetStep::End(_) => {
                guest.write_all(&output).await.unwrap();
                return;
            }
            step => panic!("{step:?}"),
        }
    };
    let mut session = login(&endpoint, &hello.startup).await;
    let mut tracker = mysql().tracker(&session.facts, threads.clone());
    let ServerFacts::Mysql(facts) = &session.facts else { unreachable!() };
    threads.insert(number, facts.thread);
    greeter.welcome(&session.facts, &mut output);
    guest.write_all(&output).await.unwrap();
    let mut answer = BytesMut::new();
    loop {
        while !input.is_empty() {
            match tracker.from_guest(&input).unwrap() {
                GuestStep::Forward(count) => {
                    session.stream.write_all(&input.split_to(count)).await.unwrap();
                }
                GuestStep::Replace { consumed, bytes } => {
                    session.stream.write_all(&bytes).await.unwrap();
                    let _ = input.split_to(consumed);
                }
                GuestStep::Answer { consumed, bytes } => {
                    guest.write_all(&bytes).await.unwrap();
                    let _ = input.split_to(consumed);
                }
                GuestStep::Hold | GuestStep::Wait => break,
                GuestStep::Goodbye { .. } => return,
            }
        }
        session.stream.flush().await.unwrap();
        answer.clear();
        tokio::select! {
            count = guest.read_buf(&mut input) => {
                if count.unwrap_or(0) == 0 {
                    return;
                }
            }
            count = session.stream.read_buf(&mut answer) => {
                if count.unwrap_or(0) == 0 {
                    return;
                }
                tracker.from_server(&answer).unwrap();
                if guest.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
    }
}
