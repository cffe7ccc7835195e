//! Records as bytes and back.

use proptest::prelude::*;

use super::*;

#[test]
fn a_voters_ballot_has_exactly_the_published_form() {
    let json = br#"{"v":1,"election":7,"ballot":81234,"choice":3}"#;
    let record = Record::decode(json).unwrap();
    assert_eq!(record.encode().as_bytes(), json);
    assert_eq!(record.key(), "7:81234");
}

#[test]
fn a_paper_ballot_has_exactly_the_published_form() {
    let json = r#"{"v":1,"election":7,"ballot":"28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b","choice":3,"official":"0101994704401","line":"9f2c41d07be35a68/0"}"#;
    let record = Record::decode(json.as_bytes()).unwrap();
    assert_eq!(record.encode(), json);
    assert_eq!(record.key(), "7:28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b");
}

#[test]
fn the_closing_marker_has_exactly_the_published_form() {
    let json = r#"{"v":1,"election":7,"close":true}"#;
    let record = Record::decode(json.as_bytes()).unwrap();
    assert_eq!(record, Record::Close { election: 7 });
    assert_eq!(record.encode(), json);
}

#[test]
fn a_withdrawal_has_exactly_the_published_form() {
    let json = r#"{"v":2,"election":7,"withdrawal":3,"official":"0101994704401","file":"9f2c41d07be35a68"}"#;
    let record = Record::decode(json.as_bytes()).unwrap();
    assert_eq!(
        (record.encode(), record.key()),
        (json.to_owned(), "7:withdrawal".to_owned())
    );
    for unreadable in [
        json.replace(r#""v":2"#, r#""v":1"#),
        json.replace("withdrawal", "withdraw"),
        json.replace("9f2c", "9f2"),
        json.replace("0101", "010"),
    ] {
        assert_eq!(Record::decode(unreadable.as_bytes()), Err(Unreadable));
    }
}

#[test]
fn unknown_fields_are_ignored_and_what_is_missing_or_odd_is_unreadable() {
    let readable =
        br#"{"later":[1,{"x":2}],"v":1,"election":7,"ballot":1,"choice":3,"district":4}"#;
    assert!(Record::decode(readable).is_ok());
    for unreadable in [
        "",
        "null",
        "[]",
        "[1,7,81234,3,0,null,null,null]",
        r#"{"v":2,"election":7,"ballot":1,"choice":3}"#,
        r#"{"v":1,"ballot":1,"choice":3}"#,
        r#"{"v":1,"election":7,"choice":3}"#,
        r#"{"v":1,"election":7,"ballot":1}"#,
        r#"{"v":1,"election":7,"ballot":-1,"choice":3}"#,
        r#"{"v":1,"election":7,"ballot":1.0,"choice":3}"#,
        r#"{"v":1,"election":7,"ballot":4294967296,"choice":3}"#,
        r#"{"v":1,"election":7,"ballot":1,"choice":-3}"#,
        r#"{"v":1,"election":7,"ballot":"x","choice":3}"#,
        r#"{"v":1,"election":7,"ballot":"28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b","choice":3}"#,
        r#"{"v":1,"election":7,"close":false}"#,
    ] {
        assert_eq!(
            Record::decode(unreadable.as_bytes()),
            Err(Unreadable),
            "{unreadable}"
        );
    }
}

fn ballots() -> impl Strategy<Value = Ballot> {
    let paper = (any::<u128>(), 0..10_u64.pow(13), any::<u64>(), any::<u32>()).prop_map(
        |(guid, official, file, line)| {
            let origin = PaperLine {
                official,
                file,
                line,
            };
            Ballot::Paper(Uuid::from_u128(guid), origin)
        },
    );
    prop_oneof![any::<u32>().prop_map(Ballot::Serial), paper]
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(
        election in any::<u32>(),
        ballot in ballots(),
        choice in any::<u64>(),
        district in any::<u16>(),
    ) {
        let record = Record::Ballot(BallotRecord { election, ballot, choice, district });
        prop_assert_eq!(Record::decode(record.encode().as_bytes()), Ok(record));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
        let _either = Record::decode(&bytes);
    }
}
