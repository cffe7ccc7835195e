//! Errors over HTTP: RFC 9457, `application/problem+json`.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::{Map, Value};

/// An answer that says what went wrong and what to do about it.
///
/// `kind` becomes the problem's `type` (a relative reference such as `already-voted`), which identifies the
/// problem for programs; `title` and `detail` are for people.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    fields: Map<String, Value>,
    retry_after_s: Option<u64>,
    allow: Option<&'static str>,
}

impl Problem {
    /// A problem without detail.
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        Self {
            status,
            kind,
            title,
            detail: title.to_owned(),
            fields: Map::new(),
            retry_after_s: None,
            allow: None,
        }
    }

    /// What happened in this case, and what to do.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds a field that programs can read.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Names the allowed methods, as a `405` must.
    #[must_use]
    pub fn allow(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// The `type` of the problem.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = Map::new();
        body.insert("type".to_owned(), self.kind.into());
        body.insert("title".to_owned(), self.title.into());
        body.insert("status".to_owned(), self.status.as_u16().into());
        body.insert("detail".to_owned(), self.detail.as_str().into());
        body.extend(self.fields.clone());
        let mut response = HttpResponseBuilder::new(self.status);
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(methods) = self.allow {
            response.insert_header((ALLOW, methods));
        }
        response
            .insert_header((CONTENT_TYPE, "application/problem+json"))
            .body(Value::Object(body).to_string())
    }
}

/// The answer for a path that does not exist: use as an actix default service.
///
/// # Errors
/// Always: `404` as a problem.
pub async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "There is nothing at this address.",
    ))
}
