//! A service as people write it: stock axum, stock sqlx, a counter in PostgreSQL.

use super::world::{Program, World};
use std::path::Path;

const SERVICE: Program = Program { name: "db_http", first: &[] };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_counts_its_visits() {
    const VISITS: usize = 20;
    let world = World::postgres();
    world.ask("CREATE TABLE visits (session int DEFAULT pg_backend_pid()); GRANT ALL ON visits TO app");
    // The driver reads these by itself. There is no password.
    let served = world.serve(SERVICE, &[("PGUSER", "app"), ("PGDATABASE", "app")]).await;
    for visit in 1..=VISITS {
        assert_eq!(served.get("/count").await.text(), format!("{visit}\n"));
    }
    assert_eq!(world.ask("SELECT count(DISTINCT session) FROM visits"), "1");
    assert_eq!(served.end().await.cut, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_without_its_table_says_what_is_missing() {
    let world = World::postgres();
    let more = [("PGUSER", "app"), ("PGDATABASE", "app")];
    let answer = world.serve(SERVICE, &more).await.get("/count").await;
    assert_eq!(answer.status, 502);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(text.contains("relation \"visits\" does not exist"), "{text}");
}

#[test]
fn the_project_that_people_start_from_is_the_one_that_is_tested() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let read = |name: &str| std::fs::read_to_string(guests.join(name)).unwrap();
    assert_eq!(read("database-service/src/main.rs"), read("rust/src/bin/db_http.rs"));
    assert_eq!(read("database-service/.cargo/config.toml"), read("rust/.cargo/config.toml"));
    let (toml, _) =
        warpgrid_host::WarpConfig::parse(&read("database-service/warp.toml"), Path::new("warp.toml"))
            .unwrap();
    assert_eq!(toml.bindings.len(), 1);
}
