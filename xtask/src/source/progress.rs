//! Bars and spinners on a terminal, nothing elsewhere; knows not what is being waited for.
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bars of one run.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    bars: MultiProgress,
}

impl Progress {
    /// Draws on standard error when `shown` and when that is a terminal.
    pub(super) fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target) }
    }

    /// A spinner for work of unknown length; it vanishes on drop.
    pub(super) fn spinner(&self, what: &str) -> Bar {
        let bar = self.bars.add(ProgressBar::new_spinner());
        bar.set_message(what.to_owned());
        if !self.bars.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Bar(bar)
    }

    /// A bar for a download; `size` in bytes where it is known.
    pub(super) fn download(&self, what: &str, size: Option<u64>) -> Bar {
        let bar = match size {
            Some(size) => ProgressBar::new(size),
            None => ProgressBar::no_length(),
        };
        let bar = self.bars.add(bar);
        if let Ok(style) =
            ProgressStyle::with_template("{msg:30!} {bytes:>10}/{total_bytes} {wide_bar} {bytes_per_sec}")
        {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Bar(bar)
    }
}

/// One line on the terminal, removed on drop.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Bytes that have come so far.
    pub(super) fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
