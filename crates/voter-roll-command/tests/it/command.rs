//! The command on the command line.

use std::{fs, process::Stdio};

use tokio::process::Command;

use crate::world::{Voter, World};

struct CommandOutput {
    status: i32,
    out: String,
    err: String,
}

async fn run(world: &World, arguments: &[&str]) -> CommandOutput {
    run_logging(world, arguments, Some("warn")).await
}

async fn run_logging(world: &World, arguments: &[&str], logs: Option<&str>) -> CommandOutput {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voter-roll"));
    match logs {
        Some(filter) => command.env("RUST_LOG", filter),
        None => command.env_remove("RUST_LOG"),
    };
    let output = command
        .args(arguments)
        .env("DATABASE_URL", &world.database_url)
        .env("REDIS_URL", &world.redis_url)
        .env("BALLOT_KEYS_DIR", world.keys_dir.path())
        .env("URNA_OPERATOR", "ana")
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

#[tokio::test]
async fn nobody_is_bothered_with_the_lines_of_other_libraries() {
    let mut world = World::empty().await;
    world.database_url = devstack::shared()
        .await
        .create_database("roll")
        .await
        .unwrap();
    let migrated = run_logging(&world, &["migrate"], None).await;
    assert_eq!(migrated.status, 0, "{}", migrated.err);
    let is_ours = |line: &str| line.contains(" service_database::");
    assert!(migrated.err.lines().all(is_ours), "{}", migrated.err);
    world.database_url = devstack::shared()
        .await
        .create_database("roll")
        .await
        .unwrap();
    let asked = run_logging(&world, &["migrate"], Some("info")).await;
    assert!(asked.err.contains("refinery"), "{}", asked.err);
}

#[tokio::test]
async fn changes_while_people_vote_and_their_audit_log() {
    let world = World::empty().await;
    succeed(&world, &["generate", "--voters", "20"]).await;
    succeed(&world, &["load", "--election", "7", "--by", "bora"]).await;
    let (roll, voters) = (world.roll(), world.voters().await);
    let (first, second) = (
        voters[0].personal_id.as_str(),
        voters[1].personal_id.as_str(),
    );

    let dry = ["strike", "--personal-id", first, "--dry-run"];
    assert_eq!(
        succeed(&world, &dry).await,
        "would strike 1 voter; nothing was changed\n"
    );
    let strike = ["strike", "--personal-id", first, "--reason", "moved away"];
    let struck = run(&world, &strike).await;
    assert_eq!(struck.out, "struck 1 voter\n");
    assert_eq!(struck.err, "election 7: in force for 1 voter\n");
    assert!(voters[0].claim(&roll, 1).await.is_err());
    assert_eq!(
        succeed(&world, &strike).await,
        "struck 0 voters; 1 already so\n"
    );

    let out = world.keys_dir.path().join("new.csv");
    let reissue = [
        "reissue",
        "--personal-id",
        second,
        "--out",
        out.to_str().unwrap(),
    ];
    assert_eq!(succeed(&world, &reissue).await, "");
    let csv = fs::read_to_string(&out).unwrap();
    let line = csv.lines().nth(1).unwrap();
    assert!(csv.starts_with("personal_id,guid,district\n"), "{csv}");
    assert!(line.starts_with(second) && !line.contains(&voters[1].guid_text));

    assert_audit_log(
        &world,
        &voters,
        &[
            r#""what":"generate","target":"20 voters, seed 1""#,
            r#""who":"bora","role":"operator","what":"load","target":"election 7: 20 voters""#,
            r#""what":"strike","target":"voter 0: moved away""#,
            r#""who":"ana","role":"operator","what":"reissue","target":"voter 1""#,
        ],
    )
    .await;
    let newest = succeed(&world, &["audit", "--limit", "2"]).await;
    assert_eq!(newest.lines().count(), 2);
}

/// The audit log holds these rows, oldest first, is whole, and names nobody.
async fn assert_audit_log(world: &World, voters: &[Voter], expected: &[&str]) {
    let audit = run(world, &["audit"]).await;
    let acts: Vec<_> = audit.out.lines().rev().collect();
    assert_eq!(acts.len(), expected.len(), "{}", audit.out);
    for (act, expected) in acts.iter().zip(expected) {
        assert!(act.contains(expected), "{act}");
    }
    let whole = format!("the audit log is whole: {} rows", expected.len());
    assert!(audit.err.contains(&whole), "{}", audit.err);
    for voter in voters {
        assert!(!audit.out.contains(&voter.personal_id) && !audit.out.contains(&voter.guid_text));
    }
}

#[tokio::test]
async fn corrections_and_a_later_list_from_files() {
    let world = World::empty().await;
    succeed(&world, &["generate", "--voters", "20"]).await;
    succeed(&world, &["load", "--election", "7"]).await;
    let (roll, voters) = (world.roll(), world.voters().await);
    let third = voters[2].personal_id.as_str();

    let file = world.keys_dir.path().join("corrections.csv");
    fs::write(&file, format!("personal_id,district,region\n{third},9,\n")).unwrap();
    let correct = ["correct", file.to_str().unwrap()];
    assert_eq!(succeed(&world, &correct).await, "corrected 1 voter\n");
    let nothing = run(&world, &["correct", "--personal-id", third]).await;
    assert!(
        nothing.err.contains("nothing to correct"),
        "{}",
        nothing.err
    );

    fs::write(
        &file,
        format!(
            "personal_id,first_name,last_name,birth_date,gender,region,district\n\
        {third},A,B,1990-02-28,F,R,9\n00000000001,A,B,1990-02-28,F,R,9\n"
        ),
    )
    .unwrap();
    let added = succeed(&world, &["import", "--add", file.to_str().unwrap()]).await;
    assert!(
        added.starts_with("left alone: line 2: other first_name"),
        "{added}"
    );
    assert!(
        added.contains("imported 1 voter; 1 voter is on the roll already, 1 of them otherwise"),
        "{added}"
    );
    assert!(
        added.contains("loaded the roll of election 7: 21 voters"),
        "{added}"
    );
    assert!(
        world
            .voters()
            .await
            .last()
            .unwrap()
            .claim(&roll, 1)
            .await
            .is_ok()
    );

    assert_audit_log(
        &world,
        &voters,
        &[
            r#""what":"generate""#,
            r#""what":"load""#,
            r#""what":"correct","target":"voter 2: district 0 to 9""#,
            r#""what":"import","target":"new voters: 1""#,
        ],
    )
    .await;
}
