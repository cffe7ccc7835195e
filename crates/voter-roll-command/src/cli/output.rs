//! The output of the command: a progress bar on standard error, a line at the end.

use std::{
    io::{self, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::loading::{KeyState, LoadStatus, RollStatus};

/// A progress bar on standard error, if that is a terminal.
pub(super) fn progress(length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length),
            "{msg:9} {wide_bar} {human_pos}/{human_len} voters, {per_sec}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{msg:9} {spinner} {human_pos} voters, {per_sec}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// "1000000 voters in 3.21 s (311526/s)"
pub(super) fn rate(voters: u64, duration: Duration) -> String {
    let micros = duration.as_micros().max(1);
    let rate = u128::from(voters) * 1_000_000 / micros;
    format!(
        "{voters} voters in {:.2} s ({rate}/s)",
        duration.as_secs_f64()
    )
}

/// Prints a line; a closed pipe is not an error.
pub(super) fn line(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

pub(super) fn status(status: &RollStatus) -> String {
    let mut lines = vec![format!("{} voters on the roll", status.voters)];
    lines.extend(status.elections.iter().map(election));
    lines.join("\n")
}

fn election(load: &LoadStatus) -> String {
    let loaded = load.loaded_at.map_or_else(
        || format!("first load of {} not completed", load.first_loaded_at),
        |at| format!("{} voters loaded {at}", load.voters),
    );
    let key = match &load.key {
        KeyState::Present => "present".to_owned(),
        KeyState::Missing => "missing".to_owned(),
        KeyState::Wrong => "not the one that the roll was loaded with".to_owned(),
        KeyState::Unusable(reason) => reason.clone(),
    };
    let redis = &load.redis;
    let state = match (redis.described, redis.complete_buckets == redis.buckets) {
        (true, true) => "complete",
        (false, _) if redis.complete_buckets == 0 => "not loaded",
        _ => "incomplete: load again",
    };
    let purged = load
        .purged_at
        .map_or_else(String::new, |at| format!("\n  purged       {at}"));
    format!(
        "election {}\n  roll         {loaded}, room for {}\n  ballot key   {key}\n  \
         in Redis     {state} ({} of {} buckets)\n  voted        {}\n  pending      {}\n  \
         not voted    {}{purged}",
        load.election,
        load.capacity,
        redis.complete_buckets,
        redis.buckets,
        redis.voted,
        redis.pending,
        redis.free,
    )
}
