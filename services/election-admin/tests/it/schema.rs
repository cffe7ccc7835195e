//! Migrations from an old installation.

use refinery::Target;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn elections_of_old_have_their_participants_afterwards() {
    let world = World::new().await;
    let mut client = world.sql().await;
    let old = election_store::migrations().set_target(Target::Version(1));
    old.run_async(&mut client).await.unwrap();
    let election = |id: u32, day: u32| {
        format!(
            r#"INSERT INTO elections (id, definition, starts, ends) VALUES ({id},
               '{{"id":{id},"title":"T","created":"2026-06-01T00:00:00Z","start":"2026-06-{day}T08:00:00Z","end":"2026-06-{day}T20:00:00Z",
                 "individual":true,"rules":{{"method":"majority","winner":"plurality","tie":"lot"}},
                 "participants":[{{"poll_number":1,"name":"Zoe"}},{{"poll_number":2,"name":"Ana"}}]}}',
               '2026-06-{day}T08:00:00Z', '2026-06-{day}T20:00:00Z');"#
        )
    };
    client
        .batch_execute(&format!("{}{}", election(1, 16), election(2, 17)))
        .await
        .unwrap();
    let admin = world.start().await;
    let listed = admin.read("/getElections").await;
    assert_eq!(
        listed.text(),
        r#"{"elections":[{"id":1,"start":"2026-06-16T08:00:00Z","end":"2026-06-16T20:00:00Z","individual":true,"participants":[{"id":1,"name":"Zoe"},{"id":2,"name":"Ana"}]},{"id":2,"start":"2026-06-17T08:00:00Z","end":"2026-06-17T20:00:00Z","individual":true,"participants":[{"id":1,"name":"Zoe"},{"id":2,"name":"Ana"}]}]}"#
    );
}
