//! Does what the lines of standard input say, and answers each with a line: `ask <signal>`, `poll`, `wait`.

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    world: "signals-imports",
    generate_all,
});

use warpgrid::shim::signals::{SignalType, on_signal, poll_signal, subscribe};

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.expect("a line of text");
        let answer = match line.split_once(' ').unwrap_or((&line, "")) {
            ("ask", name) => {
                on_signal(signal(name));
                "asked".to_owned()
            }
            ("poll", _) => poll_signal().map_or("none", name).to_owned(),
            ("wait", _) => {
                let (first, second) = (subscribe(), subscribe());
                first.block();
                // Ready without taking anything, for every pollable, for as long as a signal is there.
                assert!(first.ready() && second.ready());
                let taken = name(poll_signal().expect("a signal is there"));
                format!("{taken} {}", if first.ready() { "more" } else { "empty" })
            }
            (other, _) => panic!("unknown line `{other}`"),
        };
        println!("{answer}");
    }
}

fn signal(name: &str) -> SignalType {
    match name {
        "terminate" => SignalType::Terminate,
        "hangup" => SignalType::Hangup,
        "interrupt" => SignalType::Interrupt,
        other => panic!("unknown signal `{other}`"),
    }
}

fn name(signal: SignalType) -> &'static str {
    match signal {
        SignalType::Terminate => "terminate",
        SignalType::Hangup => "hangup",
        SignalType::Interrupt => "interrupt",
    }
}
