//! The command as a script sees it: standard output and exit status.

use std::io::Write;
use std::process::Output;

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::process::Command;

use crate::hall::{Fault, Hall};
use crate::voters;

async fn spammer(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spammer"))
        .args(arguments)
        .output()
        .await
        .unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[actix_web::test]
async fn the_report_is_one_line_that_begins_with_the_agreed_fields() {
    let hall = Hall::open(50, Fault::None);
    let voters = voters(50);
    let path = voters.path().to_str().unwrap();
    let output = spammer(&[
        "--url",
        hall.url(),
        "--feed",
        hall.url(),
        "--voters",
        path,
        "--duplicates",
        "2",
    ])
    .await;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let line = String::from_utf8(output.stdout).unwrap();
    assert_eq!(line.lines().count(), 1);
    let places: Vec<usize> = [
        "{\"sent\":51,",
        "\"accepted\":50,",
        "\"refused\":{\"already-voted\":1},",
        "\"failed\":0,",
        "\"counted\":50,",
        "\"lost\":0,",
        "\"double\":0,",
        "\"rate\":",
        "\"latency_ms\":{\"p50\":",
        "\"p99\":",
        "\"max\":",
        "\"visible_ms\":{\"p50\":",
    ]
    .iter()
    .map(|field| {
        line.find(field)
            .unwrap_or_else(|| panic!("{field} in {line}"))
    })
    .collect();
    assert!(places.is_sorted(), "{line}");
    let report: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(report["exact"], true);
    assert!(report["seed"].is_u64());
}

#[actix_web::test]
async fn a_wrong_count_is_status_1_and_still_a_report() {
    let hall = Hall::open(50, Fault::CountsTwice(50));
    let voters = voters(50);
    let path = voters.path().to_str().unwrap();
    let output = spammer(&["--url", hall.url(), "--feed", hall.url(), "--voters", path]).await;
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["double"], &report["exact"]),
        (&1.into(), &false.into())
    );
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("The count is not proved right"), "{text}");
}

#[tokio::test]
async fn options_that_make_no_sense_are_status_2() {
    for arguments in [
        &[][..],
        &["--voters", "x", "--rate", "0"],
        &["--voters", "x", "--duplicates", "many"],
        &["--voters", "x", "--url", "https://example.org"],
    ] {
        let output = spammer(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!complaint(&output).is_empty());
    }
}

#[tokio::test]
async fn a_voters_file_that_is_none_is_status_2_and_the_line_is_named() {
    let output = spammer(&["--voters", "/no/such/file.csv"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("voter-roll export"));

    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "personal_id,guid,district\n12345678901,me,0").unwrap();
    let output = spammer(&["--voters", file.path().to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains(", line 2: no GUID"));

    let empty = voters(0);
    let output = spammer(&["--voters", empty.path().to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("leaves no voter"));
}
