//! Memory and tables.

use super::attack::{application, attack, engine, run};
use super::own_process::alone;
use crate::harness::guest;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::instance::{Outcome, RunError};

const LIMIT: usize = 64 << 20;

fn limits() -> GuestLimits {
    GuestLimits { memory_bytes: LIMIT, ..GuestLimits::default() }
}

/// A command of one core module in text form; its function `run` gives 0 for success.
pub(super) fn command(module: &str) -> Vec<u8> {
    let component = format!(
        r#"(component
            (core module $module {module})
            (core instance $instance (instantiate $module))
            (func $run (result (result)) (canon lift (core func $instance "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    );
    wat::parse_str(component).unwrap()
}

#[test]
fn a_guest_that_allocates_without_end_is_ended_and_its_memory_given_back() {
    alone(module_path!(), "a_guest_that_allocates_without_end_is_ended_and_its_memory_given_back", || {
        let attacked = attack("limits_attack", &["memory"], limits());
        let RunError::OutOfMemory { limit, .. } = attacked.error() else { panic!("{:?}", attacked.error()) };
        assert_eq!(*limit, LIMIT);
        attacked.is_refused("memory");
        attacked.is_cheap(LIMIT);
    });
}

#[tokio::test]
async fn a_guest_that_can_live_with_a_refusal_does() {
    let application = application(&engine(), &guest("limits_attack"), limits());
    let (ran, refusals) = run(&application, &["memory-softly"]).await;
    assert_eq!(ran.text(), "refused\n");
    assert_eq!(refusals.len(), 1);
}

#[tokio::test]
async fn all_memories_of_a_guest_count_together() {
    // Grows one memory, then the other, page by page, until it is refused; ends well if that was after
    // exactly 1024 pages, which are 64 MiB.
    let bytes = command(
        r#"(memory $a 1) (memory $b 1)
           (func (export "run") (result i32)
             (loop $more
               (br_if $more (i32.and
                 (i32.ne (memory.grow $a (i32.const 1)) (i32.const -1))
                 (i32.ne (memory.grow $b (i32.const 1)) (i32.const -1)))))
             (i32.ne (i32.add (memory.size $a) (memory.size $b)) (i32.const 1024)))"#,
    );
    let application = application(&engine(), &bytes, limits());
    let (ran, refusals) = run(&application, &[]).await;
    assert_eq!(ran.outcome.unwrap(), Outcome::Exited(0));
    assert_eq!(refusals.len(), 1);
}

#[tokio::test]
async fn a_guest_that_starts_with_more_than_its_limit_is_told_so() {
    let bytes = command(r#"(memory 2000) (func (export "run") (result i32) (i32.const 0))"#);
    let application = application(&engine(), &bytes, limits());
    let error = run(&application, &[]).await.0.outcome.unwrap_err();
    assert!(matches!(error, RunError::OutOfMemory { limit: LIMIT, .. }), "{error:?}");
}

#[tokio::test]
async fn all_tables_of_a_guest_count_together_and_a_refused_growth_gives_minus_one() {
    let bytes = command(
        r#"(table $a 0 funcref) (table $b 0 externref)
           (func (export "run") (result i32)
             (loop $more
               (br_if $more (i32.and
                 (i32.ne (table.grow $a (ref.null func) (i32.const 10)) (i32.const -1))
                 (i32.ne (table.grow $b (ref.null extern) (i32.const 10)) (i32.const -1)))))
             (i32.ne (i32.add (table.size $a) (table.size $b)) (i32.const 5000)))"#,
    );
    let limits = GuestLimits { table_elements: 5000, ..GuestLimits::default() };
    let application = application(&engine(), &bytes, limits);
    let (ran, refusals) = run(&application, &[]).await;
    assert_eq!(ran.outcome.unwrap(), Outcome::Exited(0));
    assert_eq!(refusals.iter().map(|refusal| refusal.1.as_str()).collect::<Vec<_>>(), ["tables"]);
}

#[tokio::test]
async fn a_call_carries_no_more_than_its_limit_and_random_bytes_neither() {
    let limits = GuestLimits { call_bytes: 1 << 20, ..GuestLimits::default() };
    let application = application(&engine(), &guest("limits_attack"), limits);
    for (within, beyond) in [(["random", "1048576"], ["random", "1048577"])] {
        assert_eq!(run(&application, &within).await.0.text(), "1048576\n");
        assert!(run(&application, &beyond).await.0.outcome.is_err());
    }
    assert!(run(&application, &["large-call", "2097152"]).await.0.outcome.is_err());
}

#[test]
fn a_huge_request_for_random_bytes_costs_the_host_nothing() {
    alone(module_path!(), "a_huge_request_for_random_bytes_costs_the_host_nothing", || {
        let attacked = attack("limits_attack", &["random", "1099511627776"], GuestLimits::default());
        assert!(attacked.ran.outcome.is_err());
        attacked.is_cheap(0);
        // WASI 0.3 may answer with less than was asked for.
        let attacked = attack("limits_attack_p3", &["random"], GuestLimits::default());
        let given: u64 = attacked.ran.text().trim().parse().unwrap();
        assert!(given > 0 && given <= 1 << 24, "{given}");
        attacked.is_cheap(1 << 24);
    });
}

#[tokio::test]
async fn the_headers_of_one_message_have_a_limit() {
    let application = application(&engine(), &guest("limits_attack"), GuestLimits::default());
    let (ran, _) = run(&application, &["large-header", "65536"]).await;
    assert_eq!(ran.text(), "added\n");
    let (ran, _) = run(&application, &["large-header", "262144"]).await;
    assert!(ran.outcome.is_err(), "{:?}", ran.outcome);
}
