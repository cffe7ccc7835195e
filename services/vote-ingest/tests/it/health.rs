//! The command that orchestrators run.

use tokio::process::Command;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn its_status_says_whether_votes_are_taken() {
    let (world, _) = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let ingest = station.ingest.unwrap();
    let address = ingest.admin_address.to_string();
    let health = async || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vote-ingest"));
        let command = command.args(["health", "--admin-listen", &address]);
        command.output().await.unwrap().status.code()
    };
    assert_eq!(health().await, Some(0));
    ingest.stop().await;
    assert_eq!(health().await, Some(1));
}
