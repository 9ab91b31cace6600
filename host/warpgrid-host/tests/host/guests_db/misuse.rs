//! Guests that break PostgreSQL's rules: each is cut off or told, and the next guest is served as if nothing had been.

use super::sql::{drops, works};
use super::world::{Program, World};

const MISUSE: Program = Program { name: "db_misuse", first: &[] };
const NEXT: Program = Program { name: "db_tokio_postgres", first: &[] };

#[tokio::test]
async fn one_byte_a_call_is_slow_and_right() {
    let world = World::postgres();
    assert_eq!(world.text(MISUSE, &["trickle"]).await, "42\n");
    works(&world, NEXT).await;
}

#[tokio::test]
async fn bytes_of_no_protocol_end_the_connection() {
    let world = World::postgres();
    // The host says what is wrong, after the login and before it.
    for word in ["no-protocol", "twice"] {
        assert_eq!(world.text(MISUSE, &[word]).await, "sent\nanswer Some('E'), then the end\n", "{word}");
    }
    assert_eq!(world.text(MISUSE, &["wrong-protocol"]).await, "answer Some('E'), then the end\n");
    works(&world, NEXT).await;
}

#[tokio::test]
async fn half_a_message_holds_nobody_up() {
    let world = World::postgres();
    for word in ["half-startup", "half-frame"] {
        world.beside(MISUSE, &[word], "sent", works(&world, NEXT)).await;
    }
    assert_eq!(world.text(MISUSE, &["half-frame-and-leave", "orphan"]).await, "sent\n");
    assert_eq!(world.ask("SELECT count(*) FROM orphan"), "0");
    drops(&world, "orphan");
    works(&world, NEXT).await;
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_nobody_elses() {
    let world = World::postgres();
    for _ in 0..3 {
        assert_eq!(world.text(MISUSE, &["unread"]).await, "asked\n");
        let said = world.text(NEXT, &["reuse", "5"]).await;
        assert_eq!(said, "5 connections, 1 sessions of the server\n");
    }
}

#[tokio::test]
async fn a_guest_that_never_reads_its_gigabyte_holds_nobody_up() {
    let world = World::postgres();
    world.beside(MISUSE, &["never-read", "3600"], "asked", works(&world, NEXT)).await;
    works(&world, NEXT).await;
    assert_eq!(world.text(MISUSE, &["never-read", "0"]).await, "asked\nwaited\n");
}
