//! All cells, and what must come of each; knows no guest.

use crate::cell::{ANSWER, CONNECT, Cell, REPLY};
use crate::proof::guest::Door;
use crate::proof::site::{PROTOCOLS, builder};
use crate::toxic::{LATE, Outcome, RATE, Toxic};
use futures::stream::{self, StreamExt};
use std::time::Duration;
use warpgrid_test_services::Server;

/// Cells that run at the same time: most of them wait.
const TOGETHER: usize = 8;
/// How often a cell may be tried whose limits are short.
const TRIES: usize = 3;

/// The least and the most time that an outcome takes.
fn bounds(cell: Cell, outcome: Outcome, at_login: bool) -> (Duration, Duration) {
    // A busy machine: what is to be told apart differs by more.
    let slack = Duration::from_secs(30);
    let least = match (cell.toxic, outcome) {
        (Toxic::Latency, _) => LATE,
        (Toxic::Bandwidth, _) => RATE.1 * (ANSWER / RATE.0) as u32,
        (Toxic::Timeout, Outcome::Unanswered) => REPLY,
        (Toxic::Timeout, _) if at_login => CONNECT,
        // Encryption says its end before the connection ends.
        (Toxic::SlowClose, Outcome::Broken) if !cell.encrypted => LATE,
        _ => Duration::ZERO,
    };
    (least, least + slack)
}

/// What came of a cell in a session or at a login, if it is wrong.
async fn run(server: &Server, cell: Cell, at_login: bool) -> Result<(), String> {
    let (seen, expected) = if at_login {
        (cell.at_login(server).await, cell.toxic.at_login(cell.encrypted, cell.protocol))
    } else {
        (cell.in_session(server).await, cell.toxic.in_session())
    };
    let (least, most) = bounds(cell, expected, at_login);
    println!("{cell:?} at_login: {at_login}: {seen:?}");
    match seen {
        Ok((outcome, time)) if outcome == expected && time >= least && time <= most => Ok(()),
        other => Err(format!("{cell:?} at_login: {at_login}: {other:?}, not {expected:?} after {least:?}")),
    }
}

/// Both, and those that wait for a server that says nothing up to three times: their limits are short, and a busy machine
/// may miss them where the server does answer.
async fn run_both(server: &Server, cell: Cell) -> Vec<String> {
    let mut wrong = Vec::new();
    for at_login in [false, true] {
        let mut result = run(server, cell, at_login).await;
        for _ in 1..TRIES {
            if result.is_ok() || cell.toxic != Toxic::Timeout {
                break;
            }
            result = run(server, cell, at_login).await;
        }
        wrong.extend(result.err());
    }
    wrong
}

#[tokio::test]
async fn every_way_to_fail_has_its_outcome_in_all_96_cells() {
    let servers = PROTOCOLS.map(|protocol| builder(protocol).start().unwrap());
    let mut cells = Vec::new();
    for (protocol, server) in PROTOCOLS.into_iter().zip(&servers) {
        for encrypted in [false, true] {
            for door in [Door::Poll, Door::Read] {
                cells.extend(Toxic::ALL.map(|toxic| (server, Cell { toxic, protocol, encrypted, door })));
            }
        }
    }
    assert_eq!(cells.len(), 96);
    let running = stream::iter(cells).map(|(server, cell)| run_both(server, cell)).buffer_unordered(TOGETHER);
    let wrong: Vec<String> = running.collect::<Vec<_>>().await.concat();
    assert!(wrong.is_empty(), "{} of 192:\n{}", wrong.len(), wrong.join("\n"));
}
