//! Who does not read, and how much waits meanwhile; knows no deadline.

use super::scene::*;
use crate::error::PoolError;
use std::future::poll_fn;
use tokio::io::AsyncWriteExt;

const KIB: usize = 1024;

#[tokio::test(start_paused = true)]
async fn a_guest_that_does_not_read_stops_the_server() {
    let mut scene = scene(KIB);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"huge 10000000\n").await.unwrap();
    asked(&mut server).await;
    let mut written = 0;
    let writing = async {
        loop {
            written += server.write(&[b'x'; 1000]).await.unwrap();
        }
    };
    tokio::pin!(writing);
    assert!(is_stuck(&mut writing).await);
    for _ in 0..50 {
        // Asked again and again without taking anything, it reads once.
        let mut asking = poll_fn(|context| guest.poll_fill(context));
        tokio::select! { biased; _ = &mut writing => {} () = &mut asking => {} }
    }
    assert!(is_stuck(&mut writing).await);
    assert!(written <= 3 * KIB, "{written}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_stops_the_guest() {
    let mut scene = scene(KIB);
    let (mut guest, mut server) = scene.open().await;
    let line = [b"tell ", vec![b'x'; 1000].as_slice(), b"\n"].concat();
    let mut sent = 0;
    {
        let sending = async {
            loop {
                sent +=
                    poll_fn(|context| guest.poll_send(context, &line[sent % line.len()..])).await.unwrap();
            }
        };
        assert!(is_stuck(sending).await);
    }
    assert!(sent <= 66 * KIB, "{sent}");
    let mut seen = vec![0; sent];
    let reading = tokio::io::AsyncReadExt::read_exact(&mut server, &mut seen);
    let (_, flushed) = tokio::join!(reading, poll_fn(|context| guest.poll_flush_guest(context)));
    flushed.unwrap();
    assert!(seen.iter().enumerate().all(|(index, byte)| *byte == line[index % line.len()]));
}

/// As far as the buffers of a direct connection go, a guest may say everything before it reads anything.
#[tokio::test(start_paused = true)]
async fn a_guest_may_send_a_long_pipeline_before_it_reads() {
    let mut scene = scene(KIB);
    let (mut guest, mut server) = scene.open().await;
    tokio::spawn(async move {
        loop {
            let text = asked(&mut server).await;
            if text.is_empty() {
                return;
            }
            answer(&mut server, &format!("{}\n", text.len())).await;
        }
    });
    // Each second line waits for the answer to the one before.
    let pipeline = ["ask one\n", "last two\n"].concat().repeat(5000);
    send(&mut guest, pipeline.as_bytes()).await.unwrap();
    for _ in 0..5000 {
        assert_eq!((line(&mut guest).await, line(&mut guest).await), ("7".into(), "8".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_of_the_host_wait_for_a_guest_that_does_not_read() {
    let mut scene = scene(KIB);
    let (mut guest, _server) = scene.open().await;
    let lines = b"mine alone\n".repeat(100);
    let mut sent = 0;
    {
        let sending = async {
            loop {
                sent +=
                    poll_fn(|context| guest.poll_send(context, &lines[sent % lines.len()..])).await.unwrap();
            }
        };
        assert!(is_stuck(sending).await);
    }
    assert!(guest.capacity() <= 128 * KIB + KIB && sent <= 130 * KIB, "{} {sent}", guest.capacity());
    let mut got = 0;
    while got < sent - lines.len() {
        got += chunk(&mut guest, 1000).await.unwrap().len();
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_decided_about_has_a_limit() {
    let mut scene = scene(KIB);
    let (mut guest, _server) = scene.open().await;
    send(&mut guest, &[b"whole ", vec![b'x'; 70_000].as_slice()].concat()).await.unwrap();
    assert!(matches!(guest.error(), Some(PoolError::Violation { .. })), "{:?}", guest.error());
    assert!(rest(&mut guest).await.ends_with("more than 64 KiB that cannot be decided about\n"));
    drop(guest);
    settle().await;
    assert_eq!(scene.destroyed("more than 64 KiB that cannot be decided about"), 1);
}

/// 1 GB through `take`, and 1 GB through `AsyncRead`: at most 128 KiB are there at any moment.
#[tokio::test]
async fn a_result_of_a_gigabyte_needs_no_more_memory_than_a_small_one() {
    const SIZE: usize = 1_000_000_000;
    let mut scene = scene(256 * KIB);
    let (mut guest, mut server) = scene.open().await;
    for by_reading in [false, true] {
        send(&mut guest, format!("huge {SIZE}\n").as_bytes()).await.unwrap();
        let serving = async {
            asked(&mut server).await;
            let block = vec![b'x'; 256 * KIB];
            let mut left = SIZE;
            while left > 0 {
                left -= server.write(&block[..left.min(block.len())]).await.unwrap();
            }
        };
        let reading = async {
            let mut got = 0;
            let mut target = vec![0; 64 * KIB];
            while got < SIZE {
                got += if by_reading {
                    read_some(&mut guest, &mut target).await
                } else {
                    poll_fn(|context| guest.poll_fill(context)).await;
                    guest.take(usize::MAX).unwrap().len()
                };
                assert!(guest.capacity() <= 128 * KIB, "{}", guest.capacity());
            }
        };
        tokio::join!(serving, reading);
    }
}

/// A byte now and then keeps no session: what a guest must move in the time of a stall is 4 KiB.
#[tokio::test(start_paused = true)]
async fn a_guest_that_goes_on_too_slowly_loses_its_session() {
    for (piece, ends) in [(1, true), (40, true), (5 * KIB, false)] {
        let mut scene = scene(1000 * KIB);
        let (mut guest, mut server) = scene.open().await;
        tokio::spawn(async move { asked(&mut server).await });
        send(&mut guest, b"tell ").await.unwrap();
        for _ in 0..100 {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            send(&mut guest, &vec![b'x'; piece]).await.unwrap();
        }
        assert_eq!(guest.error().is_some(), ends, "{piece} bytes a second");
        assert_eq!(
            scene.destroyed("its guest left a frame half sent"),
            u64::from(ends),
            "{piece} bytes a second"
        );

        drop(guest);
        let (mut guest, mut server) = scene.open().await;
        send(&mut guest, b"huge 1000000\n").await.unwrap();
        asked(&mut server).await;
        server.write_all(&vec![b'x'; 600 * KIB]).await.unwrap();
        let mut target = vec![0; piece];
        let mut last = 1;
        for _ in 0..100 {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            last = read_some(&mut guest, &mut target).await;
        }
        assert_eq!(last == 0, ends, "{piece} bytes a second");
        assert_eq!(
            scene.destroyed("its guest left an answer unread"),
            u64::from(ends),
            "{piece} bytes a second"
        );
    }
}
