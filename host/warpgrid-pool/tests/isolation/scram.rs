//! A guest's half of SCRAM-SHA-256, by the code that native drivers use; knows no pool.

use crate::lab::postgres::{Answer, Postgres, frame, startup};
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use tokio::io::{AsyncRead, AsyncWrite};

/// Logs in as `guest` with this password; the code of the refusal.
pub(crate) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    user: &str,
    password: &str,
) -> Result<Postgres<S>, String> {
    let mut guest = Postgres::new(stream);
    let hello = startup(&[]);
    // The user's name is part of the start-up message.
    let named = String::from_utf8(hello[8..].to_vec()).unwrap().replacen("guest", user, 1).into_bytes();
    guest.send(&[&(named.len() as u32 + 8).to_be_bytes()[..], &hello[4..8], &named].concat()).await?;
    let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
    let first =
        [b"SCRAM-SHA-256\0", &(scram.message().len() as u32).to_be_bytes()[..], scram.message()].concat();
    expect(&mut guest, 10).await?;
    guest.send(&frame(b'p', &first)).await?;
    let challenge = expect(&mut guest, 11).await?;
    scram.update(&challenge).map_err(|error| error.to_string())?;
    guest.send(&frame(b'p', scram.message())).await?;
    let proof = expect(&mut guest, 12).await?;
    scram.finish(&proof).map_err(|error| error.to_string())?;
    match guest.answer().await? {
        Answer { errors, .. } if errors.is_empty() => Ok(guest),
        Answer { errors, .. } => Err(errors.concat()),
    }
}

/// What an authentication message of this kind holds.
async fn expect<S: AsyncRead + AsyncWrite + Unpin>(
    guest: &mut Postgres<S>,
    kind: u32,
) -> Result<Vec<u8>, String> {
    let (tag, body) = guest.message().await?;
    if tag == b'R' && body[..4] == kind.to_be_bytes() {
        return Ok(body[4..].to_vec());
    }
    Err(String::from_utf8_lossy(&body).into_owned())
}
