//! Who is let in, over HTTP.

use std::net::SocketAddr;

use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpServer, Responder};
use service_kit::body::Fields;
use service_kit::health::{self, Readiness};
use service_kit::problem::Problem;
use service_kit::routes::{self, Access, Endpoint};
use service_kit::testing;
use service_kit::token::{Administrator, Official, Refresh, Role, TokenKind, Verifier};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn for_administrators(holder: Administrator, body: Payload) -> Result<String, Problem> {
    Fields::read(body).await?;
    Ok(holder.0.sub)
}

async fn for_officials(holder: Official) -> impl Responder {
    holder.0.sub
}

async fn for_refreshing(holder: Refresh) -> impl Responder {
    holder.0.sub
}

fn endpoints() -> Vec<Endpoint> {
    let endpoint = |path, access, route| Endpoint {
        method: actix_web::http::Method::POST,
        path,
        access,
        route,
    };
    vec![
        endpoint("/administrator", Access::Administrator, || {
            web::route().to(for_administrators)
        }),
        endpoint("/official", Access::Official, || {
            web::route().to(for_officials)
        }),
        endpoint("/refresh", Access::Refresh, || {
            web::route().to(for_refreshing)
        }),
    ]
}

fn serve(readiness: Readiness) -> SocketAddr {
    let verifier = Data::new(Verifier::new(&testing::secret()));
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .configure(routes::mount(endpoints()))
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
        let answer = post(address, endpoint.path, Some(&bearer), "").await;
        assert_eq!(answer, (200, good.sub.clone()));
        let lower_case = bearer.replacen("Bearer", "bearer", 1);
        assert_eq!(
            post(address, endpoint.path, Some(&lower_case), "").await.0,
            200
        );
        for intruder in testing::intruders(&secret, endpoint.access, &good).unwrap() {
            let authorization = intruder.authorization.as_deref();
            let answer = post(address, endpoint.path, authorization, "{}").await;
            assert_eq!(answer, unauthorized, "{}: {}", endpoint.path, intruder.why);
        }
    }
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
