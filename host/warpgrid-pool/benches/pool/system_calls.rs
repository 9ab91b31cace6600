//! What strace counts of a guest's query, with and without the pool; knows no goal.

use crate::guest::{Guest, WITH_WARM_UP, Way};
use crate::lab::Lab;
use crate::turns::{print, take};
use std::collections::BTreeMap;

/// Queries of the short run and of the long one: what they differ by is no start.
const TIMES: [u32; 2] = [1000, 3000];
/// Calls that a query may make: sending, receiving, waiting.
const KINDS: &[(&str, &[&str])] = &[
    ("sends", &["sendto", "sendmsg", "write", "writev"]),
    ("receives", &["recvfrom", "recvmsg", "read", "readv"]),
    ("waits", &["epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "futex"]),
];

pub(super) fn run(lab: &Lab, rounds: usize) {
    let pooled = Guest::new(lab, &lab.postgres, Way::Pooled);
    let direct = Guest::new(lab, &lab.postgres, Way::Direct);
    // Without strace both lists are empty, and nothing is measured.
    let taken = take(rounds, &mut [&mut || per_query(&pooled), &mut || per_query(&direct)]);
    let sums = |side: usize, names: Option<&[&str]>| -> Vec<f64> {
        let of_run = |counts: &BTreeMap<String, f64>| -> f64 {
            let wanted = |name: &String| names.is_none_or(|names| names.contains(&name.as_str()));
            counts.iter().filter(|(name, _)| wanted(name)).map(|(_, count)| count).sum()
        };
        taken[side].iter().flatten().map(of_run).collect()
    };
    print("system calls of a guest's query", "calls", &sums(0, None), &sums(1, None));
    for (kind, names) in KINDS {
        print(&format!("{kind} of a guest's query"), "calls", &sums(0, Some(names)), &sums(1, Some(names)));
    }
}

/// Calls of one query by name.
fn per_query(guest: &Guest<'_>) -> Option<BTreeMap<String, f64>> {
    let counted = |times: u32| {
        let text = guest.system_calls(&["query", "postgres-prepared", "1", &times.to_string()])?;
        Some(summary(&text))
    };
    let (few, many) = (counted(TIMES[0])?, counted(TIMES[1])?);
    let queries = f64::from(TIMES[1] - TIMES[0]) * WITH_WARM_UP;
    let each = |(name, count): (String, f64)| {
        let less = few.get(&name).copied().unwrap_or_default();
        (name, (count - less) / queries)
    };
    Some(many.into_iter().map(each).collect())
}

/// The lines of `strace -c`: percent, seconds, microseconds a call, calls, perhaps errors, name.
fn summary(text: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let calls = fields.get(3)?.parse().ok()?;
        let name = *fields.last()?;
        (name != "total").then(|| (name.to_owned(), calls))
    };
    text.lines().filter_map(line).collect()
}
