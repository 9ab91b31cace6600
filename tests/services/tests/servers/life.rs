//! From start to end: two at the same time, killed, stopped, restarted with their data, gone with their test.
use std::path::Path;
use std::thread;

use warpgrid_test_services::{ProductKind, Server};

use crate::lab::{Road, assert_answers, each, services};

/// Writes something that only a restart without its data forgets.
fn write(server: &Server) {
    match server.kind() {
        ProductKind::Redis => server.admin_sql("SET kept 7").unwrap(),
        _ => server.admin_sql("CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)").unwrap(),
    };
}

fn read(server: &Server) -> String {
    match server.kind() {
        ProductKind::Redis => server.admin_sql("GET kept").unwrap(),
        _ => server.admin_sql("SELECT x FROM kept").unwrap(),
    }
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn two_of_each_start_at_the_same_time_and_are_apart() {
    let started: Vec<_> = each().into_iter().flat_map(|builder| [builder.clone(), builder]).collect();
    let started: Vec<Server> = thread::scope(|scope| {
        let threads: Vec<_> =
            started.into_iter().map(|builder| scope.spawn(move || builder.start().unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for pair in started.chunks(2) {
        assert_ne!(pair[0].port(), pair[1].port());
        assert_ne!(pair[0].password("app"), pair[1].password("app"));
        write(&pair[0]);
        write(&pair[1]);
        for server in pair {
            assert_answers(server, "app", Road::Tcp);
        }
    }
}

#[test]
fn a_killed_server_is_gone_at_once_and_comes_back_on_its_port_with_its_data() {
    for builder in each() {
        let server = builder.start().unwrap();
        let (port, pid) = (server.port(), server.pid().unwrap());
        write(&server);
        server.kill_nine().unwrap();
        assert_eq!(server.pid(), None);
        assert!(!is_alive(pid));
        assert!(
            std::net::TcpStream::connect(("127.0.0.1", port)).is_err(),
            "{:?} still listens",
            server.kind()
        );
        server.restart().unwrap();
        assert_ne!(server.pid(), Some(pid));
        assert_eq!(server.port(), port);
        assert_eq!(read(&server), "7", "{:?}", server.kind());
        assert_answers(&server, "app", Road::Tcp);
    }
}

#[test]
fn a_running_server_restarts_in_order() {
    for builder in each() {
        let server = builder.start().unwrap();
        let pid = server.pid().unwrap();
        write(&server);
        server.restart().unwrap();
        assert!(!is_alive(pid));
        assert_eq!(read(&server), "7", "{:?}", server.kind());
        server.stop().unwrap();
        assert_eq!(server.pid(), None);
    }
}

#[test]
fn a_dropped_server_leaves_no_process_and_no_file() {
    for builder in each() {
        let server = builder.start().unwrap();
        let (pid, folder) = (server.pid().unwrap(), server.folder().to_owned());
        assert!(is_alive(pid) && folder.is_dir());
        drop(server);
        assert!(!is_alive(pid));
        assert!(!folder.exists());
    }
}

#[test]
fn a_server_outlives_the_thread_that_started_it() {
    let server = thread::spawn(|| services().redis().start().unwrap()).join().unwrap();
    assert_answers(&server, "app", Road::Tcp);
}

#[test]
fn settings_of_the_server_can_be_chosen() {
    let services = services();
    let postgres = services.postgres().max_connections(17).setting("work_mem", "3MB").start().unwrap();
    assert_eq!(postgres.admin_sql("SHOW max_connections").unwrap(), "17");
    assert_eq!(postgres.admin_sql("SHOW work_mem").unwrap(), "3MB");
    let mariadb = services.mariadb().max_connections(17).setting("wait-timeout", "99").start().unwrap();
    assert_eq!(mariadb.admin_sql("SELECT @@max_connections, @@global.wait_timeout").unwrap(), "17\t99");
    let redis = services.redis().setting("maxmemory", "12345678").start().unwrap();
    assert_eq!(redis.admin_sql("CONFIG GET maxmemory").unwrap(), "maxmemory\n12345678");
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let error = services().postgres().setting("no_such_setting", "1").start().unwrap_err();
    assert!(format!("{error:#}").contains("no_such_setting"), "{error:#}");
    let error = services().pgbouncer().start().unwrap_err();
    assert!(format!("{error:#}").contains("which PostgreSQL"), "{error:#}");
}

#[test]
fn an_administrator_is_told_what_was_wrong() {
    for builder in each() {
        let error = builder.start().unwrap().admin_sql("NONSENSE 1").unwrap_err();
        assert!(format!("{error:#}").to_lowercase().contains("nonsense"), "{error:#}");
    }
}
