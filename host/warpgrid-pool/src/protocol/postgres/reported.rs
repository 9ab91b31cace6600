//! Whether the parameters that a server reports are those of the login; keeps no value, only hashes.
//!
//! A guest's `SET` is undone by a reset, and the server reports the old value again. A parameter that is not as it was
//! after a reset was changed for the whole server (a reload, a promotion): the session would greet its next guest with
//! values of the past.

/// The most parameters that are watched. A session with more is never as at its login.
const LIMIT: usize = 128;
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

#[derive(Debug, Clone, Copy)]
struct Parameter {
    name: u64,
    at_login: u64,
    now: u64,
}

/// The parameters of a session, and the `ParameterStatus` that is passing.
#[derive(Debug)]
pub(super) struct Reported {
    known: Vec<Parameter>,
    unknown: bool,
    name: u64,
    value: u64,
    /// How many zero bytes of the passing message were seen.
    texts: u8,
}

/// FNV-1a: the same whatever the split of the bytes. No guest gains by a collision: it would only keep its own session.
fn hash(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(PRIME)
}

impl Reported {
    /// The parameters of a fresh session.
    pub(super) fn new(parameters: &[(String, String)]) -> Self {
        let of = |text: &String| text.bytes().fold(OFFSET, hash);
        let known = parameters
            .iter()
            .map(|(name, value)| Parameter { name: of(name), at_login: of(value), now: of(value) })
            .collect();
        Self { known, unknown: parameters.len() > LIMIT, name: OFFSET, value: OFFSET, texts: 0 }
    }

    /// A `ParameterStatus` begins.
    pub(super) fn begin(&mut self) {
        (self.name, self.value, self.texts) = (OFFSET, OFFSET, 0);
    }

    /// Bytes of its body; `last` when it ends with them.
    pub(super) fn body(&mut self, bytes: &[u8], last: bool) {
        for byte in bytes {
            match (self.texts, byte) {
                (_, 0) => self.texts = self.texts.saturating_add(1),
                (0, byte) => self.name = hash(self.name, *byte),
                (1, byte) => self.value = hash(self.value, *byte),
                _ => {}
            }
        }
        if last {
            match self.known.iter_mut().find(|known| known.name == self.name) {
                Some(known) => known.now = self.value,
                None => self.unknown = true,
            }
        }
    }

    /// Whether every parameter has the value of the login.
    pub(super) fn is_as_at_login(&self) -> bool {
        !self.unknown && self.known.iter().all(|known| known.now == known.at_login)
    }
}
