//! Running it: the first administrator, the audit log, guessing, outages, the description.

use access_control::options::AttemptOptions;
use access_control::service::AccessControl;
use devstack::{Stack, StackOptions};
use futures_util::future::join_all;
use serde_json::{Value, json};
use service_kit::audit::{self, VerifyError};
use service_kit::health;
use service_kit::secret::Environment;

use crate::world::{GOOD_PASSWORD, PATIENCE, World, options, registration};

#[tokio::test]
async fn many_instances_create_one_administrator() {
    let stack = devstack::shared().await;
    let database_url = stack.create_database("access").await.unwrap();
    let options = options(&database_url);
    let worlds = join_all((0..4).map(|_| World::with(&options))).await;
    let administrators = "SELECT count(*) FROM users WHERE role = 'administrator'";
    let client = worlds[0].database().await;
    let count: i64 = client.query_one(administrators, &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
    let acts = worlds[0].acts().await;
    assert_eq!(
        acts,
        [[
            "access-control",
            "",
            "createAdministrator",
            "admin@admin.com",
            "success"
        ]]
    );
    // Another start changes nothing, whatever its settings say.
    let mut others = options.clone();
    others.administrator.admin_email = "other@admin.com".to_owned();
    let world = World::with(&others).await;
    let login = json!({"email": "other@admin.com", "password": "1"});
    world
        .post("/login", &login)
        .await
        .refuses("Invalid credentials.");
    worlds[1].log_in_administrator().await;
}

#[tokio::test]
async fn production_refuses_secrets_that_everybody_knows() {
    let refusal = |password: Option<&str>, secret: Option<&str>| {
        let mut options = options("postgresql://nobody@127.0.0.1:1/none");
        options.token.environment = Environment::Production;
        options.token.jwt_secret = secret.map(ToOwned::to_owned);
        options.administrator.admin_password = password.map(ToOwned::to_owned);
        AccessControl::start(&options)
            .err()
            .map(|error| error.to_string())
    };
    let secret = Some("0123456789abcdef0123456789abcdef");
    assert!(
        refusal(Some("Own1"), None)
            .unwrap()
            .starts_with("JWT_SECRET is missing")
    );
    assert!(
        refusal(None, secret)
            .unwrap()
            .starts_with("ADMIN_PASSWORD is missing")
    );
    assert!(
        refusal(Some("1"), secret)
            .unwrap()
            .starts_with("ADMIN_PASSWORD is the default")
    );
    assert_eq!(refusal(Some("Own1"), secret), None);
}

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

#[tokio::test]
async fn guessing_is_slowed_down_and_logging_in_is_not() {
    let stack = devstack::shared().await;
    let mut options = options(&stack.create_database("access").await.unwrap());
    options.attempts = AttemptOptions {
        login_attempts: 3,
        login_attempt_interval_s: 86_400,
    };
    let world = World::with(&options).await;
    world.register("ana@example.org").await;
    for _ in 0..10 {
        world.log_in("ana@example.org", GOOD_PASSWORD).await;
    }
    let attempt = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        world.post("/login", &body).await
    };
    for email in ["ana@example.org", "eva@example.org"] {
        // What is not even complete is no attempt.
        for _ in 0..5 {
            attempt(email, "")
                .await
                .refuses("Field password is missing.");
        }
        for _ in 0..3 {
            attempt(email, "Pogrešna1")
                .await
                .refuses("Invalid credentials.");
        }
        // Also with the right password: whoever guesses learns nothing.
        for password in ["Pogrešna1", GOOD_PASSWORD] {
            let answer = attempt(email, password).await;
            assert_eq!(answer.problem(), (429, "too-many-attempts".to_owned()));
            let seconds: u64 = answer.headers["retry-after"]
                .to_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!(seconds > 0);
        }
    }
    // Others are not concerned.
    world.log_in_administrator().await;
    // Those that were sent away left no trace.
    assert_eq!(world.acts().await.len(), 1 + 1 + 10 + 6 + 1);
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_out() {
    let stack = Stack::start_with(StackOptions::private()).await.unwrap();
    let world = World::on(&stack).await;
    let tokens = world.log_in_administrator().await;
    stack.kill("postgres").await.unwrap();
    let answer = world.post_with("/refresh", &tokens.refresh, "").await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    assert!(answer.headers.contains_key("retry-after"));
    let unready = async {
        while world.get("/health/ready").await.status != 503 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, unready).await.unwrap();
    let asked = health::ask(world.access_control.address()).await;
    assert!(asked.unwrap_err().to_string().contains("postgresql"));
    // One that starts meanwhile waits.
    let other = AccessControl::start(&options(&world.database_url)).unwrap();
    stack.restart("postgres").await.unwrap();
    world.until_ready().await;
    health::ask(world.access_control.address()).await.unwrap();
    let answer = world.post_with("/refresh", &tokens.refresh, "").await;
    assert_eq!(answer.status, 200);
    let other = World {
        database_url: world.database_url.clone(),
        access_control: other,
    };
    other.until_ready().await;
    other.log_in_administrator().await;
    other.access_control.stop().await;
    stack.stop().await;
}

#[tokio::test]
async fn the_interface_is_described() {
    let world = World::open().await;
    let document: Value = world.get("/openapi.json").await.json();
    for endpoint in access_control::http::endpoints() {
        let method = endpoint.method.as_str().to_lowercase();
        let described = &document["paths"][endpoint.path][&method];
        assert!(
            described["responses"]["200"].is_object(),
            "{}",
            endpoint.path
        );
    }
    let page = world.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("docs/page.js"));
    for part in ["/docs/page.js", "/docs/page.css", "/health/live"] {
        assert_eq!(world.get(part).await.status, 200);
    }
}
