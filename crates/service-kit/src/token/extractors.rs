//! Tokens as parameters of handlers. Put them first: they are ready at once and never look at the body, so
//! that a caller who is not let in learns nothing else.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use serde_json::json;

use super::{Claims, Role, TokenKind, Verifier};

/// No usable token: `401`, in words that clients compare, whatever is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unauthorized {
    holder: Option<Box<Claims>>,
}

impl Unauthorized {
    /// Nobody known asks.
    pub fn nobody() -> Self {
        Self { holder: None }
    }

    /// Who asks, if it is somebody known whose role does not allow it.
    pub fn holder(&self) -> Option<&Claims> {
        self.holder.as_deref()
    }
}

impl fmt::Display for Unauthorized {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Missing Authorization Header")
    }
}

impl std::error::Error for Unauthorized {}

impl ResponseError for Unauthorized {
    fn status_code(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Bearer"))
            .json(json!({"msg": self.to_string()}))
    }
}

fn claims(request: &HttpRequest, kind: TokenKind) -> Result<Claims, Unauthorized> {
    let Some(verifier) = request.app_data::<Data<Verifier>>() else {
        tracing::error!("the server has no verifier of tokens, and refuses everybody");
        return Err(Unauthorized::nobody());
    };
    let token = bearer(request).ok_or_else(Unauthorized::nobody)?;
    verifier.verify(token, kind)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("Bearer")
        .then_some(token.trim())
}

fn claims_with(request: &HttpRequest, role: Role) -> Result<Claims, Unauthorized> {
    let claims = claims(request, TokenKind::Access)?;
    if claims.has(role) {
        Ok(claims)
    } else {
        Err(Unauthorized {
            holder: Some(Box::new(claims)),
        })
    }
}

macro_rules! extractor {
    ($(#[$documentation:meta])* $name:ident, $claims:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Claims);

        impl FromRequest for $name {
            type Error = Unauthorized;
            type Future = Ready<Result<Self, Unauthorized>>;

            fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
                let claims: fn(&HttpRequest) -> Result<Claims, Unauthorized> = $claims;
                ready(claims(request).map(Self))
            }
        }
    };
}

extractor!(
    /// An administrator, with an access token.
    Administrator,
    |request| claims_with(request, Role::Administrator)
);
extractor!(
    /// An official, with an access token.
    Official,
    |request| claims_with(request, Role::Official)
);
extractor!(
    /// Anybody with a refresh token.
    Refresh,
    |request| claims(request, TokenKind::Refresh)
);
