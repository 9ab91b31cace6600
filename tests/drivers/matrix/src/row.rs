//! What came out of a cell: the last line of a program, judged; knows no driver.
use std::time::Duration;

use serde_json::json;

use crate::door::Door;

/// How a cell ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As it should; the text is a fact, or empty.
    Passed(String),
    /// The driver has no way to do it; the text says why.
    Unsupported(String),
    /// The door refuses it by intention; the text says why.
    Refused(String),
    /// It did not; the text says what was seen.
    Failed(String),
    /// It was not tried; the text says why.
    Skipped(String),
}

/// One cell of one driver at one door.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) door: &'static str,
    pub(crate) product: &'static str,
    pub(crate) driver: &'static str,
    pub(crate) cell: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
}

impl Row {
    /// The row as one line of JSON.
    pub(crate) fn line(&self) -> String {
        let (outcome, text) = match &self.outcome {
            Outcome::Passed(fact) => ("passed", fact),
            Outcome::Unsupported(why) => ("unsupported", why),
            Outcome::Refused(why) => ("refused", why),
            Outcome::Failed(text) => ("failed", text),
            Outcome::Skipped(why) => ("skipped", why),
        };
        json!({
            "door": self.door,
            "product": self.product,
            "driver": self.driver,
            "cell": self.cell,
            "outcome": outcome,
            "text": text,
            "seconds": self.duration.as_secs_f64(),
        })
        .to_string()
    }
}

/// Judges the end of a program: its exit code and what it printed.
pub(crate) fn judge(success: bool, output: &str, messages: &str) -> Outcome {
    let last = output.trim_end().lines().last().unwrap_or_default();
    if success && last == "ok" {
        return Outcome::Passed(String::new());
    }
    if success && let Some(fact) = last.strip_prefix("ok: ") {
        return Outcome::Passed(fact.to_owned());
    }
    if success && let Some(why) = last.strip_prefix("unsupported: ") {
        return Outcome::Unsupported(why.to_owned());
    }
    Outcome::Failed(format!("{}\n{}", output.trim_end(), messages.trim_end()).trim().to_owned())
}

/// Whether the fact of the cell `reuse` is what this door promises: server sessions that are used again, or one for
/// each connection.
pub(crate) fn judge_reuse(outcome: Outcome, door: &Door) -> Outcome {
    let Outcome::Passed(fact) = &outcome else { return outcome };
    let numbers: Vec<u32> = fact.split(' ').filter_map(|word| word.parse().ok()).collect();
    match *numbers.as_slice() {
        [connections, sessions] if door.pools == (sessions < connections) => outcome,
        _ if door.pools => Outcome::Failed(format!("no server session was used again: {fact}")),
        _ => Outcome::Failed(format!("not each connection had a server session of its own: {fact}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_end_with_a_known_last_line_passes() {
        assert_eq!(judge(true, "noise\nok\n", ""), Outcome::Passed(String::new()));
        assert_eq!(judge(true, "ok: seen\n", ""), Outcome::Passed("seen".into()));
        assert_eq!(judge(true, "unsupported: no way\n", ""), Outcome::Unsupported("no way".into()));
        for (success, output) in [(false, "ok\n"), (true, ""), (true, "ok\nmore\n"), (true, "okay")] {
            assert!(matches!(judge(success, output, ""), Outcome::Failed(_)), "{output:?}");
        }
        let failed = judge(false, "failed: why\n", "trace\n");
        assert_eq!(failed, Outcome::Failed("failed: why\ntrace".into()));
    }

    #[test]
    fn a_door_that_pools_uses_sessions_again_and_another_does_not() {
        let door = |pools| Door {
            port: 1,
            tls_port: 1,
            socket: None,
            user: String::new(),
            password: String::new(),
            database: String::new(),
            authority: None,
            always_tls: false,
            checks_password: true,
            pools,
        };
        let reused = || Outcome::Passed("20 connections, 2 server sessions".into());
        let fresh = || Outcome::Passed("20 connections, 20 server sessions".into());
        assert_eq!(judge_reuse(reused(), &door(true)), reused());
        assert_eq!(judge_reuse(fresh(), &door(false)), fresh());
        assert!(matches!(judge_reuse(fresh(), &door(true)), Outcome::Failed(_)));
        assert!(matches!(judge_reuse(reused(), &door(false)), Outcome::Failed(_)));
        assert!(matches!(judge_reuse(Outcome::Passed("none".into()), &door(true)), Outcome::Failed(_)));
    }
}
