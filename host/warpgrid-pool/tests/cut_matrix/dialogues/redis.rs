//! Dialogues of Redis; what they leave behind is called `canary`.

use crate::dialogue::Step::{Hear, Say};
use crate::dialogue::{Dialogue, Step};
use crate::proof::wire::command;

fn words(text: &str) -> Vec<u8> {
    command(&text.split(' ').map(str::as_bytes).collect::<Vec<_>>())
}

/// Commands, one after the other, each answered.
fn commands(texts: &[&str]) -> Vec<Step> {
    texts.iter().flat_map(|text| [Say(words(text)), Hear(0, 1)]).collect()
}

/// Commands in one write.
fn pipeline(texts: &[&str]) -> Vec<Step> {
    vec![Say(texts.iter().flat_map(|text| words(text)).collect()), Hear(0, texts.len())]
}

pub(crate) fn all() -> Vec<Dialogue> {
    let large = "canary".repeat(3000);
    let inline = vec![Say(b"PING canary\r\nECHO  canary\r\n".to_vec()), Hear(0, 2)];
    let message = "EVAL return{1,'canary',{2,{3}},false} 0";
    vec![
        Dialogue::new("inline", inline),
        Dialogue::new("set-and-get", commands(&["SET canary 1", "GET canary", "GET no-canary"])),
        Dialogue::new("error", commands(&["NO-SUCH canary", "LPUSH", "GET canary"])),
        Dialogue::new(
            "pipeline",
            pipeline(&["SET canary 1", "INCR canary", "GET canary", "NO-SUCH", "PING"]),
        ),
        Dialogue::new("multi", commands(&["MULTI", "SET canary 1", "GET canary", "EXEC"])),
        Dialogue::new("multi-at-once", pipeline(&["MULTI", "SET canary 1", "GET canary", "EXEC"])),
        Dialogue::new("open-multi", commands(&["MULTI", "SET canary 1"])),
        Dialogue::new("discarded-multi", commands(&["MULTI", "SET canary 1", "DISCARD"])),
        Dialogue::new("failed-multi", commands(&["MULTI", "NO-SUCH", "EXEC"])),
        Dialogue::new("watch", commands(&["WATCH canary", "SET canary 2", "MULTI", "GET canary", "EXEC"])),
        Dialogue::new("open-watch", commands(&["WATCH canary"])),
        Dialogue::new("subscribe", vec![Say(words("SUBSCRIBE canary-a canary-b")), Hear(0, 2)]),
        Dialogue::new("unsubscribe", commands(&["SUBSCRIBE canary-a", "UNSUBSCRIBE canary-a", "PING"])),
        Dialogue::new("pattern", commands(&["PSUBSCRIBE canary-*", "PING"])),
        Dialogue::new(
            "message",
            [
                commands(&["HELLO 3", "SUBSCRIBE canary-c"]),
                vec![Say(words("PUBLISH canary-c canary")), Hear(0, 2)],
            ]
            .concat_steps(),
        ),
        Dialogue::new(
            "version-3",
            commands(&["HELLO 3", "HSET canary-h a 1", "HGETALL canary-h", "CLIENT INFO"]),
        ),
        Dialogue::new("login", commands(&["HELLO 2 AUTH guest guest SETNAME canary", "AUTH guest guest"])),
        Dialogue::new("database", commands(&["SELECT 3", "SET canary 3"])),
        Dialogue::new("name", commands(&["CLIENT SETNAME canary", "CLIENT GETNAME"])),
        Dialogue::new("tracking", commands(&["HELLO 3", "CLIENT TRACKING ON", "GET canary"])),
        Dialogue::new("nested", commands(&[message, "SCAN 0"])),
        Dialogue::new(
            "list",
            commands(&["RPUSH canary-l a b", "LRANGE canary-l 0 -1", "BLPOP canary-l 1", "DEL canary-l"]),
        ),
        Dialogue::new(
            "refused",
            commands(&["RESET", "MONITOR", "CLIENT REPLY OFF", "CLIENT KILL ID 1", "PING"]),
        ),
        Dialogue::new("blocked", vec![Say(words("BLPOP canary-never 0"))]).lost(),
        Dialogue::new("uncounted", commands(&["UNSUBSCRIBE"])).lost(),
        Dialogue::new("goodbye", commands(&["SET canary 1", "QUIT"])),
        Dialogue::new("large-answer", commands(&[&format!("ECHO {large}")])),
        Dialogue::new("large-question", commands(&[&format!("SET canary {large}")])),
    ]
}

/// Steps behind steps.
trait ConcatSteps {
    fn concat_steps(self) -> Vec<Step>;
}

impl<const N: usize> ConcatSteps for [Vec<Step>; N] {
    fn concat_steps(self) -> Vec<Step> {
        self.into_iter().flatten().collect()
    }
}
