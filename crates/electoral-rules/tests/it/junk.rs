//! Every line, whatever it contains, gets one answer. (The fuzz target does the same for longer.)

use electoral_rules::command::answer;
use proptest::{collection::vec, prelude::*};

const LINE: &[u8] = br#"{"id":"a","votes":[1783701,902450,64747],"valid":3710978,"cast":3820746,"lists":[{},{"threshold_percent":"7.5"},{"exempt":true,"multiplier":1.35}],"rules":{"method":"dhondt","seats":250,"threshold":{"percent":3,"of":"cast"},"tie":"most_votes"},"lots":[2,1]}"#;

fn is_answered(line: &[u8]) -> Result<(), TestCaseError> {
    let written = serde_json::to_string(&answer(line)).unwrap();
    prop_assert!(!written.contains('\n'));
    let read: serde_json::Value = serde_json::from_str(&written).unwrap();
    let has = |field: &str| read.get(field).is_some();
    prop_assert!(has("id") && (has("error") ^ has("ties")), "{}", written);
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_answered(line in vec(any::<u8>(), 0..200)) {
        is_answered(&line)?;
    }

    #[test]
    fn a_line_with_some_bytes_changed_is_answered(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut line = LINE.to_vec();
        for (place, byte) in changes {
            let place = place.index(line.len());
            line[place] = byte;
        }
        is_answered(&line)?;
    }

    #[test]
    fn a_line_with_pieces_moved_is_answered(
        pieces in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
    ) {
        let mut line = LINE.to_vec();
        for (from, to) in pieces {
            let piece: Vec<u8> = line[from.index(line.len())..].iter().take(9).copied().collect();
            let to = to.index(line.len());
            line.splice(to..to, piece);
        }
        is_answered(&line)?;
    }

    #[test]
    fn any_numbers_are_answered(
        votes in vec("-?[0-9]{1,25}(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?", 0..4),
        seats in "-?[0-9]{1,4}",
        percent in "-?[0-9]{1,3}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,12})?",
    ) {
        let line = format!(
            r#"{{"votes":[{}],"rules":{{"method":"hare","seats":{seats},"threshold":{{"percent":{percent},"of":"cast"}}}}}}"#,
            votes.join(",")
        );
        is_answered(line.as_bytes())?;
    }
}

#[test]
fn the_line_that_is_changed_makes_sense() {
    assert!(answer(LINE).result.is_ok());
}

#[test]
fn a_deep_hole_is_no_way_into_the_stack() {
    for (open, close) in [("[", "]"), (r#"{"id":"#, "}"), (r#"{"x":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        for line in [
            &deep,
            &format!(r#"{{"id":{deep}}}"#),
            &format!(r#"{{"votes":{deep}}}"#),
        ] {
            assert!(answer(line.as_bytes()).result.is_err());
        }
    }
}
