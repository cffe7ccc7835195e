//! What a night leaves behind, everywhere: nothing of it says who voted how.

use std::collections::BTreeMap;
use std::time::Duration;

use end_to_end::night::{Night, State, report};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Message as _, OwnedMessage};

const KAFKA_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything that a night leaves behind, by where it is: pieces of bytes, each of which a thief could read at once.
type Left = BTreeMap<String, Vec<Vec<u8>>>;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_night_leaves_behind_joins_a_voter_and_a_ballot() {
    let night = Night::begin(400, &["--partitions", "3"]).await;
    let crowd = [
        "--rate",
        "400",
        "--duplicates",
        "5",
        "--unknown",
        "3",
        "--malformed",
        "2",
    ];
    let (status, counted) = report(night.crowd(&crowd)).await;
    assert!(status.success(), "{counted}");
    let state = night.state();
    let mut left = Left::new();
    kafka(&state, &mut left);
    redis(&state, &mut left).await;
    postgresql(&state, &mut left).await;
    logs(&night, &mut left);
    for place in [
        "topic votes",
        "topic elections",
        "Redis",
        "log vote-ingest",
        "log tally-stream",
        "dim_voters",
    ] {
        assert!(
            left.keys().any(|there| there.contains(place)),
            "{place} was read"
        );
    }

    let voters = std::fs::read_to_string(night.file("voters.csv")).unwrap();
    let voters: Vec<Vec<&str>> = voters
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(voters.len(), 400);
    // Every eighth: the others are of the same kind.
    let voters_by_name: Vec<Vec<u8>> = voters
        .iter()
        .step_by(8)
        .flat_map(|voter| spellings(voter))
        .collect();
    let mut on_the_roll = 0;
    for (place, pieces) in &left {
        for piece in pieces {
            let is_found = voters_by_name.iter().any(|name| contains(piece, name));
            let may_be = place.starts_with("voter_roll.");
            on_the_roll += usize::from(is_found && may_be);
            assert!(
                !is_found || may_be,
                "{place} names a voter: {}",
                String::from_utf8_lossy(piece)
            );
            let is_log = place.starts_with("log ");
            let tells = is_log && tells_of_a_ballot(&String::from_utf8_lossy(piece));
            assert!(
                !tells,
                "{place} tells of a ballot: {}",
                String::from_utf8_lossy(piece)
            );
        }
    }
    assert!(
        on_the_roll >= 50,
        "they are found where they may be: {on_the_roll}"
    );
    night.end().await;
}

#[test]
fn a_logged_serial_or_choice_is_noticed() {
    for told in [
        "accepted ballot=81234 choice=3",
        r#"{"ballot":81234}"#,
        "serial 7 of bucket 3",
        "Choice: 2",
    ] {
        assert!(tells_of_a_ballot(told), "{told}");
    }
    for fine in [
        "200 ballots",
        "the ballot key is there",
        "ballots=7 choices=3",
        "a file of ballots, line 3",
    ] {
        assert!(!tells_of_a_ballot(fine), "{fine}");
    }
    let guid = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";
    let names = spellings(&["0101994704401", guid]);
    for named in [
        guid.to_uppercase().to_lowercase(),
        guid.replace('-', ""),
        "id 0101994704401".to_owned(),
    ] {
        assert!(
            names.iter().any(|name| contains(named.as_bytes(), name)),
            "{named}"
        );
    }
}

/// Whether a line names the serial of a ballot, or a choice: the word, and then a number.
fn tells_of_a_ballot(line: &str) -> bool {
    let line = line.to_lowercase();
    ["ballot", "serial", "choice"].iter().any(|word| {
        line.match_indices(word).any(|(start, _)| {
            let rest = &line[start + word.len()..];
            let value = rest.trim_start_matches(['"', '=', ':', ' ', '\'']);
            value.len() < rest.len() && value.starts_with(|first: char| first.is_ascii_digit())
        })
    })
}

/// GUID and personal id of a voter, as they may be written; the GUID also as bytes.
fn spellings(voter: &[&str]) -> Vec<Vec<u8>> {
    let mut spellings = Vec::new();
    for value in voter.iter().filter(|value| is_identity(value)) {
        spellings.push(value.as_bytes().to_vec());
        let hex = value.replace('-', "");
        if value.len() == 36 && hex.len() == 32 {
            let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
            spellings.push((0..16).map(byte).collect());
            spellings.push(hex.into_bytes());
        }
    }
    spellings
}

/// Long enough to be no accident.
fn is_identity(value: &str) -> bool {
    value.len() == 36 || value.len() >= 8 && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn contains(piece: &[u8], name: &[u8]) -> bool {
    piece.windows(name.len()).any(|window| window == name)
}

fn kafka(state: &State, left: &mut Left) {
    let consumer: BaseConsumer = ballot_log::client_config(&state.kafka_brokers)
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(None, KAFKA_TIMEOUT).unwrap();
    for topic in metadata.topics() {
        if topic.name().starts_with("__") {
            continue;
        }
        let partitions = i32::try_from(topic.partitions().len()).unwrap();
        let records = test_kit::log::read(&state.kafka_brokers, topic.name(), partitions);
        let bytes = |record: &OwnedMessage| {
            let parts = [record.key(), record.payload()];
            parts.into_iter().flatten().flatten().copied().collect()
        };
        let pieces = records.iter().map(bytes).collect();
        left.insert(format!("topic {}", topic.name()), pieces);
    }
}

/// The keys, their values, and the files that Redis keeps.
async fn redis(state: &State, left: &mut Left) {
    let client = redis::Client::open(state.redis_url.as_str()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut redis)
        .await
        .unwrap();
    let pieces = left.entry("Redis".to_owned()).or_default();
    for key in keys {
        let value: Option<Vec<u8>> = redis::cmd("DUMP")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        pieces.extend([key, value.unwrap_or_default()]);
    }
    pieces.extend(test_kit::redis_files::read(&mut redis).await);
}

async fn postgresql(state: &State, left: &mut Left) {
    for (database, url) in &state.database_urls {
        let client = test_kit::sql(url).await;
        let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'";
        for table in client.query(tables, &[]).await.unwrap() {
            let table: String = table.get(0);
            let rows = format!("SELECT t::text FROM {table} t");
            let rows = client.query(&rows, &[]).await.unwrap();
            let rows = rows.iter().map(|row| row.get::<_, String>(0).into_bytes());
            left.insert(format!("{database}.{table}"), rows.collect());
        }
    }
}

/// By process, line by line.
fn logs(night: &Night, left: &mut Left) {
    for file in std::fs::read_dir(night.file("logs")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let lines = std::fs::read(&path).unwrap();
        let lines = lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
        left.insert(format!("log {name}"), lines.collect());
    }
}
