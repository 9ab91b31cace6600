//! The real `psql` logs in at the host: greeting, session, goodbye.

use crate::lab::{Session, endpoint, postgres, session};
use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use warpgrid_pool::endpoint::{Endpoint, GuestLogin};
use warpgrid_pool::protocol::{CancelKey, GreetStep, GreetTerms, GuestStep, Verdict};
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::Server;

/// Serves one guest; the session, if it had one and said goodbye.
async fn serve(mut guest: TcpStream, endpoint: &Endpoint) -> Option<Session> {
    let mut greeter = crate::lab::protocol().greeter(GreetTerms {
        endpoint: endpoint.name.clone(),
        database: endpoint.database.clone(),
        login: endpoint.guest_login.clone(),
        tls_offered: false,
        facts: None,
        cancel: CancelKey { number: 1, secret: 2 },
        nonce: [7; 32],
    });
    let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
    let startup = loop {
        let step = greeter.advance(&mut input, &mut output);
        guest.write_all(&output.split()).await.unwrap();
        match step {
            GreetStep::More => assert_ne!(guest.read_buf(&mut input).await.unwrap(), 0),
            GreetStep::Checkout(hello) => break hello.startup,
            _ => return None,
        }
    };
    let mut session = crate::lab::log_in(endpoint, &startup).await.unwrap();
    greeter.welcome(&session.facts, &mut output);
    guest.write_all(&output.split()).await.unwrap();
    loop {
        while !input.is_empty() {
            match session.tracker.from_guest(&input).unwrap() {
                GuestStep::Forward(count) => session.stream.write_all(&input.split_to(count)).await.unwrap(),
                GuestStep::Goodbye { .. } => return Some(session),
                step => panic!("{step:?}"),
            }
        }
        let mut answer = [0; 4096];
        tokio::select! {
            read = guest.read_buf(&mut input) => assert_ne!(read.unwrap(), 0),
            read = session.stream.read(&mut answer) => {
                let count = read.unwrap();
                assert_ne!(count, 0);
                session.tracker.from_server(&answer[..count]).unwrap();
                guest.write_all(&answer[..count]).await.unwrap();
            }
        }
    }
}

/// Runs `psql` through the host: what it printed, or its complaint, and the session it left.
async fn psql(
    server: &Server,
    endpoint: &Endpoint,
    environment: &[(&str, &str)],
    text: &str,
) -> (Result<String, String>, Option<Session>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let program = server
        .program("psql")
        .unwrap()
        .envs([
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", port.as_str()),
            ("PGPASSWORD", ""),
            ("PGCONNECT_TIMEOUT", "100"),
        ])
        .envs(environment.iter().copied())
        .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text]);
    let run = tokio::task::spawn_blocking(move || program.output().unwrap());
    let serving = async {
        let (guest, _) = listener.accept().await.unwrap();
        serve(guest, endpoint).await
    };
    let (session, output) = tokio::join!(serving, run);
    let output = output.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    (if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }, session)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn psql_needs_no_password_and_leaves_a_session_that_is_kept() {
    let server = postgres().start().unwrap();
    let open = endpoint(&server, "app");
    let (said, left) = psql(&server, &open, &[("PGUSER", "anybody")], "SELECT current_user, 6 * 7").await;
    assert_eq!(said.as_deref(), Ok("app|42"));
    let mut left = left.unwrap();
    assert_eq!(left.tracker.verdict(), Verdict::Reset);
    left.reset().await.unwrap();
    assert_eq!(left.ask("SHOW application_name").await, "psql");
    let (said, left) = psql(&server, &open, &[("PGUSER", "anybody")], "\\copy (select 1) to stdout").await;
    assert_eq!((said.as_deref(), left.unwrap().tracker.verdict()), (Ok("1"), Verdict::Reset));
    let (said, left) = psql(&server, &open, &[("PGDATABASE", "other")], "SELECT 1").await;
    assert!(said.unwrap_err().contains("`shop` gives another database than `other`") && left.is_none());

    let login = GuestLogin::Check { user: "guest".into(), password: Secret::new("pässword, =€") };
    let checked = Endpoint { guest_login: login, ..open };
    let right = [("PGUSER", "guest"), ("PGPASSWORD", "pässword, =€")];
    let (said, _) = psql(&server, &checked, &right, "SELECT current_user").await;
    assert_eq!(said.as_deref(), Ok("app"));
    for (user, password) in
        [("guest", "wrong"), ("stranger", "pässword, =€"), ("app", &server.password("app"))]
    {
        let (said, left) =
            psql(&server, &checked, &[("PGUSER", user), ("PGPASSWORD", password)], "SELECT 1").await;
        let want = format!("password authentication failed for user \"{user}\"");
        assert!(said.unwrap_err().contains(&want) && left.is_none());
    }
    // The server itself was never asked about these users.
    assert_eq!(session(&checked).await.ask("SELECT 1").await, "1");
    assert!(!std::fs::read_to_string(server.log_path()).unwrap().contains("stranger"));
}
