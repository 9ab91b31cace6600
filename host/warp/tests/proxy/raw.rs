//! PostgreSQL's protocol by hand, for what no client does; knows no proxy.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// A connection.
pub(crate) struct RawPostgres(pub(crate) TcpStream);

/// A message of the server: its kind and its body.
pub(crate) type Message = (u8, Vec<u8>);

impl RawPostgres {
    pub(crate) fn connect(port: u16) -> Self {
        Self(TcpStream::connect(("127.0.0.1", port)).unwrap())
    }

    /// A connection that is logged in as `anyone`, without a password.
    pub(crate) fn log_in(port: u16) -> Self {
        let mut connection = Self::connect(port);
        connection.0.write_all(&start_up(3 << 16, &[("user", "anyone"), ("database", "app")])).unwrap();
        connection.until_ready();
        connection
    }

    /// The next message.
    pub(crate) fn message(&mut self) -> io::Result<Message> {
        let mut header = [0; 5];
        self.0.read_exact(&mut header)?;
        let length = u32::from_be_bytes(*header[1..].first_chunk().unwrap());
        let mut body = vec![0; length as usize - 4];
        self.0.read_exact(&mut body)?;
        Ok((header[0], body))
    }

    /// Messages up to `ReadyForQuery`.
    pub(crate) fn until_ready(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let message = self.message().unwrap();
            assert_ne!(message.0, b'E', "{}", String::from_utf8_lossy(&message.1));
            messages.push(message);
            if messages.last().unwrap().0 == b'Z' {
                return messages;
            }
        }
    }

    /// Runs a query and gives what the server said.
    pub(crate) fn query(&mut self, text: &str) -> Vec<Message> {
        self.0.write_all(&query(text)).unwrap();
        self.until_ready()
    }

    /// Everything that is still said until the connection ends.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A connection that is reset has ended too.
        let _ = self.0.read_to_end(&mut rest);
        String::from_utf8_lossy(&rest).into_owned()
    }
}

/// A start-up message.
pub(crate) fn start_up(version: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    for (name, value) in parameters {
        body.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
    }
    body.push(0);
    [&(body.len() as u32 + 4).to_be_bytes()[..], &body].concat()
}

/// A simple query.
pub(crate) fn query(text: &str) -> Vec<u8> {
    let length = text.len() as u32 + 5;
    [b"Q", &length.to_be_bytes()[..], text.as_bytes(), b"\0"].concat()
}
