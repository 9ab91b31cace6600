//! One guest that is dropped somewhere in a dialogue; knows not what becomes of its session.

use crate::dialogue::{Dialogue, Step};
use crate::proof::guest::Guest;
use crate::proof::line::Harm;
use crate::proof::site::Site;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::timeout;
use warpgrid_pool::endpoint::Protocol;

/// How long a guest waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a guest is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// At the end of the dialogue.
    Never,
    /// When it has sent so many bytes.
    Sent(usize),
    /// When it has got so many bytes: the pool has read as many of the server and no more.
    Got(usize),
}

/// What passed: who said it (true: the guest), and what.
pub(crate) type Passed = Vec<(bool, Vec<u8>)>;

/// Plays a dialogue up to its cut. The guest is still there; the line brings what it still has only with the next harm.
pub(crate) async fn play(site: &Site, dialogue: &Dialogue, cut: Cut) -> (Guest, Passed) {
    let mut guest = site.guest();
    let mut passed = Vec::new();
    let played = timeout(PATIENCE, play_on(site, &mut guest, dialogue, cut, &mut passed)).await;
    if let Err(reason) = played.unwrap_or_else(|_| Err("it stands still".into())) {
        panic!("dialogue `{}`, {cut:?}: {reason}; passed: {passed:x?}", dialogue.name);
    }
    (guest, passed)
}

async fn play_on(
    site: &Site,
    guest: &mut Guest,
    dialogue: &Dialogue,
    cut: Cut,
    passed: &mut Passed,
) -> Result<(), String> {
    let most_sent = if let Cut::Sent(most) = cut { most } else { usize::MAX };
    let mut statement = Vec::new();
    for step in &dialogue.steps {
        let (kind, count) = match step {
            Step::Hear(kind, count) => (*kind, *count),
            Step::Say(bytes) | Step::SayOfStatement(bytes) => {
                let mut bytes = bytes.clone();
                if matches!(step, Step::SayOfStatement(_)) {
                    bytes[5..9].copy_from_slice(&statement);
                }
                bytes.truncate(most_sent - guest.sent);
                guest.say(&bytes).await?;
                passed.push((true, bytes));
                if guest.sent == most_sent {
                    return Ok(());
                }
                continue;
            }
        };
        let mut heard = 0;
        while heard < count {
            let Some(unit) = hear(site, guest, cut).await? else { return Ok(()) };
            let matters = site.pool.endpoint().protocol != Protocol::Postgres || unit[0] == kind;
            heard += usize::from(matters);
            if unit.len() >= 9 && unit[4] == 0 {
                statement = unit[5..9].to_vec();
            }
            passed.push((false, unit.to_vec()));
        }
    }
    Ok(())
}

/// The next frame; None at the cut.
async fn hear(site: &Site, guest: &mut Guest, cut: Cut) -> Result<Option<Bytes>, String> {
    let Cut::Got(most) = cut else { return guest.unit().await.map(Some) };
    guest
        .unit_within(|got| {
            let left = most - got;
            // Nothing waits in the guest's stream now: the pool reads so many bytes of the server, no more.
            site.line.set(Harm { slice: Some(left.max(1)), ..Harm::default() });
            left
        })
        .await
}
