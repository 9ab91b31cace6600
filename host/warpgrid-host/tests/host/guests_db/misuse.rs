//! Guests that break PostgreSQL's rules: each is cut off or told, and the next guest is served as if nothing had been.

use super::sql::{connects_again, drops, works};
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
    for word in ["no-protocol", "twice"] {
        let said = world.text(MISUSE, &[word]).await;
        assert_eq!(said, "sent\nanswer Some('E'), then the end\n", "{word}");
    }
    // PostgreSQL takes the first letters for a length that cannot be, and has no word for that.
    assert_eq!(world.text(MISUSE, &["wrong-protocol"]).await, "answer None, then the end\n");
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
        connects_again(&world, NEXT).await;
    }
}

#[tokio::test]
async fn a_guest_that_never_reads_its_gigabyte_holds_nobody_up() {
    let world = World::postgres();
    world.beside(MISUSE, &["never-read", "3600"], "asked", works(&world, NEXT)).await;
    works(&world, NEXT).await;
    assert_eq!(world.text(MISUSE, &["never-read", "0"]).await, "asked\nwaited\n");
}
