//! Dialogues of PostgreSQL; what they leave behind is called `canary`.

use crate::dialogue::Step::{Hear, Say};
use crate::dialogue::{Dialogue, Step};
use crate::proof::wire::{frame, startup};

const BIND: &[u8] = b"\0\0\0\0\0\0\0\0";
const EXECUTE: &[u8] = b"\0\0\0\0\0";

fn query(text: &str) -> Step {
    Say(frame('Q', &[text.as_bytes(), b"\0"].concat()))
}

/// Queries, one after the other, each answered.
fn queries(texts: &[&str]) -> Vec<Step> {
    texts.iter().flat_map(|text| [query(text), Hear(b'Z', 1)]).collect()
}

fn parse(name: &str, text: &str) -> Vec<u8> {
    frame('P', &[name.as_bytes(), b"\0", text.as_bytes(), b"\0\0\0"].concat())
}

/// Parse, Bind, Describe, Execute, without a Sync.
fn statement(text: &str) -> Vec<u8> {
    [parse("", text), frame('B', BIND), frame('D', b"P\0"), frame('E', EXECUTE)].concat()
}

fn sync() -> Vec<u8> {
    frame('S', b"")
}

fn dialogue(name: &'static str, steps: impl IntoIterator<Item = Step>) -> Dialogue {
    Dialogue::new(name, [Say(startup()), Hear(b'Z', 1)].into_iter().chain(steps).collect())
}

fn copy_in(end: Vec<u8>) -> Vec<Step> {
    let mut steps = queries(&["CREATE TEMP TABLE canary (x int)"]);
    steps.extend([query("COPY canary FROM STDIN"), Hear(b'G', 1)]);
    steps.extend([Say(frame('d', b"1\n2\n")), Say(end), Hear(b'Z', 1)]);
    steps
}

pub(crate) fn all() -> Vec<Dialogue> {
    let named = [
        parse("canary", "SELECT 'canary', $1::text"),
        frame('B', b"\0canary\0\0\0\0\x01\0\0\0\x01x\0\0"),
        frame('E', EXECUTE),
        sync(),
    ];
    let suspended = [
        parse("", "SELECT 'canary' FROM generate_series(1, 3)"),
        frame('B', BIND),
        frame('E', b"\0\0\0\0\x01"),
        frame('H', b""),
    ];
    let failing = [parse("", "nonsense"), statement("SELECT 2"), sync(), statement("SELECT 3"), sync()];
    let mut extended_copy = queries(&["CREATE TEMP TABLE canary (x int)"]);
    extended_copy.push(Say([statement("COPY canary FROM STDIN"), frame('H', b"")].concat()));
    extended_copy.extend([Hear(b'G', 1), Say([frame('d', b"1\n"), frame('c', b""), sync()].concat())]);
    extended_copy.push(Hear(b'Z', 1));
    // int4pl(2, 3), oid 177, in binary.
    let call = b"\0\0\0\xb1\0\x01\0\x01\0\x02\0\0\0\x04\0\0\0\x02\0\0\0\x04\0\0\0\x03\0\x01";
    let left = "SET search_path = canary; SET application_name = 'canary'; SELECT pg_advisory_lock(7); \
                LISTEN canary; CREATE TEMP TABLE canary (x int); PREPARE canary AS SELECT 1";
    let one = |bytes: Vec<u8>, count| vec![Say(bytes), Hear(b'Z', count)];
    vec![
        dialogue("simple", queries(&["SELECT 'canary', 1"])),
        dialogue("empty", queries(&["", ";"])),
        dialogue("several", queries(&["SELECT 'canary'; SELECT 2;; BEGIN; COMMIT"])),
        dialogue("error", queries(&["SELECT 'canary'; SELECT no_such_column", "SELECT 2"])),
        dialogue("notice", queries(&["DO $$BEGIN RAISE NOTICE 'canary'; END$$"])),
        dialogue("extended", one([statement("SELECT 'canary'"), sync()].concat(), 1)),
        dialogue("prepared", one(named.concat(), 1)),
        dialogue("suspended", [Say(suspended.concat()), Hear(b's', 1), Say(sync()), Hear(b'Z', 1)]),
        dialogue(
            "pipeline",
            one([statement("SELECT 'canary'"), sync(), statement("BEGIN"), sync(), sync()].concat(), 3),
        ),
        dialogue("failing-pipeline", one(failing.concat(), 2)),
        dialogue("unsynced", [Say([statement("SELECT 'canary'"), frame('H', b"")].concat()), Hear(b'C', 1)])
            .lost(),
        dialogue("copy-in", copy_in(frame('c', b""))),
        dialogue("copy-in-failed", copy_in(frame('f', b"canary\0"))),
        dialogue("copy-in-nonsense", copy_in([frame('d', b"canary\n"), frame('c', b"")].concat())),
        dialogue("copy-in-extended", extended_copy),
        dialogue("copy-out", queries(&["COPY (SELECT 'canary' FROM generate_series(1, 3)) TO STDOUT"])),
        dialogue("transaction", queries(&["BEGIN", "CREATE TEMP TABLE canary (x int)", "COMMIT"])),
        dialogue("open-transaction", queries(&["BEGIN", "CREATE TEMP TABLE canary (x int)"])),
        dialogue("failed-transaction", queries(&["BEGIN", "nonsense"])),
        dialogue("savepoint", queries(&["BEGIN; SAVEPOINT canary", "nonsense", "ROLLBACK TO canary"])),
        dialogue("settings", queries(&[left])),
        dialogue("notification", queries(&["LISTEN canary", "NOTIFY canary, 'canary'"])),
        dialogue("cursor", queries(&["BEGIN; DECLARE canary CURSOR WITH HOLD FOR SELECT 'canary'; COMMIT"])),
        dialogue("function", one(frame('F', call), 1)),
        dialogue("goodbye", [query("SELECT 'canary'"), Hear(b'Z', 1), Say(frame('X', b""))]),
        dialogue("large-answer", queries(&["SELECT repeat('canary', 3000)"])),
        dialogue("large-question", queries(&[&format!("SELECT length('{}')", "canary".repeat(2000))])),
    ]
}
