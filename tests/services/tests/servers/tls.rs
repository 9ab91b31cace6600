//! The certificates that a client must refuse are refused by the servers' own clients, each for its reason.
use warpgrid_test_services::TlsCertificate;

use crate::lab::{Road, answer, assert_answers, each, question, services};

#[test]
fn postgresqls_client_refuses_each_bad_certificate_for_its_reason() {
    for (kind, reason) in [
        (TlsCertificate::Expired, "certificate verify failed"),
        (TlsCertificate::WrongName, "elsewhere.example"),
        (TlsCertificate::OtherAuthority, "certificate verify failed"),
    ] {
        let server = services().postgres().certificate(kind).start().unwrap();
        let said = answer(&question(&server, "app", Road::Tls));
        assert!(said.as_ref().is_err_and(|said| said.contains(reason)), "{kind:?}: {said:?}");
    }
}

#[test]
fn every_client_refuses_an_expired_certificate() {
    for builder in each() {
        let server = builder.certificate(TlsCertificate::Expired).start().unwrap();
        let said = answer(&question(&server, "app", Road::Tls));
        let refused = said.as_ref().is_err_and(|said| said.to_lowercase().contains("certificate"));
        assert!(refused, "{:?}: {said:?}", server.kind());
    }
}

#[test]
fn a_server_that_requires_tls_refuses_plain_connections() {
    for builder in each() {
        let server = builder.require_tls().start().unwrap();
        assert_answers(&server, "app", Road::Tls);
        assert!(answer(&question(&server, "app", Road::Tcp)).is_err(), "{:?}", server.kind());
    }
}

#[test]
fn a_server_without_tls_speaks_none() {
    for builder in each() {
        let server = builder.without_tls().start().unwrap();
        assert_answers(&server, "app", Road::Tcp);
        let said = answer(&question(&server, "app", Road::Tls));
        // MySQL makes itself certificates when it is given none.
        let own = server.kind() == warpgrid_test_services::ProductKind::Mysql;
        assert!(said.is_err(), "{:?} {own}: {said:?}", server.kind());
    }
}
