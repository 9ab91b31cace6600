//! Foreign numbers of MySQL kill nothing; knows no race.

use crate::lab::mysql::{Mysql, frame, query};
use crate::lab::servers::{connect, endpoint, manager, services};
use crate::lab::size::either;
use std::time::Duration;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::guest::GuestStream;
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::Server;

const UNKNOWN_THREAD: Option<u16> = Some(1094);

/// The server's numbers of the sessions that sleep.
fn sleeping(server: &Server) -> Vec<u32> {
    let question =
        "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(6000)%' ORDER BY ID";
    server.admin_sql(question).unwrap().lines().map(|line| line.trim().parse().unwrap()).collect()
}

/// Every way to kill there is; what the guest is told.
async fn kill(guest: &mut Mysql<GuestStream>, thread: u32) -> Vec<Option<u16>> {
    let mut told = Vec::new();
    for statement in
        ["KILL", "KILL QUERY", "/* quickly */ KILL CONNECTION", "KILL HARD", "KILL SOFT QUERY", "kill\n"]
    {
        told.push(guest.ask(&format!("{statement} {thread}")).await.unwrap()[0].error);
    }
    guest.send(&frame(0, &[&[0x0c][..], &thread.to_le_bytes()].concat())).await.unwrap();
    told.push(guest.answers().await.unwrap()[0].error);
    told
}

#[tokio::test]
async fn a_foreign_number_kills_nothing() {
    let server = services().mariadb().start().unwrap();
    // In full size the victims wait longer than a pool lets a server take.
    let patient = PoolOptions { reply: Duration::from_secs(6000), ..PoolOptions::default() };
    let pool = manager(1).pool(endpoint(&server, patient));
    let mut victims = Vec::new();
    for tenant in ["a", "b"] {
        let mut victim = Mysql::log_in(connect(&pool, tenant)).await.unwrap();
        victim.send(&query("SELECT SLEEP(6000)")).await.unwrap();
        victims.push(victim);
    }
    let real = loop {
        let real = sleeping(&server);
        if real.len() == 2 {
            break real;
        }
    };
    let mut guest = Mysql::log_in(connect(&pool, "c")).await.unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let shown = victims.iter().map(|victim| victim.thread).collect::<Vec<_>>();
    // What the server calls them, what their guests call them, all small numbers, and guesses.
    let mut numbers = [real.as_slice(), &shown, &[0, i32::MAX as u32, u32::MAX]].concat();
    numbers.extend(1..100);
    numbers.extend((0..either(100, 20_000)).map(|_| random.u32(..)));
    numbers.retain(|number| *number != guest.thread);
    for number in numbers {
        let told = kill(&mut guest, number).await;
        assert!(told.iter().all(|told| *told == UNKNOWN_THREAD), "{number}: {told:?}");
    }
    // By a name, by a number in other words.
    for statement in [
        "KILL USER app".to_owned(),
        "KILL QUERY ID 1".to_owned(),
        format!("KILL {} + 0", real[0]),
        format!("KILL (SELECT {})", real[0]),
        format!("KILL @a := {}", real[0]),
        format!("/*!50000 KILL */ {}", real[0]),
        format!("/*M! KILL {} */", real[0]),
    ] {
        let told = guest.ask(&statement).await.unwrap();
        assert!(told[0].error.is_some(), "{statement}: {told:?}");
    }
    assert_eq!(sleeping(&server), real, "both still sleep");
    // Its own tenant's guests may be stopped, by the number they know.
    let mut friend = Mysql::log_in(connect(&pool, "a")).await.unwrap();
    assert_eq!(friend.ask(&format!("KILL QUERY {}", shown[0])).await.unwrap()[0].error, None);
    let answers = victims[0].answers().await.unwrap();
    assert!(answers[0].rows == ["1"] || answers[0].error == Some(1317), "interrupted: {answers:?}");
    assert_eq!(sleeping(&server), real[1..]);
}

/// The host reads no statements but their first word. What is hidden deeper is for the server to judge, which lets a user
/// kill its own threads only: tenants that must not reach each other at all have users of their own.
#[tokio::test]
async fn a_hidden_kill_does_not_reach_a_tenant_with_a_user_of_its_own() {
    let server = services().mariadb().start().unwrap();
    let manager = manager(1);
    let one = endpoint(&server, PoolOptions::default());
    let password = Some(Secret::new(server.password("app_ed25519")));
    let other = Endpoint { user: Some("app_ed25519".to_owned()), password, ..one.clone() };
    let mut victim = Mysql::log_in(connect(&manager.pool(one), "a")).await.unwrap();
    victim.send(&query("SELECT SLEEP(6000)")).await.unwrap();
    let real = loop {
        if let [real] = sleeping(&server)[..] {
            break real;
        }
    };
    let mut guest = Mysql::log_in(connect(&manager.pool(other), "b")).await.unwrap();
    for statement in [
        format!("EXECUTE IMMEDIATE 'KILL {real}'"),
        format!("SELECT 1; KILL {real}"),
        format!("BEGIN NOT ATOMIC KILL {real}; END"),
        format!("PREPARE p FROM 'KILL {real}'; EXECUTE p"),
    ] {
        let told = guest.ask(&statement).await.unwrap();
        assert_eq!(told.last().unwrap().error, Some(1095), "{statement}: not the owner of the thread");
    }
    assert_eq!(sleeping(&server), [real]);
}
