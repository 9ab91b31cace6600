//! Signals of the system, and what they mean to guests; ends nothing itself.

use std::io;
use tokio::signal::unix::{self, SignalKind};
use warpgrid_host::Application;
use warpgrid_host::shims::signals::SignalType;

/// A signal of the system that guests may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemSignal {
    /// SIGTERM.
    Terminate,
    /// SIGINT, which is Ctrl-C.
    Interrupt,
    /// SIGHUP.
    Hangup,
}

impl SystemSignal {
    /// What a shell shows for a program that the signal has ended.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            SystemSignal::Hangup => 128 + 1,
            SystemSignal::Interrupt => 128 + 2,
            SystemSignal::Terminate => 128 + 15,
        }
    }

    /// Delivers it to every running instance. True when one of them asked for it.
    pub(crate) fn deliver(self, application: &Application) -> bool {
        let signal = match self {
            SystemSignal::Terminate => SignalType::Terminate,
            SystemSignal::Interrupt => SignalType::Interrupt,
            SystemSignal::Hangup => SignalType::Hangup,
        };
        !application.deliver_signal_to_all(signal).is_empty()
    }
}

/// The signals that come to this process.
pub(crate) struct SystemSignals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: unix::Signal,
}

impl SystemSignals {
    /// Listens from now on: none of the signals ends this process by itself any more.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            hangup: unix::signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> SystemSignal {
        tokio::select! {
            _ = self.terminate.recv() => SystemSignal::Terminate,
            _ = self.interrupt.recv() => SystemSignal::Interrupt,
            _ = self.hangup.recv() => SystemSignal::Hangup,
        }
    }
}
