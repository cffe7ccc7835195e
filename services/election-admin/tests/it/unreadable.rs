//! Data that this program cannot read because a newer version wrote it.

use election_admin::elections::publishing::Publisher;
use election_admin::results::final_results;
use election_store::elections;
use jiff::SignedDuration;
use serde_json::json;
use service_database::postgres;
use test_kit::until;

use crate::world::{World, closed};

#[tokio::test(flavor = "multi_thread")]
async fn an_election_of_a_newer_form_keeps_no_other_from_being_closed() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    let client = world.sql().await;
    let newer = r#"INSERT INTO elections (id, definition, starts, ends, given_start, given_end)
        VALUES (2, '{"id":2,"rules":{"method":"of tomorrow"}}', '2020-01-01', '2020-01-02', '', '')"#;
    client.batch_execute(newer).await.unwrap();

    world.count(1, 0, 9, closed(&[(1, 5)])).await;
    world.count(1, 1, 9, closed(&[])).await;
    until("the readable election is final", async || {
        final_results::find(&client, 1).await.unwrap().is_some()
    })
    .await;
    let error = elections::find(&client, 2).await.unwrap_err().to_string();
    let names_it = "the table elections has an unreadable row: id 2, column definition: ";
    assert!(error.starts_with(names_it), "{error}");
    admin.running.stop().await;

    // Nor does it prevent other elections from being published, or the service from becoming ready.
    world.start().await.running.stop().await;
    let again = Publisher::open(&world.log.kafka).unwrap();
    let pool = postgres::pool(&world.postgres()).unwrap();
    let published = again.republish(&pool).await.unwrap();
    assert_eq!(published.elections, 1);
    let unreadable = published.unreadable[0].to_string();
    assert!(unreadable.starts_with(names_it), "{unreadable}");
}
