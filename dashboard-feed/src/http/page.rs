//! The page, embedded: it needs no other server and no internet.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS,
};
use actix_web::web::ServiceConfig;

use super::get_or_head;

/// Nothing from anywhere but here, and no script or style in the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Path, media type and content of every file.
const FILES: [(&str, &str, &str); 4] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../../web/index.html"),
    ),
    (
        "/app.js",
        "text/javascript; charset=utf-8",
        include_str!("../../web/app.js"),
    ),
    (
        "/style.css",
        "text/css; charset=utf-8",
        include_str!("../../web/style.css"),
    ),
    (
        "/favicon.svg",
        "image/svg+xml",
        include_str!("../../web/favicon.svg"),
    ),
];

pub(crate) fn routes(config: &mut ServiceConfig) {
    for (path, media_type, content) in FILES {
        let answer = move || async move {
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, media_type))
                .insert_header((CONTENT_SECURITY_POLICY, POLICY))
                .insert_header((X_FRAME_OPTIONS, "DENY"))
                .insert_header((CACHE_CONTROL, "no-cache"))
                .body(content)
        };
        config.route(path, get_or_head().to(answer));
    }
}
