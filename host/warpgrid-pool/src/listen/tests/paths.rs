//! The life of a Unix socket's path; knows no client's words but the first.

use super::bar::*;
use crate::listen::{ListenAddress, ListenOptions, Listener};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::time::timeout;

fn at(path: &Path) -> ListenOptions {
    ListenOptions {
        address: ListenAddress::Unix { path: path.to_owned(), mode: 0o640 },
        ..ListenOptions::default()
    }
}

#[tokio::test]
async fn a_unix_socket_has_its_mode_and_goes_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.sock");
    let bar = open(at(&path));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(bar.address.to_string(), path.display().to_string());
    let mut client = BufReader::new(UnixStream::connect(&path).await.unwrap());
    say(&mut client, "hello\n").await;
    assert_eq!(hear(&mut client).await, "welcome\n");
    say(&mut client, "bye\n").await;
    bar.shutdown.cancel();
    timeout(Duration::from_secs(30), bar.serving).await.unwrap().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn a_socket_that_is_left_over_is_replaced_and_one_that_lives_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let listener = Listener::bind(at(&path)).unwrap();
    let error = Listener::bind(at(&path)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    drop(listener);
    assert!(!path.exists());
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.sock");
    fs::write(&path, "mine").unwrap();
    assert_eq!(Listener::bind(at(&path)).err().unwrap().kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    let error = Listener::bind(at(&folder.path().join("none/orders.sock"))).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_socket_of_a_successor_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.sock");
    let listener = Listener::bind(at(&path)).unwrap();
    fs::remove_file(&path).unwrap();
    let successor = Listener::bind(at(&path)).unwrap();
    drop(listener);
    assert!(path.exists());
    drop(successor);
    assert!(!path.exists());
}
