//! The `apportion` command itself.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Output, Stdio},
    thread,
};

use serde_json::{Value, json};

fn start(options: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_apportion"))
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run(options: &[&str], input: impl Into<Vec<u8>>) -> Output {
    let mut command = start(options);
    let mut stdin = command.stdin.take().unwrap();
    let input = input.into();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = command.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

/// The answers, line by line, and the exit status.
fn answers(input: impl Into<Vec<u8>>) -> (Vec<Value>, i32) {
    let output = run(&[], input);
    assert!(output.stderr.is_empty());
    let lines = output.stdout.split_inclusive(|&byte| byte == b'\n');
    let answers = lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    (answers, output.status.code().unwrap())
}

const SEATS: &str =
    r#"{"id":"a","votes":[60,40],"rules":{"method":"dhondt","seats":5,"tie":"lot"}}"#;

#[test]
fn the_answers_are_those_of_the_contract_letter_by_letter() {
    let input = [
        SEATS,
        r#"{"id":"t","votes":[60,40,20],"rules":{"method":"dhondt","seats":4,"tie":"ballot_order"}}"#,
        r#"{"id":"b","votes":[4,5],"rules":{"method":"majority","winner":"plurality","tie":"lot"}}"#,
        r#"{"id":"c","votes":[4,3,2,4],"rules":{"method":"majority","winner":"absolute","runoff":2,"tie":"lot"}}"#,
        r#"{"votes":[1],"rules":{"method":"dhondt","seats":0}}"#,
    ];
    let output = run(&[], input.join("\n"));
    let expected = [
        r#"{"id":"a","seats":[3,2],"open_seats":0,"ties":[]}"#,
        r#"{"id":"t","seats":[3,1,0],"open_seats":0,"ties":[{"seats":1,"between":[1,2,3],"settled_by":"ballot_order","won_by":[1]}]}"#,
        r#"{"id":"b","winner":2,"runoff":null,"ties":[]}"#,
        r#"{"id":"c","winner":null,"runoff":[1,4],"ties":[]}"#,
        r#"{"id":null,"error":"There must be at least one seat to fill, `seats` is 0."}"#,
    ];
    let expected = expected.map(|line| format!("{line}\n")).concat();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_line_that_makes_no_sense_keeps_no_other_from_its_answer() {
    let deep = "[".repeat(100_000);
    let mut input: Vec<u8> = Vec::new();
    for line in [
        SEATS.as_bytes(),
        b"",
        b"not JSON",
        b"{\"id\":\"\xff\"}",
        deep.as_bytes(),
        br#"{"id":7,"votes":[1,2]}"#,
        br#"["a",[60,40],{"method":"dhondt","seats":5}]"#,
        br#"{"id":8,"votes":[99999999999999999999],"rules":{"method":"dhondt","seats":5}}"#,
        SEATS.as_bytes(),
    ] {
        input.extend_from_slice(line);
        input.extend_from_slice(b"\r\n");
    }
    let (answers, status) = answers(input);
    assert_eq!(status, 1);
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    let expected = json!(["a", null, null, null, null, 7, null, 8, "a"]);
    assert_eq!(json!(ids), expected);
    let errors = answers
        .iter()
        .filter(|answer| answer["error"].is_string())
        .count();
    assert_eq!(errors, 7);
}

#[test]
fn any_json_is_an_id() {
    for id in [
        "null",
        "1.50",
        "-7",
        "1e400",
        "true",
        r#""ž""#,
        r#"[1,{"a":[]}]"#,
        r#"{"a":null}"#,
    ] {
        let line = SEATS.replace(r#""a""#, id);
        let output = String::from_utf8(run(&[], line).stdout).unwrap();
        let expected: Value = serde_json::from_str(id).unwrap();
        let answer: Value = serde_json::from_str(&output).unwrap();
        assert_eq!(answer["id"], expected, "{output}");
    }
}

#[test]
fn nothing_in_is_nothing_out() {
    for input in ["", "\n", "\n \n\r\n"] {
        assert_eq!(answers(input), (Vec::new(), 0));
    }
}

#[test]
fn the_last_line_needs_no_end_and_may_have_empty_ones_after_it() {
    for end in ["", "\n", "\n\n", "\r\n\n"] {
        let (answers, status) = answers(format!("\u{feff}{SEATS}{end}"));
        assert_eq!((answers.len(), status), (1, 0));
        assert_eq!(answers[0]["seats"], json!([3, 2]));
    }
}

#[test]
fn each_answer_comes_before_the_next_question_is_asked() {
    let mut command = start(&[]);
    let mut questions = command.stdin.take().unwrap();
    let mut answers = BufReader::new(command.stdout.take().unwrap());
    for _ in 0..3 {
        writeln!(questions, "{SEATS}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "{answer:?}");
    }
    drop(questions);
    assert!(command.wait().unwrap().success());
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let mut command = start(&[]);
    let mut stdin = command.stdin.take().unwrap();
    let mut answers = BufReader::new(command.stdout.take().unwrap());
    // More than fits into the pipes, so that the command certainly hits the closed one.
    let writer = thread::spawn(move || {
        let many = format!("{SEATS}\n").repeat(50_000);
        stdin.write_all(many.as_bytes())
    });
    answers.read_line(&mut String::new()).unwrap();
    drop(answers);
    assert!(command.wait().unwrap().success());
    let mut complaints = String::new();
    command
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut complaints)
        .unwrap();
    assert_eq!(complaints, "");
    // Its input was then closed as well, which is the writer's error.
    let _ = writer.join().unwrap();
}

#[test]
fn a_misused_command_says_how_it_is_used() {
    let output = run(&["--sorted"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("Usage: apportion")
    );
}

#[test]
fn explain_prints_what_a_returning_officer_would_publish() {
    let input = [
        r#"{"id":"Council","votes":[60,40,20,3],"cast":130,"lists":[{},{},{"multiplier":"1.5"},{}],
            "rules":{"method":"modified_sainte_lague","seats":4,"tie":"most_votes","threshold":{"percent":"2.5","of":"cast"}}}"#,
        r#"{"id":"Senate","votes":[7,2,2],"rules":{"method":"hare","seats":4,"tie":"lot"}}"#,
        r#"{"id":"Mayor","votes":[40,30,30],"rules":{"method":"majority","winner":"absolute","tie":"lot"}}"#,
        r#"{"id":"No","votes":[],"rules":{"method":"majority","winner":"absolute","tie":"lot"}}"#,
    ];
    let output = run(
        &["--explain"],
        input.map(|line| line.replace('\n', " ")).join("\n"),
    );
    let expected = include_str!("../data/explained.txt");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!(output.status.code(), Some(1));
}
