//! Signals, from the host to a guest that asked for them.

use crate::console::with_console;
use crate::harness::{guest, load};
use crate::logs;
use warpgrid_grants::signals::Delivery::{NotAsked, Queued, QueuedDropping};
use warpgrid_grants::signals::SignalType::{Hangup, Interrupt, Terminate};
use warpgrid_host::Application;
use warpgrid_host::instance::InstanceOptions;
use warpgrid_host::shims::signals::DeliverError;

fn console() -> Application {
    load(&guest("signals_console"), "").unwrap()
}

#[tokio::test]
async fn a_guest_that_asks_for_terminate_gets_it() {
    let application = console();
    with_console(&application, async |guest| {
        assert_eq!(guest.ask("ask terminate").await, "asked");
        assert_eq!(application.deliver_signal(guest.id, Terminate), Ok(Queued));
        assert_eq!(guest.ask("poll").await, "terminate");
        assert_eq!(guest.ask("poll").await, "none");
    })
    .await;
}

#[tokio::test]
async fn an_empty_queue_gives_none() {
    with_console(&console(), async |guest| {
        assert_eq!(guest.ask("poll").await, "none");
        assert_eq!(guest.ask("ask interrupt").await, "asked");
        assert_eq!(guest.ask("poll").await, "none");
    })
    .await;
}

#[tokio::test]
async fn of_twenty_signals_the_newest_sixteen_are_kept_and_each_drop_is_a_warning() {
    let (logs, _guard) = logs::capture();
    let application = console();
    with_console(&application, async |guest| {
        guest.ask("ask hangup").await;
        guest.ask("ask terminate").await;
        guest.ask("ask interrupt").await;
        // The four that are dropped differ from the sixteen that stay.
        let sent = |number: usize| if number < 4 { Hangup } else { [Terminate, Interrupt][number % 2] };
        for number in 0..20 {
            let expected = if number < 16 { Queued } else { QueuedDropping(Hangup) };
            assert_eq!(application.deliver_signal(guest.id, sent(number)), Ok(expected), "{number}");
        }
        for number in 4..20 {
            assert_eq!(guest.ask("poll").await, sent(number).to_string(), "{number}");
        }
        assert_eq!(guest.ask("poll").await, "none");
    })
    .await;
    let warnings = logs.lines_with("the oldest was dropped");
    assert_eq!(warnings.len(), 4, "{}", logs.text());
    assert!(warnings[0].contains("WARN") && warnings[0].contains("dropped=hangup"), "{}", warnings[0]);
    let counted = "warpgrid_refusals_total{capability=\"signal\",reason=\"limit reached\"} 4";
    assert!(application.config().metrics.text().contains(counted));
}

#[tokio::test]
async fn a_guest_that_asks_for_hangup_only_does_not_get_terminate() {
    let application = console();
    with_console(&application, async |guest| {
        assert_eq!(application.deliver_signal(guest.id, Hangup), Ok(NotAsked));
        guest.ask("ask hangup").await;
        assert_eq!(application.deliver_signal(guest.id, Terminate), Ok(NotAsked));
        assert_eq!(guest.ask("poll").await, "none");
        assert_eq!(application.deliver_signal(guest.id, Hangup), Ok(Queued));
        assert_eq!(guest.ask("poll").await, "hangup");
    })
    .await;
}

#[tokio::test]
async fn a_guest_that_waits_is_woken_and_its_pollables_are_ready_while_a_signal_is_there() {
    let application = console();
    with_console(&application, async |guest| {
        guest.ask("ask interrupt").await;
        // Already there: no wait.
        application.deliver_signal(guest.id, Interrupt).unwrap();
        application.deliver_signal(guest.id, Interrupt).unwrap();
        assert_eq!(guest.ask("wait").await, "interrupt more");
        assert_eq!(guest.ask("poll").await, "interrupt");
        // Delivered at any moment around the wait: never lost.
        for _ in 0..50 {
            guest.tell("wait").await;
            tokio::task::yield_now().await;
            application.deliver_signal(guest.id, Interrupt).unwrap();
            assert_eq!(guest.hear().await, "interrupt empty");
        }
    })
    .await;
}

#[tokio::test]
async fn a_signal_reaches_the_instance_it_is_for_or_all_that_asked() {
    let application = console();
    with_console(&application, async |first| {
        with_console(&application, async |second| {
            first.ask("ask terminate").await;
            second.ask("ask terminate").await;
            second.ask("ask hangup").await;
            assert_eq!(application.deliver_signal(second.id, Terminate), Ok(Queued));
            assert_eq!(first.ask("poll").await, "none");
            assert_eq!(second.ask("poll").await, "terminate");
            assert_eq!(application.deliver_signal_to_all(Terminate), [first.id, second.id]);
            assert_eq!(application.deliver_signal_to_all(Hangup), [second.id]);
            assert_eq!(application.deliver_signal_to_all(Interrupt), []);
            assert_eq!(first.ask("poll").await, "terminate");
            assert_eq!(first.ask("poll").await, "none");
        })
        .await;
        assert_eq!(application.deliver_signal_to_all(Terminate), [first.id]);
    })
    .await;
    assert_eq!(application.deliver_signal_to_all(Terminate), []);
}

#[tokio::test]
async fn an_instance_that_has_not_started_has_ended_or_is_another_s_is_named() {
    let application = console();
    let instance = application.instantiate(InstanceOptions::default());
    let waiting = instance.id();
    let no_instance = |id| Err(DeliverError::NoInstance(id));
    assert_eq!(application.deliver_signal(waiting, Terminate), no_instance(waiting));
    let mut ended = None;
    with_console(&application, async |guest| {
        guest.ask("ask terminate").await;
        assert_eq!(console().deliver_signal(guest.id, Terminate), no_instance(guest.id));
        ended = Some(guest.id);
    })
    .await;
    let ended = ended.unwrap();
    assert_eq!(application.deliver_signal(ended, Terminate), no_instance(ended));
    let message = no_instance(ended).unwrap_err().to_string();
    assert_eq!(message, format!("no instance {ended} of this application is running"));
}

#[tokio::test]
async fn without_the_shim_nothing_is_delivered_and_the_key_is_named() {
    let application = load(&guest("engine_plain"), "[shims]\nsignals = false").unwrap();
    let id = application.instantiate(InstanceOptions::default()).id();
    let error = application.deliver_signal(id, Terminate).unwrap_err();
    assert!(error.to_string().contains("`signals = true` under `[shims]`"), "{error}");
    assert_eq!(application.deliver_signal_to_all(Terminate), []);
}
