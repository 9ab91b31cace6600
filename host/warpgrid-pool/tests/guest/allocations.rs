//! The memory of a query: none is allocated while queries and answers of a usual size pass.

use crate::lab::{lab, tenant};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::poll_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use warpgrid_pool::guest::GuestStream;

/// The system's allocator, which counts for the thread that asks.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // Not counted: what a thread frees and allocates while it ends.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it is; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

/// `Query`.
fn query(sql: &str) -> Vec<u8> {
    [&b"Q"[..], &(sql.len() as u32 + 5).to_be_bytes(), sql.as_bytes(), b"\0"].concat()
}

const READY: &[u8] = b"Z\0\0\0\x05I";

/// By the door's calls.
async fn ask_by_polling(guest: &mut GuestStream, query: &[u8]) -> usize {
    let mut sent = 0;
    while sent < query.len() {
        sent += poll_fn(|context| guest.poll_send(context, &query[sent..])).await.unwrap();
    }
    let (mut got, mut end) = (0, [0; 6]);
    loop {
        poll_fn(|context| guest.poll_fill(context)).await;
        let bytes = GuestStream::take(guest, 64 * 1024).unwrap();
        got += bytes.len();
        end[6 - bytes.len().min(6)..].copy_from_slice(&bytes[bytes.len().saturating_sub(6)..]);
        if end == READY {
            return got;
        }
    }
}

/// By tokio's traits.
async fn ask_by_reading(guest: &mut GuestStream, query: &[u8], target: &mut [u8]) -> usize {
    guest.write_all(query).await.unwrap();
    guest.flush().await.unwrap();
    let mut got = 0;
    loop {
        let count = guest.read(target).await.unwrap();
        got += count;
        if target[..count].ends_with(READY) {
            return got;
        }
    }
}

#[tokio::test]
async fn a_query_in_the_steady_state_allocates_nothing() {
    let lab = lab();
    let mut guest = lab.pool.connect(&tenant());
    guest.write_all(b"\0\0\0\x14\0\x03\0\0user\0guest\0\0").await.unwrap();
    let mut target = vec![0; 64 * 1024];
    let mut filled = 0;
    while !target[..filled].ends_with(READY) {
        filled += guest.read(&mut target[filled..]).await.unwrap();
    }
    let small = query("select 1");
    let large = query("select repeat('x', 5000)");
    // What counts is that counting works.
    let before = allocations();
    drop(std::hint::black_box(Box::new(7)));
    assert_eq!(allocations(), before + 1);
    for _ in 0..10 {
        ask_by_polling(&mut guest, &large).await;
        ask_by_reading(&mut guest, &large, &mut target).await;
    }
    let before = allocations();
    for _ in 0..1000 {
        assert!(ask_by_polling(&mut guest, &small).await > 20);
        assert!(ask_by_reading(&mut guest, &small, &mut target).await > 20);
    }
    for _ in 0..100 {
        assert!(ask_by_polling(&mut guest, &large).await > 5000);
        assert!(ask_by_reading(&mut guest, &large, &mut target).await > 5000);
    }
    assert_eq!(allocations() - before, 0);
}
