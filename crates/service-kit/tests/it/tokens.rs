//! Who is let in, over HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actix_web::web::{Data, Payload};
use actix_web::{App, HttpServer, Responder};
use service_kit::body::Fields;
use service_kit::health::{self, Readiness};
use service_kit::problem::Problem;
use service_kit::routes::{self, Access, Endpoint, OnRefused};
use service_kit::token::{Holder, Role, TokenKind, Unauthorized, Verifier};
use service_kit::{endpoint, testing};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[utoipa::path(post, path = "/administrator", responses((status = 200)))]
async fn for_administrators(holder: Holder, body: Payload) -> Result<String, Problem> {
    Fields::read(body).await?;
    Ok(holder.claims.sub)
}

#[utoipa::path(post, path = "/until/public", responses((status = 200)))]
async fn until_public(caller: Result<Holder, Unauthorized>) -> Result<String, Unauthorized> {
    caller.map(|holder| holder.claims.sub)
}

// The handler takes no holder: the mount checks the token anyway.
#[utoipa::path(post, path = "/official", responses((status = 200)))]
async fn for_officials() -> &'static str {
    "official@example.org"
}

#[utoipa::path(post, path = "/both", responses((status = 200)))]
async fn for_both(holder: Holder) -> impl Responder {
    holder.claims.sub
}

#[utoipa::path(post, path = "/refresh", responses((status = 200)))]
async fn for_refreshing(holder: Holder) -> impl Responder {
    holder.claims.sub
}

#[utoipa::path(post, path = "/misplaced", responses((status = 200)))]
async fn misplaced(holder: Holder) -> impl Responder {
    holder.claims.sub
}

fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(Access::Administrator, for_administrators),
        endpoint!(Access::AdministratorUntilPublic, until_public),
        endpoint!(Access::Official, for_officials),
        endpoint!(Access::OfficialOrAdministrator, for_both),
        endpoint!(Access::Refresh, for_refreshing),
    ]
}

/// Records who was refused, and for what.
type Refused = Arc<Mutex<Vec<(String, String)>>>;

fn serve(readiness: Readiness) -> SocketAddr {
    serve_noting(readiness, Refused::default())
}

fn serve_noting(readiness: Readiness, refused: Refused) -> SocketAddr {
    serve_by(Verifier::new(&testing::secret()), readiness, refused)
}

fn serve_by(verifier: Verifier, readiness: Readiness, refused: Refused) -> SocketAddr {
    let note: OnRefused = Arc::new(move |_, holder| {
        refused
            .lock()
            .unwrap()
            .push((holder.act, holder.claims.sub));
        Box::pin(std::future::ready(()))
    });
    let verifier = Data::new(verifier);
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .configure(routes::mount(
                [endpoints(), vec![endpoint!(Access::Anyone, misplaced)]].concat(),
                Some(note.clone()),
            ))
            .configure(health::routes(readiness.clone()))
    };
    let listener = service_kit::server::listen("127.0.0.1:0".parse().unwrap(), "--listen").unwrap();
    let address = listener.local_addr().unwrap();
    let server = HttpServer::new(app).workers(1).disable_signals();
    tokio::spawn(server.listen(listener).unwrap().run());
    address
}

/// Status and body.
async fn post(
    address: SocketAddr,
    path: &str,
    authorization: Option<&str>,
    body: &str,
) -> (u16, String) {
    let header = authorization.map(|value| format!("Authorization: {value}\r\n"));
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{body}",
        body.len(),
        header.unwrap_or_default()
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[tokio::test]
async fn the_right_ones_get_in_and_no_others() {
    let (address, secret) = (serve(Readiness::new()), testing::secret());
    let unauthorized = (401, r#"{"msg":"Missing Authorization Header"}"#.to_owned());
    for endpoint in endpoints() {
        let (role, kind) = match endpoint.access {
            Access::Official => (Role::Official, TokenKind::Access),
            Access::Refresh => (Role::Official, TokenKind::Refresh),
            _ => (Role::Administrator, TokenKind::Access),
        };
        let good = testing::claims(role, kind);
        let bearer = testing::bearer(&secret, &good).unwrap();
        let answer = post(address, &endpoint.path, Some(&bearer), "").await;
        assert_eq!(answer, (200, good.sub.clone()));
        let lower_case = bearer.replacen("Bearer", "bearer", 1);
        assert_eq!(
            post(address, &endpoint.path, Some(&lower_case), "").await.0,
            200
        );
        for intruder in testing::intruders(&secret, endpoint.access, &good).unwrap() {
            let authorization = intruder.authorization.as_deref();
            let answer = post(address, &endpoint.path, authorization, "{}").await;
            assert_eq!(answer, unauthorized, "{}: {}", endpoint.path, intruder.why);
        }
    }
}

#[tokio::test]
async fn one_person_fills_no_audit_log_and_keeps_nobody_else_out() {
    let refused = Refused::default();
    let verifier = Verifier::new(&testing::secret()).with_requests_per_minute(3);
    let address = serve_by(verifier, Readiness::new(), refused.clone());
    let bearer = |sub: &str| {
        let mut official = testing::claims(Role::Official, TokenKind::Access);
        official.sub = sub.to_owned();
        testing::bearer(&testing::secret(), &official).unwrap()
    };
    let ana = bearer("ana@example.org");
    for number in 0..10 {
        let (status, body) = post(address, "/administrator", Some(&ana), "").await;
        assert_eq!(status, if number < 3 { 401 } else { 429 }, "{body}");
    }
    // Another token is the same person; another person is not.
    assert_eq!(
        post(
            address,
            "/administrator",
            Some(&bearer("ana@example.org")),
            ""
        )
        .await
        .0,
        429
    );
    assert_eq!(
        post(
            address,
            "/administrator",
            Some(&bearer("mira@example.org")),
            ""
        )
        .await
        .0,
        401
    );
    assert_eq!(refused.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_holder_of_another_role_is_noted_and_strangers_are_not() {
    let refused = Refused::default();
    let address = serve_noting(Readiness::new(), refused.clone());
    let official = testing::claims(Role::Official, TokenKind::Access);
    let bearer = testing::bearer(&testing::secret(), &official).unwrap();
    for authorization in [Some(bearer.as_str()), Some("Bearer a.b.c"), None] {
        for path in ["/administrator", "/until/public"] {
            assert_eq!(post(address, path, authorization, "").await.0, 401);
        }
    }
    // The handler of a resource that may be public decides itself.
    let noted = [("administrator".to_owned(), official.sub)];
    assert_eq!(*refused.lock().unwrap(), noted);
}

#[tokio::test]
async fn a_handler_that_wants_a_holder_is_of_no_use_where_no_token_is_asked_for() {
    let (address, secret) = (serve(Readiness::new()), testing::secret());
    let claims = testing::claims(Role::Administrator, TokenKind::Access);
    let bearer = testing::bearer(&secret, &claims).unwrap();
    assert_eq!(post(address, "/misplaced", Some(&bearer), "").await.0, 401);
}

#[tokio::test]
async fn the_token_comes_before_the_body() {
    let (address, secret) = (serve(Readiness::new()), testing::secret());
    let too_large = "a".repeat(service_kit::body::BODY_LIMIT + 1);
    assert_eq!(
        post(address, "/administrator", None, &too_large[..1000])
            .await
            .0,
        401
    );
    let good = testing::claims(Role::Administrator, TokenKind::Access);
    let bearer = testing::bearer(&secret, &good).unwrap();
    let (status, body) = post(address, "/administrator", Some(&bearer), &too_large).await;
    assert_eq!(status, 413);
    assert!(body.contains("body-too-large"));
}

#[tokio::test]
async fn health_is_asked_from_the_shell() {
    let readiness = Readiness::new();
    readiness.wait_for("kafka", "not there");
    let mut address = serve(readiness.clone());
    let refused = health::ask(address).await.unwrap_err().to_string();
    assert!(refused.contains("kafka: not there"), "{refused}");
    readiness.ready("kafka");
    health::ask(address).await.unwrap();
    address.set_ip("0.0.0.0".parse().unwrap());
    health::ask(address).await.unwrap();
    address.set_port(1);
    assert!(health::ask(address).await.is_err());
}
