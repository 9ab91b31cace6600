//! What the pool asks of a wire protocol; knows none.

use crate::endpoint::{Endpoint, GuestLogin};
use crate::error::{Loss, PoolError};
use crate::key::StartupSet;
use crate::net::{BoxFuture, Connector, ServerStream};
use crate::protocol::{mysql, postgres, redis};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// A wire protocol, seen from the pool. Futures end only with the whole matter done or failed; the pool bounds their
/// time by dropping them, and then destroys the session.
pub trait WireProtocol: Send + Sync {
    /// Whether the server says something first, so that a guest's greeting needs facts of a server.
    fn server_speaks_first(&self) -> bool;

    /// From a fresh plain connection to a session: encryption, login, start-up parameters. Bytes that arrive
    /// ahead of encryption are refused.
    ///
    /// # Errors
    /// [`PoolError`]: `Unreachable`, `Tls`, `Authentication`, `NotThisProtocol`.
    fn login<'a>(
        &'a self,
        stream: ServerStream,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<LoggedIn, PoolError>>;

    /// The guest's login, answered by the host.
    fn greeter(&self, terms: GreetTerms) -> Box<dyn Greeter>;

    /// Watches a fresh session.
    fn tracker(&self, facts: &ServerFacts, cancel: Arc<dyn CancelLookup>) -> Box<dyn Tracker>;

    /// Makes the session as if nobody had used it since its login, whatever a guest did that its tracker calls
    /// [`Verdict::Reset`]. On success nothing of the guest is left, no byte is unread, and the tracker is as new.
    ///
    /// # Errors
    /// [`SessionFailure`]; the session is then destroyed.
    fn reset<'a>(
        &'a self,
        stream: &'a mut ServerStream,
        tracker: &'a mut dyn Tracker,
        request: LoginRequest<'a>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>>;

    /// Asks an idle session whether it lives.
    ///
    /// # Errors
    /// [`SessionFailure`]; the session is then destroyed.
    fn ping<'a>(&'a self, stream: &'a mut ServerStream) -> BoxFuture<'a, Result<(), SessionFailure>>;

    /// Says goodbye, so that the server logs no broken connection. Best effort.
    fn goodbye(&self) -> Bytes;

    /// Tells a guest why it loses its session, as a server would before it closes the connection; `text` is for people.
    /// Writes nothing where what it wrote would be taken for something else.
    fn last_words(&self, facts: &ServerFacts, gap: Gap, loss: Loss, text: &str, output: &mut BytesMut);

    /// Asks the server, over a connection of its own, to stop what the session of `facts` does. Returns when the
    /// server has taken the request.
    ///
    /// # Errors
    /// [`PoolError`], when the server cannot be reached.
    fn cancel<'a>(
        &'a self,
        connector: &'a dyn Connector,
        endpoint: &'a Endpoint,
        facts: &'a ServerFacts,
    ) -> BoxFuture<'a, Result<(), PoolError>>;
}

/// What a login needs.
#[derive(Clone, Copy)]
pub struct LoginRequest<'a> {
    /// Server, credentials, encryption.
    pub endpoint: &'a Endpoint,
    /// What the guest's login asked for.
    pub startup: &'a StartupSet,
}

/// A session that is ready for its first command.
pub struct LoggedIn {
    /// The connection, encrypted where the endpoint asks for it.
    pub stream: ServerStream,
    /// What the server said of itself.
    pub facts: ServerFacts,
}

/// What a server said of itself and of a session at its login.
#[derive(Debug, Clone)]
pub enum ServerFacts {
    /// PostgreSQL.
    Postgres(postgres::PostgresFacts),
    /// MySQL and MariaDB.
    Mysql(mysql::MysqlFacts),
    /// Redis.
    Redis(redis::RedisFacts),
}

/// Why a reset or a ping failed.
#[derive(Debug, thiserror::Error)]
pub enum SessionFailure {
    /// The connection broke.
    #[error("the connection broke")]
    Io(#[from] std::io::Error),
    /// The server answered what was not expected.
    #[error("the server answered {0}")]
    Unexpected(&'static str),
}

/// What a guest calls its session when it wants to cancel a query: made by the pool, valid for one checkout. PostgreSQL
/// shows both numbers in `BackendKeyData`, MySQL shows `number` as the thread id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CancelKey {
    /// PostgreSQL: the process id; MySQL: the thread id. Never 0, and below 2³¹.
    pub number: u32,
    /// PostgreSQL: the secret.
    pub secret: u32,
}

/// Which sessions of the same tenant a guest's own command may stop (MySQL `KILL`).
pub trait CancelLookup: Send + Sync {
    /// The server's thread id behind the guest's, if a guest of the same tenant holds that session now. From then on
    /// the session is destroyed when it is given back.
    fn real_thread(&self, synthetic: u32) -> Option<u32>;
}

/// The terms of a greeting.
pub struct GreetTerms {
    /// The endpoint's name, for the texts of refusals.
    pub endpoint: String,
    /// The endpoint's database.
    pub database: Option<String>,
    /// What the guest has to say.
    pub login: GuestLogin,
    /// Whether the guest may ask for encryption on its own side (a listener with a certificate).
    pub tls_offered: bool,
    /// Facts of an earlier session, where [`WireProtocol::server_speaks_first`].
    pub facts: Option<Arc<ServerFacts>>,
    /// What the guest will call its session.
    pub cancel: CancelKey,
    /// Fresh random bytes for scrambles and nonces.
    pub nonce: [u8; 32],
}

/// A guest's login, answered by the host. Bytes of the guest that come after the login in the same write stay in the
/// input.
pub trait Greeter: Send {
    /// What the host says before the guest says anything.
    fn open(&mut self, output: &mut BytesMut);

    /// Goes on with what the guest said; takes what it understood out of `input`. Called again with more bytes after
    /// [`GreetStep::More`]; holds `input` to a bound by refusing.
    fn advance(&mut self, input: &mut BytesMut, output: &mut BytesMut) -> GreetStep;

    /// Ends the login: the guest has a session. What stays in the input are its first commands.
    fn welcome(&mut self, facts: &ServerFacts, output: &mut BytesMut);

    /// Ends the login with an error in the protocol's own words.
    fn refuse(&mut self, error: &PoolError, output: &mut BytesMut);
}

/// What a greeting needs next.
#[derive(Debug)]
pub enum GreetStep {
    /// More bytes of the guest.
    More,
    /// The output must be sent, then the guest begins encryption. Bytes it sent ahead are still in the input: the
    /// caller refuses a guest with any.
    StartTls,
    /// A session; then [`Greeter::welcome`] or [`Greeter::refuse`].
    Checkout(GuestHello),
    /// This is no login: the guest wants the query behind this key stopped. The connection then ends.
    Cancel(CancelKey),
    /// The guest may not log in, or left: the output, if any, says why. The connection then ends.
    End(PoolError),
    /// The guest said goodbye before it had a session.
    Goodbye,
}

/// What a guest said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuestHello {
    /// What it asks of its session.
    pub startup: StartupSet,
}

/// Watches one session from its login on, header by header. It allocates nothing while queries and answers pass.
#[expect(clippy::wrong_self_convention, reason = "the names say who sent the bytes")]
pub trait Tracker: Send {
    /// Looks at bytes that the guest wants to send and says what becomes of the first of them. What it says to
    /// forward it counts as sent.
    ///
    /// # Errors
    /// [`Violation`]: the guest does not speak the protocol; its session is destroyed.
    fn from_guest(&mut self, bytes: &[u8]) -> Result<GuestStep, Violation>;

    /// Looks at bytes of the server on their way to the guest.
    ///
    /// # Errors
    /// [`Violation`]: the server does not speak the protocol; the session is destroyed.
    fn from_server(&mut self, bytes: &[u8]) -> Result<(), Violation>;

    /// Whether the server owes an answer, or the guest is in the middle of a frame or a `COPY`.
    fn is_busy(&self) -> bool;

    /// Whether the server may be at work on something that it would go on with if the connection ended, and that
    /// [`WireProtocol::cancel`] stops by a secret of the session. Without a secret it could stop somebody else's, when
    /// another server answers at the address by now (behind one name or a balancer, or started anew).
    fn has_work_to_stop(&self) -> bool;

    /// Whether the guest has sent only a part of a frame.
    fn in_guest_frame(&self) -> bool;

    /// Whether a transaction is open.
    fn in_transaction(&self) -> bool;

    /// Where the host can tell the guest something of its own. None: what was passed to the guest ends in the middle of
    /// a frame, or in a place where the protocol has no room for an error.
    fn gap(&self) -> Option<Gap>;

    /// What becomes of the session if the guest goes now.
    fn verdict(&self) -> Verdict;

    /// The session was just reset, and everything that passed for it was shown to this tracker: whether it is now as
    /// right after its login. What a guest was, is forgotten.
    fn renew(&mut self) -> Verdict {
        self.verdict()
    }
}

/// A place between two frames of the server, as a guest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// MySQL: the number of the next packet.
    pub sequence: u8,
    /// Whether the guest waits for an answer, and what came now would belong to that one.
    pub awaited: bool,
    /// Whether the last that the server said was an error.
    pub explained: bool,
}

/// What becomes of the first bytes of a guest's.
#[derive(Debug, PartialEq, Eq)]
pub enum GuestStep {
    /// The first so many bytes go to the server as they are; at least one.
    Forward(usize),
    /// Instead of the first `consumed` bytes, these go to the server.
    Replace {
        /// How many bytes of the guest are done with.
        consumed: usize,
        /// What the server gets.
        bytes: Bytes,
    },
    /// The host answers the first `consumed` bytes itself. Only said when the server owes nothing.
    Answer {
        /// How many bytes of the guest are done with.
        consumed: usize,
        /// What the guest gets.
        bytes: Bytes,
    },
    /// More bytes are needed to decide; at most [`MAX_HELD_BYTES`] are held.
    Hold,
    /// The server must answer all that it owes first; then ask again.
    Wait,
    /// The guest goes. The first `consumed` bytes are its goodbye, which the server does not see.
    Goodbye {
        /// How many bytes of the guest are done with.
        consumed: usize,
        /// What the guest still gets.
        bytes: Bytes,
    },
}

/// The most bytes that [`GuestStep::Hold`] may keep back.
pub const MAX_HELD_BYTES: usize = 64 * 1024;

/// What becomes of a session when its guest goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its state is known: it is reset and kept.
    Reset,
    /// It is destroyed, for this reason.
    Destroy(&'static str),
}

/// Bytes that are not the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub &'static str);
