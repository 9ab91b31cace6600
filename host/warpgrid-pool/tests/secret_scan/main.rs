//! Passwords are found nowhere (S4): not in logs of any level, errors, `Debug`, figures, nor in what guests hear. Real
//! servers, and servers that say back what they hear. What guests have in memory is looked at where guests run.
//!
//! | file | what it holds |
//! |---|---|
//! | `scan` | looking for a secret in every form it may be written in |
//! | `log` | everything that is logged |
//! | `scenes` | what happens: logins that succeed, fail, and go wrong in every other way |
//!
//! One test, since what is logged belongs to the whole program.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

#[path = "../lab/mod.rs"]
mod lab;
mod log;
mod scan;
mod scenes;

use scan::Scan;

#[tokio::test]
async fn no_secret_is_found_anywhere() {
    let log = log::capture();
    let mut scan = Scan::default();
    for (_, builder) in lab::servers::builders() {
        let server = builder.start().unwrap();
        scenes::usual(&server, &mut scan).await;
        scenes::refused(&server, &mut scan).await;
        scenes::broken(&server, &mut scan).await;
    }
    scenes::encrypted(&mut scan).await;
    scenes::said_back(&mut scan).await;
    let log = log.text();
    for expected in
        ["TRACE", "DEBUG", "WARN", "session opened", "no session could be opened", "session destroyed"]
    {
        assert!(log.contains(expected), "nothing of `{expected}` was logged");
    }
    println!(
        "{} secrets, {} texts of {} bytes, {} bytes of log",
        scan.secrets.len(),
        scan.texts.len(),
        scan.texts.iter().map(|(_, text)| text.len()).sum::<usize>(),
        log.len()
    );
    scan.look("the log", log.into_bytes());
    assert_eq!(scan.found(), Vec::<String>::new());
}
