//! A guest's way from its first byte to a session; knows no door and passes no bytes.

use super::buffers::Buffers;
use crate::endpoint::Tenant;
use crate::error::PoolError;
use crate::guard::Guard;
use crate::net::BoxFuture;
use crate::pool::Pool;
use crate::protocol::{CancelKey, GreetStep, GreetTerms, Greeter, GuestHello, MAX_HELD_BYTES, ServerFacts};
use bytes::BytesMut;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep};

/// Where the login stands.
enum Step {
    /// Nobody has polled yet.
    Start,
    /// A server that speaks first is asked what it says.
    Facts(BoxFuture<'static, Result<Arc<ServerFacts>, PoolError>>),
    /// The guest says who it is.
    Greeting { greeter: Box<dyn Greeter>, cancel: CancelKey, deadline: Pin<Box<Sleep>>, tls: Tls },
    /// A session is being had.
    Checkout { greeter: Box<dyn Greeter>, taking: BoxFuture<'static, Result<Guard, PoolError>> },
    /// The guest wants another's query stopped. A task of its own does it: many drivers close at once.
    Cancelling(JoinHandle<()>),
    /// Handed over, or failed.
    Over,
}

/// Encryption on the guest's side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tls {
    /// Not asked for.
    No,
    /// Asked for; the input must be left to whoever does the handshake.
    Requested,
    /// Done.
    Done,
}

/// What whoever owns a guest's stream can do of encryption on the guest's side, by the guest's own wish in its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GuestTls {
    /// Nothing, or it is encrypted already.
    Unavailable,
    /// Encrypt it if the guest wishes.
    Offered,
    /// Let nobody in who does not wish it.
    Required,
}

/// How a login ended.
pub(super) enum Outcome {
    /// The guest has a session.
    Session(Guard),
    /// It has none and wanted none, or left.
    Left,
    /// It has none, for this reason.
    Failed(PoolError),
}

/// The login of one guest.
pub(super) struct Login {
    pool: Arc<Pool>,
    tenant: Tenant,
    tls: GuestTls,
    step: Step,
}

impl Login {
    pub(super) fn new(pool: Arc<Pool>, tenant: Tenant, tls: GuestTls) -> Self {
        Self { pool, tenant, tls, step: Step::Start }
    }

    /// Whether the guest asked for encryption that nobody has begun.
    pub(super) fn tls_requested(&self) -> bool {
        matches!(self.step, Step::Greeting { tls: Tls::Requested, .. })
    }

    /// Whether the guest has said who it is and waits for its session.
    pub(super) fn is_checking_out(&self) -> bool {
        matches!(self.step, Step::Checkout { .. })
    }

    /// Encryption is there; bytes of the guest are its plain text from now on.
    pub(super) fn tls_done(&mut self) {
        if let Step::Greeting { tls, .. } = &mut self.step {
            *tls = Tls::Done;
        }
    }

    /// Goes on as far as it can without waiting. `finished`: the guest sends nothing more.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
        buffers: &mut Buffers,
        finished: bool,
    ) -> Poll<Outcome> {
        let server_speaks_first = self.pool.wire().server_speaks_first();
        loop {
            let next = match &mut self.step {
                Step::Start if server_speaks_first => {
                    let (pool, tenant) = (Arc::clone(&self.pool), self.tenant.clone());
                    Step::Facts(Box::pin(async move { pool.facts(&tenant).await }))
                }
                Step::Start => match self.greet(None, buffers) {
                    Ok(step) => step,
                    Err(error) => return self.over(Outcome::Failed(error)),
                },
                Step::Facts(asking) => match std::task::ready!(asking.as_mut().poll(context)) {
                    Ok(facts) => match self.greet(Some(facts), buffers) {
                        Ok(step) => step,
                        Err(error) => return self.over(Outcome::Failed(error)),
                    },
                    Err(error) => {
                        Self::refuse(&self.pool, &error, &mut buffers.output);
                        return self.over(Outcome::Failed(error));
                    }
                },
                Step::Greeting { greeter, cancel, deadline, tls } => {
                    if deadline.as_mut().poll(context).is_ready() {
                        let error = closed(&self.pool, "the guest took too long to say who it is");
                        if *tls != Tls::Requested {
                            greeter.refuse(&error, &mut buffers.output);
                        }
                        return self.over(Outcome::Failed(error));
                    }
                    if *tls == Tls::Requested {
                        return if finished { self.over(Outcome::Left) } else { Poll::Pending };
                    }
                    let said = buffers.output.len();
                    if buffers.input.is_empty() && finished {
                        return self.over(Outcome::Left);
                    }
                    if buffers.input.is_empty() || buffers.output_is_full() {
                        return Poll::Pending;
                    }
                    match greeter.advance(&mut buffers.input, &mut buffers.output) {
                        GreetStep::More if finished => return self.over(Outcome::Left),
                        GreetStep::More if buffers.input.len() >= MAX_HELD_BYTES => {
                            let error = violation(&self.pool, "a login of more than 64 KiB");
                            greeter.refuse(&error, &mut buffers.output);
                            return self.over(Outcome::Failed(error));
                        }
                        GreetStep::More => return Poll::Pending,
                        // A guest that is told to begin must not have begun before: what it sent could be the words of
                        // somebody in between (CVE-2021-3935). Where nothing is said, its handshake may follow at once.
                        GreetStep::StartTls if buffers.output.len() > said && !buffers.input.is_empty() => {
                            buffers.output.truncate(said);
                            let error = violation(&self.pool, "bytes ahead of encryption");
                            return self.over(Outcome::Failed(error));
                        }
                        GreetStep::StartTls => {
                            *tls = Tls::Requested;
                            continue;
                        }
                        GreetStep::Checkout(_) if self.tls == GuestTls::Required && *tls != Tls::Done => {
                            let endpoint = self.pool.endpoint().name.clone();
                            let reason =
                                "it is for encrypted connections only: switch on TLS in the client".into();
                            let error = PoolError::Denied { endpoint, reason };
                            greeter.refuse(&error, &mut buffers.output);
                            return self.over(Outcome::Failed(error));
                        }
                        GreetStep::Checkout(hello) => {
                            let cancel = *cancel;
                            self.check_out(hello, cancel)
                        }
                        GreetStep::Cancel(key) => Step::Cancelling(self.cancel(key)),
                        GreetStep::End(error) => return self.over(Outcome::Failed(error)),
                        GreetStep::Goodbye => return self.over(Outcome::Left),
                    }
                }
                Step::Checkout { greeter, taking } => {
                    match std::task::ready!(taking.as_mut().poll(context)) {
                        Ok(guard) => {
                            greeter.welcome(guard.facts(), &mut buffers.output);
                            return self.over(Outcome::Session(guard));
                        }
                        Err(error) => {
                            greeter.refuse(&error, &mut buffers.output);
                            return self.over(Outcome::Failed(error));
                        }
                    }
                }
                Step::Cancelling(task) => {
                    // Whether it was stopped or not: the guest is told nothing, as by a server.
                    let _ = std::task::ready!(Pin::new(task).poll(context));
                    return self.over(Outcome::Left);
                }
                Step::Over => return Poll::Ready(Outcome::Left),
            };
            self.step = next;
        }
    }

    fn over(&mut self, outcome: Outcome) -> Poll<Outcome> {
        self.step = Step::Over;
        Poll::Ready(outcome)
    }

    fn greet(&self, facts: Option<Arc<ServerFacts>>, buffers: &mut Buffers) -> Result<Step, PoolError> {
        let (mut greeter, cancel) = self.greeter(facts)?;
        greeter.open(&mut buffers.output);
        let deadline = Box::pin(sleep(self.pool.endpoint().options.greeting));
        Ok(Step::Greeting { greeter, cancel, deadline, tls: Tls::No })
    }

    /// Ends a login that has not begun.
    pub(super) fn refuse(pool: &Arc<Pool>, error: &PoolError, output: &mut BytesMut) {
        let login = Self::new(Arc::clone(pool), Tenant::new(""), GuestTls::Unavailable);
        if let Ok((mut greeter, _)) = login.greeter(None) {
            greeter.refuse(error, output);
        }
    }

    fn greeter(&self, facts: Option<Arc<ServerFacts>>) -> Result<(Box<dyn Greeter>, CancelKey), PoolError> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(|_| closed(&self.pool, "the system gives no random bytes"))?;
        let endpoint = self.pool.endpoint();
        let cancel = self.pool.cancel_key();
        let terms = GreetTerms {
            endpoint: endpoint.name.clone(),
            database: endpoint.database.clone(),
            login: endpoint.guest_login.clone(),
            tls_offered: self.tls != GuestTls::Unavailable,
            facts,
            cancel,
            nonce,
        };
        Ok((self.pool.wire().greeter(terms), cancel))
    }

    fn check_out(&mut self, hello: GuestHello, cancel: CancelKey) -> Step {
        let (pool, tenant) = (Arc::clone(&self.pool), self.tenant.clone());
        let taking = Box::pin(async move { pool.checkout(&tenant, hello.startup, cancel).await });
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Greeting { greeter, .. } => Step::Checkout { greeter, taking },
            other => other,
        }
    }

    fn cancel(&self, key: CancelKey) -> JoinHandle<()> {
        let (pool, tenant) = (Arc::clone(&self.pool), self.tenant.clone());
        tokio::spawn(async move {
            if let Err(error) = pool.cancel(&tenant, key).await {
                tracing::warn!(%error, "a query could not be cancelled");
            }
        })
    }
}

pub(super) fn closed(pool: &Pool, reason: &'static str) -> PoolError {
    PoolError::Closed { endpoint: pool.endpoint().name.clone(), reason }
}

pub(super) fn violation(pool: &Pool, reason: &'static str) -> PoolError {
    let endpoint = pool.endpoint();
    PoolError::Violation { endpoint: endpoint.name.clone(), protocol: endpoint.protocol, reason }
}
