//! The command on the command line.

use std::{fs, process::Stdio};

use tokio::process::Command;

use crate::world::World;

struct CommandOutput {
    status: i32,
    out: String,
    err: String,
}

async fn run(world: &World, arguments: &[&str]) -> CommandOutput {
    let output = Command::new(env!("CARGO_BIN_EXE_voter-roll"))
        .args(arguments)
        .env("DATABASE_URL", &world.database_url)
        .env("REDIS_URL", &world.redis_url)
        .env("BALLOT_KEYS_DIR", world.keys_dir.path())
        .env("RUST_LOG", "warn")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    CommandOutput {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

async fn succeed(world: &World, arguments: &[&str]) -> String {
    let outcome = run(world, arguments).await;
    assert_eq!(outcome.status, 0, "{arguments:?}: {}", outcome.err);
    outcome.out
}

#[tokio::test]
async fn a_roll_from_its_making_to_its_end() {
    let world = World::empty().await;
    assert!(succeed(&world, &["migrate"]).await.contains("up to date"));
    let generated = succeed(&world, &["generate", "--voters", "200", "--seed", "5"]).await;
    assert!(
        generated.starts_with("generated 200 voters in "),
        "{generated}"
    );
    let loaded = succeed(&world, &["load", "--election", "7"]).await;
    assert!(loaded.contains("200 voters in ") && loaded.contains("bytes of Redis memory each"));

    let csv = succeed(&world, &["export"]).await;
    assert!(csv.starts_with("personal_id,guid,district\n"));
    assert_eq!(csv.lines().count(), 201);
    let file = world.keys_dir.path().join("voters.csv");
    assert_eq!(
        succeed(&world, &["export", file.to_str().unwrap()]).await,
        ""
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), csv);

    world.voters().await[0].vote(&world.roll(), 1).await;
    let status = succeed(&world, &["status"]).await;
    assert!(
        status.starts_with("200 voters on the roll\nelection 7\n"),
        "{status}"
    );
    assert!(status.contains("voted        1\n"), "{status}");

    let purge = ["purge", "--election", "7", "--yes"];
    assert!(
        succeed(&world, &purge)
            .await
            .contains("its ballot key destroyed, 3 keys removed")
    );
    assert!(succeed(&world, &purge).await.contains("was gone already"));
    let refused = run(&world, &["load", "--election", "7"]).await;
    assert_eq!(refused.status, 1);
    assert!(
        refused.err.contains("election 7 was purged"),
        "{}",
        refused.err
    );
}

#[tokio::test]
async fn wrong_usage_and_failure_have_their_own_exit_codes() {
    let world = World::empty().await;
    assert_eq!(run(&world, &["purge", "--election", "7"]).await.status, 2);
    assert_eq!(run(&world, &["generate"]).await.status, 2);
    let missing = run(&world, &["import", "no-such-file.csv"]).await;
    assert_eq!(missing.status, 1);
    assert_eq!(
        missing.err.lines().count(),
        1,
        "one sentence: {}",
        missing.err
    );
    let unknown = run(&world, &["status", "--election", "9"]).await;
    assert_eq!(unknown.status, 1);
    assert!(
        unknown.err.contains("election 9 has no roll here"),
        "{}",
        unknown.err
    );
    let nowhere = [
        "migrate",
        "--database-url",
        "postgresql://nobody@127.0.0.1:1/none",
    ];
    let unreachable = run(&world, &nowhere).await;
    assert_eq!(unreachable.status, 1);
    assert!(
        unreachable.err.contains("cannot reach PostgreSQL"),
        "{}",
        unreachable.err
    );
}

#[tokio::test]
async fn an_export_that_nobody_reads_to_its_end_is_no_error() {
    let mut world = World::empty().await;
    world.generate(20_000, 1).await.unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_voter-roll"))
        .arg("export")
        .env("DATABASE_URL", &world.database_url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().await.unwrap().success());
}
