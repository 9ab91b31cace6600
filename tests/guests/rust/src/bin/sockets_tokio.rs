//! Many connections at the same time by tokio: `sockets_tokio <address> <connections> <bytes>`. Each sends its
//! own bytes to an echo server while it reads them back, and compares hashes.

use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address: SocketAddr = arguments[0].parse().expect("an address with a port");
    let connections: usize = arguments[1].parse().expect("how many connections");
    let bytes: usize = arguments[2].parse().expect("how many bytes");
    let barrier = Arc::new(Barrier::new(connections));
    let tasks: Vec<_> = (0..connections)
        .map(|number| tokio::spawn(exchange(address, number, bytes, barrier.clone())))
        .collect();
    let mut right = 0;
    for task in tasks {
        right += usize::from(task.await.expect("no task panics"));
    }
    println!("{right} of {connections} right");
}

async fn exchange(address: SocketAddr, number: usize, bytes: usize, barrier: Arc<Barrier>) -> bool {
    let stream = TcpStream::connect(address).await.expect("the connection is granted");
    // All of them are open before the first one sends.
    barrier.wait().await;
    let (mut input, mut output) = stream.into_split();
    let mut state = number as u64 + 1;
    let sent: Vec<u8> = (0..bytes)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        })
        .collect();
    let expected = Sha256::digest(&sent);
    let writing = tokio::spawn(async move {
        output.write_all(&sent).await.expect("the server reads");
        output.shutdown().await.expect("the connection is open");
    });
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 16 * 1024];
    let mut count = 0;
    loop {
        match input.read(&mut buffer).await.expect("the server writes") {
            0 => break,
            read => {
                hash.update(&buffer[..read]);
                count += read;
            }
        }
    }
    writing.await.expect("writing does not panic");
    count == bytes && hash.finalize() == expected
}
