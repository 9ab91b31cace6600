//! Queries that wait in the server: many at once against one after the other, and the threads of a host whose guests all
//! wait. Knows no goal.

use crate::cores;
use crate::guest::{self, Guest, Way};
use crate::lab::Lab;
use crate::turns::{print, take};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

/// Guests that wait at the same time.
const GUESTS: u32 = 1000;

pub(super) fn run(lab: &Lab, rounds: usize) {
    let guest = Guest::new(lab, &lab.postgres, Way::Pooled);
    let rate = |words: &[&str]| guest.run(words).queries().rate;
    let taken = take(
        rounds,
        &mut [&mut || rate(&["sleep", "50", "50", "20"]), &mut || rate(&["sleep", "1", "50", "20"])],
    );
    print("queries of 50 ms, 50 at once / one after the other", "1/s", &taken[0], &taken[1]);
    let threads: Vec<f64> = (0..rounds.min(3)).filter_map(|_| threads(lab)).collect();
    print("threads beyond the cores, a thousand guests in the database", "threads", &threads, &[]);
}

/// As many requests as there are guests, each waiting in the server until all have come.
fn threads(lab: &Lab) -> Option<f64> {
    let text = format!(
        "[package]\nname = 'bench'\n[http]\nlisten = '127.0.0.1:0'\nmax-connections = 2000\n{}",
        guest::configuration(lab, &lab.postgres, Way::Pooled, GUESTS)
    );
    let config = lab.write("waiting.toml", &text);
    let mut child = Command::new(&lab.warp)
        .args(["run", "--config"])
        .arg(&config)
        .arg(lab.guest("bench_db_wait"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address =
        lines.find_map(|line| Some(line.split_once("http://")?.1.split(['/', ' ']).next()?.to_owned()));
    let address = address.unwrap_or_else(|| panic!("`warp run` does not say where it listens"));
    // What it says is read to the end, or it would wait for its reader.
    let rest = std::thread::spawn(move || lines.count());
    let mut open: Vec<TcpStream> = (0..GUESTS).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for stream in &mut open {
        let request = format!("GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
    }
    let reader = std::thread::spawn(move || open.into_iter().filter_map(answer).count());
    // The server's own view, and the host's threads at the same time, until all are answered.
    let folder = format!("/proc/{}/task", child.id());
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let (mut threads, mut waiting) = (0, 0);
    while !reader.is_finished() {
        threads = threads.max(std::fs::read_dir(&folder).unwrap().count());
        waiting = waiting.max(lab.postgres.admin_sql(sleeping).unwrap().parse::<u32>().unwrap());
    }
    let answered = reader.join().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    rest.join().unwrap();
    if (answered, waiting) != (GUESTS as usize, GUESTS) {
        eprintln!(
            "of {GUESTS} guests {answered} were answered, and at most {waiting} waited at the same time"
        );
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
    Some(threads as f64 - cores::of_others() as f64)
}

/// The request's answer, if it is the right one.
fn answer(mut stream: TcpStream) -> Option<()> {
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.ends_with("hello\n").then_some(())
}
