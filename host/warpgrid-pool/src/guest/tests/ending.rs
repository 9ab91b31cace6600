//! Goodbyes, drops, and sessions that are lost: what the guest still gets, and what becomes of the session.

use super::scene::*;
use crate::error::PoolError;
use std::future::poll_fn;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const DRAINED: &str = "lost: the session of `orders` ended: the pool is drained\n";

#[tokio::test(start_paused = true)]
async fn a_goodbye_is_swallowed_and_the_session_serves_the_next_guest() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"bye\n").await.unwrap();
    settle().await;
    assert_eq!(scene.counts(), (0, 1, 0), "at once, not when the guest is dropped");
    assert_eq!(rest(&mut guest).await, "bye\n");
    assert_eq!(guest.error(), None);
    assert!(send(&mut guest, b"ask more\n").await.is_err());
    let mut next = scene.guest();
    send(&mut next, b"hello\nask again\n").await.unwrap();
    assert_eq!(line(&mut next).await, "welcome");
    assert_eq!(asked(&mut server).await, "ask again", "nothing of the goodbye");
}

#[tokio::test(start_paused = true)]
async fn what_stands_ahead_of_a_goodbye_is_sent_and_answered() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"ask one\ntell two\nbye\nask never\n").await.unwrap();
    assert_eq!((asked(&mut server).await, asked(&mut server).await), ("ask one".into(), "tell two".into()));
    assert_eq!(scene.counts(), (1, 0, 0));
    answer(&mut server, "1\n").await;
    assert_eq!(rest(&mut guest).await, "1\nbye\n");
    settle().await;
    assert_eq!((scene.counts(), guest.error()), ((0, 1, 0), None));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_leaves_with_answers_outstanding_loses_the_session() {
    for goodbye in [&b"bye\n"[..], b""] {
        let mut scene = scene(1000);
        let (mut guest, mut server) = scene.open().await;
        send(&mut guest, b"ask one\n").await.unwrap();
        send(&mut guest, goodbye).await.unwrap();
        drop(guest);
        assert_eq!(asked(&mut server).await, "ask one");
        settle().await;
        assert_eq!((scene.counts(), scene.destroyed("an answer is outstanding")), ((0, 0, 0), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_sends_nothing_more_gets_its_answers() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"ask one\n").await.unwrap();
    guest.finish();
    answer(&mut server, "1\n").await;
    assert_eq!(rest(&mut guest).await, "1\n");
    settle().await;
    assert_eq!(scene.counts(), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_stops_in_the_middle_of_a_line_loses_the_session() {
    for (said, destroyed) in [(&b"ask hal"[..], 1), (b"whole hal", 0)] {
        let mut scene = scene(1000);
        let (mut guest, _server) = scene.open().await;
        send(&mut guest, said).await.unwrap();
        guest.finish();
        assert_eq!(rest(&mut guest).await, "");
        settle().await;
        assert_eq!(
            scene.destroyed("an answer is outstanding"),
            destroyed,
            "what was only held never went out"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_half_done_costs_the_session() {
    let mut scene = scene(10);
    let (mut guest, mut server) = scene.open().await;
    // The tracker has seen all of it, the server a part.
    let sent = poll_fn(|context| guest.poll_send(context, b"tell a long story\n")).await.unwrap();
    assert_eq!(sent, 18);
    drop(guest);
    settle().await;
    assert_eq!(scene.destroyed("the guest left in the middle of a write"), 1);
    let mut seen = String::new();
    server.read_to_string(&mut seen).await.unwrap();
    assert!("tell a long story\n".starts_with(&seen), "{seen}");
}

/// Wherever a guest is dropped, the next guest gets its own answer and nothing else.
#[tokio::test(start_paused = true)]
async fn a_guest_that_is_dropped_anywhere_never_spoils_the_next() {
    let said = b"ask one\nwhole two\nswap three\nlast four\nmine\ntell five\nask six\nbye\n";
    for capacity in [1, 3, 1000] {
        for cut in 0..=said.len() {
            let mut scene = scene(capacity);
            let (mut guest, server) = scene.open().await;
            let serve = |mut server: Server| {
                tokio::spawn(async move {
                    loop {
                        match asked(&mut server).await {
                            end if end.is_empty() => return,
                            goodbye if goodbye == "bye" => return,
                            tell if tell.starts_with("tell") => {}
                            other => answer(&mut server, &format!("{other}!\n")).await,
                        }
                    }
                })
            };
            serve(server);
            let _ = tokio::time::timeout(Duration::from_millis(1), send(&mut guest, &said[..cut])).await;
            if cut % 2 == 0 {
                let _ = tokio::time::timeout(Duration::from_millis(1), chunk(&mut guest, cut + 1)).await;
            }
            drop(guest);
            let mut next = scene.guest();
            let serving = async {
                loop {
                    let server = scene.server().await;
                    serve(server);
                }
            };
            let reading = async {
                send(&mut next, b"hello\nask for mine\n").await.unwrap();
                (line(&mut next).await, line(&mut next).await)
            };
            let heard = tokio::select! { () = serving => unreachable!(), heard = reading => heard };
            assert_eq!(heard, ("welcome".into(), "ask for mine!".into()), "cut {cut}, capacity {capacity}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_server_closed_is_delivered() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"huge 100\n").await.unwrap();
    asked(&mut server).await;
    answer(&mut server, "half of it").await;
    drop(server);
    assert_eq!(rest(&mut guest).await, "half of it");
    assert!(matches!(
        guest.error(),
        Some(PoolError::Closed { reason: "the server closed the connection", .. })
    ));
    settle().await;
    assert_eq!(scene.destroyed("the server closed the connection"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_no_error_to_a_reader() {
    let mut scene = scene(1000);
    let (mut guest, server) = scene.open().await;
    drop(server);
    let mut text = String::new();
    guest.read_to_string(&mut text).await.unwrap();
    assert!(text.is_empty() && guest.error().is_some());
    assert_eq!(guest.write_all(b"ask one\n").await.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_more_can_still_say_why() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"ask one\n").await.unwrap();
    answer(&mut server, "shutting down\n").await;
    drop(server);
    assert!(send(&mut guest, b"ask two\n").await.is_err());
    assert_eq!(rest(&mut guest).await, "shutting down\n");
    drop(guest);
    settle().await;
    assert_eq!(scene.destroyed("the server closed the connection"), 1);
}

#[tokio::test(start_paused = true)]
async fn who_breaks_the_protocol_loses_the_session() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"gibberish gibberish\n").await.unwrap();
    let said = rest(&mut guest).await;
    assert_eq!(said, "lost: what the guest sent to `orders` is not postgres: no such word\n");
    let error = send(&mut guest, b"ask one\n").await.unwrap_err();
    assert!(matches!(error, PoolError::Violation { reason: "no such word", .. }), "{error}");
    settle().await;
    assert_eq!((scene.counts(), scene.destroyed("no such word")), ((0, 0, 0), 1));
    let mut seen = String::new();
    server.read_to_string(&mut seen).await.unwrap();
    assert_eq!(seen, "bye\n", "not a byte of it went to the server");
    let (mut guest, mut server) = scene.open().await;
    answer(&mut server, "out of the blue\n").await;
    assert_eq!(rest(&mut guest).await, "", "and not a byte of this to the guest");
    assert_eq!(scene.destroyed("the server does not keep to its protocol"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_taken_away_wakes_its_guest() {
    let mut scene = scene(1000);
    let (mut guest, _server) = scene.open().await;
    let manager = scene.manager.clone();
    let ((), report) = tokio::join!(async { assert_eq!(rest(&mut guest).await, DRAINED) }, async {
        manager.drain(Duration::from_secs(1)).await
    });
    assert_eq!(report.cut, [] as [String; 0]);
    assert!(matches!(guest.error(), Some(PoolError::Closed { reason: "the pool is drained", .. })));
}

/// What the guest reads is what the server said, and behind that why it ended; never in the middle of what the server said.
#[tokio::test(start_paused = true)]
async fn last_words_come_behind_whole_answers_only() {
    for (answered, last) in [("", DRAINED), ("1\n", DRAINED), ("1\n2", ""), ("1\n2\n", DRAINED)] {
        for by_reading in [false, true] {
            let mut scene = scene(1000);
            let (mut guest, mut server) = scene.open().await;
            send(&mut guest, b"ask one\nask two\nask three\n").await.unwrap();
            answer(&mut server, answered).await;
            let mut said = String::new();
            while said.len() < answered.len() {
                let mut bytes = [0; 3];
                let count = match by_reading {
                    true => read_some(&mut guest, &mut bytes).await,
                    false => {
                        let bytes_there = chunk(&mut guest, 3).await.unwrap();
                        bytes[..bytes_there.len()].copy_from_slice(&bytes_there);
                        bytes_there.len()
                    }
                };
                said.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            }
            assert_eq!(scene.manager.drain(Duration::ZERO).await.cut.len(), 1);
            let rest = match by_reading {
                true => {
                    let mut text = String::new();
                    guest.read_to_string(&mut text).await.unwrap();
                    text
                }
                false => rest(&mut guest).await,
            };
            assert_eq!(format!("{said}{rest}"), format!("{answered}{last}"));
            assert!(matches!(guest.error(), Some(PoolError::Closed { reason: "the pool is drained", .. })));
        }
    }
}

/// As into a network: what is written before the last words are read is lost, but not without an end.
#[tokio::test(start_paused = true)]
async fn who_does_not_read_its_last_words_cannot_write_for_ever() {
    let mut scene = scene(1000);
    let (mut guest, _server) = scene.open().await;
    scene.manager.drain(Duration::ZERO).await;
    send(&mut guest, b"ask one\n").await.unwrap();
    let mut taken = 0;
    let error = loop {
        match send(&mut guest, &[b'x'; 1000]).await {
            Ok(()) => taken += 1000,
            Err(error) => break error,
        }
    };
    assert!((1_000_000..1_100_000).contains(&taken), "{taken}");
    assert!(matches!(error, PoolError::Closed { reason: "the pool is drained", .. }));
    assert_eq!(rest(&mut guest).await, DRAINED);
}

/// Whoever writes, shuts down and goes has its command done: the session was not even there when it wrote.
#[tokio::test(start_paused = true)]
async fn what_was_written_before_a_shutdown_goes_to_the_server() {
    let mut scene = scene(1000);
    let mut guest = scene.guest();
    guest.write_all(b"hello\nask one\ntell two\n").await.unwrap();
    guest.shutdown().await.unwrap();
    drop(guest);
    let server = tokio::time::timeout(Duration::from_secs(1), scene.server()).await;
    let mut server = server.expect("a session for the command");
    assert_eq!((asked(&mut server).await, asked(&mut server).await), ("ask one".into(), "tell two".into()));
    // One that is refused meanwhile is told by its reads.
    let scene = super::scene::scene(1000);
    *scene.network.down.lock().unwrap() = true;
    let mut guest = scene.guest();
    guest.write_all(b"hello\nask one\n").await.unwrap();
    guest.shutdown().await.unwrap();
    assert!(rest(&mut guest).await.contains("cannot be reached"));
}
