//! From a guest's first byte to a session; knows no byte after it but the first commands.

use super::scene::*;
use crate::config::PoolOptions;
use crate::endpoint::Protocol;
use crate::error::PoolError;
use crate::guest::GuestTls;
use std::future::poll_fn;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn commands_in_the_same_write_as_the_login_are_not_lost() {
    let mut scene = scene(1000);
    let mut guest = scene.guest();
    send(&mut guest, b"hello\nask one\nask t").await.unwrap();
    assert_eq!(line(&mut guest).await, "welcome");
    let mut server = scene.server().await;
    assert_eq!(asked(&mut server).await, "ask one");
    send(&mut guest, b"wo\n").await.unwrap();
    assert_eq!(asked(&mut server).await, "ask two");
    answer(&mut server, "1\n2\n").await;
    assert_eq!((line(&mut guest).await, line(&mut guest).await), ("1".into(), "2".into()));
}

#[tokio::test(start_paused = true)]
async fn a_login_may_come_byte_by_byte() {
    let scene = scene(1000);
    let mut guest = scene.guest();
    for byte in b"hello\n" {
        send(&mut guest, &[*byte]).await.unwrap();
    }
    assert_eq!(line(&mut guest).await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_never_says_who_it_is_is_refused() {
    let scene = scene(1000);
    let begun = Instant::now();
    let mut guest = scene.guest();
    send(&mut guest, b"hel").await.unwrap();
    assert_eq!(
        rest(&mut guest).await,
        "refused: the session of `orders` ended: the guest took too long to say who it is\n"
    );
    assert_eq!(begun.elapsed().as_secs(), 15);
    assert!(matches!(guest.error(), Some(PoolError::Closed { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_login_has_a_limit() {
    let scene = scene(1000);
    let mut guest = scene.guest();
    send(&mut guest, &[b'x'; 70_000]).await.unwrap();
    assert!(rest(&mut guest).await.contains("a login of more than 64 KiB"));
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_told_why_it_gets_no_session() {
    let scene = scene(1000);
    *scene.network.down.lock().unwrap() = true;
    let mut guest = scene.guest();
    send(&mut guest, b"hello\nask one\n").await.unwrap();
    let checked_out = poll_fn(|context| guest.poll_checked_out(context)).await;
    assert!(matches!(checked_out, Err(PoolError::Unreachable { .. })), "{checked_out:?}");
    assert!(
        rest(&mut guest)
            .await
            .starts_with("refused: the server of `orders` cannot be reached: db:1: refused")
    );
    assert_eq!(checked_out.err().as_ref(), guest.error());
    assert!(send(&mut guest, b"ask two\n").await.is_err());
}

/// Some guests send a command with their login and then wait for nothing: it must not lie in the host.
#[tokio::test(start_paused = true)]
async fn a_command_that_came_with_the_login_is_sent_once_it_is_flushed() {
    let mut scene = scene(1000);
    let mut guest = scene.guest();
    send(&mut guest, b"hello\ntell one\n").await.unwrap();
    assert_eq!(asked(&mut scene.server().await).await, "tell one");
}

/// As with a network: a driver that writes again before it reads must not lose the words that say why.
#[tokio::test(start_paused = true)]
async fn a_refused_guest_may_write_before_it_reads_why() {
    let scene = scene(1000);
    *scene.network.down.lock().unwrap() = true;
    let mut guest = scene.guest();
    send(&mut guest, b"hello\n").await.unwrap();
    poll_fn(|context| guest.poll_checked_out(context)).await.unwrap_err();
    for _ in 0..3 {
        send(&mut guest, &[b'x'; 100_000]).await.unwrap();
        assert_eq!(chunk(&mut guest, 7).await.map(|bytes| bytes.len()), Some(7));
    }
    assert!(guest.capacity() < 10_000, "what is dropped takes no memory");
    assert!(rest(&mut guest).await.contains("cannot be reached"));
    assert!(send(&mut guest, b"ask two\n").await.is_err());
    poll_fn(|context| guest.poll_flush_guest(context)).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_door_can_wait_for_the_session() {
    let scene = scene(1000);
    let mut guest = scene.guest();
    assert!(is_stuck(poll_fn(|context| guest.poll_checked_out(context))).await);
    send(&mut guest, b"hello\n").await.unwrap();
    poll_fn(|context| guest.poll_checked_out(context)).await.unwrap();
    assert_eq!(line(&mut guest).await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_only_had_needs_no_reset() {
    let scene = scene(1000);
    let mut guest = scene.guest();
    send(&mut guest, b"hello\n").await.unwrap();
    poll_fn(|context| guest.poll_checked_out(context)).await.unwrap();
    drop(guest);
    settle().await;
    assert_eq!((scene.counts(), scene.pool.stats().reset), ((0, 1, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_speaks_first_is_asked_once() {
    let mut scene = scene_of(1000, Protocol::Mysql, PoolOptions { size: 1, ..PoolOptions::default() });
    for _ in 0..3 {
        let mut guest = scene.guest();
        assert_eq!(line(&mut guest).await, "who?");
        send(&mut guest, b"hello\n").await.unwrap();
        assert_eq!(line(&mut guest).await, "welcome");
        drop(guest);
        settle().await;
    }
    let _server = scene.server().await;
    assert_eq!(scene.pool.stats().opened, 1);
}

#[tokio::test(start_paused = true)]
async fn a_guest_hears_that_a_server_that_speaks_first_is_down() {
    let scene = scene_of(1000, Protocol::Mysql, PoolOptions::default());
    *scene.network.down.lock().unwrap() = true;
    let mut guest = scene.guest();
    assert!(rest(&mut guest).await.starts_with("refused: the server of `orders` cannot be reached"));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_is_refused_or_leaves_costs_no_session() {
    for (said, heard, error) in [
        (&b"quit\n"[..], "", false),
        (b"nonsense\n", "refused: `orders` is not for this guest: no such word\n", true),
    ] {
        let scene = scene(1000);
        let mut guest = scene.guest();
        let _ = send(&mut guest, said).await;
        assert_eq!(rest(&mut guest).await, heard);
        assert_eq!(guest.error().is_some(), error);
        assert_eq!(scene.pool.stats().opened, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_closes_during_its_login_is_done_with() {
    let scene = scene(1000);
    for said in [&b""[..], b"hel", b"hello\n"] {
        let mut guest = scene.guest();
        send(&mut guest, said).await.unwrap();
        guest.finish();
        let heard = rest(&mut guest).await;
        assert_eq!(heard, if said == b"hello\n" { "welcome\n" } else { "" });
        assert_eq!(guest.error(), None);
    }
    settle().await;
    assert_eq!(scene.counts().0, 0);
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_is_dropped_anywhere_in_its_login_leaves_nothing_behind() {
    let scene = scene(1000);
    for length in 0..7 {
        for polls in 0..4 {
            let mut guest = scene.guest();
            send(&mut guest, &b"hello\n"[..length.min(6)]).await.unwrap();
            for _ in 0..polls {
                let _ = is_stuck(poll_fn(|context| guest.poll_fill(context))).await;
            }
            drop(guest);
        }
    }
    settle().await;
    assert_eq!(scene.counts(), (0, 1, 0));
    assert_eq!(scene.pool.stats().destroyed, []);
}

#[tokio::test(start_paused = true)]
async fn bytes_ahead_of_encryption_are_refused() {
    let scene = scene(1000);
    let mut guest = scene.guest_with(GuestTls::Offered);
    send(&mut guest, b"tls\nhello\nask secrets\n").await.unwrap_err();
    assert_eq!(rest(&mut guest).await, "", "not even the word that it may begin");
    assert!(matches!(guest.error(), Some(PoolError::Violation { reason: "bytes ahead of encryption", .. })));
    assert_eq!(scene.pool.stats().opened, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_of_a_guest_between_its_wish_for_encryption_and_encryption() {
    let scene = scene(1000);
    let mut guest = scene.guest_with(GuestTls::Required);
    send(&mut guest, b"tls\n").await.unwrap();
    assert!(!guest.tls_requested(), "it was not told yet");
    assert_eq!(line(&mut guest).await, "begin");
    assert!(guest.tls_requested());
    assert!(is_stuck(send(&mut guest, b"hello\n")).await);
    assert!(guest.tls_begun().is_empty());
    guest.tls_done();
    send(&mut guest, b"hello\n").await.unwrap();
    assert_eq!(line(&mut guest).await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_needs_no_word_may_come_with_the_wish() {
    let scene = scene(1000);
    let mut guest = scene.guest_with(GuestTls::Offered);
    send(&mut guest, b"tls now\n\x16\x03\x01").await.unwrap();
    assert!(guest.tls_requested());
    assert_eq!(&guest.tls_begun()[..], b"\x16\x03\x01", "it is the handshake's, and never a command");
    guest.tls_done();
    send(&mut guest, b"hello\n").await.unwrap();
    assert_eq!(line(&mut guest).await, "welcome");
}

#[tokio::test(start_paused = true)]
async fn encryption_can_be_required_of_a_guest() {
    let scene = scene(1000);
    let mut guest = scene.guest_with(GuestTls::Required);
    let _ = send(&mut guest, b"hello\n").await;
    assert!(rest(&mut guest).await.contains("it is for encrypted connections only"));
    assert_eq!(scene.pool.stats().opened, 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_to_cancel_reaches_the_server_even_if_the_guest_does_not_wait() {
    for waits in [true, false] {
        let mut scene = scene(1000);
        let mut guest = scene.guest();
        send(&mut guest, b"key\nhello\nask for long\n").await.unwrap();
        let key = line(&mut guest).await;
        let mut server = scene.server().await;
        let mut other = scene.guest();
        let _ = send(&mut other, format!("cancel {key}\n").as_bytes()).await;
        if waits {
            assert_eq!(rest(&mut other).await, "");
            assert_eq!(other.error(), None);
        }
        drop(other);
        assert_eq!(asked(&mut scene.server().await).await, "cancel");
        answer(&mut server, "cancelled\n").await;
        assert_eq!((line(&mut guest).await, line(&mut guest).await), ("welcome".into(), "cancelled".into()));
        drop(guest);
        settle().await;
        assert_eq!(scene.destroyed("a query of it was cancelled"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn encryption_that_never_begins_ends() {
    let scene = scene(1000);
    let mut guest = scene.guest_with(GuestTls::Offered);
    send(&mut guest, b"tls\n").await.unwrap();
    assert_eq!(line(&mut guest).await, "begin");
    let begun = Instant::now();
    assert_eq!(rest(&mut guest).await, "", "no plain word any more");
    assert_eq!(begun.elapsed(), Duration::from_secs(15));
}
