//! Filling the roll.

use indicatif::ProgressBar;
use voter_roll_command::{Generate, RollError};

use crate::world::World;

const HEADER: &str = "personal_id,guid,first_name,last_name,birth_date,gender,region,district\n";

async fn row_numbers(world: &World) -> (i64, Option<i64>, Option<i64>) {
    let query = "SELECT count(*), min(row_number), max(row_number) FROM dim_voters";
    let row = world.database.query_one(query, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test]
async fn several_may_migrate_at_once() {
    let stack = devstack::shared().await;
    let url = stack.create_database("roll").await.unwrap();
    let migrations = (0..4).map(|_| voter_roll_command::migrate(&url));
    for migrated in futures_util::future::join_all(migrations).await {
        migrated.unwrap();
    }
}

#[tokio::test]
async fn a_seed_gives_the_same_voters_everywhere() {
    let (one, other) = (
        World::with_voters(5000).await,
        World::with_voters(5000).await,
    );
    assert_eq!(one.export().await, other.export().await);
    assert_eq!(row_numbers(&one).await, (5000, Some(0), Some(4999)));
    let fewer = World::with_voters(10).await;
    assert!(one.export().await.starts_with(&fewer.export().await));
}

#[tokio::test]
async fn voters_are_replaced_only_when_told_and_never_under_an_election() {
    let mut world = World::with_voters(10).await;
    let before = world.export().await;
    assert!(matches!(
        world.generate(10, 2).await,
        Err(RollError::NotEmpty(10))
    ));

    world.load().await.unwrap();
    let what = Generate {
        voters: 20,
        seed: 2,
        districts: 0,
        replace: true,
    };
    let progress = ProgressBar::hidden();
    let refused = voter_roll_command::generate(&mut world.database, what, &progress).await;
    assert!(matches!(refused, Err(RollError::InUse(7))), "{refused:?}");
    assert_eq!(world.export().await, before);

    world.purge().await.unwrap();
    let replaced = voter_roll_command::generate(&mut world.database, what, &progress)
        .await
        .unwrap();
    assert_eq!(replaced, 20);
    assert_eq!(row_numbers(&world).await, (20, Some(0), Some(19)));
}

#[tokio::test]
async fn an_import_goes_on_where_the_roll_ends() {
    let mut world = World::with_voters(3).await;
    let added = world
        .import(&format!(
            "{HEADER}00000000001,28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b,Mila,Ilić,1990-02-28,F,Beograd,3\n\
             00000000002,,Vuk,Nagy,1980-12-31,M,Vojvodina,65535\n"
        ))
        .await
        .unwrap();
    assert_eq!(added, 2);
    assert_eq!(row_numbers(&world).await, (5, Some(0), Some(4)));
    let export = world.export().await;
    assert!(export.starts_with("personal_id,guid,district\n"));
    assert!(export.contains("\n00000000001,28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b,3\n"));
    assert!(export.lines().last().unwrap().starts_with("00000000002,"));
}

#[tokio::test]
async fn an_import_with_duplicates_names_their_lines_and_changes_nothing() {
    let mut world = World::with_voters(3).await;
    let known = world.voters().await.remove(1);
    let before = world.export().await;
    let guid = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";
    let rest = "A,B,1990-02-28,F,R,0";
    let csv = format!(
        "{HEADER}00000000001,{guid},{rest}\n\
         00000000002,,{rest}\n\
         00000000001,,{rest}\n\
         00000000003,{guid},{rest}\n\
         {},,{rest}\n\
         00000000004,{},{rest}\n",
        known.personal_id, known.guid_text
    );
    let error = world.import(&csv).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "lines 2, 5 have the same guid; lines 2, 4 have the same personal_id; \
         line 6: the personal_id is on the roll already; line 7: the guid is on the roll already; \
         the roll was not changed"
    );
    assert_eq!(world.export().await, before);

    let half_good = format!("{HEADER}00000000001,,{rest}\nnobody,,{rest}\n");
    let error = world.import(&half_good).await.unwrap_err().to_string();
    assert!(error.starts_with("line 3: the personal_id"), "{error}");
    assert_eq!(world.export().await, before);
}
