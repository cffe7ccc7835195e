//! The output of the command: a progress bar on standard error, a line at the end.

use std::{
    io::{self, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::loading::{KeyState, LoadReport, LoadStatus, RollStatus};
use crate::register::ImportReport;

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

/// "1 voter", "2 voters"
pub(super) fn voters(count: u64) -> String {
    match count {
        1 => "1 voter".to_owned(),
        count => format!("{count} voters"),
    }
}

/// "1 voter is", "2 voters are"
pub(super) fn voters_are(count: u64) -> String {
    format!(
        "{} {}",
        voters(count),
        if count == 1 { "is" } else { "are" }
    )
}

/// "3 voters; 5 are on the roll already, 2 of them otherwise, and stay so"
pub(super) fn imported(report: &ImportReport, is_addition: bool) -> String {
    let added = voters(report.added);
    if !is_addition {
        return added;
    }
    let different = report.different.len() as u64;
    format!(
        "{added}; {} on the roll already, {different} of them otherwise, and left alone",
        voters_are(report.same + different)
    )
}

pub(super) fn loaded(election: u32, report: &LoadReport) -> String {
    format!(
        "loaded the roll of election {election}: {}, {:.1} bytes of Redis memory each; \
         {} were not there before, room for {}",
        rate(report.voters, report.duration),
        report.bytes_per_voter,
        report.added,
        report.capacity,
    )
}

/// Prints a line; that nobody reads it is no error.
pub(super) fn line(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

pub(super) fn status(status: &RollStatus) -> String {
    let struck = match status.struck {
        0 => String::new(),
        struck => format!(", and {struck} who were struck from it"),
    };
    let mut lines = vec![format!("{} voters on the roll{struck}", status.voters)];
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
