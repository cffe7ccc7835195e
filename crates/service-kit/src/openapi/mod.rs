//! The description of a service's HTTP interface: `/openapi.json` for programs, `/docs` for people.
//!
//! The page loads nothing from other hosts, so that it works without internet access.

mod schema;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, X_CONTENT_TYPE_OPTIONS};
use actix_web::mime::{self, Mime};
use actix_web::web::{Bytes, ServiceConfig, get};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, OpenApi, Paths};

pub use self::schema::{Message, Problem, Unauthorized};
use crate::routes::Endpoint;

/// Only scripts and styles of this page; nothing from other hosts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The OpenAPI document of these endpoints, as indented JSON with a line break at the end.
pub fn document(title: &str, description: &str, endpoints: &[Endpoint]) -> String {
    let mut info = Info::new(title, env!("CARGO_PKG_VERSION"));
    info.description = Some(description.to_owned());
    let mut document = OpenApi::new(info, Paths::new());
    for endpoint in endpoints {
        document.merge(endpoint.description());
        if let Some((name, description)) = endpoint.access.scheme() {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.bearer_format = Some("JWT".to_owned());
            scheme.description = Some(description.to_owned());
            let components = document.components.get_or_insert_default();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
    #[expect(
        clippy::expect_used,
        reason = "every OpenAPI document can be written as JSON"
    )]
    let json = document
        .to_pretty_json()
        .expect("a document of strings and maps");
    json + "\n"
}

/// Adds `GET /openapi.json`, which is `document`, and `GET /docs`, a page that shows it.
pub fn routes(document: String) -> impl FnOnce(&mut ServiceConfig) {
    let document = Bytes::from(document);
    move |config| {
        let openapi = move || {
            let answer = file(mime::APPLICATION_JSON, document.clone());
            async move { answer }
        };
        config
            .route("/openapi.json", get().to(openapi))
            .route("/docs", get().to(page))
            .route("/docs/page.js", get().to(script))
            .route("/docs/page.css", get().to(style));
    }
}

async fn page() -> HttpResponse {
    file(mime::TEXT_HTML_UTF_8, include_str!("page.html"))
}

async fn script() -> HttpResponse {
    file(mime::APPLICATION_JAVASCRIPT_UTF_8, include_str!("page.js"))
}

async fn style() -> HttpResponse {
    file(mime::TEXT_CSS_UTF_8, include_str!("page.css"))
}

fn file(kind: Mime, content: impl Into<Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType(kind))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(content.into())
}
