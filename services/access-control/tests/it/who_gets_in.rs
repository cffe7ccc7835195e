//! Who is let in, route by route, from the table that sets up the server.

use access_control::http;
use hyper::Method;
use serde_json::json;
use service_kit::routes::{Access, Endpoint};
use service_kit::testing;
use service_kit::token::{Claims, Role, TokenKind};

use crate::world::{Answer, GOOD_PASSWORD, Tokens, UNAUTHORIZED, World, claims};

/// Bodies with their types: the token is checked before the body.
const BODIES: [(Option<&str>, &str); 4] = [
    (None, ""),
    (Some("application/json"), ""),
    (
        Some("application/json"),
        r#"{"email":"nobody@example.org"}"#,
    ),
    (
        Some("multipart/form-data; boundary=x"),
        "--x\r\n\r\n--x--\r\n",
    ),
];

async fn call(
    world: &World,
    endpoint: &Endpoint,
    authorization: Option<&str>,
    (kind, body): (Option<&str>, &str),
) -> Answer {
    let mut headers = Vec::new();
    headers.extend(authorization.map(|value| ("Authorization", value)));
    headers.extend(kind.map(|value| ("Content-Type", value)));
    let method = endpoint.method.as_str().parse::<Method>().unwrap();
    world.send(method, &endpoint.path, &headers, body).await
}

/// A token that is let in.
fn good_token(tokens: &Tokens, access: Access) -> (&str, TokenKind) {
    match access {
        Access::Refresh => (&tokens.refresh, TokenKind::Refresh),
        _ => (&tokens.access, TokenKind::Access),
    }
}

#[tokio::test]
async fn route_by_route() {
    let world = World::open().await;
    let administrator = world.log_in_administrator().await;
    world.register("ana@example.org").await;
    let official = world.log_in("ana@example.org", GOOD_PASSWORD).await;
    let secret = testing::secret();
    let endpoints = http::endpoints();
    assert!(
        endpoints
            .iter()
            .any(|here| here.access == Access::Administrator)
    );
    assert!(endpoints.iter().any(|here| here.access == Access::Refresh));
    for endpoint in &endpoints {
        let path = &endpoint.path;
        if endpoint.access == Access::Anyone {
            let answer = call(&world, endpoint, None, BODIES[0]).await;
            let expected = if endpoint.method.as_str() == "GET" {
                200
            } else {
                400
            };
            assert_eq!(answer.status, expected, "{path} is open");
            continue;
        }
        let holder = match endpoint.access {
            Access::Official => &official,
            _ => &administrator,
        };
        let (token, kind) = good_token(holder, endpoint.access);
        let intruders = testing::intruders(&secret, endpoint.access, &claims(token, kind)).unwrap();
        for intruder in intruders {
            for body in BODIES {
                let answer = call(&world, endpoint, intruder.authorization.as_deref(), body).await;
                let why = intruder.why;
                assert_eq!(answer.status, 401, "{path}, {why}: {}", answer.text());
                assert_eq!(answer.text(), UNAUTHORIZED, "{path}, {why}");
                assert_eq!(answer.headers["content-type"], "application/json");
            }
        }
        let bearer = format!("Bearer {token}");
        let answer = call(&world, endpoint, Some(&bearer), BODIES[2]).await;
        assert_ne!(answer.status, 401, "{path} lets the right one in");
    }
}

#[tokio::test]
async fn a_real_official_is_no_administrator_and_it_is_written_down() {
    let world = World::open().await;
    world.register("ana@example.org").await;
    let official = world.log_in("ana@example.org", GOOD_PASSWORD).await;
    let body = json!({"email": "admin@admin.com"}).to_string();
    let answer = world.post_with("/delete", &official.access, &body).await;
    answer.is(401, UNAUTHORIZED);
    let last = world.acts().await.pop().unwrap();
    assert_eq!(
        last,
        [
            "ana@example.org",
            "official",
            "delete",
            "",
            "refusal: not an administrator"
        ]
    );
    world.log_in_administrator().await;
}

#[tokio::test]
async fn the_tokens_of_a_deleted_account_are_of_no_use() {
    let world = World::open().await;
    let administrator = world.log_in_administrator().await;
    let body = json!({"email": "admin@admin.com"}).to_string();
    let deleted = world
        .post_with("/delete", &administrator.access, &body)
        .await;
    deleted.is(200, "");
    for endpoint in http::endpoints() {
        if endpoint.access == Access::Anyone {
            continue;
        }
        let bearer = format!("Bearer {}", good_token(&administrator, endpoint.access).0);
        for body in BODIES {
            let answer = call(&world, &endpoint, Some(&bearer), body).await;
            answer.is(401, UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn a_token_that_names_no_account_is_taken_unless_it_is_older_than_the_account() {
    let world = World::open().await;
    world.register("official@example.org").await;
    let claims = testing::claims(Role::Official, TokenKind::Refresh);
    let refresh = async |claims: Claims| {
        let bearer = testing::bearer(&testing::secret(), &claims).unwrap();
        let headers = [("Authorization", bearer.as_str())];
        world
            .send(Method::POST, "/refresh", &headers, "")
            .await
            .status
    };
    let older = Claims {
        iat: claims.iat - 3600,
        ..claims.clone()
    };
    assert_eq!(refresh(claims).await, 200);
    assert_eq!(refresh(older).await, 401);
}

#[tokio::test]
async fn other_methods_and_paths_are_problems() {
    let world = World::open().await;
    let answer = world.get("/login").await;
    assert_eq!(answer.problem(), (405, "method-not-allowed"));
    assert_eq!(answer.headers["allow"], "POST");
    let answer = world.get("/nothing").await;
    assert_eq!(answer.problem(), (404, "not-found"));
}
