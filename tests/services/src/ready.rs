//! Asks a server on its Unix socket for a first byte; knows no protocol beyond what it is given.
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long an answer may take; a server that is slower is asked again.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the server says first after `question` (which may be empty): at most 64 bytes, none when it does not answer.
pub(crate) fn first_bytes(socket: &Path, question: &[u8]) -> Vec<u8> {
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(question)?;
        let mut answer = [0_u8; 64];
        let length = stream.read(&mut answer)?;
        Ok(answer[..length].to_vec())
    };
    // Not there yet, or not ready: both are asked again.
    ask().unwrap_or_default()
}
