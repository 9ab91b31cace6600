//! Who is let in, for how long, and what ends; knows no encryption.

use super::bar::*;
use crate::config::PoolOptions;
use crate::endpoint::Protocol;
use crate::guest::tests::scene::{answer, asked};
use crate::listen::{ListenOptions, Listener};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn clients_one_after_the_other_share_a_session() {
    let mut bar = open(ListenOptions::default());
    let mut server = None;
    for _ in 0..10 {
        let mut client = bar.client().await;
        say(&mut client, "hello\n").await;
        assert_eq!(hear(&mut client).await, "welcome\n");
        if server.is_none() {
            server = Some(bar.scene.server().await);
        }
        use_it(&mut client, server.as_mut().unwrap()).await;
        say(&mut client, "bye\n").await;
        assert_eq!(hear_all(&mut client).await, "bye\n");
        bar.until(0, 1).await;
    }
    assert_eq!(bar.scene.pool.stats().opened, 1);
}

#[tokio::test]
async fn a_large_result_arrives_whole() {
    const SIZE: usize = 30_000_000;
    let mut bar = open(ListenOptions::default());
    let mut client = bar.client().await;
    say(&mut client, &format!("hello\nhuge {SIZE}\n")).await;
    let mut server = bar.scene.server().await;
    tokio::spawn(async move {
        asked(&mut server).await;
        let block: Vec<u8> = (0..SIZE).map(|index| (index % 251) as u8).collect();
        server.write_all(&block).await.unwrap();
        server
    });
    assert_eq!(hear(&mut client).await, "welcome\n");
    let mut got = vec![0; SIZE];
    client.read_exact(&mut got).await.unwrap();
    assert!(got.iter().enumerate().all(|(index, byte)| *byte == (index % 251) as u8));
}

#[tokio::test]
async fn one_client_too_many_is_told_so_in_its_own_protocol() {
    let bar = open(ListenOptions { clients: 1, ..ListenOptions::default() });
    let mut first = bar.client().await;
    say(&mut first, "hello\n").await;
    assert_eq!(hear(&mut first).await, "welcome\n");
    let mut second = bar.client().await;
    say(&mut second, "hello\n").await;
    assert_eq!(
        hear_all(&mut second).await,
        "refused: `orders` is not for this guest: 1 clients are connected, as many as may\n"
    );
    drop(first);
    bar.until(0, 1).await;
    // The place is free a moment after the session is.
    loop {
        let mut third = bar.client().await;
        say(&mut third, "hello\n").await;
        if hear(&mut third).await == "welcome\n" {
            break;
        }
    }
}

#[tokio::test]
async fn a_client_that_sends_nothing_more_gets_its_answers() {
    let mut bar = open(ListenOptions::default());
    let mut client = bar.client().await;
    say(&mut client, "hello\nask one\n").await;
    client.shutdown().await.unwrap();
    let mut server = bar.scene.server().await;
    assert_eq!(asked(&mut server).await, "ask one");
    answer(&mut server, "1\n").await;
    assert_eq!(hear_all(&mut client).await, "welcome\n1\n");
    bar.until(0, 1).await;
}

#[tokio::test]
async fn a_client_that_is_gone_does_not_keep_its_session() {
    let options = ListenOptions { half_closed: Duration::from_millis(50), ..ListenOptions::default() };
    let mut bar = open(options);
    let mut client = bar.client().await;
    say(&mut client, "hello\nask one\n").await;
    assert_eq!(hear(&mut client).await, "welcome\n");
    let _server = bar.scene.server().await;
    drop(client);
    timeout(Duration::from_secs(30), bar.until(0, 0)).await.unwrap();
    assert_eq!(bar.scene.destroyed("an answer is outstanding"), 1);
}

#[tokio::test]
async fn a_client_is_told_why_it_is_refused() {
    let bar = open(ListenOptions::default());
    let mut client = bar.client().await;
    // More than is read: without care, closing would take the refusal away.
    say(&mut client, "nonsense\n").await;
    say(&mut client, &"and more nonsense\n".repeat(100)).await;
    assert_eq!(hear_all(&mut client).await, "refused: `orders` is not for this guest: no such word\n");
}

#[tokio::test]
async fn a_listener_that_stops_lets_nobody_in_and_its_clients_finish() {
    let mut bar = open(ListenOptions::default());
    let mut client = bar.client().await;
    say(&mut client, "hello\n").await;
    assert_eq!(hear(&mut client).await, "welcome\n");
    let mut server = bar.scene.server().await;
    bar.shutdown.cancel();
    let address = bar.tcp();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    use_it(&mut client, &mut server).await;
    assert!(!bar.serving.is_finished());
    say(&mut client, "bye\n").await;
    timeout(Duration::from_secs(30), bar.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn clients_that_do_not_leave_in_time_are_cut() {
    let bar = open(ListenOptions { stop: Duration::from_millis(50), ..ListenOptions::default() });
    let mut client = bar.client().await;
    say(&mut client, "hello\n").await;
    assert_eq!(hear(&mut client).await, "welcome\n");
    let begun = Instant::now();
    bar.shutdown.cancel();
    timeout(Duration::from_secs(30), bar.serving).await.unwrap().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(hear_all(&mut client).await, "");
    assert_eq!(bar.scene.counts().0, 0);
}

#[tokio::test]
async fn a_drain_ends_clients_at_rest() {
    let bar = open(ListenOptions::default());
    let mut client = bar.client().await;
    say(&mut client, "hello\n").await;
    assert_eq!(hear(&mut client).await, "welcome\n");
    bar.shutdown.cancel();
    bar.scene.manager.drain(Duration::from_secs(30)).await;
    timeout(Duration::from_secs(30), bar.serving).await.unwrap().unwrap();
    assert_eq!(hear_all(&mut client).await, "lost: the session of `orders` ended: the pool is drained\n");
}

#[tokio::test]
async fn an_address_that_is_not_to_be_had_is_named() {
    let bar = open(ListenOptions::default());
    let error = Listener::bind(ListenOptions { address: bar.address.clone(), ..ListenOptions::default() });
    let error = error.err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&bar.address.to_string()), "{error}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_session_and_its_place() {
    let pool = PoolOptions { stall: Duration::from_millis(100), ..PoolOptions::default() };
    let mut bar =
        open_with(Protocol::Postgres, ListenOptions { clients: 1, ..ListenOptions::default() }, pool);
    let mut client = bar.client().await;
    say(&mut client, "hello\nhuge 1000000000\n").await;
    let mut server = bar.scene.server().await;
    tokio::spawn(async move {
        asked(&mut server).await;
        let block = vec![b'x'; 1 << 20];
        while server.write_all(&block).await.is_ok() {}
    });
    // The client reads nothing at all, and is not gone.
    timeout(Duration::from_secs(30), async {
        loop {
            let mut next = bar.client().await;
            say(&mut next, "hello\n").await;
            let said = hear(&mut next).await;
            if said == "welcome\n" {
                break;
            }
        }
    })
    .await
    .unwrap();
    // Either limit may be the first: that of the session or that of the place.
    assert_eq!(bar.scene.pool.stats().destroyed.iter().map(|(_, count)| count).sum::<u64>(), 1);
    drop(client);
}
