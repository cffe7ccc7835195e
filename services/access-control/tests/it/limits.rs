//! Limits on failed logins and on registrations.

use access_control::options::{LoginOptions, RegistrationOptions};
use futures_util::future::join_all;
use hyper::Method;
use serde_json::{Value, json};

use crate::world::{Answer, GOOD_PASSWORD, World, options, registration};

const THREE_LOGINS: LoginOptions = LoginOptions {
    login_attempts: 3,
    login_attempt_interval_s: 86_400,
};

fn retry_after_s(answer: &Answer) -> u64 {
    let seconds = answer.headers["retry-after"].to_str().unwrap();
    seconds.parse().unwrap()
}

fn with_status(answers: &[Answer], status: u16) -> usize {
    let those = answers.iter().filter(|answer| answer.status == status);
    those.count()
}

#[tokio::test]
async fn guessing_is_slowed_down_and_logging_in_is_not() {
    let stack = devstack::shared().await;
    let mut options = options(&stack.create_database("access").await.unwrap());
    options.logins = THREE_LOGINS;
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
        // An incomplete request does not count as an attempt.
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
        // Also with the right password: guessing teaches nothing.
        for password in ["Pogrešna1", GOOD_PASSWORD] {
            let answer = attempt(email, password).await;
            assert_eq!(answer.problem(), (429, "too-many-attempts"));
            assert!(retry_after_s(&answer) > 0);
        }
    }
    // Other accounts are not affected.
    world.log_in_administrator().await;
    // The refusal is recorded once for each, after the failures.
    let acts = world.acts().await;
    assert_eq!(acts.len(), 1 + 1 + 10 + 2 * (3 + 1) + 1);
    for (last, email) in [(15, "ana@example.org"), (19, "eva@example.org")] {
        let too_many = "refusal: too many failed logins to this account from this address";
        assert_eq!(acts[last], [email, "", "login", "", too_many]);
    }
}

#[tokio::test]
async fn of_many_logins_at_once_only_failures_count() {
    let stack = devstack::shared().await;
    let mut options = options(&stack.create_database("access").await.unwrap());
    options.logins = THREE_LOGINS;
    let world = World::with(&options).await;
    world.register("ana@example.org").await;
    let at_once = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        join_all((0..30).map(|_| world.post("/login", &body))).await
    };
    let right = at_once("ana@example.org", GOOD_PASSWORD).await;
    assert_eq!(with_status(&right, 200), 30);
    // And many guesses at once gain nothing.
    let wrong = at_once("ana@example.org", "Pogrešna1").await;
    assert_eq!(with_status(&wrong, 400), 3);
    assert_eq!(with_status(&wrong, 429), 27);
    let right = at_once("ana@example.org", GOOD_PASSWORD).await;
    assert_eq!(with_status(&right, 429), 30);
    let acts = world.acts().await;
    let too_many = acts.iter().filter(|act| act[4].contains("too many"));
    assert_eq!(too_many.count(), 1);
}

async fn register_from(world: &World, address: &str, body: &Value) -> Answer {
    let headers = [("X-Forwarded-For", address)];
    world
        .send(Method::POST, "/register", &headers, &body.to_string())
        .await
}

#[tokio::test]
async fn an_address_registers_so_many_and_no_more() {
    let stack = devstack::shared().await;
    let mut options = options(&stack.create_database("access").await.unwrap());
    options.proxies.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    options.registrations = RegistrationOptions {
        registration: None,
        registrations: 3,
        registration_interval_s: 86_400,
    };
    let world = World::with(&options).await;
    let register = async |address: &str, email: &str| {
        register_from(&world, address, &registration(email)).await
    };
    for _ in 0..10 {
        let invalid = register("192.0.2.1", "john@").await;
        invalid.refuses("Invalid email.");
    }
    for email in ["a@example.org", "b@example.org"] {
        register("192.0.2.1", email).await.is(200, "");
    }
    let taken = register("192.0.2.1", "a@example.org").await;
    taken.refuses("Email already exists.");
    for email in ["a@example.org", "c@example.org"] {
        let answer = register("192.0.2.1", email).await;
        assert_eq!(answer.problem(), (429, "too-many-registrations"));
        assert!(retry_after_s(&answer) > 0);
    }
    register("192.0.2.2", "c@example.org").await.is(200, "");
    // Logins are not affected either.
    world.log_in("a@example.org", GOOD_PASSWORD).await;
    let acts = world.acts().await;
    let too_many = "refusal: too many registrations from this address";
    let too_many: Vec<_> = acts.iter().filter(|act| act[4] == too_many).collect();
    assert_eq!(too_many.len(), 1);
    assert_eq!(too_many[0][..3], ["a@example.org", "official", "register"]);
}
