//! The program that `cargo xtask services` starts, as people use it. Needs the folder of `$WARPGRID_SERVICES`.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

/// Longer than a server may take to die.
const PATIENCE: Duration = Duration::from_secs(30);

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_warpgrid-test-services"))
}

fn with_state(command: &str, state: &Path, more: &[&str]) -> Output {
    program().arg(command).arg("--state").arg(state).args(more).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Stops what a failing test leaves.
struct Down<'a>(&'a Path);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        with_state("down", self.0, &[]);
    }
}

#[test]
fn a_command_finds_every_server_and_its_exit_code_is_passed_on() {
    let script = "psql -XAtc 'SELECT 40 + 2' && mariadb -u $MYSQL_USER -BNe 'SELECT 40 + 3' app \
        && redis-cli -p $REDIS_PORT ECHO 44 && test -d \"$WARPGRID_SERVICES/packages\" && exit 7";
    let ran = program()
        .args(["run", "--only", "postgres,mariadb,redis", "--", "sh", "-c", script])
        .output()
        .unwrap();
    assert_eq!(text(&ran.stdout), "42\n43\n44\n", "{}", text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(7));
}

#[test]
fn servers_go_up_once_and_down_once() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let _down = Down(&state);
    let nothing = with_state("status", &state, &[]);
    assert_eq!(nothing.status.code(), Some(1));
    assert_eq!(text(&nothing.stdout), "no servers run; `up` starts them\n");

    let up = with_state("up", &state, &["--only", "redis,postgres"]);
    assert!(up.status.success(), "{}", text(&up.stderr));
    let said = text(&up.stdout);
    assert!(said.contains("postgres://app@127.0.0.1:") && said.contains("redis://app@127.0.0.1:"), "{said}");
    let again = with_state("up", &state, &[]);
    assert!(again.status.success());
    assert_eq!(text(&again.stderr), "they run already; `down` stops them\n");
    assert_eq!(text(&again.stdout), said);

    // Passwords are in one file, which nobody else may read, and lead to the servers.
    let variables = state.join("environment.sh");
    assert_eq!(variables.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let script = ". \"$0\"; psql -XAtc 'SELECT 42'; redis-cli -p $REDIS_PORT ECHO $PGPASSWORD";
    let asked = Command::new("sh").args(["-c", script]).arg(&variables).output().unwrap();
    let answers = text(&asked.stdout);
    let (answer, password) = answers.trim().split_once('\n').unwrap_or_default();
    assert_eq!(answer, "42", "{}", text(&asked.stderr));
    assert!(password.len() >= 32 && !said.contains(password));
    assert!(!text(&std::fs::read(state.join("state.json")).unwrap()).contains(password));

    let status: Value = serde_json::from_slice(&with_state("status", &state, &["--json"]).stdout).unwrap();
    let port = u16::try_from(status["servers"][0]["port"].as_u64().unwrap()).unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    assert_eq!(text(&with_state("down", &state, &[]).stdout), "the servers are stopped\n");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!variables.exists());
    assert_eq!(text(&with_state("down", &state, &[]).stdout), "no servers run\n");
}

#[test]
fn servers_die_with_the_process_that_started_them() {
    let folder = tempfile::tempdir().unwrap();
    let up = with_state("up", folder.path(), &["--only", "redis", "--json"]);
    let _down = Down(folder.path());
    let said: Value = serde_json::from_slice(&up.stdout).unwrap();
    let port = u16::try_from(said["servers"][0]["port"].as_u64().unwrap()).unwrap();
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    Command::new("kill").arg("-9").arg(said["process"].to_string()).status().unwrap();
    // The system closes what a dead server held, and resets what it had not yet accepted.
    let ended = connection.read(&mut [0]);
    let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
    assert!(ended.as_ref().is_ok_and(|length| *length == 0) || ended.as_ref().is_err_and(reset), "{ended:?}");
    assert_eq!(with_state("status", folder.path(), &[]).status.code(), Some(1));
    // The next one cleans up.
    let data = Path::new(said["servers"][0]["log"].as_str().unwrap()).parent().unwrap();
    assert!(program().args(["run", "--only", "redis", "--", "true"]).status().unwrap().success());
    assert!(!data.exists());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let up = with_state("up", folder.path(), &["--only", "redis", "--port", &format!("redis={port}")]);
    assert!(!up.status.success());
    assert!(text(&up.stderr).contains(&format!("port {port} of 127.0.0.1 is taken")), "{}", text(&up.stderr));
}

#[test]
fn packages_that_are_not_there_are_an_error_that_names_the_command() {
    let run = |folder: Option<&str>| {
        let mut command = program();
        command.args(["run", "--only", "redis", "--", "true"]).env_remove("WARPGRID_SERVICES");
        let ran = command.envs(folder.map(|folder| ("WARPGRID_SERVICES", folder))).output().unwrap();
        assert_eq!(ran.status.code(), Some(1));
        text(&ran.stderr)
    };
    let empty = tempfile::tempdir().unwrap();
    for folder in [None, Some("/nonexistent"), Some(empty.path().to_str().unwrap())] {
        let said = run(folder);
        assert!(said.contains("`cargo xtask services fetch`"), "{folder:?}: {said}");
    }
}

#[test]
fn a_machine_without_setpriv_is_told_so_or_does_without() {
    let ran = program()
        .args(["run", "--only", "redis", "--", "/bin/true"])
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    if !ran.status.success() {
        assert!(text(&ran.stderr).contains("`setpriv` is not installed"), "{}", text(&ran.stderr));
        assert!(rustix::process::geteuid().is_root());
    }
}
