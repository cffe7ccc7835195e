//! When to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask this program to end: Ctrl-C, SIGTERM, and the closing of the terminal.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    /// Absent if this program was started to outlive the terminal (`nohup`).
    hangup: Option<Signal>,
}

impl StopSignals {
    /// From now on these signals are received, and no longer end the program on their own.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let hangup = if ignores_hangup() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn received(&mut self) {
        let hung_up = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hung_up => {}
        }
    }
}

/// Listening for a signal stops it from being ignored, so this is checked first.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_signals(&status).is_some_and(|ignored| ignored & 1 != 0)
}

/// The mask of ignored signals, as in proc(5); the lowest bit is signal 1 (SIGHUP).
fn ignored_signals(status: &str) -> Option<u64> {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::ignored_signals;

    #[test]
    fn the_mask_is_read() {
        assert_eq!(
            ignored_signals("Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"),
            Some(0x1001)
        );
        assert_eq!(ignored_signals("Name:\tx\n"), None);
    }
}
