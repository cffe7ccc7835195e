//! The answers to officials, byte for byte.

use jiff::SignedDuration;

use crate::tokens;
use crate::world::{World, form, guid, paper};

const MISSING: (u16, &str) = (400, r#"{"message":"Field file is missing."}"#);
const RECORDED: (u16, &str) = (200, "");

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_recorded_line_by_line() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let file = format!("{},1\n{},3\n", guid(1), guid(2));
    let answer = station.send(&file).await;
    assert_eq!(answer.exactly(), RECORDED);
    assert_eq!(answer.headers["content-length"], "0");
    // The hash is that of the file's bytes: printf '…' | sha256sum | head -c 16.
    let name = "4bfe282451672c8f";
    let record = |line: u32, choice: u32| {
        let guid = guid(u128::from(line) + 1);
        format!(
            r#"{{"v":1,"election":7,"ballot":"{guid}","choice":{choice},"official":"0101994704401","line":"{name}/{line}"}}"#
        )
    };
    assert_eq!(world.payloads(), [record(0, 1), record(1, 3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_file_the_field_is_missing() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let token = tokens::official();
    let line = format!("{},1", guid(1));
    let (multipart, body) = form("file", Some("f.csv"), &line);
    let cut = |bytes: usize| body[..body.len() - bytes].to_vec();
    let (_, other_field) = form("files", Some("f.csv"), &line);
    let (_, nothing_chosen) = form("file", Some(""), "");
    let (_, empty_text) = form("file", None, "");
    let empty_form = b"------the-boundary--\r\n".to_vec();
    for (content_type, body) in [
        (None, Vec::new()),
        (Some("application/json"), b"{}".to_vec()),
        (Some("application/json"), br#"{"file":"a,1"}"#.to_vec()),
        (Some("text/csv"), line.clone().into_bytes()),
        (
            Some("application/x-www-form-urlencoded"),
            b"file=a".to_vec(),
        ),
        (Some("multipart/form-data"), body.clone()),
        (Some("multipart/form-data; boundary="), body.clone()),
        (Some("multipart/form-data; boundary=other"), body.clone()),
        (Some(multipart.as_str()), Vec::new()),
        (Some(multipart.as_str()), b"junk".to_vec()),
        (Some(multipart.as_str()), empty_form),
        (Some(multipart.as_str()), other_field),
        (Some(multipart.as_str()), nothing_chosen),
        (Some(multipart.as_str()), empty_text),
        // A part of a file does not count as a file.
        (Some(multipart.as_str()), cut(12)),
        (Some(multipart.as_str()), cut(24)),
        (Some(multipart.as_str()), cut(30)),
    ] {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let answer = station.post(&token, content_type, body).await;
        assert_eq!(answer.exactly(), MISSING, "{content_type:?} {shown}");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    assert_eq!(world.size(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_a_file_with_a_file_name_or_without() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let token = tokens::official();
    for (number, file_name) in [(1, None), (2, Some("")), (3, Some("f.csv"))] {
        let (content_type, body) = form("file", file_name, format!("{},1", guid(number)));
        let answer = station.post(&token, Some(&content_type), body).await;
        assert_eq!(answer.exactly(), RECORDED);
    }
    // There may be other fields; the first one with its name counts.
    let (content_type, before) = form("note", None, "a\r\nb");
    let (_, first) = form("file", Some("f.csv"), format!("{},1", guid(4)));
    let (_, second) = form("file", Some("f.csv"), "not a ballot");
    let open = |part: &[u8]| part[..part.len() - 4].to_vec();
    let body = [
        open(&before),
        b"\r\n".to_vec(),
        open(&first),
        b"\r\n".to_vec(),
        second,
    ]
    .concat();
    // Each part begins with the boundary that the one before it has ended with.
    let body = String::from_utf8(body).unwrap().replace(
        "------the-boundary\r\n------the-boundary\r\n",
        "------the-boundary\r\n",
    );
    let answer = station.post(&token, Some(&content_type), body).await;
    assert_eq!(answer.exactly(), RECORDED);
    let mut guids: Vec<_> = world
        .records()
        .iter()
        .map(|record| paper(record).0)
        .collect();
    guids.sort();
    assert_eq!(guids, [guid(1), guid(2), guid(3), guid(4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_wrong_line_is_named_and_nothing_is_recorded() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let good = format!("{},1", guid(1));
    let values =
        |line: u32| format!(r#"{{"message":"Incorrect number of values on line {line}."}}"#);
    let number = |line: u32| format!(r#"{{"message":"Incorrect poll number on line {line}."}}"#);
    for (file, message) in [
        (format!("{good}\n{good}\n{}\n", guid(2)), values(2)),
        (format!("{good}\n{good}\n{},1,1\n", guid(2)), values(2)),
        (format!("{}\n{good}\n", guid(2)), values(0)),
        (format!("{good}\n\n{good}\n"), values(1)),
        (format!("{good}\n  \n{},0\n", guid(2)), values(1)),
        ("\n\na".to_owned(), values(0)),
        (format!("{good}\n{good}\n{},0\n", guid(2)), number(2)),
        (format!("{},-1\n", guid(2)), number(0)),
        (format!("{},x\n", guid(2)), number(0)),
        (format!("{},\n", guid(2)), number(0)),
        (format!("{},1.5\n", guid(2)), number(0)),
        (format!("{},1e2\n", guid(2)), number(0)),
        // Line by line: the first wrong line is reported.
        (format!("{good}\n{},x\n{}\n", guid(2), guid(3)), number(1)),
        (format!("{good}\n{}\n{},x\n", guid(2), guid(3)), values(1)),
        (format!("{good}\n{},x,1\n", guid(2)), values(1)),
        (format!("\u{feff}{good}\r\n{},x", guid(2)), number(1)),
        (
            format!("{good}\n{},{}\n", guid(2), "1".repeat(257)),
            number(1),
        ),
        (format!("{good}\n{},1\n", "x".repeat(257)), values(1)),
    ] {
        let answer = station.send(&file).await;
        assert_eq!(answer.exactly(), (400, message.as_str()), "{file}");
    }
    assert_eq!(world.size(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn spreadsheets_may_write_the_file_as_they_like() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let odd = format!(
        "\u{feff}\"{}\",\"1\"\r\n{}, 2 \r\n{{{}}},+3\r\n{},999999999999999999999999\r\n\r\n",
        guid(1),
        guid(2).to_string().to_uppercase(),
        guid(3),
        guid(4).simple(),
    );
    assert_eq!(station.send(odd).await.exactly(), RECORDED);
    let mut records: Vec<_> = world
        .records()
        .iter()
        .map(|record| (paper(record), record.choice))
        .collect();
    records.sort();
    let expected = [
        ((guid(1), 0), 1),
        ((guid(2), 1), 2),
        ((guid(3), 2), 3),
        ((guid(4), 3), u64::MAX),
    ];
    assert_eq!(records, expected);
}

/// Files written by spreadsheets; each is refused at the line that is not a ballot.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_guid_is_refused_with_its_line() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let number_of_values = "Incorrect number of values";
    let ballot_guid = "Incorrect ballot GUID";
    let [one, two, three, four] = [1, 2, 3, 4].map(guid);
    for (file, what, line) in [
        (
            format!("\"{one},1\n{two},2\n\"{three},3\n{four},1\n"),
            number_of_values,
            0,
        ),
        (format!("{one},1\n\"{two}\n\",2\n"), number_of_values, 1),
        (format!("{one},1\n\"{two}\"x,2\n"), number_of_values, 1),
        (format!("{one},1\n{two},\"2\"3\n"), number_of_values, 1),
        (
            format!("{one},1\n{two},2\n\"{three},3"),
            number_of_values,
            2,
        ),
        (format!("{one}\u{a0},1\n"), ballot_guid, 0),
        (
            format!("\u{feff}{one},1\n\u{feff}{two},2\n"),
            ballot_guid,
            1,
        ),
        (format!("{one},1\n{two}\u{200b},2\n"), ballot_guid, 1),
        (
            format!("{},1\n", one.to_string().replace('-', "\u{2011}")),
            ballot_guid,
            0,
        ),
        (
            format!("{one},1\n{two},1\n{three},2\nTOTAL,3\n"),
            ballot_guid,
            3,
        ),
        (format!("{one},1\n#N/A,3\n"), ballot_guid, 1),
        (format!("{one},1\n,\n"), ballot_guid, 1),
        (format!("{one},1\n{two}\0,1\n"), ballot_guid, 1),
        ("ballot 7,1\n".to_owned(), ballot_guid, 0),
        // The GUID is checked before the poll number, and after the number of values.
        ("ballot 7,0\n".to_owned(), ballot_guid, 0),
        ("ballot 7,1,1\n".to_owned(), number_of_values, 0),
    ] {
        let answer = station.send(&file).await;
        assert_eq!(
            answer.message(),
            format!("{what} on line {line}."),
            "{file}"
        );
    }
    assert_eq!(world.size(), 0);
    let answer = station.send(format!("{one};1\n")).await;
    assert_eq!(
        answer.json()["hint"],
        "The values look separated by semicolons: separate them by a comma."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_no_election_is_open_nothing_is_recorded() {
    let world = World::on(devstack::shared().await).await;
    let hours = SignedDuration::from_hours;
    let station = world.start().await;
    let file = format!("{},1\n", guid(1));
    assert_eq!(station.send(&file).await.exactly(), RECORDED);
    world.define(1, hours(-3), hours(-2)).await;
    world.define(2, hours(2), hours(3)).await;
    assert_eq!(station.send(&file).await.exactly(), RECORDED);
    let wrong = station.send(format!("{},0", guid(1))).await;
    assert_eq!(
        wrong.exactly(),
        (400, r#"{"message":"Incorrect poll number on line 0."}"#)
    );
    assert_eq!(world.size(), 0);
    // An election counts as known from the moment at which it has been published.
    world.define(3, hours(-1), hours(1)).await;
    assert_eq!(station.send(&file).await.exactly(), RECORDED);
    let records = world.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].election, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_lines_is_a_file() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    for file in ["", "\n", "\u{feff}", "\r\n \r\n"] {
        assert_eq!(station.send(file).await.exactly(), RECORDED, "{file:?}");
    }
    assert_eq!(world.size(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_contract_does_not_name_is_a_problem() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let get = |path: &'static str| station.get(path);
    assert_eq!(get("/vote").await.problem(), (405, "method-not-allowed"));
    assert_eq!(get("/votes").await.problem(), (404, "not-found"));
    assert_eq!(get("/health/live").await.problem(), (404, "not-found"));
    assert_eq!(station.health("/health/live").await.status, 200);
    let document = get("/openapi.json").await;
    assert_eq!(document.status, 200);
    assert!(document.json()["paths"]["/vote"]["post"].is_object());
    let page = get("/docs").await;
    assert_eq!(page.status, 200);
    let text = page.exactly().1;
    assert!(
        !text.contains("src=\"http") && !text.contains("href=\"http"),
        "works offline"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_can_name_the_constituency_of_its_ballots() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let token = tokens::official();
    let send = async |number: u128, constituency: &str| {
        let (content_type, file) = form("file", Some("f.csv"), format!("{},1", guid(number)));
        let (_, field) = form("constituency", None, constituency);
        let body = [parts(&field), &file].concat();
        station.post(&token, Some(&content_type), body).await
    };
    for wrong in [
        "0",
        "65536",
        "+1",
        "-1",
        "1.0",
        "Beograd",
        "1 2",
        &"1".repeat(40),
    ] {
        let answer = send(1, wrong).await;
        let text = r#"{"message":"Field constituency must be a number from 1 to 65535."}"#;
        assert_eq!(answer.exactly(), (400, text), "{wrong}");
    }
    assert_eq!(world.size(), 0);
    for (number, constituency) in [(1, "65535"), (2, " 7 "), (3, "")] {
        assert_eq!(send(number, constituency).await.exactly(), RECORDED);
    }
    let mut districts: Vec<u16> = world
        .records()
        .iter()
        .map(|record| record.district)
        .collect();
    districts.sort_unstable();
    assert_eq!(districts, [0, 7, 65_535]);
    let acts = world.acts_at_least(14).await;
    assert!(acts.iter().any(|act| act.constituency == Some(7)));
}

/// The fields of a form, without its end.
fn parts(form: &[u8]) -> &[u8] {
    let end = b"------the-boundary--\r\n".len();
    &form[..form.len() - end]
}
