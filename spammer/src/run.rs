//! One run, from the command line to the report.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hyper::StatusCode;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::ballot::{Bodies, Paper, Roll, Scenario};
use crate::compare::{Told, compare};
use crate::crowd::{Crowd, Persistence, Plan, Schedule};
use crate::http::Origin;
use crate::machine::{Machine, cpu_time};
use crate::report::Findings;
use crate::result::{Feed, Results, Watch, visible};
use crate::{Error, Options, Progress, Report};

/// How often the user has asked to stop. After the first time, no more votes become due, and what was sent is
/// still compared with the count; the second time, the count is compared as it is at that moment.
pub type Interrupts = watch::Receiver<u32>;

/// How long the count must stay unchanged, once it has caught up, before it is compared: votes counted twice
/// would arrive after that.
const QUIET: Duration = Duration::from_secs(1);

/// How long vote-ingest may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// The pause between two checks of something that is not ready yet.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Casts the votes that the options ask for, and compares them with the count.
///
/// # Errors
/// If the run cannot begin or its result cannot be read. A wrong count is not an error but a [`Report`] with
/// [`Report::exit_code`] 1.
pub async fn run(
    options: &Options,
    progress: Progress,
    mut interrupts: Interrupts,
) -> Result<Report, Error> {
    let scenario = options
        .scenario
        .as_deref()
        .map(Scenario::read)
        .transpose()?;
    let roll = Roll::read(&options.voters, options.skip)?;
    let seed = seed(options);
    for origin in &options.urls {
        check_ready(origin).await?;
    }
    let feed = Feed::new(options.feed.clone());
    let election = match options.election {
        Some(election) => election,
        None => feed.open_election().await?,
    };
    let before = feed.first_results(election).await?;
    let paper = Paper::new(&before, scenario.as_ref())?;
    let mut watch = Watch::begin(feed.clone(), election).await?;

    let plan = plan(options, roll.len(), seed);
    progress.say(&format!(
        "{} of {} voters vote in election {election}, {}, at {} votes/s over {} connections; seed {seed}.",
        plan.votes,
        roll.len(),
        before.title,
        plan.rate,
        options.connections()
    ));
    let crowd = Arc::new(crowd(options, roll, paper, plan));
    let cpu_before = cpu_time();
    let began = (Instant::now(), SystemTime::now());
    let showing = progress.show(Arc::clone(&crowd), before.counted, watch.subscribe());
    let took = cast(options, &crowd, &mut interrupts).await?;
    let cpu_time = cpu_time()
        .zip(cpu_before)
        .map(|(after, before)| after.saturating_sub(before));
    showing.end().await;

    let told = crowd.ledger().clone();
    progress.say("All votes are answered; waiting for the count.");
    let target = before.counted + told.all_accepted();
    let caught_up = settle(options, &mut watch, target, &mut interrupts).await;
    let after = newest(feed.results(election).await?, &watch);
    let comparison = compare(
        crowd.paper(),
        &before,
        &after,
        Told {
            accepted: &told.accepted,
            uncertain: &told.uncertain,
            // With retries, servers are expected to die, and then the producer of vote-ingest repeats itself too.
            duplicates_allowed: (!options.retries).then_some(told.uncertain_attempts + told.raced),
        },
    );
    let visible = visible(told.acceptances.clone(), &watch.sightings(), before.counted);
    Ok(Report::from(Findings {
        options,
        seed,
        votes: plan.votes,
        began,
        took,
        machine: Machine::here(cpu_time, told.sent),
        told: &told,
        comparison,
        caught_up,
        visible,
        results: &after,
    }))
}

/// A drawn seed has 32 bits, which every JSON parser reads exactly.
fn seed(options: &Options) -> u64 {
    options
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()))
}

fn crowd(options: &Options, roll: Roll, paper: Paper, plan: Plan) -> Crowd {
    let seed = plan.seed;
    let bodies = Bodies::new(&paper, options.election, seed);
    let persistence = Persistence {
        retries: options.retries,
        give_up: Duration::from_secs(options.give_up.into()),
    };
    let voters = (roll, options.skip);
    Crowd::new(
        voters,
        paper,
        bodies,
        seed,
        Schedule::new(plan),
        persistence,
        options.races,
    )
}

fn plan(options: &Options, voters: u32, seed: u64) -> Plan {
    let due = options
        .duration
        .map_or(u32::MAX, |seconds| options.rate.saturating_mul(seconds));
    Plan {
        rate: options.rate,
        votes: due.min(voters),
        duplicates: options.duplicates,
        unknown: options.unknown,
        malformed: options.malformed,
        seed,
    }
}

/// What anyone may request from vote-ingest. A gateway answers 503 while none of its instances is ready.
const ASKED: &str = "/openapi.json";

/// Waits for a short time if a gateway has no ready instance.
async fn check_ready(origin: &Origin) -> Result<(), Error> {
    let url = origin.to_string();
    let until = Instant::now() + READY_WITHIN;
    loop {
        let (status, body) = origin
            .get_text(ASKED)
            .await
            .map_err(|reason| Error::Unreachable {
                url: url.clone(),
                reason,
            })?;
        if status == StatusCode::OK {
            return Ok(());
        }
        if status != StatusCode::SERVICE_UNAVAILABLE || Instant::now() > until {
            let reason = format!("{status} {}", String::from_utf8_lossy(&body));
            return Err(Error::NotReady { url, reason });
        }
        sleep(LOOK_AGAIN_AFTER).await;
    }
}

async fn cast(
    options: &Options,
    crowd: &Arc<Crowd>,
    interrupts: &mut Interrupts,
) -> Result<Duration, Error> {
    let origins: Arc<[Origin]> = options.urls.clone().into();
    let casting = crowd.cast(&origins, options.connections());
    tokio::pin!(casting);
    tokio::select! {
        took = &mut casting => took,
        true = interrupted(interrupts, 1) => {
            crowd.stop();
            casting.await
        }
    }
}

/// Waits until the count has caught up with `target` ballots and no longer changes; false if that takes too long.
async fn settle(
    options: &Options,
    watch: &mut Watch,
    target: u64,
    interrupts: &mut Interrupts,
) -> bool {
    let deadline = Instant::now() + Duration::from_secs(options.settle.into());
    let settled = async {
        let caught_up = watch
            .until(deadline, |results| {
                results.counted + results.may_wait() >= target && results.shows_votes()
            })
            .await;
        if caught_up {
            watch.until_quiet(QUIET, deadline).await;
        }
        caught_up
    };
    tokio::select! {
        caught_up = settled => caught_up,
        true = interrupted(interrupts, 2) => false,
    }
}

/// True once the user has asked to stop this often; false if nobody can ask any more.
async fn interrupted(interrupts: &mut Interrupts, times: u32) -> bool {
    interrupts.wait_for(|count| *count >= times).await.is_ok()
}

/// The results asked for, or those of the events if these are newer.
fn newest(asked: Results, watch: &Watch) -> Results {
    match watch.latest() {
        Some(seen) if seen.position > asked.position => (*seen).clone(),
        _ => asked,
    }
}
