//! Runs the table: with every shim, and with none.

use super::rows::{Expected, HARMLESS, NO_FILE_ERRORS, PRIVILEGED, ROWS, Row};
use crate::harness::{guest, run_with};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use warpgrid_host::instance::Outcome;
use warpgrid_host::{AppConfig, Application, ShimConfig};
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

/// What a guest would reach if something were open.
struct Machine {
    tcp: TcpListener,
    tcp6: Option<TcpListener>,
    udp: UdpSocket,
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        tcp.set_nonblocking(true).unwrap();
        // A machine may be without IPv6; the row is tried all the same.
        let tcp6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).ok();
        if let Some(tcp6) = &tcp6 {
            tcp6.set_nonblocking(true).unwrap();
        }
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        udp.set_nonblocking(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "secret").unwrap();
        Self { tcp, tcp6, udp, folder }
    }

    fn secret(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    fn fill(&self, subject: &str) -> String {
        let tcp6 = self.tcp6.as_ref().map(|tcp6| tcp6.local_addr().unwrap());
        let tcp6 = tcp6.unwrap_or_else(|| SocketAddr::from((Ipv6Addr::LOCALHOST, 80)));
        subject
            .replace("{tcp}", &self.tcp.local_addr().unwrap().to_string())
            .replace("{tcp6}", &tcp6.to_string())
            .replace("{udp}", &self.udp.local_addr().unwrap().to_string())
            .replace("{file}", &self.secret().display().to_string())
    }

    fn is_untouched(&self) -> bool {
        let nobody = |error: std::io::Error| error.kind() == ErrorKind::WouldBlock;
        std::fs::read(self.secret()).is_ok_and(|bytes| bytes == b"secret")
            && self.tcp.accept().is_err_and(nobody)
            && self.tcp6.as_ref().is_none_or(|tcp6| tcp6.accept().is_err_and(nobody))
            && self.udp.recv(&mut [0; 8]).is_err_and(nobody)
    }
}

fn guests(shims: &ShimConfig) -> BTreeMap<&'static str, Application> {
    let engine = crate::harness::engine(shims.clone()).unwrap();
    let names: BTreeSet<_> = ROWS.iter().map(|row| row.guest).collect();
    let load = |name| (name, engine.load_module(&guest(name), AppConfig::default()).unwrap());
    names.into_iter().map(load).collect()
}

/// What is wrong with a row; none when it is as expected.
async fn wrong(row: &Row, guests: &BTreeMap<&str, Application>, machine: &Machine) -> Option<String> {
    let subject = machine.fill(row.subject);
    // An empty argument would be a granted argument.
    let arguments: &[&str] = if subject.is_empty() { &[row.operation] } else { &[row.operation, &subject] };
    let ran = run_with(&guests[row.guest], arguments, &[]).await;
    let text = String::from_utf8(ran.output).unwrap();
    let text = text.trim();
    let fine = match (row.expected, &ran.outcome) {
        (Expected::Refused(errors), Ok(Outcome::Exited(0))) => {
            text.strip_prefix("refused ").is_some_and(|error| errors.contains(&error))
        }
        (Expected::MadeUp(expected), Ok(Outcome::Exited(0))) => {
            text == expected
                || text.strip_prefix("refused ").is_some_and(|error| NO_FILE_ERRORS.contains(&error))
        }
        (Expected::Harmless(expected), Ok(Outcome::Exited(0))) => text == expected,
        (Expected::Exit(expected), Ok(Outcome::Exited(code))) => *code == expected,
        _ => false,
    };
    let untouched = machine.is_untouched();
    let Row { capability, guest, operation, expected, .. } = row;
    (!fine || !untouched).then(|| {
        let touched = if untouched { "" } else { "; the machine was reached" };
        format!(
            "{capability}: {guest} {operation} {subject}: `{text}`, {:?}, not {expected:?}{touched}",
            ran.outcome
        )
    })
}

async fn matrix(shims: ShimConfig) {
    let machine = Machine::new();
    let guests = guests(&shims);
    let mut failed = Vec::new();
    for row in ROWS {
        failed.extend(wrong(row, &guests, &machine).await);
    }
    assert!(failed.is_empty(), "{} of {} rows:\n{}", failed.len(), ROWS.len(), failed.join("\n"));
}

#[tokio::test]
async fn with_an_empty_configuration_every_operation_is_refused() {
    matrix(ShimConfig::default()).await;
}

#[tokio::test]
async fn with_every_shim_switched_off_every_operation_is_refused() {
    matrix(ShimConfig::none()).await;
}

#[test]
fn every_interface_that_the_guests_import_is_harmless_or_has_rows() {
    let mut settings = Config::new();
    settings.wasm_component_model_async(true);
    let engine = Engine::new(&settings).unwrap();
    let capabilities: BTreeSet<_> = ROWS.iter().map(|row| row.capability).collect();
    let mut seen = BTreeSet::new();
    for name in ROWS.iter().map(|row| row.guest).collect::<BTreeSet<_>>() {
        let component = Component::new(&engine, guest(name)).unwrap();
        for (import, _) in component.component_type().imports(&engine) {
            let interface = import.split('@').next().unwrap().to_owned();
            let privileged = PRIVILEGED.iter().find(|(known, _)| *known == interface);
            match privileged {
                Some((_, capability)) => assert!(capabilities.contains(capability), "no row of {capability}"),
                None => assert!(HARMLESS.contains(&interface.as_str()), "`{interface}` is in no list"),
            }
            seen.insert(interface);
        }
    }
    let reached = PRIVILEGED.iter().filter(|(known, _)| seen.contains(*known)).count();
    assert!(reached >= 12, "the guests of the matrix import too little: {seen:?}");
}
