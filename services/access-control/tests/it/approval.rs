//! Who becomes an official, and who says so.

use access_control::options::Registration;
use access_control::service;
use serde_json::json;
use service_kit::secret::Environment;

use crate::world::{GOOD_PASSWORD, UNAUTHORIZED, World, options, registration};

async fn with(registration: Registration) -> World {
    let database_url = devstack::shared()
        .await
        .create_database("access")
        .await
        .unwrap();
    let mut options = options(&database_url);
    options.registrations.registration = Some(registration);
    World::with(&options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_waits_for_an_administrators_approval() {
    let world = with(Registration::Approval).await;
    world.register("ana@example.org").await;
    world.register("bojan@example.org").await;
    let login = |password: &str| json!({"email": "ana@example.org", "password": password});
    let answer = world.post("/login", &login(GOOD_PASSWORD)).await;
    assert_eq!(answer.problem(), (403, "waiting-for-approval"));
    // Nobody else hears that the account waits.
    world
        .post("/login", &login("Lozinka2"))
        .await
        .refuses("Invalid credentials.");

    let administrator = world.log_in_administrator().await;
    let list = async |query: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        world
            .send(
                hyper::Method::GET,
                &format!("/accounts{query}"),
                &[("authorization", &bearer)],
                "",
            )
            .await
    };
    let waiting = list("?status=waiting&limit=1", &administrator.access)
        .await
        .json();
    let emails = |page: &serde_json::Value| {
        let accounts = page["accounts"].as_array().unwrap();
        let emails = accounts
            .iter()
            .map(|account| account["email"].as_str().unwrap().to_owned());
        emails.collect::<Vec<_>>()
    };
    assert_eq!(emails(&waiting), ["ana@example.org"]);
    assert_eq!(waiting["accounts"][0]["status"], "waiting");
    let next = format!(
        "?status=waiting&after={}",
        waiting["next"].as_str().unwrap()
    );
    assert_eq!(
        emails(&list(&next, &administrator.access).await.json()),
        ["bojan@example.org"]
    );
    assert_eq!(
        list("?status=late", &administrator.access).await.problem(),
        (400, "bad-parameter")
    );

    let email = |email: &str| json!({"email": email}).to_string();
    let approve =
        async |email: &str, token: &str| world.post_with("/accounts/approve", token, email).await;
    approve(&email("nobody@example.org"), &administrator.access)
        .await
        .refuses("Unknown user.");
    approve(&email("ana@example.org"), &administrator.access)
        .await
        .is(200, "");
    let ana = world.log_in("ana@example.org", GOOD_PASSWORD).await;
    // She approves nobody, and sees no accounts.
    approve(&email("bojan@example.org"), &ana.access)
        .await
        .is(401, UNAUTHORIZED);
    list("", &ana.access).await.is(401, UNAUTHORIZED);
    // Once more changes nothing.
    approve(&email("ana@example.org"), &administrator.access)
        .await
        .is(200, "");
    assert_eq!(
        emails(&list("?status=waiting", &administrator.access).await.json()),
        ["bojan@example.org"]
    );
    let rows = world
        .database()
        .await
        .query(
            "SELECT who, target FROM audit_log WHERE what = 'approve' AND outcome = 'success'",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row.get::<_, &str>(0) == "admin@admin.com"
                && row.get::<_, &str>(1) == "ana@example.org")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_registration_is_closed_nobody_registers() {
    let world = with(Registration::Closed).await;
    let answer = world
        .post("/register", &registration("ana@example.org"))
        .await;
    assert_eq!(answer.problem(), (403, "registration-closed"));
    world
        .post("/register", &json!({}))
        .await
        .refuses("Field jmbg is missing.");
    let users = world
        .database()
        .await
        .query("SELECT FROM users", &[])
        .await
        .unwrap();
    assert_eq!(users.len(), 1, "the administrator alone");
}

#[test]
fn development_is_open_and_production_asks_for_approval() {
    let mut registrations = options("").registrations;
    assert_eq!(
        registrations.registration(Environment::Development),
        Registration::Open
    );
    assert_eq!(
        registrations.registration(Environment::Production),
        Registration::Approval
    );
    registrations.registration = Some(Registration::Closed);
    assert_eq!(
        registrations.registration(Environment::Production),
        Registration::Closed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn production_does_not_begin_on_an_administrator_of_development() {
    let world = World::open().await;
    let client = world.database().await;
    let mut options = options(&world.database_url);
    // It would create its administrator again.
    world.access_control.stop().await;
    options.administrator.admin_password = Some("a password of its own".to_owned());
    options.token.environment = Environment::Production;
    options.token.jwt_secret = Some("0123456789abcdef0123456789abcdef".to_owned());
    let running = service::start(&options).unwrap();
    let refusal = async || {
        let ready =
            test_kit::http::send(running.admin_address, "GET", "/health/ready", &[], "").await;
        ready.text().contains(
            "the development password opens the account of the administrator admin@admin.com",
        )
    };
    test_kit::until("it says why it is not ready", refusal).await;
    client.execute("DELETE FROM users", &[]).await.unwrap();
    test_kit::http::until_ready(running.admin_address).await;
    running.stop().await;
}
