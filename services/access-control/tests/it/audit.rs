//! The audit log: what is in it, and reading it.

use hyper::Method;
use serde_json::{Value, json};
use service_database::audit::{self, VerifyError};
use tokio::process::Command;

use crate::world::{Answer, GOOD_PASSWORD, Tokens, World, registration};

#[tokio::test]
async fn acts_are_written_down_and_hold_no_secret() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    world
        .post("/register", &registration("ana@example.org"))
        .await;
    let tokens = world.log_in("ana@example.org", GOOD_PASSWORD).await;
    let wrong = json!({"email": "eva@example.org", "password": "Pogrešna1"});
    world
        .post("/login", &wrong)
        .await
        .refuses("Invalid credentials.");
    // A password in the wrong field is not an address.
    let swapped = json!({"email": GOOD_PASSWORD, "password": "ana@example.org"});
    world
        .post("/login", &swapped)
        .await
        .refuses("Invalid email.");
    world.post_with("/refresh", &tokens.refresh, "").await;
    let administrator = world.log_in_administrator().await;
    for email in ["nobody@example.org", "john@", "ana@example.org"] {
        let body = json!({"email": email}).to_string();
        world
            .post_with("/delete", &administrator.access, &body)
            .await;
    }
    world.post_with("/refresh", &tokens.refresh, "").await;
    let (ana, admin) = ("ana@example.org", "admin@admin.com");
    let expected = [
        [
            "access-control",
            "",
            "createAdministrator",
            admin,
            "success",
        ],
        [ana, "official", "register", "", "success"],
        [
            ana,
            "official",
            "register",
            "",
            "refusal: Email already exists.",
        ],
        [ana, "official", "login", "", "success"],
        [
            "eva@example.org",
            "",
            "login",
            "",
            "refusal: Invalid credentials.",
        ],
        [ana, "official", "refresh", "", "success"],
        [admin, "administrator", "login", "", "success"],
        [
            admin,
            "administrator",
            "delete",
            "nobody@example.org",
            "refusal: Unknown user.",
        ],
        [
            admin,
            "administrator",
            "delete",
            "",
            "refusal: Invalid email.",
        ],
        [admin, "administrator", "delete", ana, "success"],
        [
            ana,
            "official",
            "refresh",
            "",
            "refusal: the account or the session is no more",
        ],
    ];
    assert_eq!(world.acts().await, expected);
    let client = world.database().await;
    let verified = audit::verify(&client).await.unwrap();
    assert_eq!(verified.rows, 11);
    let all = "SELECT string_agg(audit_log::text, ' ') FROM audit_log";
    let all: String = client.query_one(all, &[]).await.unwrap().get(0);
    for secret in [
        GOOD_PASSWORD,
        "Pogrešna1",
        tokens.access.as_str(),
        &tokens.refresh,
    ] {
        assert!(!all.contains(secret));
    }
    assert!(all.contains("127.0.0.1"));
    let altered = "ALTER TABLE audit_log DISABLE TRIGGER USER;
        UPDATE audit_log SET outcome = 'success' WHERE seq = 5";
    client.batch_execute(altered).await.unwrap();
    let broken = audit::verify(&client).await;
    assert!(matches!(broken, Err(VerifyError::Broken { seq: 5, .. })));
}

async fn page(world: &World, administrator: &Tokens, query: &str) -> Answer {
    let bearer = format!("Bearer {}", administrator.access);
    let headers = [("Authorization", bearer.as_str())];
    world
        .send(Method::GET, &format!("/audit{query}"), &headers, "")
        .await
}

/// The number of each entry, and what was done.
fn whats(entries: &[Value]) -> Vec<(u64, &str)> {
    let mut whats = Vec::new();
    for entry in entries {
        let what = entry["act"]["what"].as_str().unwrap();
        whats.push((entry["seq"].as_u64().unwrap(), what));
    }
    whats
}

#[tokio::test]
async fn administrators_read_it_page_by_page() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    let administrator = world.log_in_administrator().await;
    let first = page(&world, &administrator, "?limit=2").await.json();
    let entries = first["entries"].as_array().unwrap();
    assert_eq!(whats(entries), [(3, "login"), (2, "register")]);
    assert_eq!(entries[1]["act"]["who"], "ana@example.org");
    assert_eq!(first["next"], 2);
    let rest = page(&world, &administrator, "?before=2").await.json();
    let entries = rest["entries"].as_array().unwrap();
    assert_eq!(whats(entries), [(1, "createAdministrator")]);
    assert_eq!(rest["next"], Value::Null);
    for nonsense in ["limit=0", "limit=10001", "limit=many", "before=x"] {
        let answer = page(&world, &administrator, &format!("?{nonsense}")).await;
        assert_eq!(answer.problem(), (400, "bad-parameter"));
    }
    // Reading the log is recorded too.
    let all = page(&world, &administrator, "").await.json();
    let entries = all["entries"].as_array().unwrap();
    let looked = [9, 8, 7, 6, 5, 4].map(|seq| (seq, "audit"));
    assert_eq!(whats(&entries[..6]), looked);
    let outcome = |entry: &Value| entry["act"]["outcome"].as_str().unwrap().to_owned();
    assert!(outcome(&entries[0]).starts_with("refusal: bad-parameter"));
    assert_eq!(outcome(&entries[5]), "success");
}

#[tokio::test]
async fn the_shell_reads_it_line_by_line() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    let run = async |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_access-control"));
        let command = command.arg("audit").args(arguments);
        let output = command.env("DATABASE_URL", &world.database_url).output();
        let output = output.await.unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        (output.status.code(), lines.collect::<Vec<Value>>())
    };
    let (status, lines) = run(&[]).await;
    assert_eq!(status, Some(0));
    assert_eq!(whats(&lines), [(2, "register"), (1, "createAdministrator")]);
    assert_eq!(lines[0]["act"]["who"], "ana@example.org");
    assert_eq!(whats(&run(&["--limit", "1"]).await.1), [(2, "register")]);
    let before = run(&["--before", "2"]).await.1;
    assert_eq!(whats(&before), [(1, "createAdministrator")]);
    assert_eq!(run(&["--limit", "0"]).await.0, Some(2));
}
