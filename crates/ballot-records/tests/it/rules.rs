//! What the definition of an election holds for the electoral rules, and who can read it.

use ballot_records::ElectionDefinition;
use ballot_records::definition::LOG_VERSION;
use ballot_records::unreadable;
use serde_json::{Value, json};

/// Three lists of which two stand together, with all that may hold for a list.
fn allied() -> Value {
    json!({
        "id": 7, "title": "T", "created": "2026-06-16T13:00:00Z", "start": "2026-06-16T13:00:00Z",
        "end": "2026-06-16T15:00:00Z", "individual": false, "results": "live", "log": 2,
        "rules": {"method": "dhondt", "seats": 3, "tie": "lot",
            "threshold": {"percent": "3", "of": "registered", "strict": true, "alliances": true}},
        "participants": [
            {"poll_number": 1, "name": "A", "candidates": 0},
            {"poll_number": 2, "name": "B", "takes_part": false},
            {"poll_number": 3, "name": "C", "exempt": true, "multiplier": "1.35", "seats_won": 4},
        ],
        "alliances": [[1, 3]],
    })
}

/// Two lists without anything besides.
fn plain() -> Value {
    json!({
        "id": 7, "title": "T", "created": "2026-06-16T13:00:00Z", "start": "2026-06-16T13:00:00Z",
        "end": "2026-06-16T15:00:00Z", "individual": false, "results": "live",
        "rules": {"method": "dhondt", "seats": 3, "tie": "lot"},
        "participants": [{"poll_number": 1, "name": "A"}, {"poll_number": 2, "name": "B"}],
    })
}

fn read(json: &Value) -> Result<ElectionDefinition, String> {
    serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())
}

#[test]
fn what_real_laws_ask_for_survives_the_topic() {
    for json in [allied(), plain()] {
        let definition = read(&json).unwrap();
        assert_eq!(serde_json::to_value(&definition).unwrap(), json);
        definition.check().unwrap();
    }
}

#[test]
fn what_is_not_said_is_not_written() {
    let definition = read(&plain()).unwrap();
    let written = serde_json::to_string(&definition).unwrap();
    let before = r#"{"id":7,"title":"T","created":"2026-06-16T13:00:00Z","start":"2026-06-16T13:00:00Z","end":"2026-06-16T15:00:00Z","individual":false,"rules":{"method":"dhondt","seats":3,"tie":"lot"},"participants":[{"poll_number":1,"name":"A"},{"poll_number":2,"name":"B"}],"results":"live"}"#;
    assert_eq!(written, before);
    let said = read(&json!({
        "id": 7, "title": "T", "created": "2026-06-16T13:00:00Z", "start": "2026-06-16T13:00:00Z",
        "end": "2026-06-16T15:00:00Z", "individual": false, "log": 1, "alliances": [],
        "rules": {"method": "dhondt", "seats": 3, "tie": "lot"},
        "participants": [{"poll_number": 1, "name": "A", "takes_part": true, "seats_won": 0}, {"poll_number": 2, "name": "B"}],
    }));
    assert_eq!(said.unwrap(), definition);
}

#[test]
fn an_older_program_is_told_by_the_version_that_it_must_not_count() {
    assert_eq!(read(&plain()).unwrap().version(), 1);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut json = plain();
        change(&mut json);
        read(&json).unwrap()
    };
    let several = json!({"method": "majority", "winner": "plurality", "winners": 2, "tie": "lot"});
    let of_registered =
        json!({"method": "dhondt", "seats": 3, "threshold": {"percent": 3, "of": "registered"}});
    for definition in [
        changed(&|json| json["alliances"] = json!([[1, 2]])),
        changed(&|json| json["participants"][0]["candidates"] = json!(3)),
        changed(&|json| json["participants"][0]["takes_part"] = json!(false)),
        changed(&|json| json["participants"][0]["seats_won"] = json!(1)),
        changed(&|json| json["rules"] = several.clone()),
        changed(&|json| json["rules"] = of_registered.clone()),
    ] {
        assert_eq!(definition.version(), 2, "{definition:?}");
        let refusal = definition.check().unwrap_err().to_string();
        assert_eq!(
            refusal,
            "its version is 1, but its rules and terms need version 2"
        );
        let newer = ElectionDefinition {
            log: 2,
            ..definition
        };
        newer.check().unwrap();
    }
    // What programs of version 1 apply or refuse by themselves.
    for rules in [
        json!({"method": "majority", "winner": "absolute", "of": "cast", "runoff": 2, "tie": "lot"}),
        json!({"method": "imperiali_quota", "seats": 9, "threshold": {"percent": 5, "of": "valid", "strict": true}}),
    ] {
        let definition = changed(&|json| json["rules"] = rules.clone());
        assert_eq!(definition.version(), 1);
        definition.check().unwrap();
    }
}

#[test]
fn what_this_program_does_not_know_it_refuses_by_name() {
    for (place, field) in [
        ("", "aliances"),
        ("/participants/0", "multipler"),
        ("/participants/0", "threshold"),
        ("/rules", "seat"),
        ("/rules/threshold", "strictly"),
    ] {
        let mut json = allied();
        json.pointer_mut(place).unwrap()[field] = json!(1);
        let error = read(&json).unwrap_err();
        assert!(
            error.contains(&format!("unknown field `{field}`")),
            "{error}"
        );
        let refused = unreadable::read(Some(b"7"), json.to_string().as_bytes());
        let refused = refused.unwrap().unwrap_err().to_string();
        assert!(
            refused.starts_with("the definition of election 7 cannot be read by this version"),
            "{refused}"
        );
    }
    let mut newer = allied();
    newer["log"] = json!(LOG_VERSION + 1);
    let error = read(&newer).unwrap_err();
    assert!(error.contains("3, and 2 is the newest known"), "{error}");
}

#[test]
fn rules_and_terms_that_make_no_sense_are_refused_in_words() {
    for (place, value, words) in [
        (
            "/alliances",
            json!([[1]]),
            "an alliance is of two lists or more: [1] is none",
        ),
        (
            "/alliances",
            json!([[]]),
            "an alliance is of two lists or more: [] is none",
        ),
        (
            "/alliances",
            json!([[1, 4]]),
            "`alliances` names poll number 4, which is not on the ballot.",
        ),
        (
            "/alliances",
            json!([[1, 2], [2, 3]]),
            "`alliances` names poll number 2 twice",
        ),
        (
            "/rules/method",
            json!("hare"),
            "List 3 has won seats already, which has no meaning with a quota",
        ),
        (
            "/participants/2/seats_won",
            json!(1_000_001),
            "List 3 has won 1000001 seats already",
        ),
        (
            "/rules",
            json!({"method": "majority", "winner": "plurality", "winners": 2}),
            "Candidate 1 has terms",
        ),
    ] {
        let mut json = allied();
        *json.pointer_mut(place).unwrap() = value;
        let error = read(&json).unwrap().check().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let mut persons = plain();
    persons["rules"] = json!({"method": "majority", "winner": "plurality"});
    persons["alliances"] = json!([[1, 2]]);
    persons["log"] = json!(2);
    let error = read(&persons).unwrap().check().unwrap_err().to_string();
    assert_eq!(
        error,
        "`alliances` has no meaning with the method majority; leave it out."
    );
}
