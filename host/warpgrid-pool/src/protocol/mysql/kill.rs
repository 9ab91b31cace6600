//! `KILL` as a guest writes it, found by the first word of a statement; knows no threads.
//!
//! Only the first statement of a text is looked at, and only its first word: a `KILL` inside a procedure or behind a
//! semicolon is for the server's privileges to judge.

/// What a statement begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstWord {
    /// `KILL`; the rest of the statement is from here on.
    Kill(usize),
    /// Something else.
    Other,
    /// Not enough of the text is here.
    Unknown,
}

/// What is to be stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The words between `KILL` and the number, as the guest wrote them.
    pub(super) words: String,
    /// The thread as the guest knows it.
    pub(super) thread: u32,
}

/// Looks at the beginning of a statement. `whole` says that nothing follows.
pub(super) fn first_word(text: &[u8], whole: bool) -> FirstWord {
    let Some(at) = skip(text, 0) else {
        return if whole { FirstWord::Other } else { FirstWord::Unknown };
    };
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let known = rest.get(..length.min(4)).unwrap_or_default();
    if !b"KILL".get(..known.len()).unwrap_or_default().eq_ignore_ascii_case(known) {
        return FirstWord::Other;
    }
    match (length, length == rest.len() && !whole) {
        (_, true) if length <= 4 => FirstWord::Unknown,
        (4, _) => FirstWord::Kill(at + 4),
        _ => FirstWord::Other,
    }
}

/// Reads what stands behind `KILL`, the whole of it. None: not a plain `KILL` of one thread.
pub(super) fn target(text: &[u8]) -> Option<Target> {
    let mut words = Vec::new();
    let mut at = 0;
    let thread = loop {
        at = skip(text, at)?;
        let rest = text.get(at..)?;
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let word = std::str::from_utf8(rest.get(..length)?).ok()?;
        at += length;
        if word.starts_with(|letter: char| letter.is_ascii_digit()) {
            break word.parse().ok()?;
        }
        let known = match (words.len(), word.to_ascii_uppercase().as_str()) {
            (0, "HARD" | "SOFT") => true,
            (0 | 1, "CONNECTION" | "QUERY") => {
                words.last().is_none_or(|last| matches!(*last, "HARD" | "SOFT"))
            }
            _ => false,
        };
        if !known {
            return None;
        }
        words.push(match word.to_ascii_uppercase().as_str() {
            "HARD" => "HARD",
            "SOFT" => "SOFT",
            "CONNECTION" => "CONNECTION",
            _ => "QUERY",
        });
    };
    // Behind the number nothing but an end of a version comment, a semicolon, spaces and comments.
    if skip(text, at).is_some() {
        return None;
    }
    Some(Target { words: words.join(" "), thread })
}

/// The place of the first byte, from `at` on, that is neither space nor comment. What a comment holds for servers of a
/// certain version counts as text. None: there is none.
fn skip(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = text.get(at..)?;
        at += match rest {
            [] => return None,
            [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => 1,
            [b'#', ..] => until(rest, b"\n")?,
            [b'-', b'-', next, ..] if next.is_ascii_whitespace() || next.is_ascii_control() => {
                until(rest, b"\n")?
            }
            [b'/', b'*', b'!', digits @ ..] => 3 + version(digits),
            [b'/', b'*', b'M', b'!', digits @ ..] => 4 + version(digits),
            [b'/', b'*', inside @ ..] => 2 + until(inside, b"*/")?,
            // The end of a comment for certain versions, and of an empty statement.
            [b'*', b'/', ..] => 2,
            [b';', ..] => 1,
            // The beginning of a comment, or its end, cut off.
            [b'/'] | [b'-'] | [b'-', b'-'] | [b'*'] => return None,
            _ => return Some(at),
        };
    }
}

/// How many bytes there are up to the end of `end`.
fn until(text: &[u8], end: &[u8]) -> Option<usize> {
    text.windows(end.len()).position(|window| window == end).map(|at| at + end.len())
}

fn version(text: &[u8]) -> usize {
    text.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_is_found_behind_spaces_and_comments() {
        for text in [
            "KILL 5",
            "kill 5",
            "\t\n KiLl\t5",
            "/* a */KILL/**/5",
            "# a\nKILL 5",
            "-- a\nKILL 5",
            "/*!50000 KILL 5*/",
            "/*M!100100 KILL QUERY 5 */",
            "/*!KILL 5*/",
            "KILL",
            "KILL;",
            ";KILL 5",
            "/*!50000 */KILL 5",
        ] {
            assert!(matches!(first_word(text.as_bytes(), true), FirstWord::Kill(_)), "{text}");
        }
        for text in [
            "",
            " ",
            "SELECT 1",
            "KILLER",
            "KILL_5",
            "SKILL 5",
            "/* KILL 5 */",
            "/* KILL",
            "-- KILL 5",
            "KIL",
            "K",
            "--KILL",
        ] {
            assert_eq!(first_word(text.as_bytes(), true), FirstWord::Other, "{text}");
        }
    }

    #[test]
    fn more_bytes_never_change_what_was_said() {
        for text in
            ["/* x */ KILL QUERY 5", " -- x\n kill 7", "/*!50000KILL 5*/", "SELECT 1", "K", "KILLER 5", "# x"]
        {
            let whole = first_word(text.as_bytes(), true);
            for end in 0..=text.len() {
                let part = first_word(&text.as_bytes()[..end], false);
                assert!(part == whole || part == FirstWord::Unknown, "{text} {end}: {part:?}");
            }
        }
    }

    #[test]
    fn only_a_plain_kill_of_one_thread_has_a_target() {
        for (text, words) in [
            (" 5", ""),
            ("/**/5;", ""),
            (" QUERY 5 ", "QUERY"),
            (" connection\n5", "CONNECTION"),
            (" HARD QUERY 5 -- x\n", "HARD QUERY"),
            (" soft 5*/", "SOFT"),
            (" SOFT CONNECTION 5; # x\n", "SOFT CONNECTION"),
        ] {
            let found = target(text.as_bytes());
            assert_eq!(found, Some(Target { words: words.into(), thread: 5 }), "{text}");
        }
        for text in [
            "",
            " ",
            " QUERY",
            " USER root",
            " QUERY ID 5",
            " 5, 6",
            " 5; SELECT 1",
            " 5+1",
            " @a",
            " CONNECTION_ID()",
            " 0x05",
            " 99999999999",
            " QUERY HARD 5",
            " HARD SOFT 5",
            " QUERY QUERY 5",
            " -5",
            " '5'",
            " 5e1",
            " 5_",
        ] {
            assert_eq!(target(text.as_bytes()), None, "{text}");
        }
    }
}
