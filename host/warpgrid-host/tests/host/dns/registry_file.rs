//! A registry in a file, changed while it is in force.

use super::world::{FakeSystem, ips, printed, world};
use crate::harness::{config, guest, module};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use warpgrid_grants::names::{HostName, ServiceRegistry};
use warpgrid_host::application::LoadError;
use warpgrid_host::shims::dns::{RegistryFileError, RegistryWatch, read_registry, watch_registry};

type Read = Result<ServiceRegistry, RegistryFileError>;

fn watch(file: &Path) -> (RegistryWatch, Receiver<Read>) {
    let (sender, changes) = channel();
    let known = read_registry(file).unwrap();
    let watch = watch_registry(file, known, move |read| sender.send(read).unwrap()).unwrap();
    (watch, changes)
}

fn next(changes: &Receiver<Read>) -> Read {
    changes.recv_timeout(Duration::from_secs(30)).unwrap()
}

/// The address of `db` in a registry.
fn db(read: Read) -> String {
    let registry = read.unwrap();
    registry.addresses(&HostName::new("db").unwrap()).iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_that_is_written_in_place_or_renamed_over_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (file, new) = (folder.path().join("registry.toml"), folder.path().join("new.toml"));
    std::fs::write(&file, "db = '10.0.0.1'").unwrap();
    let (_watch, changes) = watch(&file);
    std::fs::write(&file, "db = '10.0.0.2'").unwrap();
    // The file is empty for a moment: the watch may look right then, and goes on with what it had.
    let told = match next(&changes) {
        Err(error) if error.to_string().contains("is empty") => next(&changes),
        told => told,
    };
    assert_eq!(db(told), "10.0.0.2");
    std::fs::write(&new, "db = '10.0.0.3'").unwrap();
    std::fs::rename(&new, &file).unwrap();
    assert_eq!(db(next(&changes)), "10.0.0.3");
    std::fs::write(&new, "# the same\ndb = '10.0.0.3'").unwrap();
    std::fs::rename(&new, &file).unwrap();
    std::fs::write(&new, "db = '10.0.0.4'").unwrap();
    std::fs::rename(&new, &file).unwrap();
    assert_eq!(db(next(&changes)), "10.0.0.4", "what changes nothing is not told");
}

#[test]
fn a_broken_file_is_told_once_with_its_line_and_is_picked_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, new) = (folder.path().join("registry.toml"), folder.path().join("new.toml"));
    std::fs::write(&file, "db = '10.0.0.1'").unwrap();
    let (_watch, changes) = watch(&file);
    for _ in 0..3 {
        std::fs::write(&new, "web = '10.0.0.7'\ndb = '10.0.0.x'").unwrap();
        std::fs::rename(&new, &file).unwrap();
    }
    let error = next(&changes).unwrap_err().to_string();
    let expected = "line 2: `db`: `10.0.0.x` is not an IPv4 or IPv6 address";
    assert_eq!(error, format!("registry file `{}` {expected}", file.display()));
    std::fs::File::create(&file).unwrap();
    assert!(next(&changes).unwrap_err().to_string().contains("is empty"), "it may be half written");
    std::fs::remove_file(&file).unwrap();
    assert!(next(&changes).unwrap_err().to_string().contains("cannot be read"));
    std::fs::write(&new, "db = '10.0.0.2'").unwrap();
    std::fs::rename(&new, &file).unwrap();
    assert_eq!(db(next(&changes)), "10.0.0.2");
}

#[cfg(unix)]
#[test]
fn a_link_that_is_turned_to_another_folder_is_noticed() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (version, text) in [("v1", "db = '10.0.0.1'"), ("v2", "db = '10.0.0.2'")] {
        std::fs::create_dir(at(version)).unwrap();
        std::fs::write(at(version).join("registry.toml"), text).unwrap();
    }
    symlink("v1", at("data")).unwrap();
    symlink("data/registry.toml", at("registry.toml")).unwrap();
    let (_watch, changes) = watch(&at("registry.toml"));
    symlink("v2", at("next")).unwrap();
    std::fs::rename(at("next"), at("data")).unwrap();
    assert_eq!(db(next(&changes)), "10.0.0.2");
}

#[test]
fn a_change_between_reading_and_watching_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.toml");
    std::fs::write(&file, "db = '10.0.0.2'").unwrap();
    let (sender, changes) = channel();
    let known = ServiceRegistry::new([("db", ips(&["10.0.0.1"]))]).unwrap();
    let _watch = watch_registry(&file, known, move |read| sender.send(read).unwrap()).unwrap();
    assert_eq!(db(changes.try_recv().unwrap()), "10.0.0.2");
}

#[tokio::test]
async fn a_running_application_sees_a_new_registry_and_survives_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let (file, new) = (folder.path().join("registry.toml"), folder.path().join("new.toml"));
    std::fs::write(&file, "db = '10.0.0.1'").unwrap();
    let toml = "[registry]\n'db' = '10.0.0.9'\n'fixed' = '10.0.0.8'\n[shims]\ndns = { ttl-seconds = 0 }";
    let mut world = world(toml, &FakeSystem::new(&[]));
    world.app.registry_file = Some(file.clone());
    let application = world.load("dns_lookup");
    assert_eq!(printed(&application, &["db", "fixed"]).await, "10.0.0.1\n10.0.0.8\n");
    let resolver = application.resolver().unwrap();
    for address in ["10.0.0.2", "10.0.0.3"] {
        std::fs::write(&file, "db = broken").unwrap();
        assert_eq!(resolver.resolve("fixed").await.unwrap().to_vec(), ips(&["10.0.0.8"]));
        assert!(resolver.resolve("db").await.is_ok(), "the old registry stays in force");
        std::fs::write(&new, format!("db = '{address}'")).unwrap();
        std::fs::rename(&new, &file).unwrap();
        let started = Instant::now();
        while resolver.resolve("db").await.unwrap().to_vec() != ips(&[address]) {
            assert!(started.elapsed() < Duration::from_secs(30), "the change is noticed");
            std::thread::yield_now();
        }
        assert_eq!(printed(&application, &["db", "fixed"]).await, format!("{address}\n10.0.0.8\n"));
    }
}

#[test]
fn a_file_that_is_broken_at_the_start_is_an_error_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.toml");
    std::fs::write(&file, "\ndb = 5").unwrap();
    let load = || {
        let (shims, mut app) = config("");
        app.registry_file = Some(file.clone());
        crate::harness::engine(shims).unwrap().load_module(&guest("dns_lookup"), app).map(|_| ())
    };
    let Err(LoadError::Registry(error)) = load() else { panic!("it loads") };
    assert_eq!(error.line, Some(2));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(load(), Err(LoadError::Registry(error)) if error.line.is_none()));
}

#[tokio::test]
async fn the_hosts_file_of_a_guest_shows_what_the_file_held_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.toml");
    std::fs::write(&file, "db = '10.0.0.1'").unwrap();
    let mut world = world("[registry]\n'db' = '10.0.0.9'", &FakeSystem::new(&[]));
    world.app.registry_file = Some(file);
    let text = printed(&world.load_bytes(&module("files")), &["r", "/etc/hosts"]).await;
    assert_eq!(text, "127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.1\tdb\n");
}
