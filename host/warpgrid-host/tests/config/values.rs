//! How sizes and times are written.

use crate::read;
use std::time::Duration;

#[test]
fn a_size_has_a_unit_or_is_a_number_of_bytes() {
    let memory = |text: &str| read(&format!("[limits]\nmemory = {text}")).limits.memory_bytes;
    assert_eq!(memory("'1MiB'"), 1 << 20);
    assert_eq!(memory("'1 MiB'"), 1 << 20);
    assert_eq!(memory("'1MB'"), 1_000_000);
    assert_eq!(memory("'1.5GiB'"), 3 << 29);
    assert_eq!(memory("'1048576'"), 1 << 20);
    assert_eq!(memory("1048576"), 1 << 20);
}

#[test]
fn a_time_is_a_number_of_seconds_with_or_without_a_fraction() {
    let request = |text: &str| read(&format!("[limits]\nrequest-seconds = {text}")).limits.request;
    assert_eq!(request("3"), Duration::from_secs(3));
    assert_eq!(request("0.25"), Duration::from_millis(250));
}
