//! The whole life of an election as administrators and officials see it: accounts, participants, elections of
//! both kinds, files of paper ballots, results.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use test_kit::http::{Answer, send};
use tokio::process::Command;

use end_to_end::night::{Night, State, TIMEOUT, program};

/// Long enough to upload the files before the end, even on a loaded machine.
const OPEN_FOR: SignedDuration = SignedDuration::from_secs(12);

/// A service, and the user who calls it.
struct Client {
    url: String,
    token: Option<String>,
}

impl Client {
    fn of(state: &State, service: &str, token: Option<&str>) -> Self {
        Self {
            url: state.process(service).url.clone(),
            token: token.map(ToOwned::to_owned),
        }
    }

    async fn call(&self, method: &str, path: &str, content_type: &str, body: String) -> Answer {
        let address = self.url.strip_prefix("http://").unwrap().parse().unwrap();
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", content_type)];
        headers.extend(
            bearer
                .iter()
                .map(|bearer| ("authorization", bearer.as_str())),
        );
        send(address, method, path, &headers, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "application/json", String::new())
            .await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let answer = self
            .call("POST", path, "application/json", body.to_string())
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer
    }

    /// Uploads a file of ballots.
    async fn bring(&self, csv: &str) -> Answer {
        let body = format!(
            "--lines\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ballots.csv\"\r\nContent-Type: text/csv\r\n\r\n{csv}\r\n--lines--\r\n"
        );
        let content_type = "multipart/form-data; boundary=lines";
        self.call("POST", "/vote", content_type, body).await
    }

    async fn participants(&self, individual: bool, names: &[&str]) -> Vec<Value> {
        let mut ids = Vec::new();
        for name in names {
            let body = json!({"name": name, "individual": individual});
            let answer = self.post("/createParticipant", body).await.json();
            ids.push(answer["id"].clone());
        }
        ids
    }

    /// An election that is open now.
    async fn open(&self, individual: bool, participants: Vec<Value>) -> Answer {
        let now = Timestamp::now();
        let body = json!({"start": now - SignedDuration::from_secs(1), "end": now + OPEN_FOR, "individual": individual, "participants": participants});
        self.post("/createElection", body).await
    }

    /// The results, once the election has ended.
    async fn results(&self, election: u32) -> Answer {
        let wait = async {
            loop {
                let answer = self.get(&format!("/getResults?id={election}")).await;
                if answer.text() != r#"{"message":"Election is ongoing."}"# {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, wait).await.unwrap()
    }
}

async fn log_in(state: &State, email: &str, password: &str) -> String {
    let login = json!({"email": email, "password": password});
    let client = Client::of(state, "access-control", None);
    let answer = client.post("/login", login).await.json();
    answer["accessToken"].as_str().unwrap().to_owned()
}

/// Lines for one poll number, each with its own GUID.
fn lines(from: u32, ballots: u32, poll_number: &str) -> String {
    let line = |ballot| [&guid(ballot), ",", poll_number, "\r\n"].concat();
    (from..from + ballots).map(line).collect()
}

fn guid(ballot: u32) -> String {
    format!("28f8a8e0-f4c7-4e3f-93fb-{ballot:012x}")
}

fn invalid(ballot: u32, poll_number: u32, reason: &str) -> Value {
    json!({"electionOfficialJmbg": "0101994704401", "ballotGuid": guid(ballot), "pollNumber": poll_number, "reason": reason})
}

async fn succeeds(state: &State, name: &str, arguments: &[&str]) -> String {
    let output = Command::new(program(name))
        .args(arguments)
        .env("DATABASE_URL", &state.database_urls["election_process"])
        .env("KAFKA_BROKERS", &state.kafka_brokers)
        .output()
        .await
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn elections_of_both_kinds_from_registration_to_results() {
    let night = Night::begin_empty().await;
    let state = night.state();
    let account = json!({"jmbg": "0101994704401", "forename": "Ana", "surname": "Anić", "email": "ana@example.rs", "password": "Aa345678"});
    let accounts = Client::of(&state, "access-control", None);
    accounts.post("/register", account).await;
    let administrator = log_in(&state, "admin@admin.com", "1").await;
    let official = log_in(&state, "ana@example.rs", "Aa345678").await;
    let admin = Client::of(&state, "election-admin", Some(&administrator));
    let station = Client::of(&state, "ballot-station", Some(&official));

    // Each token is tried at the other service.
    let wrong = Client::of(&state, "election-admin", Some(&official));
    assert_eq!(wrong.get("/getElections").await.status, 401);
    let wrong = Client::of(&state, "ballot-station", Some(&administrator));
    assert_eq!(wrong.bring("").await.status, 401);

    // No election is open: these ballots must never appear anywhere.
    assert_eq!(station.bring(&lines(900, 3, "1")).await.status, 200);

    let parties = admin.participants(false, &["Left", "Right", "Small"]).await;
    let created = admin.open(false, parties).await;
    assert_eq!(created.text(), r#"{"pollNumbers":[1,2,3]}"#);
    let mut file = format!("\u{feff}{}{}", lines(0, 60, "1"), lines(60, 36, " 2 "));
    file += &lines(96, 4, "3");
    file += &lines(0, 1, "2"); // A duplicate with a different choice.
    file += &lines(100, 1, "9"); // An invalid poll number.
    file += &lines(100, 1, "9"); // A duplicate, checked before the poll number.
    let refused = station.bring(&format!("{file}x\r\n")).await;
    let message = r#"{"message":"Incorrect number of values on line 103."}"#;
    assert_eq!(refused.exactly(), (400, message));
    // Sending a file again changes nothing. A later file may repeat a ballot, or duplicate it with another choice.
    for _ in 0..2 {
        let answer = station.bring(&file).await;
        assert_eq!(answer.exactly(), (200, ""));
    }
    assert_eq!(station.bring(&lines(5, 1, "1")).await.status, 200);
    assert_eq!(station.bring(&lines(6, 1, "2")).await.status, 200);

    // The process that closes the election may die at any time.
    night.kill("election-admin").await;
    let results = admin.results(1).await;
    assert_eq!(results.status, 200, "{}", results.text());
    let mut results = results.json();
    let seats: Vec<_> = results["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["result"].as_u64().unwrap())
        .collect();
    // 4 of 100 votes are below 5 %; 60 to 36 in 250 seats.
    assert_eq!(seats, [156, 94, 0]);
    let listed = results["invalidVotes"].as_array_mut().unwrap();
    listed.sort_by_key(Value::to_string);
    let mut expected = vec![
        invalid(0, 2, "Duplicate ballot."),
        invalid(100, 9, "Invalid poll number."),
        invalid(100, 9, "Duplicate ballot."),
        invalid(6, 2, "Duplicate ballot."),
    ];
    expected.sort_by_key(Value::to_string);
    assert_eq!(*listed, expected);

    let persons = admin.participants(true, &["Ana", "Ana"]).await;
    admin.open(true, persons).await;
    // GUIDs belong to one election.
    let file = format!("{}{}", lines(0, 1, "1"), lines(1, 2, "2"));
    assert_eq!(station.bring(&file).await.status, 200);
    let results = admin.results(2).await;
    assert_eq!(
        results.exactly(),
        (
            200,
            r#"{"participants":[{"pollNumber":1,"name":"Ana","result":0.33},{"pollNumber":2,"name":"Ana","result":0.67}],"invalidVotes":[]}"#
        )
    );

    // Everyone can see it now, and anyone with the log can check it.
    let state = night.state();
    let public = Client::of(&state, "election-admin", None);
    let full = public.get("/elections/2/results.json").await.json();
    assert_eq!(full["result"]["outcome"]["winner"], 2);
    let turnout = public.get("/elections/1/turnout").await.json();
    assert_eq!(
        (&turnout["counted"], &turnout["repeated"]),
        (&json!(100), &json!(104))
    );
    for election in ["1", "2"] {
        succeeds(&state, "election-admin", &["verify-result", election]).await;
        succeeds(&state, "tally-stream", &["recount", "--election", election]).await;
    }
    succeeds(&state, "election-admin", &["verify-audit"]).await;
    let acts = admin.get("/audit?limit=1000").await.json();
    let of_ana = |entry: &&Value| entry["act"]["who"] == "ana@example.rs";
    assert!(
        acts["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(of_ana)
            .count()
            >= 5
    );
    night.end().await;
}
