//! A guest that is talked to line by line while it runs.

use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines};
use warpgrid_host::Application;
use warpgrid_host::instance::{InstanceId, InstanceOptions, Outcome, Stdio};
use wasmtime_wasi::cli::{AsyncStdinStream, AsyncStdoutStream};

/// The other end of a guest's standard input and output.
pub(crate) struct Console {
    pub(crate) id: InstanceId,
    input: DuplexStream,
    output: Lines<BufReader<DuplexStream>>,
}

impl Console {
    /// Sends a line and gives the guest's answer.
    pub(crate) async fn ask(&mut self, line: &str) -> String {
        self.tell(line).await;
        self.hear().await
    }

    /// Sends a line.
    pub(crate) async fn tell(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Waits for a line of the guest.
    pub(crate) async fn hear(&mut self) -> String {
        let line = self.output.next_line().await.unwrap();
        line.unwrap_or_else(|| panic!("the guest ended instead of answering"))
    }
}

/// Runs a guest and a conversation with it. The guest must end well when its input ends.
pub(crate) async fn with_console(application: &Application, talk: impl AsyncFnOnce(&mut Console)) {
    let (input, input_of_guest) = tokio::io::duplex(4096);
    let (output, output_of_guest) = tokio::io::duplex(4096);
    let options = InstanceOptions {
        arguments: vec!["guest".to_owned()],
        stdio: Stdio::Streams {
            input: Some(Box::new(AsyncStdinStream::new(input_of_guest))),
            output: Some(Box::new(AsyncStdoutStream::new(4096, output_of_guest))),
            error: None,
        },
        ..InstanceOptions::default()
    };
    let instance = application.instantiate(options);
    let mut console = Console { id: instance.id(), input, output: BufReader::new(output).lines() };
    let both = async {
        let talked = async {
            talk(&mut console).await;
            drop(console);
        };
        tokio::join!(instance.run(), talked)
    };
    let ended = tokio::time::timeout(Duration::from_secs(120), both).await;
    let (outcome, ()) = ended.unwrap_or_else(|_| panic!("the guest hangs"));
    assert_eq!(outcome.unwrap(), Outcome::Exited(0));
}
