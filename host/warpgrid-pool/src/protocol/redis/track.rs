//! What is known of a Redis session's state, from the commands and replies that passed; sends nothing.
//!
//! Every command has one reply, but for those that subscribe: they have one for each channel, and then messages come
//! unasked. What a command would do to the login of the session, or to other clients of the server, the host answers
//! itself:
//!
//! | command | what becomes of it |
//! |---|---|
//! | `AUTH` | `+OK`: the session is logged in already |
//! | `HELLO … AUTH user password` | goes on without the login |
//! | `QUIT` | `+OK`, and the session goes back |
//! | `RESET` | refused: it would log the session out |
//! | `CLIENT REPLY OFF`, `SKIP` | refused: replies could not be counted |
//! | `CLIENT KILL`, `UNBLOCK`, `PAUSE`, `UNPAUSE`, `NO-EVICT` | refused: they reach other clients, or outlive a reset |
//! | `MONITOR`, `SYNC`, `PSYNC`, `REPLCONF` | refused: they show what other clients do |
//!
//! What the server's own rules (ACL) allow the user of the binding stays with the server.

use super::command::{ArgumentScanner, Head, encode, head, whole};
use super::frame::ReplyScanner;
use crate::protocol::{Gap, GuestStep, Tracker, Verdict, Violation};
use bytes::Bytes;

/// The longest name of a command that is told apart.
const NAME_BYTES: usize = 16;

/// Watches one session.
pub(super) struct RedisTracker {
    replies: ReplyScanner,
    arguments: ArgumentScanner,
    /// Whether the guest has sent a part of a command that is held back.
    holding: bool,
    /// Replies that the server owes.
    owed: u64,
    /// Confirmations of subscriptions that the server owes.
    confirmations: u64,
    /// Whether what the server owes can no longer be counted.
    uncountable: bool,
    in_transaction: bool,
}

/// What a command means for the session.
enum Meaning {
    /// One command, one reply.
    Ordinary,
    Begins,
    Ends,
    /// One confirmation for each argument.
    Subscribes,
    /// The same, and for no argument as many as there are subscriptions.
    Unsubscribes,
    /// The host has to see all of it.
    Special,
}

impl RedisTracker {
    pub(super) fn new() -> Self {
        Self {
            replies: ReplyScanner::new(),
            arguments: ArgumentScanner::default(),
            holding: false,
            owed: 0,
            confirmations: 0,
            uncountable: false,
            in_transaction: false,
        }
    }

    /// Counts a command that goes to the server as it is.
    fn count(&mut self, meaning: &Meaning, arguments: usize) {
        match meaning {
            Meaning::Subscribes | Meaning::Unsubscribes if arguments > 0 => {
                self.confirmations += arguments as u64;
            }
            // Without a channel `SUBSCRIBE` is an error; how many confirmations the other has, the server knows.
            Meaning::Subscribes => self.owed += 1,
            Meaning::Unsubscribes => self.uncountable = true,
            Meaning::Begins => {
                self.owed += 1;
                self.in_transaction = true;
            }
            Meaning::Ends => {
                self.owed += 1;
                self.in_transaction = false;
            }
            Meaning::Ordinary | Meaning::Special => self.owed += 1,
        }
    }

    /// A command that the host must see whole, at the beginning of `bytes`.
    fn special(&mut self, bytes: &[u8]) -> Result<GuestStep, Violation> {
        let Some((words, consumed)) = whole(bytes)? else {
            self.holding = true;
            return Ok(GuestStep::Hold);
        };
        self.holding = false;
        let is = |at: usize, word: &[u8]| words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
        let answer = |text: &'static str| {
            // Nor in the middle of a message, which nobody owes.
            if self.owed + self.confirmations > 0 || !self.replies.at_boundary() {
                return GuestStep::Wait;
            }
            GuestStep::Answer { consumed, bytes: Bytes::from_static(text.as_bytes()) }
        };
        if is(0, b"QUIT") {
            return Ok(match answer("") {
                GuestStep::Wait => GuestStep::Wait,
                _ => GuestStep::Goodbye { consumed, bytes: Bytes::from_static(b"+OK\r\n") },
            });
        }
        if is(0, b"AUTH") {
            return Ok(match words.len() {
                2 | 3 => answer("+OK\r\n"),
                _ => answer("-ERR wrong number of arguments for 'auth' command\r\n"),
            });
        }
        if is(0, b"RESET") {
            return Ok(answer(
                "-NOPERM RESET would log out a pooled session: close the connection instead\r\n",
            ));
        }
        if is(0, b"MONITOR") || is(0, b"SYNC") || is(0, b"PSYNC") || is(0, b"REPLCONF") {
            return Ok(answer(
                "-NOPERM what other clients of the server do is not shown on a pooled session\r\n",
            ));
        }
        if is(0, b"HELLO") {
            let mut bytes = Vec::new();
            encode(&without_login(&words), &mut bytes);
            self.owed += 1;
            return Ok(GuestStep::Replace { consumed, bytes: bytes.into() });
        }
        if is(1, b"REPLY") && !is(2, b"ON") {
            return Ok(answer("-NOPERM CLIENT REPLY is not for a pooled session\r\n"));
        }
        let refused: [&[u8]; 5] = [b"KILL", b"UNBLOCK", b"PAUSE", b"UNPAUSE", b"NO-EVICT"];
        if refused.iter().any(|word| is(1, word)) {
            return Ok(answer("-NOPERM this CLIENT command is not for a pooled session\r\n"));
        }
        self.owed += 1;
        Ok(GuestStep::Forward(consumed))
    }
}

/// `HELLO 3 AUTH user password SETNAME name` without the login.
fn without_login<'a>(words: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let mut kept = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if kept.len() > 1 && word.eq_ignore_ascii_case(b"AUTH") {
            rest.next();
            rest.next();
        } else {
            kept.push(*word);
        }
    }
    kept
}

fn meaning(name: &[u8]) -> Meaning {
    let mut upper = [0; NAME_BYTES];
    let Some(upper) = upper.get_mut(..name.len()) else { return Meaning::Ordinary };
    upper.copy_from_slice(name);
    upper.make_ascii_uppercase();
    match &*upper {
        b"MULTI" => Meaning::Begins,
        b"EXEC" | b"DISCARD" => Meaning::Ends,
        b"SUBSCRIBE" | b"PSUBSCRIBE" | b"SSUBSCRIBE" => Meaning::Subscribes,
        b"UNSUBSCRIBE" | b"PUNSUBSCRIBE" | b"SUNSUBSCRIBE" => Meaning::Unsubscribes,
        b"AUTH" | b"HELLO" | b"QUIT" | b"RESET" | b"MONITOR" | b"SYNC" | b"PSYNC" | b"REPLCONF"
        | b"CLIENT" => Meaning::Special,
        _ => Meaning::Ordinary,
    }
}

impl Tracker for RedisTracker {
    fn from_guest(&mut self, bytes: &[u8]) -> Result<GuestStep, Violation> {
        let mut at = self.arguments.pass(bytes)?;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let (name, length, arguments, in_line) = match head(rest)? {
                Head::Short if at == 0 => {
                    self.holding = true;
                    return Ok(GuestStep::Hold);
                }
                Head::Short => break,
                Head::Nothing(length) => {
                    at += length;
                    continue;
                }
                Head::Array { name, bytes, arguments } => (name, bytes, arguments, false),
                Head::Line { name, bytes } => {
                    let words = rest[..bytes].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
                    (name, bytes, words.count() - 1, true)
                }
            };
            match meaning(name) {
                Meaning::Special if at == 0 => return self.special(rest),
                Meaning::Special => break,
                meaning => self.count(&meaning, arguments),
            }
            at += length;
            if !in_line {
                self.arguments = ArgumentScanner::new(arguments);
                at += self.arguments.pass(&bytes[at..])?;
            }
        }
        self.holding = false;
        Ok(GuestStep::Forward(at))
    }

    fn from_server(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        while !bytes.is_empty() {
            let (read, reply) = self.replies.next(bytes)?;
            bytes = &bytes[read..];
            let Some(reply) = reply else { continue };
            let confirms = matches!(reply.kind, b'*' | b'>')
                && matches!(
                    reply.word(),
                    b"subscribe"
                        | b"psubscribe"
                        | b"ssubscribe"
                        | b"unsubscribe"
                        | b"punsubscribe"
                        | b"sunsubscribe"
                );
            let is_message =
                reply.kind == b'>' || matches!(reply.word(), b"message" | b"pmessage" | b"smessage");
            if confirms {
                self.confirmations = self.confirmations.saturating_sub(1);
            } else if self.owed > 0 && reply.kind != b'>' {
                self.owed -= 1;
            } else if self.confirmations > 0 && matches!(reply.kind, b'-' | b'+') {
                // One error, or one `QUEUED`, for all the channels of a command.
                (self.confirmations, self.uncountable) = (0, true);
            } else if !is_message && !self.uncountable {
                return Err(Violation("a reply to no command"));
            }
        }
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.owed + self.confirmations > 0 || self.in_guest_frame() || !self.replies.at_boundary()
    }

    fn has_work_to_stop(&self) -> bool {
        // The server forgets a command that waits with its connection, and nobody can stop a script from outside.
        false
    }

    fn in_guest_frame(&self) -> bool {
        self.holding || !self.arguments.is_done()
    }

    fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    fn gap(&self) -> Option<Gap> {
        let countable = !self.uncountable && self.confirmations == 0 && self.owed <= 1;
        let gap = Gap { sequence: 0, awaited: self.owed == 1, explained: false };
        (countable && self.replies.at_boundary()).then_some(gap)
    }

    fn renew(&mut self) -> Verdict {
        *self = Self::new();
        self.verdict()
    }

    fn verdict(&self) -> Verdict {
        if self.in_guest_frame() {
            Verdict::Destroy("the guest left within a command")
        } else if !self.replies.at_boundary() {
            Verdict::Destroy("the guest left within a reply")
        } else if self.owed + self.confirmations > 0 {
            Verdict::Destroy("the guest left before the server had answered")
        } else if self.uncountable {
            Verdict::Destroy("what the server still says cannot be counted")
        } else {
            Verdict::Reset
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(words: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>(), &mut bytes);
        bytes
    }

    /// Sends bytes in pieces as a guest's stream does, and gives what the server gets.
    fn send(tracker: &mut RedisTracker, pieces: &[&[u8]]) -> Vec<u8> {
        let (mut held, mut sent) = (Vec::new(), Vec::new());
        for piece in pieces {
            held.extend_from_slice(piece);
            while !held.is_empty() {
                match tracker.from_guest(&held).unwrap() {
                    GuestStep::Forward(count) => sent.extend(held.drain(..count)),
                    GuestStep::Replace { consumed, bytes } => {
                        held.drain(..consumed);
                        sent.extend_from_slice(&bytes);
                    }
                    GuestStep::Hold => break,
                    other => panic!("{other:?}"),
                }
            }
        }
        sent
    }

    fn answered(tracker: &mut RedisTracker, text: &str) -> Result<Verdict, Violation> {
        tracker.from_server(text.as_bytes())?;
        Ok(tracker.verdict())
    }

    #[test]
    fn replies_are_counted_at_every_split_of_a_pipeline() {
        let pipeline = [array(&["SET", "k", "\r\n*1"]), b"GET k\r\n".to_vec(), array(&["PING"])].concat();
        for split in 0..=pipeline.len() {
            let mut tracker = RedisTracker::new();
            assert_eq!(send(&mut tracker, &[&pipeline[..split], &pipeline[split..]]), pipeline, "{split}");
            assert!(tracker.is_busy() && !tracker.in_guest_frame());
            assert!(matches!(answered(&mut tracker, "+OK\r\n$1\r\n"), Ok(Verdict::Destroy(_))));
            assert!(matches!(answered(&mut tracker, "v\r\n+PO"), Ok(Verdict::Destroy(_))));
            assert_eq!(answered(&mut tracker, "NG\r\n"), Ok(Verdict::Reset));
            assert!(answered(&mut tracker, "+PONG\r\n").is_err(), "a reply to no command");
        }
    }

    #[test]
    fn the_login_of_a_guest_never_reaches_the_server() {
        let mut tracker = RedisTracker::new();
        let hello = array(&["HELLO", "3", "AUTH", "me", "secret", "SETNAME", "n"]);
        let sent = send(&mut tracker, &[&hello[..20], &hello[20..]]);
        assert_eq!(sent, array(&["HELLO", "3", "SETNAME", "n"]));
        assert_eq!(
            tracker.from_guest(&array(&["AUTH", "secret"])),
            Ok(GuestStep::Wait),
            "HELLO is not answered yet"
        );
        answered(&mut tracker, "%1\r\n+proto\r\n:3\r\n").unwrap();
        for words in [&["AUTH", "secret"][..], &["auth", "me", "secret"]] {
            let step = tracker.from_guest(&array(words)).unwrap();
            assert!(matches!(step, GuestStep::Answer { bytes, .. } if bytes == "+OK\r\n"));
        }
    }

    #[test]
    fn what_would_reach_other_clients_is_refused_and_goodbye_is_swallowed() {
        let mut tracker = RedisTracker::new();
        for words in [
            &["MONITOR"][..],
            &["reset"],
            &["CLIENT", "KILL", "ID", "3"],
            &["client", "reply", "off"],
            &["SYNC"],
        ] {
            let step = tracker.from_guest(&array(words)).unwrap();
            assert!(
                matches!(step, GuestStep::Answer { bytes, .. } if bytes.starts_with(b"-NOPERM")),
                "{words:?}"
            );
        }
        assert_eq!(tracker.verdict(), Verdict::Reset);
        assert!(matches!(tracker.from_guest(&array(&["CLIENT", "SETNAME", "x"])), Ok(GuestStep::Forward(_))));
        let both = [array(&["PING"]), array(&["QUIT"])].concat();
        assert_eq!(tracker.from_guest(&both), Ok(GuestStep::Forward(14)));
        assert_eq!(tracker.from_guest(&both[14..]), Ok(GuestStep::Wait));
        answered(&mut tracker, "+OK\r\n+PONG\r\n").unwrap();
        assert!(matches!(tracker.from_guest(&both[14..]), Ok(GuestStep::Goodbye { consumed: 14, .. })));
    }

    #[test]
    fn subscriptions_have_a_confirmation_a_channel_and_messages_are_no_replies() {
        let mut tracker = RedisTracker::new();
        send(&mut tracker, &[&array(&["SUBSCRIBE", "a", "b"])]);
        let confirmation = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
        let message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n";
        assert!(matches!(answered(&mut tracker, confirmation), Ok(Verdict::Destroy(_))));
        assert_eq!(answered(&mut tracker, &[message, confirmation, message].concat()), Ok(Verdict::Reset));
        // The host says nothing in the middle of a message.
        answered(&mut tracker, &message[..20]).unwrap();
        for words in ["AUTH guest", "MONITOR", "QUIT"] {
            let command = array(&words.split(' ').collect::<Vec<_>>());
            assert_eq!(tracker.from_guest(&command), Ok(GuestStep::Wait), "{words}");
        }
        answered(&mut tracker, &message[20..]).unwrap();
        assert!(matches!(tracker.from_guest(&array(&["QUIT"])), Ok(GuestStep::Goodbye { .. })));
        send(&mut tracker, &[&array(&["UNSUBSCRIBE"])]);
        assert!(
            matches!(tracker.verdict(), Verdict::Destroy(_)),
            "how many confirmations come, is not known"
        );
    }

    #[test]
    fn transactions_are_seen_and_undone() {
        let mut tracker = RedisTracker::new();
        send(&mut tracker, &[b"multi\r\nset a 1\r\n"]);
        assert_eq!(answered(&mut tracker, "+OK\r\n+QUEUED\r\n"), Ok(Verdict::Reset));
        assert!(tracker.in_transaction());
        send(&mut tracker, &[b"EXEC\r\n"]);
        assert!(!tracker.in_transaction() && tracker.is_busy());
        tracker.renew();
        assert!(!tracker.is_busy());
    }
}
