//! Handles: pollables, headers, streams, futures and tasks without end.

use super::attack::attack;
use super::own_process::alone;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::instance::RunError;

fn hoard(program: &str, arguments: &'static [&'static str]) {
    let attacked = attack(program, arguments, GuestLimits::default());
    let RunError::HandleLimit { limit } = attacked.error() else { panic!("{:?}", attacked.error()) };
    assert_eq!(*limit, 10_000);
    attacked.is_refused("handles");
    attacked.is_cheap(0);
}

#[test]
fn a_guest_that_hoards_handles_of_wasi_0_2_is_ended() {
    alone(module_path!(), "a_guest_that_hoards_handles_of_wasi_0_2_is_ended", || {
        hoard("limits_attack", &["pollables"]);
        hoard("limits_attack", &["headers"]);
    });
}

#[test]
fn a_guest_that_hoards_streams_of_wasi_0_3_is_ended() {
    alone(module_path!(), "a_guest_that_hoards_streams_of_wasi_0_3_is_ended", || {
        hoard("limits_attack_p3", &["streams"]);
        hoard("limits_attack_p3", &["futures"]);
    });
}

#[test]
fn a_guest_that_starts_tasks_without_end_is_ended() {
    alone(module_path!(), "a_guest_that_starts_tasks_without_end_is_ended", || {
        hoard("limits_attack_p3", &["tasks"]);
    });
}
