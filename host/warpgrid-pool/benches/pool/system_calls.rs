//! What strace counts of a guest's query, with and without the pool; knows no goal.

use crate::guest::{Guest, Way};
use crate::lab::Lab;
use crate::turns::print;
use std::collections::BTreeMap;

/// Queries of the short run and of the long one: what they differ by is no start.
const TIMES: [u32; 2] = [1000, 3000];
/// Calls that a query may make: sending, receiving, waiting.
const KINDS: &[(&str, &[&str])] = &[
    ("sends", &["sendto", "sendmsg", "write", "writev"]),
    ("receives", &["recvfrom", "recvmsg", "read", "readv"]),
    ("waits", &["epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "futex"]),
];

pub(super) fn run(lab: &Lab, _rounds: usize) {
    let pooled = per_query(&Guest::new(lab, &lab.postgres, Way::Pooled));
    let direct = per_query(&Guest::new(lab, &lab.postgres, Way::Direct));
    let (Some(pooled), Some(direct)) = (pooled, direct) else {
        eprintln!("system calls are not measured: there is no strace");
        return;
    };
    let all = |counts: &BTreeMap<String, f64>| counts.values().sum::<f64>();
    print("system calls of a guest's query", "calls", &[all(&pooled)], &[all(&direct)]);
    for (kind, names) in KINDS {
        let sum = |counts: &BTreeMap<String, f64>| {
            counts
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()))
                .map(|(_, count)| count)
                .sum::<f64>()
        };
        print(&format!("{kind} of a guest's query"), "calls", &[sum(&pooled)], &[sum(&direct)]);
    }
}

/// Calls of one query by name, to a tenth.
fn per_query(guest: &Guest<'_>) -> Option<BTreeMap<String, f64>> {
    let counted = |times: u32| {
        let text = guest.system_calls(&["query", "postgres-prepared", "1", &times.to_string()])?;
        Some(summary(&text))
    };
    let (few, many) = (counted(TIMES[0])?, counted(TIMES[1])?);
    // A tenth more is asked to warm up.
    let queries = f64::from(TIMES[1] - TIMES[0]) * 1.1;
    let each = |(name, count): (String, f64)| {
        let less = few.get(&name).copied().unwrap_or_default();
        (name, ((count - less) / queries * 10.0).round() / 10.0)
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
