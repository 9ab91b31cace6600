//! Release assets from a server that cuts, fails, lies or is not there.
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use xtask::cache::Cache;
use xtask::digest::sha256_hex;
use xtask::manifest::Manifest;

use crate::support::{fetch, manifest, options, told};

/// What the server does with one request.
#[derive(Clone, Copy)]
enum Answer {
    /// The whole asset, or what is asked for of it.
    Whole,
    /// As `Whole`, but the connection ends after so many bytes of the body.
    CutAfter(usize),
    /// The whole asset, although a part was asked for.
    IgnoresRange,
    /// A status without a body.
    Status(&'static str),
}

/// A server on a port of its own; gives the address and the `Range` of each request that came.
fn serve(asset: Vec<u8>, answers: Vec<Answer>) -> (String, Arc<Mutex<Vec<Option<usize>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/releases/asset.tar.gz", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((stream, _)) = listener.accept() else { return };
            let from = request_offset(&stream);
            record.lock().unwrap().push(from);
            let _ = respond(stream, &asset, from, answer);
        }
    });
    (url, seen)
}

fn request_offset(stream: &TcpStream) -> Option<usize> {
    let mut from = None;
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().ok();
        }
    }
    from
}

fn respond(mut stream: TcpStream, asset: &[u8], from: Option<usize>, answer: Answer) -> std::io::Result<()> {
    if let Answer::Status(status) = answer {
        return write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let from = if matches!(answer, Answer::IgnoresRange) { None } else { from };
    let body = &asset[from.unwrap_or(0)..];
    let (status, range) = match from {
        Some(from) => {
            let (last, all) = (asset.len() - 1, asset.len());
            ("206 Partial Content", format!("content-range: bytes {from}-{last}/{all}\r\n"))
        }
        None => ("200 OK", String::new()),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{range}connection: close\r\n\r\n")?;
    let sent = if let Answer::CutAfter(bytes) = answer { &body[..bytes.min(length)] } else { body };
    stream.write_all(sent)
}

fn asset() -> Vec<u8> {
    (0..200_000_u32).flat_map(|number| number.to_le_bytes()).collect()
}

fn pinned(url: &str, sha256: &str) -> Manifest {
    manifest(&source(url), &pin(sha256))
}

fn source(url: &str) -> String {
    format!("[[source]]\nkind = \"archive\"\nurl = \"{url}\"\n")
}

fn pin(sha256: &str) -> String {
    format!(
        "[[pin]]\nkind = \"archive\"\nname = \"asset.tar.gz\"\nversion = \"1\"\nfile = \"asset.tar.gz\"\n\
         sha256 = \"{sha256}\"\n"
    )
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn an_asset_is_downloaded_once_and_then_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let (url, seen) = serve(asset(), vec![Answer::Whole]);
    let manifest = pinned(&url, &sha256_hex(&asset()));
    for _ in 0..2 {
        let fetched = fetch(&options(folder.path()), &manifest).unwrap();
        assert_eq!(fs::read(&fetched.artifacts[0].path).unwrap(), asset());
    }
    assert_eq!(*seen.lock().unwrap(), [None]);
}

#[test]
fn a_cut_download_is_continued_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let answers = vec![Answer::CutAfter(300_000), Answer::CutAfter(100_000), Answer::Whole];
    let (url, seen) = serve(asset(), answers);
    fetch(&options(folder.path()), &pinned(&url, &sha256_hex(&asset()))).unwrap();
    assert_eq!(*seen.lock().unwrap(), [None, Some(300_000), Some(400_000)]);
    assert!(is_empty(&folder.path().join("partial")));
}

#[test]
fn a_later_run_continues_what_an_earlier_one_left() {
    let folder = tempfile::tempdir().unwrap();
    let (url, seen) = serve(asset(), vec![Answer::CutAfter(300_000), Answer::Whole]);
    let manifest = pinned(&url, &sha256_hex(&asset()));
    let mut once = options(folder.path());
    once.retry.attempts = 1;
    let error = fetch(&once, &manifest).unwrap_err();
    assert!(told(&error).contains("cut after 300000 bytes"), "{}", told(&error));
    fetch(&once, &manifest).unwrap();
    assert_eq!(*seen.lock().unwrap(), [None, Some(300_000)]);
}

#[test]
fn a_server_that_cannot_continue_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let (url, seen) = serve(asset(), vec![Answer::CutAfter(5), Answer::IgnoresRange]);
    fetch(&options(folder.path()), &pinned(&url, &sha256_hex(&asset()))).unwrap();
    assert_eq!(*seen.lock().unwrap(), [None, Some(5)]);
}

#[test]
fn something_else_left_by_an_earlier_run_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (url, seen) = serve(asset(), vec![Answer::Whole, Answer::Whole]);
    let sha256 = sha256_hex(&asset());
    let cache = Cache::open(folder.path()).unwrap();
    fs::write(cache.partial_path(&sha256), b"of another asset").unwrap();
    fetch(&options(folder.path()), &pinned(&url, &sha256)).unwrap();
    assert_eq!(*seen.lock().unwrap(), [Some(16), None]);
}

#[test]
fn a_server_that_fails_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let answers = vec![Answer::Status("500 Oops"), Answer::Status("429 Slow Down"), Answer::Whole];
    let (url, seen) = serve(asset(), answers);
    fetch(&options(folder.path()), &pinned(&url, &sha256_hex(&asset()))).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[test]
fn wrong_bytes_end_the_run_and_are_named_although_another_source_follows() {
    let folder = tempfile::tempdir().unwrap();
    let (url, _) = serve(b"evil".to_vec(), vec![Answer::Whole]);
    let good = sha256_hex(b"good");
    let second = "[[source]]\nkind = \"npm\"\npackage = \"left-pad\"\n";
    let second_pin = format!(
        "[[pin]]\nkind = \"npm\"\nname = \"left-pad\"\nversion = \"1\"\nfile = \"f.tgz\"\nsha256 = \"{good}\"\n"
    );
    let manifest = manifest(&(source(&url) + second), &(pin(&good) + &second_pin));
    let text = told(&fetch(&options(folder.path()), &manifest).unwrap_err());
    for part in ["source `archive`", "`example`", "`asset.tar.gz`", &good, &sha256_hex(b"evil")] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    assert!(is_empty(&folder.path().join("partial")));
    assert!(is_empty(&folder.path().join("objects/sha256")));
}

#[test]
fn more_than_the_pinned_size_is_refused_before_it_fills_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (url, _) = serve(asset(), vec![Answer::Whole]);
    let manifest = manifest(&source(&url), &format!("{}size = 10\n", pin(&sha256_hex(b"0123456789"))));
    let text = told(&fetch(&options(folder.path()), &manifest).unwrap_err());
    assert!(text.contains("more than the pinned 10 bytes"), "{text}");
}

#[test]
fn an_address_that_is_gone_or_a_server_that_is_not_there_leads_to_the_next_source() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/asset.tar.gz", free.local_addr().unwrap());
    drop(free);
    let (gone, _) = serve(Vec::new(), vec![Answer::Status("404 Not Found")]);
    let (good, _) = serve(asset(), vec![Answer::Whole]);
    let sources: Vec<String> = [nobody, gone].iter().map(|url| source(url)).collect();
    let sha256 = sha256_hex(&asset());

    let folder = tempfile::tempdir().unwrap();
    let all = manifest(&(sources.concat() + &source(&good)), &pin(&sha256));
    let fetched = fetch(&options(folder.path()), &all).unwrap();
    assert_eq!(fetched.tried.len(), 2, "{:?}", fetched.tried);
    assert!(fetched.tried[1].contains("404"), "{:?}", fetched.tried);

    let folder = tempfile::tempdir().unwrap();
    let none = manifest(&sources[0], &pin(&sha256));
    let text = told(&fetch(&options(folder.path()), &none).unwrap_err());
    assert!(text.starts_with("no source of input `example` answers\n  archive: "), "{text}");
    assert!(text.contains("WARPGRID_DISTFILES"), "{text}");
}

#[test]
fn two_fetchers_at_once_download_once() {
    let folder = tempfile::tempdir().unwrap();
    let (url, seen) = serve(asset(), vec![Answer::Whole, Answer::Whole]);
    let manifest = pinned(&url, &sha256_hex(&asset()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| fetch(&options(folder.path()), &manifest).unwrap());
        }
    });
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[test]
fn offline_names_what_is_missing_and_connects_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (url, seen) = serve(asset(), vec![Answer::Whole]);
    let mut offline = options(folder.path());
    offline.offline = true;
    let text = told(&fetch(&offline, &pinned(&url, &sha256_hex(&asset()))).unwrap_err());
    assert!(text.contains("neither in the cache nor in the digest folder"), "{text}");
    assert!(text.contains("asset.tar.gz") && text.contains("cargo xtask fetch example"), "{text}");
    assert!(seen.lock().unwrap().is_empty());
}
