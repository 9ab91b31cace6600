//! Time on the processor, and the depth of calls.

use super::attack::{HOST_BYTES, application, attack, engine, run};
use super::own_process::{alone, resident};
use crate::harness::guest;
use std::time::{Duration, Instant};
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::instance::{Outcome, RunError};

const LIMIT: Duration = Duration::from_millis(300);

fn limits() -> GuestLimits {
    GuestLimits { cpu: Some(LIMIT), ..GuestLimits::default() }
}

#[test]
fn a_guest_that_spins_is_ended_at_its_limit_while_another_is_answered() {
    alone(module_path!(), "a_guest_that_spins_is_ended_at_its_limit_while_another_is_answered", || {
        for (program, arguments) in [
            ("limits_attack", &["spin"][..]),
            ("limits_attack", &["spin-with-calls"]),
            ("limits_attack_p3", &["spin"]),
        ] {
            let attacked = attack(program, arguments, limits());
            assert!(
                matches!(attacked.error(), RunError::CpuLimit { limit: LIMIT }),
                "{:?}",
                attacked.error()
            );
            attacked.is_refused("processor");
            attacked.is_cheap(0);
        }
    });
}

#[tokio::test]
async fn one_thread_answers_a_guest_although_another_spins_without_end() {
    let engine = engine();
    let spinning = application(&engine, &guest("limits_attack"), GuestLimits::default());
    let other = application(&engine, &guest("limits_answer"), GuestLimits::default());
    let spinning = tokio::spawn(async move { run(&spinning, &["spin"]).await.0.outcome });
    for _ in 0..3 {
        assert_eq!(run(&other, &[]).await.0.outcome.unwrap(), Outcome::Exited(0));
    }
    assert!(!spinning.is_finished());
    spinning.abort();
    assert!(spinning.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn waiting_is_not_counted_and_work_below_the_limit_ends_well() {
    let application = application(&engine(), &guest("limits_attack"), limits());
    let start = Instant::now();
    let (ran, _) = run(&application, &["sleep", "600"]).await;
    assert_eq!(ran.outcome.unwrap(), Outcome::Exited(0));
    assert!(start.elapsed() >= Duration::from_millis(600));
    assert_eq!(run(&application, &["work", "50"]).await.0.text(), "worked\n");
}

#[tokio::test]
async fn a_deep_recursion_runs_and_an_endless_one_traps() {
    let application = application(&engine(), &guest("limits_attack"), GuestLimits::default());
    assert_eq!(run(&application, &["recurse", "100000"]).await.0.text(), "true\n");
    let error = run(&application, &["recurse"]).await.0.outcome.unwrap_err();
    assert!(matches!(&error, RunError::Trap { trap, .. } if trap.contains("stack")), "{error:?}");
    assert_eq!(run(&application, &["work", "1"]).await.0.text(), "worked\n");
}

#[test]
fn deep_stacks_do_not_stay_in_memory() {
    alone(module_path!(), "deep_stacks_do_not_stay_in_memory", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let application = application(&engine(), &guest("limits_attack"), GuestLimits::default());
            run(&application, &["work", "1"]).await;
            let before = resident();
            // All at the same time, so that each has a stack of its own, several megabytes deep.
            let deep = (0..16).map(|_| run(&application, &["recurse-and-sleep", "100000", "2000"]));
            let all = futures::future::join_all(deep);
            let deep_enough = async {
                while resident() < before + 2 * HOST_BYTES {
                    tokio::task::yield_now().await;
                }
            };
            let bounded = tokio::time::timeout(Duration::from_secs(20), deep_enough);
            let (ran, deep) = futures::future::join(all, bounded).await;
            assert!(ran.iter().all(|(ran, _)| ran.text() == "true\n"));
            assert!(deep.is_ok(), "the stacks are not deep");
            let left = resident().saturating_sub(before);
            assert!(left <= HOST_BYTES, "{left} bytes are left");
        });
    });
}
