//! A command-line client as a child process: what is typed into it, and what it prints; knows no client by name.
use std::process::Stdio;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A client that runs.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

/// What a client printed until its end.
pub struct Said {
    /// Whether it ended with exit code 0.
    pub success: bool,
    /// Its standard output.
    pub output: String,
    /// Its messages.
    pub messages: String,
}

impl Said {
    /// The output of a client that must have ended well.
    ///
    /// # Errors
    /// When it did not; with its messages.
    pub fn done(self) -> anyhow::Result<String> {
        if !self.success {
            bail!("the client failed: {}{}", self.output, self.messages);
        }
        Ok(self.output)
    }

    /// Both streams of a client that must have failed.
    ///
    /// # Errors
    /// When it did not.
    pub fn refused(self) -> anyhow::Result<String> {
        if self.success {
            bail!("the client did not fail, it printed: {}{}", self.output, self.messages);
        }
        Ok(self.output + &self.messages)
    }
}

impl Client {
    /// Starts the client and leaves it open for input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting `{}`", command.as_std().get_program().to_string_lossy()))?;
        let output = child.stdout.take().context("the client has no output")?;
        let input = child.stdin.take();
        Ok(Self { child, input, output: BufReader::new(output).lines() })
    }

    /// Types a line.
    ///
    /// # Errors
    /// When the client does not read any more.
    pub async fn type_line(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("the client's input is closed")?;
        input.write_all(format!("{line}\n").as_bytes()).await.context("typing into the client")?;
        input.flush().await.context("typing into the client")
    }

    /// The next line it prints.
    ///
    /// # Errors
    /// When it ends instead; with its messages.
    pub async fn line(&mut self) -> anyhow::Result<String> {
        if let Some(line) = self.output.next_line().await.context("reading from the client")? {
            return Ok(line);
        }
        let mut messages = String::new();
        if let Some(stream) = &mut self.child.stderr {
            stream.read_to_string(&mut messages).await.context("reading the client's messages")?;
        }
        bail!("the client ended instead of answering: {messages}")
    }

    /// The key `Ctrl-C`.
    ///
    /// # Errors
    /// When the client is gone.
    pub fn interrupt(&self) -> anyhow::Result<()> {
        let number = self.child.id().and_then(|id| i32::try_from(id).ok());
        let pid = number.and_then(Pid::from_raw).context("the client has ended")?;
        kill_process(pid, Signal::INT).context("interrupting the client")
    }

    /// Types `text`, closes the input, and reads until the client ends.
    ///
    /// # Errors
    /// When its streams cannot be read. A failed client is no error here.
    pub async fn finish(mut self, text: &str) -> anyhow::Result<Said> {
        let input = self.input.take();
        let typing = async {
            if let Some(mut input) = input {
                // A client that ended early does not read; what it said tells why.
                let _ = input.write_all(text.as_bytes()).await;
            }
        };
        let mut messages = String::new();
        let stderr = self.child.stderr.take();
        let reading = async {
            match stderr {
                Some(mut stream) => stream.read_to_string(&mut messages).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let lines = async {
            let mut text = String::new();
            while let Some(line) = self.output.next_line().await? {
                text.push_str(&line);
                text.push('\n');
            }
            Ok::<String, std::io::Error>(text)
        };
        let ((), read, output) = tokio::join!(typing, reading, lines);
        read.context("reading the client's messages")?;
        let output = output.context("reading from the client")?;
        let status = self.child.wait().await.context("waiting for the client")?;
        Ok(Said { success: status.success(), output, messages })
    }

    /// Runs a client from its start to its end.
    ///
    /// # Errors
    /// When it cannot be started or read.
    pub async fn all(command: &mut Command, text: &str) -> anyhow::Result<Said> {
        Self::start(command)?.finish(text).await
    }
}
