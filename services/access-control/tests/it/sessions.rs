//! Sessions end: by logging out, by another password, and with the account.

use std::sync::{Arc, Mutex};

use access_control::service;
use ballot_log::EndedSession;
use ballot_log::ended_sessions::Following;
use devstack::Stack;
use serde_json::json;
use service_kit::testing;
use service_kit::token::{CheckingKeys, EndedSessions, TokenKind, Verifier};
use test_kit::log::Log;

use crate::world::{Answer, GOOD_PASSWORD, Tokens, UNAUTHORIZED, World, options, registration};

const EMAIL: &str = "ana@example.org";

fn email(email: &str) -> String {
    json!({ "email": email }).to_string()
}

fn due(answer: &Answer) -> Option<&str> {
    let header = answer.headers.get("urna-password-due");
    header.map(|header| header.to_str().unwrap())
}

async fn is_good(world: &World, tokens: &Tokens) -> [bool; 2] {
    let refreshed = world.post_with("/refresh", &tokens.refresh, "").await;
    let wrong = json!({"password": "x", "newPassword": "x"}).to_string();
    let accessed = world.post_with("/password", &tokens.access, &wrong).await;
    [refreshed.status == 200, accessed.status != 401]
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_this_session_and_no_other() {
    let world = World::open().await;
    world.register(EMAIL).await;
    let (here, there) = (
        world.log_in(EMAIL, GOOD_PASSWORD).await,
        world.log_in(EMAIL, GOOD_PASSWORD).await,
    );
    let refreshed = world.post_with("/refresh", &here.refresh, "").await.json();
    let refreshed = Tokens {
        access: refreshed["accessToken"].as_str().unwrap().to_owned(),
        refresh: here.refresh.clone(),
    };
    assert_eq!(is_good(&world, &refreshed).await, [true, true]);
    world
        .post_with("/logout", &here.access, "")
        .await
        .is(200, "");
    assert_eq!(is_good(&world, &here).await, [false, false]);
    assert_eq!(is_good(&world, &refreshed).await, [false, false]);
    assert_eq!(is_good(&world, &there).await, [true, true]);
    world
        .post_with("/logout", &here.access, "")
        .await
        .is(401, UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_ends_all_sessions() {
    let world = World::open().await;
    let administrator = world.log_in_administrator().await;
    let body = json!({"email": "admin@admin.com", "password": "1"});
    let answer = world.post("/login", &body).await;
    assert_eq!(due(&answer), Some("true"));
    let change = async |token: &str, old: &str, new: &str| {
        let body = json!({"password": old, "newPassword": new}).to_string();
        world.post_with("/password", token, &body).await
    };
    change(&administrator.access, "2", "Lozinka2")
        .await
        .refuses("Invalid credentials.");
    change(&administrator.access, "1", "lozinka2")
        .await
        .refuses("Invalid password.");
    let changed = change(&administrator.access, "1", "Lozinka2").await.json();
    assert_eq!(is_good(&world, &administrator).await, [false, false]);
    let new = Tokens {
        access: changed["accessToken"].as_str().unwrap().to_owned(),
        refresh: changed["refreshToken"].as_str().unwrap().to_owned(),
    };
    assert_eq!(is_good(&world, &new).await, [true, true]);
    world
        .post("/login", &body)
        .await
        .refuses("Invalid credentials.");
    let answer = world
        .post(
            "/login",
            &json!({"email": "admin@admin.com", "password": "Lozinka2"}),
        )
        .await;
    assert_eq!((answer.status.as_u16(), due(&answer)), (200, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_makes_another_and_the_last_one_stays() {
    let world = World::open().await;
    let first = world.log_in_administrator().await;
    let account = |address: &str, role: &str| {
        let mut account = registration(address);
        account["role"] = json!(role);
        account.to_string()
    };
    let create =
        async |token: &str, body: &str| world.post_with("/accounts/create", token, body).await;
    create(&first.access, &account(EMAIL, "voter"))
        .await
        .refuses("Invalid role.");
    create(&first.access, &registration(EMAIL).to_string())
        .await
        .refuses("Field role is missing.");
    create(&first.access, &account(EMAIL, "administrator"))
        .await
        .is(200, "");
    create(&first.access, &account(EMAIL, "official"))
        .await
        .refuses("Email already exists.");
    create(&first.access, &account("mira@example.org", "official"))
        .await
        .is(200, "");
    let mira = world.log_in("mira@example.org", GOOD_PASSWORD).await;
    create(&mira.access, &account("me@example.org", "administrator"))
        .await
        .is(401, UNAUTHORIZED);

    let second = world.log_in(EMAIL, GOOD_PASSWORD).await;
    let revoke = async |token: &str, address: &str| {
        world
            .post_with("/accounts/revoke", token, &email(address))
            .await
    };
    revoke(&second.access, "nobody@example.org")
        .await
        .refuses("Unknown user.");
    revoke(&second.access, "admin@admin.com").await.is(200, "");
    assert_eq!(is_good(&world, &first).await, [false, false]);
    let answer = world
        .post(
            "/login",
            &json!({"email": "admin@admin.com", "password": "1"}),
        )
        .await;
    assert_eq!(answer.problem(), (403, "revoked"));
    revoke(&second.access, EMAIL)
        .await
        .refuses("Last administrator.");
    let approved = world
        .post_with(
            "/accounts/approve",
            &second.access,
            &email("admin@admin.com"),
        )
        .await;
    approved.is(200, "");
    // The sessions that ended do not come back.
    assert_eq!(is_good(&world, &first).await, [false, false]);
    world.log_in_administrator().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_services_hear_of_it() {
    let stack: &Stack = devstack::shared().await;
    let database_url = stack.create_database("access").await.unwrap();
    let log = Log::create(stack.kafka_brokers(), &stack.unique("sessions"), 1).await;
    let mut options = options(&database_url);
    options.kafka = log.kafka.clone();
    let world = World::with(&options).await;
    let (heard, hearing) = (Arc::new(Mutex::new(Vec::new())), EndedSessions::default());
    let (noted, ended) = (heard.clone(), hearing.clone());
    let following = Following::start(
        &log.kafka.kafka_brokers,
        &log.topics,
        move |session: EndedSession| {
            ended.add(&session.id, session.until);
            noted.lock().unwrap().push(session.id);
        },
    )
    .unwrap();
    following.read_to_end().await.unwrap();
    let verifier = Verifier::new(&testing::secret()).except(hearing);
    let until_heard = async |count: usize| {
        test_kit::until("it is heard", async || heard.lock().unwrap().len() >= count).await;
        assert_eq!(heard.lock().unwrap().len(), count);
    };

    let administrator = world.log_in_administrator().await;
    for (number, address) in ["ana@example.org", "mira@example.org", "vesna@example.org"]
        .into_iter()
        .enumerate()
    {
        world.register(address).await;
        let tokens = world.log_in(address, GOOD_PASSWORD).await;
        assert!(verifier.verify(&tokens.access, TokenKind::Access).is_ok());
        let answer = match number {
            0 => world.post_with("/logout", &tokens.access, "").await,
            1 => {
                let path = "/accounts/revoke";
                world
                    .post_with(path, &administrator.access, &email(address))
                    .await
            }
            _ => {
                world
                    .post_with("/delete", &administrator.access, &email(address))
                    .await
            }
        };
        answer.is(200, "");
        until_heard(number + 1).await;
        assert!(verifier.verify(&tokens.access, TokenKind::Access).is_err());
    }
    // Whoever begins to follow later hears of all.
    let (sender, late) = std::sync::mpsc::channel();
    let following = Following::start(&log.kafka.kafka_brokers, &log.topics, move |session| {
        let _unheard = sender.send(session.id);
    })
    .unwrap();
    following.read_to_end().await.unwrap();
    assert_eq!(late.try_iter().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_signed_with_a_key_that_nobody_else_has() {
    let database_url = devstack::shared()
        .await
        .create_database("access")
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ((first, first_public), (second, second_public)) =
        (testing::key_pair(1), testing::key_pair(2));
    let public = format!("{first_public}{second_public}");
    let mut options = options(&database_url);
    options.token.jwt_public_keys_file = Some(write("public.pem", &public));
    let refusal = |options: &access_control::options::RunOptions| {
        service::start(options).err().unwrap().to_string()
    };
    assert!(refusal(&options).contains("without JWT_PRIVATE_KEY_FILE"));
    options.jwt_private_key_file = Some(write("first.pem", first.expose()));
    let world = World::with(&options).await;
    let before = world.log_in_administrator().await;
    let keys = world.get("/.well-known/jwks.json").await.json();
    assert_eq!(keys, CheckingKeys::from_pem(&public).unwrap().jwks());
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    // Another instance signs with the second key: tokens of both are good at both.
    options.jwt_private_key_file = Some(write("second.pem", second.expose()));
    let rotated = World::with(&options).await;
    let after = rotated.log_in_administrator().await;
    for world in [&world, &rotated] {
        for tokens in [&before, &after] {
            assert_eq!(is_good(world, tokens).await, [true, true]);
        }
    }
    // The secret of development opens nothing.
    let claims = Verifier::by(CheckingKeys::from_pem(&public).unwrap())
        .verify(&after.access, TokenKind::Access)
        .unwrap();
    let forged = testing::bearer(&testing::secret(), &claims).unwrap();
    let forged = forged.trim_start_matches("Bearer ");
    world
        .post_with("/logout", forged, "")
        .await
        .is(401, UNAUTHORIZED);
    options.token.jwt_secret = Some("0123456789abcdef0123456789abcdef".to_owned());
    assert!(refusal(&options).contains("both given"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_gets_in_from_where_she_is_known_however_many_guess() {
    let database_url = devstack::shared()
        .await
        .create_database("access")
        .await
        .unwrap();
    let mut options = options(&database_url);
    options.logins.login_attempts = 1;
    options.logins.login_attempt_interval_s = 86_400;
    options.proxies.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let world = World::with(&options).await;
    world.register(EMAIL).await;
    let login = async |from: &str, password: &str| {
        let body = json!({"email": EMAIL, "password": password}).to_string();
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", from),
        ];
        let answer = world
            .send(hyper::Method::POST, "/login", &headers, &body)
            .await;
        answer.status
    };
    assert_eq!(login("192.0.2.1", GOOD_PASSWORD).await, 200);
    for last in 2..12 {
        assert_eq!(login(&format!("192.0.2.{last}"), "guess").await, 400);
    }
    assert_eq!(login("192.0.2.12", GOOD_PASSWORD).await, 429);
    assert_eq!(login("192.0.2.1", GOOD_PASSWORD).await, 200);
}
