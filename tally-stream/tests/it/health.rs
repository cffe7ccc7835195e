//! The command that orchestrators run.

use test_kit::until;
use tokio::process::Command;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn its_status_says_whether_votes_are_counted() {
    let world = World::new().await;
    let running = world.start().await;
    let address = running.admin_address.to_string();
    let health = async || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tally-stream"));
        let command = command.args(["health", "--admin-listen", &address]);
        command.output().await.unwrap().status.code()
    };
    until("it counts", async || health().await == Some(0)).await;
    running.stop().await;
    assert_eq!(health().await, Some(1));
}
