//! Bodies of requests: JSON objects, and the `400` for what is missing in them.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpResponse, ResponseError};
use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// Maximum length of a text, in characters.
pub const LONGEST_TEXT: usize = 256;

/// Maximum length of a body, in bytes.
pub const BODY_LIMIT: usize = 256 << 10;

/// Time in which a body must arrive: slow senders cannot hold memory for long.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// A failed check: `400 {"message": …}`, in words that clients compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    text: String,
    hint: Option<&'static str>,
}

impl Message {
    /// With this message.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            hint: None,
        }
    }

    /// Adds what was probably meant, as `"hint"` next to the message.
    #[must_use]
    pub fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for Message {}

impl ResponseError for Message {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = json!({"message": self.text});
        if let Some(hint) = self.hint {
            body["hint"] = hint.into();
        }
        HttpResponse::BadRequest().json(body)
    }
}

/// `Field … is missing.`
pub fn missing(name: &str) -> Message {
    Message::new(format!("Field {name} is missing."))
}

/// Whether a text is short enough and can be stored by PostgreSQL (no U+0000).
pub fn is_storable(text: &str) -> bool {
    text.chars().count() <= LONGEST_TEXT && !text.contains('\0')
}

/// The fields of a body.
#[derive(Clone, Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of this body. A body that is empty, not JSON or not an object has none.
    pub fn of(body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Self(fields),
            _ => Self::default(),
        }
    }

    /// Reads a body and its fields. A handler calls this after the caller has been admitted.
    ///
    /// # Errors
    /// If the body is larger than [`BODY_LIMIT`], or takes more than ten seconds. A body that is cut off has no
    /// fields.
    pub async fn read(body: Payload) -> Result<Self, Problem> {
        let arrived = tokio::time::timeout(ARRIVES_WITHIN, receive(body)).await;
        let bytes = arrived.map_err(|_elapsed| too_slow())??;
        Ok(Self::of(&bytes))
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A field, whatever its type.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text that is neither empty nor too long.
    ///
    /// # Errors
    /// If it is missing.
    pub fn text(&self, name: &str) -> Result<String, Message> {
        let text = self.any_text(name)?;
        if is_storable(&text) {
            Ok(text)
        } else {
            Err(missing(name))
        }
    }

    /// A text that is not empty, however long: for fields with their own check, which must then refuse texts
    /// that are not [`is_storable`].
    ///
    /// # Errors
    /// If it is missing.
    pub fn any_text(&self, name: &str) -> Result<String, Message> {
        match self.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            _ => Err(missing(name)),
        }
    }

    /// A truth value.
    ///
    /// # Errors
    /// If it is missing.
    pub fn boolean(&self, name: &str) -> Result<bool, Message> {
        let value = self.get(name).and_then(Value::as_bool);
        value.ok_or_else(|| missing(name))
    }

    /// A list, which may be empty.
    ///
    /// # Errors
    /// If it is missing.
    pub fn list(&self, name: &str) -> Result<&[Value], Message> {
        let values = self.get(name).and_then(Value::as_array);
        values.map(Vec::as_slice).ok_or_else(|| missing(name))
    }
}

/// The whole body; empty if it is cut off.
async fn receive(mut body: Payload) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let Ok(chunk) = chunk else {
            return Ok(Vec::new());
        };
        if bytes.len() + chunk.len() > BODY_LIMIT {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_slow() -> Problem {
    let problem = Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "body-too-slow",
        "The body took too long to arrive.",
    );
    let seconds = ARRIVES_WITHIN.as_secs();
    problem.detail(format!("A body has to arrive within {seconds} seconds."))
}

fn too_large() -> Problem {
    let problem = Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        "The body is too large.",
    );
    problem.detail(format!("A body has at most {BODY_LIMIT} bytes."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_has_no_fields() {
        for body in [
            &b""[..],
            b" ",
            b"[]",
            b"null",
            b"\"a\"",
            b"{",
            b"{\"a\":\"b\"} {}",
            b"\xff",
            b"{\"a\":\"\\ud800\"}",
        ] {
            let fields = Fields::of(body);
            let missing = fields.text("a").unwrap_err();
            assert_eq!(missing.to_string(), "Field a is missing.");
        }
    }

    #[test]
    fn missing_is_absent_null_empty_or_of_another_type() {
        let fields = Fields::of(
            br#"{"null": null, "empty": "", "number": 7, "list": [], "text": " ", "no": false, "nul": "a\u0000"}"#,
        );
        for name in ["absent", "null", "empty", "number", "list", "no", "nul"] {
            assert_eq!(fields.text(name), Err(missing(name)), "{name}");
        }
        for name in ["absent", "null", "empty", "number", "list", "text"] {
            assert_eq!(fields.boolean(name), Err(missing(name)), "{name}");
        }
        for name in ["absent", "null", "empty", "number", "text", "no"] {
            assert_eq!(fields.list(name), Err(missing(name)), "{name}");
        }
        assert_eq!(fields.text("text").unwrap(), " ");
        assert_eq!(fields.boolean("no"), Ok(false));
        assert_eq!(fields.list("list"), Ok(&[][..]));
    }

    #[test]
    fn a_text_has_256_characters_at_most() {
        let body = |characters| json!({"a": "ž".repeat(characters)}).to_string();
        assert!(Fields::of(body(256).as_bytes()).text("a").is_ok());
        let fields = Fields::of(body(257).as_bytes());
        assert_eq!(fields.text("a"), Err(missing("a")));
        assert_eq!(fields.any_text("a").unwrap().chars().count(), 257);
    }
}
