//! The audit log: what is in it, and that it is whole.

use serde_json::json;
use service_kit::audit::{self, VerifyError};

use crate::world::{GOOD_PASSWORD, World, registration};

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
    // A password in the wrong field is no address.
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
            "refusal: the account is deleted",
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
