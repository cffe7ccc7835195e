//! Each message that clients know, letter for letter.

use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn participants() {
    let world = World::new().await;
    let admin = world.start().await;
    assert_eq!(
        admin.read("/getParticipants").await.exactly(),
        (200, r#"{"participants":[]}"#)
    );
    for (body, field) in [
        ("", "name"),
        ("{", "name"),
        ("[]", "name"),
        (r#"{"individual":true}"#, "name"),
        (r#"{"name":"","individual":true}"#, "name"),
        (r#"{"name":null}"#, "name"),
        (r#"{"name":7,"individual":true}"#, "name"),
        (r#"{"name":"A"}"#, "individual"),
        (r#"{"name":"A","individual":""}"#, "individual"),
        (r#"{"name":"A","individual":null}"#, "individual"),
        (r#"{"name":"A","individual":"true"}"#, "individual"),
        (r#"{"name":"A","individual":1}"#, "individual"),
    ] {
        let expected = format!(r#"{{"message":"Field {field} is missing."}}"#);
        let answer = admin.post("/createParticipant", body).await;
        assert_eq!(answer.exactly(), (400, expected.as_str()), "{body}");
    }
    let long = json!({"name": "x".repeat(257), "individual": false});
    assert_eq!(
        admin.post("/createParticipant", long).await.message(),
        "Field name is missing."
    );
    for (body, answer) in [
        (r#"{"name":"A","individual":false}"#, r#"{"id":1}"#),
        (r#"{"name":" ","individual":true}"#, r#"{"id":2}"#),
        (r#"{"name":"A","individual":false,"x":0.5}"#, r#"{"id":3}"#),
    ] {
        let created = admin.post("/createParticipant", body).await;
        assert_eq!(created.exactly(), (200, answer));
        assert_eq!(created.headers["content-type"], "application/json");
    }
    assert_eq!(
        admin.read("/getParticipants").await.exactly(),
        (
            200,
            r#"{"participants":[{"id":1,"name":"A","individual":false},{"id":2,"name":" ","individual":true},{"id":3,"name":"A","individual":false}]}"#
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn elections() {
    let world = World::new().await;
    let admin = world.start().await;
    let parties = admin.participants(false).await;
    let persons = admin.participants(true).await;
    assert_eq!((parties[0], persons[2]), (1, 6));
    let good = json!({"start": "2026-06-16T15:55:46", "end": "2026-06-16T16:55:46", "individual": false, "participants": [3, 1]});
    let with = |name: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };

    // Missing, in order.
    for (body, field) in [
        (json!({}), "start"),
        (json!({"start": "x"}), "end"),
        (json!({"start": "x", "end": "x"}), "individual"),
        (
            json!({"start": "x", "end": "x", "individual": false}),
            "participants",
        ),
        (with("start", json!("")), "start"),
        (with("end", json!(7)), "end"),
        (with("individual", json!("false")), "individual"),
        (with("participants", json!("")), "participants"),
        (with("participants", json!({"1": 2})), "participants"),
    ] {
        let message = admin.post("/createElection", &body).await.message();
        assert_eq!(message, format!("Field {field} is missing."), "{body}");
    }

    // A bad time, whatever else is bad.
    for body in [
        json!({"start": "x", "end": "x", "individual": false, "participants": []}),
        with("start", json!(" ")),
        with("start", json!("2026-06-16")),
        with("end", json!("2026-06-31T16:55:46")),
        with("end", json!("2026-06-16T15:55:46")),
        with("end", json!("2026-06-16T15:55:45")),
        with("end", json!("2026-06-16T16:55:46+02:00")),
        with("start", json!("2".repeat(257))),
    ] {
        let message = admin.post("/createElection", &body).await.message();
        assert_eq!(message, "Invalid date and time.", "{body}");
    }

    for participants in [
        json!([]),
        json!([1]),
        json!([1, 1]),
        json!([1, 2, 1]),
        json!([1, 99]),
        json!([1, 4]),
        json!([1, "2"]),
        json!([1, 2.5]),
        json!([1, null]),
        json!([1, -2]),
        json!([1, 99_999_999_999_i64]),
    ] {
        let body = with("participants", participants);
        let message = admin.post("/createElection", &body).await.message();
        assert_eq!(message, "Invalid participants.", "{body}");
    }
    let message = admin
        .post("/createElection", with("individual", json!(true)))
        .await
        .message();
    assert_eq!(message, "Invalid participants.");

    // None of that was stored.
    assert_eq!(
        admin.read("/getElections").await.exactly(),
        (200, r#"{"elections":[]}"#)
    );
    let created = admin.post("/createElection", &good).await;
    assert_eq!(created.exactly(), (200, r#"{"pollNumbers":[1,2]}"#));

    // Overlap is refused before the participants are checked; adjacent times do not overlap.
    for (start, end) in [
        ("2026-06-16T15:55:46", "2026-06-16T16:55:46"),
        ("2026-06-16T16:55:45.999", "2026-06-17T00:00:00"),
        ("2026-06-16T00:00:00", "2026-06-16T15:55:46.001"),
        ("2026-06-16T16:00:00Z", "2026-06-16T16:01:00Z"),
        ("2026-06-16T18:00:00+0200", "2026-06-16T18:01:00+02:00"),
    ] {
        let body = json!({"start": start, "end": end, "individual": true, "participants": []});
        let message = admin.post("/createElection", &body).await.message();
        assert_eq!(message, "Invalid date and time.", "{body}");
    }
    let touching = json!({"start": "2026-06-16T18:55:46+0200", "end": "2026-06-16T19:55:46.5+02:00", "individual": true, "participants": [6, 5, 4]});
    let created = admin.post("/createElection", touching).await;
    assert_eq!(created.exactly(), (200, r#"{"pollNumbers":[1,2,3]}"#));
    assert_eq!(
        admin.read("/getElections").await.exactly(),
        (
            200,
            r#"{"elections":[{"id":1,"start":"2026-06-16T15:55:46","end":"2026-06-16T16:55:46","individual":false,"participants":[{"id":3,"name":"C"},{"id":1,"name":"A"}]},{"id":2,"start":"2026-06-16T18:55:46+0200","end":"2026-06-16T19:55:46.5+02:00","individual":true,"participants":[{"id":6,"name":"C"},{"id":5,"name":"B"},{"id":4,"name":"A"}]}]}"#
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_asked_for_by_number() {
    let world = World::new().await;
    let admin = world.start().await;
    let hour = jiff::SignedDuration::from_hours(1);
    admin.election(false, hour, json!({})).await;
    let long = format!("/getResults?id={}", "1".repeat(257));
    for (path, message) in [
        ("/getResults", "Field id is missing."),
        ("/getResults?id=", "Field id is missing."),
        ("/getResults?ID=1", "Field id is missing."),
        (&long, "Field id is missing."),
        ("/getResults?id=%20", "Election does not exist."),
        ("/getResults?id=x", "Election does not exist."),
        ("/getResults?id=0", "Election does not exist."),
        ("/getResults?id=-1", "Election does not exist."),
        ("/getResults?id=2", "Election does not exist."),
        ("/getResults?id=99999999999", "Election does not exist."),
        ("/getResults?id=1", "Election is ongoing."),
        ("/getResults?x=y&id=1&id=2", "Election is ongoing."),
    ] {
        let expected = format!(r#"{{"message":"{message}"}}"#);
        let answer = admin.read(path).await;
        assert_eq!(answer.exactly(), (400, expected.as_str()), "{path}");
    }
    // One that has not begun has not ended either.
    let body = json!({"start": "2126-06-16T15:55:46", "end": "2126-06-16T16:55:46", "individual": false, "participants": [1, 2]});
    assert_eq!(admin.post("/createElection", body).await.status, 200);
    let answer = admin.read("/getResults?id=2").await;
    assert_eq!(answer.message(), "Election is ongoing.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem() {
    let world = World::new().await;
    let admin = world.start().await;
    let nowhere = admin.read("/nowhere").await;
    assert_eq!(nowhere.problem(), (404, "not-found"));
    let wrong = admin.read("/createElection").await;
    assert_eq!(wrong.problem(), (405, "method-not-allowed"));
    let large = "x".repeat(2 << 20);
    let answer = admin.post("/createParticipant", large).await;
    assert_eq!(answer.problem(), (413, "body-too-large"));
    for path in [
        "/elections/1/turnout",
        "/elections/x/turnout",
        "/elections/1/rejected",
    ] {
        let answer = admin.read(path).await;
        assert_eq!(answer.problem(), (404, "no-such-election"), "{path}");
    }
    for path in [
        "/audit?limit=0",
        "/audit?before=x",
        "/elections/1/rejected?after=7",
    ] {
        let answer = admin.read(path).await;
        assert_eq!(answer.problem(), (400, "bad-parameter"), "{path}");
    }
}
