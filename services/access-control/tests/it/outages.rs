//! When PostgreSQL is away, or does not answer.

use std::time::{Duration, Instant};

use access_control::service;
use devstack::{Stack, StackOptions};
use hyper::Method;
use serde_json::json;
use service_kit::health;
use service_kit::testing;
use service_kit::token::{Role, TokenKind};
use test_kit::proxy::Proxy;

use crate::world::{UNAUTHORIZED, WAIT_LIMIT, World, options, registration};

#[tokio::test]
async fn a_database_that_is_away_is_waited_out() {
    let stack = Stack::start_with(StackOptions::private()).await.unwrap();
    let mut options = options(&stack.create_database("access").await.unwrap());
    options.logins.login_attempts = 2;
    options.registrations.registrations = 2;
    let world = World::with(&options).await;
    let tokens = world.log_in_administrator().await;
    stack.kill("postgres").await.unwrap();
    let answer = world.post_with("/refresh", &tokens.refresh, "").await;
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
    // A request without an answer uses up nothing.
    for _ in 0..3 {
        let login = json!({"email": "admin@admin.com", "password": "2"});
        assert_eq!(world.post("/login", &login).await.status, 503);
        let body = registration("ana@example.org");
        assert_eq!(world.post("/register", &body).await.status, 503);
    }
    let unready = async {
        while world.health("/health/ready").await.status != 503 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT_LIMIT, unready).await.unwrap();
    let asked = health::ask(world.access_control.admin_address).await;
    assert!(asked.unwrap_err().to_string().contains("postgresql"));
    // An instance that starts in the meantime waits.
    let other = service::start(&options).unwrap();
    stack.restart("postgres").await.unwrap();
    world.until_ready().await;
    health::ask(world.access_control.admin_address)
        .await
        .unwrap();
    let answer = world.post_with("/refresh", &tokens.refresh, "").await;
    assert_eq!(answer.status, 200);
    world.register("ana@example.org").await;
    let login = json!({"email": "admin@admin.com", "password": "2"});
    let wrong = world.post("/login", &login).await;
    wrong.refuses("Invalid credentials.");
    world.log_in_administrator().await;
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
async fn who_is_not_let_in_is_told_so_also_without_a_database() {
    // Accepts connections, and never sends anything.
    let frozen = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let frozen_port = frozen.local_addr().unwrap().port();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let official = testing::claims(Role::Official, TokenKind::Access);
    let bearer = testing::bearer(&testing::secret(), &official).unwrap();
    for port in [frozen_port, closed_port] {
        let database_url = format!("postgresql://nobody@127.0.0.1:{port}/none");
        let world = World {
            access_control: service::start(&options(&database_url)).unwrap(),
            database_url,
        };
        for (method, path) in [(Method::POST, "/delete"), (Method::GET, "/audit")] {
            let headers = [("Authorization", bearer.as_str())];
            let answer = world.send(method, path, &headers, "");
            let answer = tokio::time::timeout(WAIT_LIMIT, answer).await.unwrap();
            answer.is(401, UNAUTHORIZED);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_ever_for_a_database_that_takes_questions_and_never_answers() {
    let database_url = devstack::shared()
        .await
        .create_database("access")
        .await
        .unwrap();
    let (proxy, database_url) = Proxy::before(&database_url).await;
    let world = World::with(&options(&database_url)).await;
    world.log_in_administrator().await;
    proxy.swallow_answers(true);
    let since = Instant::now();
    let login = json!({"email": "admin@admin.com", "password": "1"});
    let (answer, ()) = tokio::join!(world.post("/login", &login), async {
        while world.health("/health/ready").await.status == 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(since.elapsed() < Duration::from_secs(10));
    });
    assert_eq!(answer.problem(), (503, "unavailable"));
    assert!(since.elapsed() < Duration::from_secs(20));
    proxy.swallow_answers(false);
    world.until_ready().await;
    world.log_in_administrator().await;
}
