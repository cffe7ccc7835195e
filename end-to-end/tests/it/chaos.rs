//! One minute of random faults; `script/chaos` runs longer.

use end_to_end::chaos::{Plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_of_faults_at_random_loses_nothing() {
    let plan = Plan {
        // Processes paused and killed, Redis emptied, junk, all brokers down.
        seed: 14,
        seconds: 60,
        brokers: 1,
    };
    let outcome = run(plan, |fault| eprintln!("{fault}")).await;
    assert!(outcome.is_exact(), "{outcome:?}");
}
