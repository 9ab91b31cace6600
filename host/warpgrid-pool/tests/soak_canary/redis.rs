//! Canaries of Redis: what is planted, looked for, and how guests leave rudely; knows no pool.

use crate::lab::redis::{Redis, command};
use crate::visit::{Kind, Left, Visitor, words};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use warpgrid_pool::guest::GuestStream;

/// Planted together with others.
pub(crate) const KINDS: &[Kind] = &[
    ("the other protocol", "HELLO 3"),
    ("a name", "CLIENT SETNAME {b}"),
    ("a name with the protocol", "HELLO 3 SETNAME {b}"),
    ("a database", "SELECT 5"),
    ("a watched key", "WATCH aviary"),
    ("tracking", "CLIENT TRACKING ON"),
    ("a message for who listens", "PUBLISH aviary {b}"),
];

/// `*2 $4 ECHO`: up to here nothing is known of a command.
const NAME_BYTES: usize = 14;

/// Planted last; commands are separated by `;`.
pub(crate) const ENDINGS: &[Kind] = &[
    ("a channel", "SUBSCRIBE {b};"),
    ("channels", "SUBSCRIBE {b} aviary;"),
    ("a pattern", "PSUBSCRIBE {b}*;"),
    ("a transaction", "MULTI;SET bird {b}"),
    ("a failed transaction", "MULTI;NOSUCHCOMMAND {b}"),
];

pub(crate) fn enter<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Redis<S> {
    Redis::new(stream)
}

/// Looks at everything that could have been left: the session's identity, and what is seen.
pub(crate) async fn look<S: AsyncRead + AsyncWrite + Unpin>(
    guest: &mut Redis<S>,
    number: u64,
) -> Result<(String, String), String> {
    let echo = format!("ECHO look{number}");
    // Whoever watches `aviary` cannot finish a transaction after this.
    let asked = [
        "SET aviary x",
        "MULTI",
        "PING",
        "EXEC",
        "GET bird",
        &echo,
        "ACL WHOAMI",
        "CLIENT ID",
        "CLIENT INFO",
    ];
    let replies = guest.ask(&asked).await?;
    let [_, _, _, executed, bird, echoed, user, session, info] = replies.as_slice() else { unreachable!() };
    if *echoed != format!("look{number}") {
        return Err(format!("another's answer: {replies:?}"));
    }
    let told = ["name=", "db=", "sub=", "psub=", "multi=", "resp=", "redir=", "flags="];
    let told = info.split_whitespace().filter(|field| told.iter().any(|name| field.starts_with(name)));
    Ok((session.clone(), format!("{executed} {bird} {user} {}", told.collect::<Vec<_>>().join(" "))))
}

/// Plants, and sees to it that it is planted.
pub(crate) async fn plant<S: AsyncRead + AsyncWrite + Unpin>(
    guest: &mut Redis<S>,
    chosen: &[Kind],
    marker: &str,
    number: u64,
) -> Result<(), String> {
    let lines = chosen.iter().flat_map(|kind| kind.1.split(';')).filter(|line| !line.is_empty());
    let lines = lines.map(|line| words(line, marker, number)).collect::<Vec<_>>();
    let lines = lines.iter().map(String::as_str).collect::<Vec<_>>();
    let replies = guest.ask(&lines).await?;
    let failed = replies.iter().any(|reply| reply.starts_with('-') && !reply.contains("unknown command"));
    if failed { Err(format!("{chosen:?} could not be planted: {replies:?}")) } else { Ok(()) }
}

pub(crate) async fn visit(mut visitor: Visitor<'_>) -> Result<Left, String> {
    if visitor.random.u32(..100) == 0 {
        // Half a name of a command: whether it has a session is not said.
        let mut guest = enter(visitor.connect());
        let half = visitor.half(b"*1\r\n$4\r\nPI", 0);
        guest.send(&half).await?;
        return Ok(Left::Early);
    }
    let mut guest = enter(visitor.connect());
    let (session, seen) = look(&mut guest, visitor.number).await?;
    visitor.compare(&session, &seen, &guest.heard)?;
    let chosen = visitor.choose(KINDS, ENDINGS);
    plant(&mut guest, &chosen, &visitor.marker(), visitor.number).await?;
    // Two channels have two confirmations, of which one was read: the other may be on its way.
    if chosen.iter().any(|kind| kind.0 == "channels") {
        guest.reply().await?;
    }
    // Whoever leaves within a message is not polite.
    guest.finish_reading().await?;
    // Who has subscribed in RESP2 may say little.
    let free = !chosen.iter().any(|kind| ENDINGS.contains(kind));
    match visitor.random.u32(..100) {
        0..3 if free => rudely(&mut visitor, guest).await,
        3..50 => guest.leave().await.map(|()| Left::Politely),
        _ => Ok(Left::Politely),
    }
}

async fn rudely(visitor: &mut Visitor<'_>, mut guest: Redis<GuestStream>) -> Result<Left, String> {
    let echo = command(&format!("ECHO {}", visitor.marker().repeat(200)));
    match visitor.random.u32(..4) {
        0 => guest.send(&echo).await?,
        1 => guest.send(&visitor.half(&echo, NAME_BYTES)).await?,
        2 => {
            guest.send(&echo).await?;
            let mut some = vec![0; visitor.random.usize(1..1000)];
            guest.stream.read_exact(&mut some).await.map_err(|error| error.to_string())?;
        }
        _ => guest.send(&command(&visitor.words("BLPOP none_{n} 0"))).await?,
    }
    Ok(Left::Rudely)
}
