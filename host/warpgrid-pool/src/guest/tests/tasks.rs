//! A reader and a writer that are two tasks, on two threads: each is woken by what the other does.

use super::scene::*;
use crate::guest::GuestStream;
use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::timeout;

type Shared = Arc<Mutex<GuestStream>>;

async fn write(guest: &Shared, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let count = poll_fn(|context| guest.lock().unwrap().poll_send(context, bytes)).await.unwrap();
        bytes = &bytes[count..];
    }
    // No flush: what the server did not take yet is the reader's business from here on.
}

async fn read(guest: &Shared, count: usize, step: usize) -> Vec<u8> {
    let mut got = Vec::new();
    while got.len() < count {
        poll_fn(|context| guest.lock().unwrap().poll_fill(context)).await;
        got.extend_from_slice(&guest.lock().unwrap().take(step).expect("not the end"));
    }
    got
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tasks_never_wait_for_each_other_in_vain() {
    for (capacity, step, holds) in
        [(1, 1, false), (7, 3, false), (64, 1000, true), (64, 1000, false), (100_000, 100_000, true)]
    {
        let mut scene = scene(capacity);
        scene.network.holds.store(holds, Ordering::Relaxed);
        let (guest, mut server) = scene.open().await;
        let guest: Shared = Arc::new(Mutex::new(guest));
        tokio::spawn(async move {
            loop {
                let text = asked(&mut server).await;
                if text.is_empty() {
                    return;
                }
                answer(&mut server, &format!("{text}\n")).await;
            }
        });
        let lines =
            ["ask one\n", "last two\n", "mine three\n", "whole four\n", "ask five\n"].concat().repeat(200);
        let (writer, said) = (guest.clone(), lines.clone());
        let writing = tokio::spawn(async move { write(&writer, said.as_bytes()).await });
        let (reader, count) = (guest.clone(), lines.len());
        let reading = tokio::spawn(async move { read(&reader, count, step).await });
        timeout(Duration::from_secs(60), writing).await.expect("the writer is stuck").unwrap();
        let got = timeout(Duration::from_secs(60), reading).await.expect("the reader is stuck").unwrap();
        assert_eq!(String::from_utf8(got).unwrap(), lines);
    }
}

/// No socket moves here: only the two tasks can wake each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_the_host_wake_the_reader_and_room_for_them_the_writer() {
    let mut scene = scene(1000);
    let (guest, _server) = scene.open().await;
    let guest: Shared = Arc::new(Mutex::new(guest));
    let lines = "mine alone\n".repeat(100_000);
    let (writer, said) = (guest.clone(), lines.clone());
    let writing = tokio::spawn(async move { write(&writer, said.as_bytes()).await });
    // As long as nobody reads, the writer comes to a stop.
    while guest.lock().unwrap().waiting() < 64 * 1024 {
        tokio::task::yield_now().await;
    }
    settle().await;
    // Taking is enough: nobody polls the reading side here.
    let taken = guest.lock().unwrap().take(usize::MAX).unwrap();
    let written = async {
        while guest.lock().unwrap().waiting() == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), written).await.expect("the writer is stuck");
    let (reader, count) = (guest.clone(), lines.len() - taken.len());
    let reading = tokio::spawn(async move { read(&reader, count, usize::MAX).await });
    timeout(Duration::from_secs(60), writing).await.expect("the writer is stuck").unwrap();
    let got = timeout(Duration::from_secs(60), reading).await.expect("the reader is stuck").unwrap();
    assert!([&taken[..], &got].concat() == lines.as_bytes());
    let reader = guest.clone();
    let reading = tokio::spawn(async move { read(&reader, 11, 100).await });
    settle().await;
    write(&guest, b"mine alone\n").await;
    timeout(Duration::from_secs(60), reading).await.expect("the reader is stuck").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_by_one_task_wakes_the_other() {
    let scene = scene(1000);
    let guest: Shared = Arc::new(Mutex::new(scene.guest()));
    let reader = guest.clone();
    let reading = tokio::spawn(async move { read(&reader, 8, 100).await });
    settle().await;
    write(&guest, b"hello\n").await;
    let got = timeout(Duration::from_secs(60), reading).await.expect("the reader is stuck").unwrap();
    assert_eq!(got, b"welcome\n");
}

#[tokio::test]
async fn a_look_without_waiting_pushes_out_nobody_who_waits() {
    let mut scene = scene(1000);
    let (guest, mut server) = scene.open().await;
    let guest: Shared = Arc::new(Mutex::new(guest));
    write(&guest, b"ask one\n").await;
    let reader = guest.clone();
    let reading = tokio::spawn(async move { read(&reader, 2, 100).await });
    settle().await;
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(guest.lock().unwrap().poll_fill(&mut context), Poll::Pending);
    asked(&mut server).await;
    answer(&mut server, "1\n").await;
    assert_eq!(
        timeout(Duration::from_secs(60), reading).await.expect("the reader is stuck").unwrap(),
        b"1\n"
    );
}

#[tokio::test]
async fn the_end_wakes_both() {
    let mut scene = scene(10);
    let (guest, server) = scene.open().await;
    let guest: Shared = Arc::new(Mutex::new(guest));
    write(&guest, b"tell what nobody hears\n").await;
    let (reader, writer) = (guest.clone(), guest.clone());
    let reading = tokio::spawn(async move {
        poll_fn(|context| reader.lock().unwrap().poll_fill(context)).await;
        assert_eq!(reader.lock().unwrap().take(1), None);
    });
    let writing =
        tokio::spawn(
            async move { poll_fn(|context| writer.lock().unwrap().poll_send(context, b"tell\n")).await },
        );
    settle().await;
    assert!(!reading.is_finished() && !writing.is_finished());
    drop(server);
    timeout(Duration::from_secs(60), reading).await.expect("the reader is stuck").unwrap();
    assert!(timeout(Duration::from_secs(60), writing).await.expect("the writer is stuck").unwrap().is_err());
}

#[test]
fn a_stream_may_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<GuestStream>();
}
