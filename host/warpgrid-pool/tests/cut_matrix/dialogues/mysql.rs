//! Dialogues of MySQL; what they leave behind is called `canary`.

use crate::dialogue::Step::{Hear, Say, SayOfStatement};
use crate::dialogue::{Dialogue, Step};
use crate::proof::wire::{handshake_response, packet};

fn say(payload: &[u8]) -> Step {
    Say(packet(0, payload))
}

fn query(text: &str) -> Step {
    say(&[b"\x03", text.as_bytes()].concat())
}

/// Commands without rows: one packet each.
fn orders(texts: &[&str]) -> Vec<Step> {
    texts.iter().flat_map(|text| [query(text), Hear(0, 1)]).collect()
}

/// A query of one column and one row.
fn row(text: &str) -> Vec<Step> {
    vec![query(text), Hear(0, 5)]
}

/// The number of the statement goes behind the number of the command.
fn of_statement(number: u8, rest: &[u8]) -> Step {
    SayOfStatement(packet(0, &[&[number][..], &[0; 4], rest].concat()))
}

fn dialogue(name: &'static str, steps: impl IntoIterator<Item = Step>) -> Dialogue {
    let login = [Hear(0, 1), Say(handshake_response()), Hear(0, 1)];
    Dialogue::new(name, login.into_iter().chain(steps).collect())
}

fn file(pieces: &[&[u8]]) -> Vec<Step> {
    let mut steps = orders(&["CREATE TEMPORARY TABLE canary (x INT)"]);
    steps.extend([query("LOAD DATA LOCAL INFILE 'canary' INTO TABLE canary"), Hear(0, 1)]);
    let pieces = pieces.iter().copied().chain([&b""[..]]);
    let packets = pieces.zip(2..).map(|(piece, number)| packet(number, piece));
    steps.extend([Say(packets.collect::<Vec<_>>().concat()), Hear(0, 1)]);
    steps
}

/// `SELECT ?, 'canary'`: the answer, two columns and a parameter, each list with its end.
fn prepared(more: impl IntoIterator<Item = Step>) -> Vec<Step> {
    [say(b"\x16SELECT ?, 'canary'"), Hear(0, 6)].into_iter().chain(more).collect()
}

pub(crate) fn all() -> Vec<Dialogue> {
    // One parameter, of type string, which is `x`.
    const EXECUTE: &[u8] = b"\0\x01\0\0\0\0\x01\xfe\0\x01x";
    const WITH_CURSOR: &[u8] = b"\x01\x01\0\0\0\0\x01\xfe\0\x01x";
    // The parameter was sent before.
    const EXECUTE_LONG: &[u8] = b"\0\x01\0\0\0\0\x01\xfe\0";
    let left = "SET @canary = 1, autocommit = 0, sql_mode = 'ANSI_QUOTES'; DO GET_LOCK('canary', 0); \
                CREATE TEMPORARY TABLE canary (x INT)";
    vec![
        dialogue("query", row("SELECT 'canary'")),
        dialogue(
            "order",
            orders(&["CREATE TEMPORARY TABLE canary (x INT)", "INSERT INTO canary VALUES (1)"]),
        ),
        dialogue("error", orders(&["SELECT no_such_canary", "DO 1"])),
        dialogue("several", [query("SELECT 'canary'; DO 1; SELECT 2"), Hear(0, 11)]),
        dialogue("several-with-error", [query("SELECT 'canary'; nonsense; SELECT 2"), Hear(0, 6)]),
        dialogue("prepared", prepared([of_statement(0x17, EXECUTE), Hear(0, 6)])),
        dialogue(
            "cursor",
            prepared([
                of_statement(0x17, WITH_CURSOR),
                Hear(0, 4),
                of_statement(0x1c, &[1, 0, 0, 0]),
                Hear(0, 2),
            ]),
        ),
        dialogue(
            "long-data",
            prepared([
                of_statement(0x18, b"\0\0canary"),
                of_statement(0x17, EXECUTE_LONG),
                Hear(0, 6),
                of_statement(0x1a, b""),
                Hear(0, 1),
            ]),
        ),
        dialogue("closed-statement", prepared([of_statement(0x19, b""), say(b"\x0e"), Hear(0, 1)])),
        dialogue("text-prepared", orders(&["PREPARE canary FROM 'SELECT 1'"])),
        dialogue("file", file(&[b"1\n", b"2\n3\n"])),
        dialogue("empty-file", file(&[])),
        dialogue("bad-file", file(&[b"canary\n"])),
        dialogue(
            "transaction",
            orders(&[
                "CREATE TEMPORARY TABLE canary (x INT)",
                "BEGIN",
                "INSERT INTO canary VALUES (1)",
                "COMMIT",
            ]),
        ),
        dialogue("open-transaction", orders(&["START TRANSACTION READ ONLY", "SET @canary = 1"])),
        dialogue("settings", [query(left), Hear(0, 3)]),
        dialogue("other-database", [say(b"\x02information_schema"), Hear(0, 1)]),
        dialogue("ping-and-statistics", [say(b"\x0e"), Hear(0, 1), say(b"\x09"), Hear(0, 1)]),
        dialogue(
            "pipeline",
            [
                Say([packet(0, b"\x03SELECT 'canary'"), packet(0, b"\x0e"), packet(0, b"\x03DO 1")].concat()),
                Hear(0, 7),
            ],
        ),
        dialogue("kill-of-a-stranger", orders(&["KILL QUERY 12", "DO 1"])),
        dialogue("other-user", [say(b"\x11canary\0\0app\0"), Hear(0, 1)]),
        dialogue("reset", orders(&["SET @canary = 1"]).into_iter().chain([say(b"\x1f"), Hear(0, 1)])),
        dialogue("option", [say(b"\x1b\x01\0"), Hear(0, 1)]).lost(),
        dialogue("goodbye", row("SELECT 'canary'").into_iter().chain([say(b"\x01")])),
        dialogue("large-answer", row("SELECT REPEAT('canary', 3000)")),
        dialogue("large-question", row(&format!("SELECT LENGTH('{}')", "canary".repeat(2000)))),
    ]
}
