//! Bytes between a guest and its session: unaltered, in order, and by few reads and writes; knows no end.

use super::scene::*;
use std::future::poll_fn;
use std::pin::Pin;
use tokio::io::{AsyncWrite, AsyncWriteExt};

#[tokio::test(start_paused = true)]
async fn a_query_is_one_write_and_one_read() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    let before = scene.io();
    for _ in 0..100 {
        send(&mut guest, b"ask something\n").await.unwrap();
        assert_eq!(asked(&mut server).await, "ask something");
        answer(&mut server, "an answer\n").await;
        assert_eq!(chunk(&mut guest, 1000).await.unwrap(), b"an answer\n");
    }
    assert_eq!(scene.io(), (before.0 + 100, before.1 + 100));
    let mut target = [0; 1000];
    for _ in 0..100 {
        guest.write_all(b"ask something\n").await.unwrap();
        assert_eq!(asked(&mut server).await, "ask something");
        answer(&mut server, "an answer\n").await;
        assert_eq!(read_some(&mut guest, &mut target).await, 10);
    }
    assert_eq!(scene.io(), (before.0 + 200, before.1 + 200));
}

/// Everything that the tracker can say, in every cut, through connections that take one byte at a time and more.
#[tokio::test(start_paused = true)]
async fn bytes_arrive_unaltered_and_in_order_however_they_are_cut() {
    let lines =
        ["ask 1", "tell 2", "swap 3", "whole 4", "mine 5", "ask 6", "last 7", "huge 10", "ask 8", "mine 9"];
    let heard = "1\n3\n4\nmine 5\n6\n7\n0123456789\u{0}8\nmine 9\n".replace('\u{0}', "");
    let forwarded = "ask 1\ntell 2\nask 3\nwhole 4\nask 6\nlast 7\nhuge 10\nask 8\n";
    let said = lines.map(|line| format!("{line}\n")).concat();
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut scene = scene(random.usize(1..20));
        scene.network.holds.store(seed % 2 == 1, std::sync::atomic::Ordering::Relaxed);
        let (mut guest, mut server) = scene.open().await;
        let mut seen = String::new();
        let serving = async {
            while seen.len() < forwarded.len() {
                let line = asked(&mut server).await;
                seen.push_str(&line);
                seen.push('\n');
                match line.split_once(' ').unwrap() {
                    ("ask" | "last", text) => answer(&mut server, &format!("{text}\n")).await,
                    ("whole", text) => answer(&mut server, &format!("{text}\n")).await,
                    ("huge", _) => answer(&mut server, "0123456789").await,
                    _ => {}
                }
            }
        };
        let guest = &mut guest;
        let using = async {
            let (mut sent, mut got) = (0, String::new());
            while got.len() < heard.len() {
                let length = random.usize(1..=said.len()).min(said.len() - sent);
                let by_reading = random.bool();
                let max = random.usize(1..20);
                poll_fn(|context| {
                    let mut ready = std::task::Poll::Pending;
                    if length > 0
                        && let std::task::Poll::Ready(count) =
                            guest.poll_send(context, &said.as_bytes()[sent..sent + length])
                    {
                        sent += count.unwrap();
                        ready = std::task::Poll::Ready(());
                    }
                    if by_reading {
                        let mut buffer = [0; 20];
                        let mut target = tokio::io::ReadBuf::new(&mut buffer[..max]);
                        if tokio::io::AsyncRead::poll_read(Pin::new(guest), context, &mut target).is_ready() {
                            got.push_str(std::str::from_utf8(target.filled()).unwrap());
                            ready = std::task::Poll::Ready(());
                        }
                    } else if guest.poll_fill(context).is_ready() {
                        got.push_str(std::str::from_utf8(&guest.take(max).unwrap()).unwrap());
                        ready = std::task::Poll::Ready(());
                    }
                    ready
                })
                .await;
            }
            got
        };
        let done =
            tokio::time::timeout(std::time::Duration::from_secs(5), async { tokio::join!(serving, using) });
        let ((), got) = done.await.unwrap_or_else(|_| panic!("stuck with seed {seed}"));
        assert_eq!((got, seen.as_str()), (heard.clone(), forwarded), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_host_answers_behind_all_that_the_server_said() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"ask one\nmine\nask two\n").await.unwrap();
    assert_eq!(asked(&mut server).await, "ask one");
    assert!(is_stuck(line(&mut guest)).await);
    answer(&mut server, "1\n").await;
    assert_eq!((line(&mut guest).await, line(&mut guest).await), ("1".into(), "mine".into()));
    assert_eq!(asked(&mut server).await, "ask two");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_an_answer_goes_on_when_it_came() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    send(&mut guest, b"ask one\nlast\ntell three\n").await.unwrap();
    assert_eq!(asked(&mut server).await, "ask one");
    assert!(is_stuck(asked(&mut server)).await);
    answer(&mut server, "1\n").await;
    // One poll, whose bytes the guest does not even take.
    poll_fn(|context| guest.poll_fill(context)).await;
    assert_eq!((asked(&mut server).await, asked(&mut server).await), ("last".into(), "tell three".into()));
}

#[tokio::test(start_paused = true)]
async fn a_look_without_waiting_goes_as_far_as_it_can() {
    let mut scene = scene(1000);
    let (mut guest, mut server) = scene.open().await;
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(guest.poll_fill(&mut context).is_pending());
    assert_eq!(guest.take(10).unwrap(), "");
    send(&mut guest, b"ask one\n").await.unwrap();
    asked(&mut server).await;
    answer(&mut server, "1\n").await;
    assert!(guest.poll_fill(&mut context).is_ready());
    assert_eq!(guest.take(1).unwrap(), "1");
    assert_eq!(guest.take(10).unwrap(), "\n");
    assert!(Pin::new(&mut guest).poll_flush(&mut context).is_ready());
}
