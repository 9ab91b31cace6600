//! tokio on one thread: timers that overlap, tasks and channels, a connection.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments[0].as_str() {
        "timers" => {
            let start = Instant::now();
            tokio::join!(sleep(Duration::from_millis(60)), sleep(Duration::from_millis(60)), async {
                let late = timeout(Duration::from_millis(10), sleep(Duration::from_secs(3600))).await;
                println!("timed out {}", late.is_err());
            });
            let elapsed = start.elapsed();
            println!(
                "together {}",
                elapsed >= Duration::from_millis(60) && elapsed < Duration::from_secs(30)
            );
        }
        "tasks" => {
            let (sender, mut receiver) = mpsc::channel(2);
            for number in 1..=10_u32 {
                let sender = sender.clone();
                tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    sender.send(number * number).await.expect("the receiver waits");
                });
            }
            drop(sender);
            let mut sum = 0;
            while let Some(square) = receiver.recv().await {
                sum += square;
            }
            println!("sum {sum}");
        }
        "net" => {
            let mut stream = TcpStream::connect(&arguments[1]).await?;
            stream.write_all(b"from tokio").await?;
            stream.shutdown().await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            println!("{answer}");
        }
        other => panic!("unknown: {other}"),
    }
    Ok(())
}
