//! The interface of a service, described: `/openapi.json` for programs, `/docs` for people.
//!
//! The page is our own and small. It needs nothing from elsewhere, so that it also works where there is no
//! internet.

mod schema;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType, X_CONTENT_TYPE_OPTIONS};
use actix_web::mime::{self, Mime};
use actix_web::web::{Bytes, ServiceConfig, get};

pub use self::schema::{Message, Problem, Unauthorized, add_token};

/// Nothing from elsewhere, and no script but our own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

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
