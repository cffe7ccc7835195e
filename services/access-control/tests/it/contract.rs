//! The contract with old clients, letter for letter.

use futures_util::future::join_all;
use hyper::Method;
use serde_json::{Value, json};
use service_kit::token::{Role, TokenKind};

use crate::world::{GOOD_PASSWORD, UNAUTHORIZED, World, claims, registration};

#[tokio::test]
async fn registration_checks_in_order() {
    let world = World::open().await;
    let with = |field: &str, value: Value| {
        let mut body = registration("ana@example.org");
        body[field] = value;
        body
    };
    let fields = ["jmbg", "forename", "surname", "email", "password"];
    // Each field is missing before the next one is, and before anything is invalid.
    let mut body =
        json!({"jmbg": "1", "forename": " ", "surname": " ", "email": "john@", "password": "1"});
    for field in fields.iter().rev() {
        for absent in [json!(null), json!(""), json!(7), json!(["a"]), json!({})] {
            body[*field] = absent;
            let message = format!("Field {field} is missing.");
            world.post("/register", &body).await.refuses(&message);
        }
        body.as_object_mut().unwrap().remove(*field);
        let message = format!("Field {field} is missing.");
        world.post("/register", &body).await.refuses(&message);
    }
    let too_long = "a".repeat(257);
    for (field, value, message) in [
        ("forename", too_long.as_str(), "Field forename is missing."),
        ("surname", &too_long, "Field surname is missing."),
        ("surname", "a\0b", "Field surname is missing."),
        ("jmbg", "0101994704400", "Invalid jmbg."),
        ("jmbg", "3201994704401", "Invalid jmbg."),
        ("jmbg", &too_long, "Invalid jmbg."),
        ("jmbg", " ", "Invalid jmbg."),
        ("email", "john@", "Invalid email."),
        ("email", "john@gmail", "Invalid email."),
        ("email", "john@gmail.", "Invalid email."),
        ("email", "john@gmail.a", "Invalid email."),
        ("email", &format!("{too_long}@a.rs"), "Invalid email."),
        ("password", "Short1a", "Invalid password."),
        ("password", "lozinka1", "Invalid password."),
        ("password", "LOZINKA1", "Invalid password."),
        ("password", "Lozinkaa", "Invalid password."),
        ("password", &format!("aA1{too_long}"), "Invalid password."),
        ("password", "Lozinka1\0", "Invalid password."),
    ] {
        let body = with(field, json!(value));
        world.post("/register", &body).await.refuses(message);
    }
    let wrong =
        json!({"jmbg": "1", "forename": "a", "surname": "a", "email": "a", "password": "a"});
    world
        .post("/register", &wrong)
        .await
        .refuses("Invalid jmbg.");
    world.register("ana@example.org").await;
    let again = registration("ana@example.org");
    let again = world.post("/register", &again).await;
    again.refuses("Email already exists.");
    // Exactly as given: another spelling is another account.
    world.register("Ana@example.org").await;
    // And the checks come before that.
    let body = with("password", json!("a"));
    world
        .post("/register", &body)
        .await
        .refuses("Invalid password.");
}

#[tokio::test]
async fn a_body_that_is_no_object_has_no_fields() {
    let world = World::open().await;
    let administrator = world.log_in_administrator().await;
    let bearer = format!("Bearer {}", administrator.access);
    for (path, first) in [
        ("/register", "jmbg"),
        ("/login", "email"),
        ("/delete", "email"),
    ] {
        let message = format!("Field {first} is missing.");
        for body in [
            "",
            " ",
            "{",
            "[]",
            "null",
            "\"a\"",
            "email=a",
            "--x\r\n\r\n--x--",
        ] {
            for kind in [
                "application/json",
                "multipart/form-data; boundary=x",
                "text/plain",
            ] {
                let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
                let answer = world.send(Method::POST, path, &headers, body).await;
                answer.refuses(&message);
            }
            let headers = [("Authorization", bearer.as_str())];
            let answer = world.send(Method::POST, path, &headers, body).await;
            answer.refuses(&message);
        }
    }
}

#[tokio::test]
async fn login_gives_tokens_with_exact_claims() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    for (email, password, role, names) in [
        (
            "admin@admin.com",
            "1",
            Role::Administrator,
            ["admin", "admin", "0000000000000"],
        ),
        (
            "ana@example.org",
            GOOD_PASSWORD,
            Role::Official,
            ["Ana", "Anić", "0101994704401"],
        ),
    ] {
        let tokens = world.log_in(email, password).await;
        for (token, kind, lifetime_s) in [
            (&tokens.access, TokenKind::Access, 3600),
            (&tokens.refresh, TokenKind::Refresh, 2_592_000),
        ] {
            let claims = claims(token, kind);
            assert_eq!(
                (claims.exp - claims.nbf, claims.iat),
                (lifetime_s, claims.nbf)
            );
            assert_eq!(claims.roles, [role]);
            assert_eq!(claims.sub, email);
            assert_eq!([&*claims.forename, &*claims.surname, &*claims.jmbg], names);
        }
        assert_ne!(
            claims(&tokens.access, TokenKind::Access).jti,
            claims(&tokens.refresh, TokenKind::Refresh).jti
        );
    }
}

#[tokio::test]
async fn login_checks_in_order() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    let too_long = "a".repeat(257);
    for (body, message) in [
        (json!({}), "Field email is missing."),
        (
            json!({"email": "", "password": ""}),
            "Field email is missing.",
        ),
        (json!({"email": "john@"}), "Field password is missing."),
        (
            json!({"email": "john@", "password": ""}),
            "Field password is missing.",
        ),
        (json!({"email": "john@", "password": "a"}), "Invalid email."),
        (json!({"email": " ", "password": " "}), "Invalid email."),
        (
            json!({"email": "ana@example.org", "password": " "}),
            "Invalid credentials.",
        ),
        (
            json!({"email": "ana@example.org", "password": "lozinka1"}),
            "Invalid credentials.",
        ),
        (
            json!({"email": "ana@example.org", "password": too_long}),
            "Invalid credentials.",
        ),
        (
            json!({"email": "eva@example.org", "password": GOOD_PASSWORD}),
            "Invalid credentials.",
        ),
        (
            json!({"email": "ANA@example.org", "password": GOOD_PASSWORD}),
            "Invalid credentials.",
        ),
    ] {
        world.post("/login", &body).await.refuses(message);
    }
}

#[tokio::test]
async fn refresh_gives_an_access_token_with_the_same_claims() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    let tokens = world.log_in("ana@example.org", GOOD_PASSWORD).await;
    let before = claims(&tokens.refresh, TokenKind::Refresh);
    for body in ["", "{}", "not JSON"] {
        let answer = world.post_with("/refresh", &tokens.refresh, body).await;
        assert_eq!(answer.status, 200);
        let answer = answer.json();
        assert_eq!(answer.as_object().unwrap().len(), 1);
        let after = claims(answer["accessToken"].as_str().unwrap(), TokenKind::Access);
        assert_eq!(after.exp - after.nbf, 3600);
        assert_ne!(after.jti, before.jti);
        assert_eq!(
            (
                after.sub,
                after.forename,
                after.surname,
                after.jmbg,
                after.roles
            ),
            (
                before.sub.clone(),
                before.forename.clone(),
                before.surname.clone(),
                before.jmbg.clone(),
                before.roles.clone()
            )
        );
    }
}

#[tokio::test]
async fn deletion_checks_in_order_and_takes_effect_at_once() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    let administrator = world.log_in_administrator().await;
    let official = world.log_in("ana@example.org", GOOD_PASSWORD).await;
    let delete = async |body: Value| {
        let body = body.to_string();
        world
            .post_with("/delete", &administrator.access, &body)
            .await
    };
    delete(json!({"email": ""}))
        .await
        .refuses("Field email is missing.");
    delete(json!({"email": "john@"}))
        .await
        .refuses("Invalid email.");
    let unknown = json!({"email": "eva@example.org"});
    delete(unknown).await.refuses("Unknown user.");
    delete(json!({"email": "ana@example.org"}))
        .await
        .is(200, "");
    delete(json!({"email": "ana@example.org"}))
        .await
        .refuses("Unknown user.");
    let refreshed = world.post_with("/refresh", &official.refresh, "").await;
    refreshed.is(401, UNAUTHORIZED);
    let login = json!({"email": "ana@example.org", "password": GOOD_PASSWORD});
    world
        .post("/login", &login)
        .await
        .refuses("Invalid credentials.");

    // Somebody registers with the same address again: the old token is not theirs.
    world.register("ana@example.org").await;
    let refreshed = world.post_with("/refresh", &official.refresh, "").await;
    refreshed.is(401, UNAUTHORIZED);
    let official = world.log_in("ana@example.org", GOOD_PASSWORD).await;
    let refreshed = world.post_with("/refresh", &official.refresh, "").await;
    assert_eq!(refreshed.status, 200);

    // A deleted administrator cannot delete anybody.
    delete(json!({"email": "admin@admin.com"}))
        .await
        .is(200, "");
    delete(json!({"email": "ana@example.org"}))
        .await
        .is(401, UNAUTHORIZED);
}

#[tokio::test]
async fn one_address_is_registered_once_however_many_try() {
    let world = World::open().await;
    let body = registration("ana@example.org");
    let answers = join_all((0..8).map(|_| world.post("/register", &body))).await;
    let created = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(created.count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refuses("Email already exists.");
    }
}
