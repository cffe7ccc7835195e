//! The audit log can grow; any other change to it is found.

use std::path::Path;

use futures_util::future::join_all;
use jiff::Timestamp;
use service_database::audit::{self, AuditEntry, VerifyError};
use tokio_postgres::{Client, NoTls};

/// The migration that makes the tables.
const TABLES: &str = include_str!("../../../../sql/access_control/V2__audit_log.sql");

struct Log {
    url: String,
    client: Client,
}

impl Log {
    async fn new() -> Self {
        let stack = devstack::shared().await;
        let url = stack.create_database("audit").await.unwrap();
        let client = connect(&url).await;
        client.batch_execute(TABLES).await.unwrap();
        Self { url, client }
    }

    async fn with_rows(rows: usize) -> Self {
        let mut log = Self::new().await;
        for row in 0..rows {
            let act = act(&format!("row {row}"));
            audit::append_alone(&mut log.client, &act).await.unwrap();
        }
        log
    }

    /// Changes it as the database's owner could.
    async fn tamper(&self, change: &str) {
        let change = format!(
            "ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_head DISABLE TRIGGER USER; {change};
             ALTER TABLE audit_log ENABLE TRIGGER USER; ALTER TABLE audit_head ENABLE TRIGGER USER"
        );
        self.client.batch_execute(&change).await.unwrap();
    }

    async fn broken_at(&self) -> Option<i64> {
        match audit::verify(&self.client).await {
            Ok(_) => None,
            Err(VerifyError::Broken { seq, .. }) => Some(seq),
            Err(VerifyError::Database(error)) => panic!("{error}"),
        }
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn act(target: &str) -> AuditEntry {
    AuditEntry {
        who: "ana@example.org".to_owned(),
        role: "administrator".to_owned(),
        what: "createElection".into(),
        target: target.to_owned(),
        address: "192.0.2.1".to_owned(),
        outcome: "success".to_owned(),
        at: Timestamp::now(),
    }
}

#[tokio::test]
async fn what_is_appended_is_read_back() {
    let mut log = Log::new().await;
    assert_eq!(audit::verify(&log.client).await.unwrap().rows, 0);
    // Values that PostgreSQL stores differently must not break the chain.
    let odd = AuditEntry {
        outcome: "«\"\\\n\u{7f}\0»".to_owned(),
        at: "2026-06-16T15:55:46.123456789Z".parse().unwrap(),
        ..act("odd")
    };
    audit::append_alone(&mut log.client, &odd).await.unwrap();
    audit::append_alone(&mut log.client, &act("even"))
        .await
        .unwrap();
    let verified = audit::verify(&log.client).await.unwrap();
    let newest = audit::newest(&log.client, None, 10).await.unwrap();
    assert_eq!(verified.rows, 2);
    assert_eq!(verified.hash, newest[0].hash);
    assert_eq!(newest[0].act.target, "even");
    assert_eq!(newest[1].act.at.to_string(), "2026-06-16T15:55:46.123456Z");
    assert_eq!(newest[1].act.outcome, "«\"\\\n\u{7f}\u{fffd}»");
    let older = audit::newest(&log.client, Some(2), 10).await.unwrap();
    assert_eq!((older.len(), older[0].seq), (1, 1));
}

#[tokio::test]
async fn many_at_once_leave_no_gap() {
    let log = Log::new().await;
    let writer = async |number: u32| {
        let mut client = connect(&log.url).await;
        for row in 0..20 {
            // Acts that are rolled back leave nothing behind.
            let transaction = client.transaction().await.unwrap();
            audit::append(&transaction, &act("never")).await.unwrap();
            transaction.rollback().await.unwrap();
            let act = act(&format!("{number}/{row}"));
            audit::append_alone(&mut client, &act).await.unwrap();
        }
    };
    let reader = async {
        for _ in 0..20 {
            audit::verify(&log.client).await.unwrap();
        }
    };
    tokio::join!(join_all((0..4).map(writer)), reader);
    assert_eq!(audit::verify(&log.client).await.unwrap().rows, 80);
}

#[tokio::test]
async fn it_is_appended_to_and_nothing_else() {
    let log = Log::with_rows(3).await;
    for change in [
        "UPDATE audit_log SET outcome = 'refusal' WHERE seq = 2",
        "UPDATE audit_log SET seq = seq",
        "DELETE FROM audit_log WHERE seq = 3",
        "DELETE FROM audit_log WHERE false",
        "TRUNCATE audit_log",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "UPDATE audit_head SET seq = 0",
        "UPDATE audit_head SET seq = 4",
        "INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'))",
    ] {
        assert!(log.client.batch_execute(change).await.is_err(), "{change}");
    }
    assert_eq!(log.broken_at().await, None);
}

#[tokio::test]
async fn what_was_altered_or_removed_is_found() {
    let zeros = "decode(repeat('00', 32), 'hex')";
    let forged = |seq: u32| {
        format!(
            "INSERT INTO audit_log VALUES ({seq}, now(), '', '', '', '', '', '', {zeros}, {zeros})"
        )
    };
    for (change, found_at) in [
        (
            "UPDATE audit_log SET who = 'eva@example.org' WHERE seq = 2".to_owned(),
            2,
        ),
        (
            "UPDATE audit_log SET outcome = 'refusal' WHERE seq = 5".to_owned(),
            5,
        ),
        (
            "UPDATE audit_log SET at = at + interval '1 microsecond' WHERE seq = 1".to_owned(),
            1,
        ),
        // A character moved from one column to the next.
        (
            "UPDATE audit_log SET who = who || 'a', role = substr(role, 2) WHERE seq = 3"
                .to_owned(),
            3,
        ),
        (
            format!("UPDATE audit_log SET hash = {zeros} WHERE seq = 2"),
            2,
        ),
        ("DELETE FROM audit_log WHERE seq = 1".to_owned(), 1),
        ("DELETE FROM audit_log WHERE seq = 3".to_owned(), 3),
        ("DELETE FROM audit_log WHERE seq >= 4".to_owned(), 4),
        ("DELETE FROM audit_log".to_owned(), 1),
        ("DELETE FROM audit_head".to_owned(), 0),
        (
            "DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq > 3"
                .to_owned(),
            3,
        ),
        (forged(6), 6),
        (
            "UPDATE audit_log SET seq = CASE seq WHEN 2 THEN 100 WHEN 3 THEN 200 ELSE seq END;
             UPDATE audit_log SET seq = CASE seq WHEN 100 THEN 3 WHEN 200 THEN 2 ELSE seq END"
                .to_owned(),
            2,
        ),
    ] {
        let log = Log::with_rows(5).await;
        log.tamper(&change).await;
        assert_eq!(log.broken_at().await, Some(found_at), "{change}");
    }
}

#[tokio::test]
async fn a_last_row_that_was_written_anew_is_found() {
    let mut log = Log::with_rows(5).await;
    log.tamper("DELETE FROM audit_log WHERE seq = 5").await;
    // As if the head were still before the last row: a different row is then appended, correctly chained.
    log.tamper("UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit_log WHERE seq = 4)")
        .await;
    audit::append_alone(&mut log.client, &act("another"))
        .await
        .unwrap();
    let rewritten = audit::verify(&log.client).await.unwrap();
    // The log alone does not show this: only its hash differs from the one noted elsewhere.
    let original = Log::with_rows(5).await;
    let original = audit::verify(&original.client).await.unwrap();
    assert_eq!(rewritten.rows, original.rows);
    assert_ne!(rewritten.hash, original.hash);
}

#[test]
fn every_database_with_an_audit_log_has_the_same_tables() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql");
    let mut found = 0;
    for database in migrations.read_dir().unwrap() {
        for migration in database.unwrap().path().read_dir().unwrap() {
            let migration = migration.unwrap().path();
            if migration.to_string_lossy().ends_with("__audit_log.sql") {
                let text = std::fs::read_to_string(&migration).unwrap();
                assert_eq!(text, TABLES, "{}", migration.display());
                found += 1;
            }
        }
    }
    assert!(found > 0);
}
