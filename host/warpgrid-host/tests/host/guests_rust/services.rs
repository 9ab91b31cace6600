//! Services are told from commands by what they export.

use crate::harness::{guest, load, run_with};
use warpgrid_host::application::GuestKind;
use warpgrid_host::instance::RunError;

#[tokio::test]
async fn services_of_both_versions_link_and_are_no_commands() {
    for name in ["guests_axum", "guests_handler_p3", "http_hello", "http_hello_p3"] {
        let application = load(&guest(name), "").unwrap();
        assert_eq!(application.kind(), GuestKind::Http, "{name}");
        let ran = run_with(&application, &[], &[]).await;
        assert!(matches!(ran.outcome, Err(RunError::NotCommand)), "{name}: {:?}", ran.outcome);
    }
}

#[tokio::test]
async fn commands_of_both_versions_link_and_are_no_services() {
    for name in ["guests_environment", "guests_tokio", "guests_http_client", "guests_command_p3"] {
        assert_eq!(load(&guest(name), "").unwrap().kind(), GuestKind::Command, "{name}");
    }
}
