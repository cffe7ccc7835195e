//! Later lists of voters, also while an election is open.

use std::io::Cursor;

use indicatif::ProgressBar;
use voter_roll_command::{Import, ImportReport, Operator, RollError};

use crate::world::{Voter, World};

const HEADER: &str = "personal_id,guid,first_name,last_name,birth_date,gender,region,district\n";
const GUID: &str = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";

impl World {
    async fn add(&mut self, csv: &str, what: Import<'_>) -> Result<ImportReport, RollError> {
        let operator = Operator::new(Some("ana".to_owned()));
        let file = Cursor::new(csv.to_owned());
        let progress = ProgressBar::hidden();
        voter_roll_command::import(&mut self.database, file, what, &operator, &progress).await
    }
}

const ADD: Import = Import {
    is_addition: true,
    is_dry_run: false,
    elections: &[],
};

fn line(personal_id: u64, guid: &str, last_name: &str, district: u16) -> String {
    format!("{personal_id:011},{guid},Ana,{last_name},1990-02-28,F,R,{district}\n")
}

#[tokio::test]
async fn a_later_list_adds_who_is_new_and_says_what_it_left_alone() {
    let mut world = World::empty().await;
    let first = format!(
        "{HEADER}{}{}{}",
        line(1, GUID, "A", 1),
        line(2, "", "B", 1),
        line(3, "", "C", 1)
    );
    world.import(&first).await.unwrap();
    let before = world.export().await;
    let other_guid = GUID.replace("28f8", "38f8");
    let later = format!(
        "{HEADER}{}{}{}{}{}",
        line(1, GUID, "A", 1),
        line(4, "", "D", 2),
        line(2, "", "B", 1),
        line(3, &other_guid, "Novak", 5),
        line(5, &other_guid.replace('3', "4"), "E", 2),
    );
    let dry = Import {
        is_dry_run: true,
        ..ADD
    };
    for what in [dry, ADD] {
        let report = world.add(&later, what).await.unwrap();
        assert_eq!((report.added, report.same), (2, 2));
        assert_eq!(report.different.len(), 1);
        assert_eq!(
            report.different[0].to_string(),
            "line 5: other guid, last_name, district"
        );
        let is_as_before = world.export().await == before;
        assert_eq!(is_as_before, what.is_dry_run);
    }
    assert!(
        world.export().await.starts_with(&before),
        "who was there is as before"
    );
    // Once more: nobody is new.
    let report = world.add(&later, ADD).await.unwrap();
    assert_eq!(
        (report.added, report.same, report.different.len()),
        (0, 4, 1)
    );
}

#[tokio::test]
async fn who_is_added_votes_in_the_open_election_and_nobody_elses_serial_moves() {
    let mut world = World::loaded(20).await;
    let roll = world.roll();
    let before = world.serials(&roll).await;
    let newcomers = format!("{HEADER}{}{}", line(1, GUID, "A", 7), line(2, "", "B", 7));
    assert_eq!(world.add(&newcomers, ADD).await.unwrap().added, 2);
    assert_eq!(world.load().await.unwrap().added, 2);
    assert_eq!(
        world.voters().await[20]
            .claim(&roll, 1)
            .await
            .unwrap()
            .district,
        7
    );
    let after = world.serials(&roll).await;
    assert_eq!(after[..20], before);
    assert!(!before.contains(&after[20]) && !before.contains(&after[21]));
}

#[tokio::test]
async fn a_list_that_an_election_has_no_room_for_is_refused_whole() {
    let mut world = World::loaded(4).await;
    let before = world.export().await;
    let two = format!("{HEADER}{}{}", line(1, "", "A", 7), line(2, "", "B", 7));
    for is_addition in [true, false] {
        let what = Import { is_addition, ..ADD };
        let refused = world.add(&two, what).await.unwrap_err();
        assert!(
            matches!(
                refused,
                RollError::NoRoom {
                    election: 7,
                    capacity: 5,
                    voters: 6
                }
            ),
            "{refused}"
        );
        assert_eq!(world.export().await, before);
    }
    // For another election only: the one that is full goes on as it is.
    world.load_election(8).await.unwrap();
    let other = Import {
        elections: &[8],
        ..ADD
    };
    assert!(world.add(&two, other).await.is_err(), "8 is as full");
    world.purge().await.unwrap();
    assert!(matches!(
        world.add(&two, ADD).await,
        Err(RollError::NoRoom { election: 8, .. })
    ));
    let one = format!("{HEADER}{}", line(1, "", "A", 7));
    assert_eq!(world.add(&one, ADD).await.unwrap().added, 1);
}

#[tokio::test]
async fn a_later_list_takes_nobody_back_and_nobodys_guid() {
    let mut world = World::loaded(20).await;
    let voters = world.voters().await;
    let strike = "UPDATE dim_voters SET struck_at = now() WHERE row_number = 0";
    world.database.batch_execute(strike).await.unwrap();
    let Voter { personal_id, .. } = &voters[0];
    let known = format!("{HEADER}{personal_id},,A,B,1990-02-28,F,R,0\n");
    let report = world.add(&known, ADD).await.unwrap();
    assert!(
        report.different[0]
            .to_string()
            .contains("struck from the roll")
    );
    assert_eq!(report.added, 0);

    let taken = format!("{HEADER}{}", line(1, &voters[1].guid_text, "A", 7));
    let refused = world.add(&taken, ADD).await.unwrap_err();
    assert!(
        refused.to_string().starts_with("line 2: the guid"),
        "{refused}"
    );
    let twice = format!("{HEADER}{}{}", line(1, "", "A", 7), line(1, "", "A", 7));
    let refused = world.add(&twice, ADD).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("lines 2, 3 have the same personal_id"),
        "{refused}"
    );
}

/// Files that people have sent to systems like this one.
#[tokio::test]
async fn files_that_are_not_what_they_seem_are_refused_in_words() {
    let mut world = World::empty().await;
    let good = line(1, "", "A", 1);
    for (file, line, problem) in [
        (String::new(), 1, "the file is empty"),
        (
            HEADER.replace("guid", "gid") + &good,
            1,
            "column 2 has a name that is not known",
        ),
        (
            HEADER.replace(",region", "") + &good,
            1,
            "the column region is missing",
        ),
        (HEADER.replace("region", "gender") + &good, 1, "the column"),
        (
            format!("{HEADER}{}", good.replace("00000000001", "1")),
            2,
            "spreadsheets drop zeros in front",
        ),
        (
            format!("{HEADER}{}", good.replace("00000000001", "1.01E+10")),
            2,
            "personal_id",
        ),
        (
            format!("{HEADER}{}", line(1, &"0".repeat(32), "A", 1)),
            2,
            "all zeros",
        ),
        (
            format!(
                "{HEADER}{}",
                line(1, &GUID.replace('-', "\u{2011}"), "A", 1)
            ),
            2,
            "guid",
        ),
        (
            format!(
                "{HEADER}{}",
                line(1, &GUID.replace("28f8", "28f\u{200b}8"), "A", 1)
            ),
            2,
            "guid",
        ),
        (
            format!(
                "{HEADER}{}{}",
                line(1, "", "", 1),
                line(2, "", "A\u{feff}B", 1)
            ),
            3,
            "invisible",
        ),
    ] {
        let error = world.import(&file).await.unwrap_err().to_string();
        let named = format!("line {line}: ");
        assert!(
            error.starts_with(&named) && error.contains(problem),
            "{error}"
        );
    }
    let utf_16: Vec<u8> = format!("\u{feff}{HEADER}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let operator = Operator::new(None);
    let progress = ProgressBar::hidden();
    let what = Import::default();
    let refused = voter_roll_command::import(
        &mut world.database,
        Cursor::new(utf_16),
        what,
        &operator,
        &progress,
    );
    let refused = refused.await.unwrap_err().to_string();
    assert!(
        refused.contains("UTF-16") && refused.contains("CSV in UTF-8"),
        "{refused}"
    );
    // What a spreadsheet puts in front of the first name is no part of it, quoted or not.
    let quoted = HEADER.replace("personal_id", "\u{feff}\"personal_id\"");
    assert_eq!(world.import(&(quoted + &good)).await.unwrap(), 1);
    assert_eq!(
        world
            .import(&format!("\u{feff}{HEADER}{}", line(2, "", "A", 1)))
            .await
            .unwrap(),
        1
    );
}
