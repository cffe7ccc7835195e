//! Who may call an endpoint, and who is calling.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError};
use serde_json::json;

use super::{Claims, Role, TokenKind, Verifier};

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without a token.
    Anyone,
    /// The holder of a refresh token.
    Refresh,
    /// The holder of an administrator's access token.
    Administrator,
    /// The holder of an administrator's access token, and anyone once the resource is public. The handler takes
    /// `Result<Holder, Unauthorized>` and decides.
    AdministratorUntilPublic,
    /// The holder of an official's access token.
    Official,
    /// The holder of an official's or an administrator's access token. The handler decides which of them may do what.
    OfficialOrAdministrator,
}

impl Access {
    /// The kind of token, and the roles of which it must name one; none where any token will do.
    fn required(self) -> Option<(TokenKind, &'static [Role])> {
        match self {
            Self::Anyone => None,
            Self::Refresh => Some((TokenKind::Refresh, &[])),
            Self::Administrator | Self::AdministratorUntilPublic => {
                Some((TokenKind::Access, &[Role::Administrator]))
            }
            Self::Official => Some((TokenKind::Access, &[Role::Official])),
            Self::OfficialOrAdministrator => {
                Some((TokenKind::Access, &[Role::Official, Role::Administrator]))
            }
        }
    }

    /// The holder of the request's token; `None` where no token is needed.
    pub(crate) fn check(
        self,
        request: &HttpRequest,
        act: &str,
    ) -> Result<Option<Holder>, Unauthorized> {
        let Some((kind, roles)) = self.required() else {
            return Ok(None);
        };
        let Some(verifier) = request.app_data::<Data<Verifier>>() else {
            tracing::error!("the server has no token verifier: every request is refused");
            return Err(Unauthorized::unknown());
        };
        let token = bearer(request).ok_or_else(Unauthorized::unknown)?;
        let holder = Holder {
            claims: verifier.verify(token, kind)?,
            act: act.to_owned(),
        };
        if roles.is_empty() || roles.iter().any(|role| holder.claims.has(*role)) {
            return Ok(Some(holder));
        }
        Err(Unauthorized {
            holder: Some(Box::new(holder)),
        })
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("Bearer")
        .then_some(token.trim())
}

/// No usable token: `401`, in words that clients compare. It never says what is wrong with the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unauthorized {
    holder: Option<Box<Holder>>,
}

impl Unauthorized {
    /// The request has no valid token.
    pub fn unknown() -> Self {
        Self { holder: None }
    }

    /// The holder of a valid token whose role does not allow the request.
    pub fn holder(&self) -> Option<&Holder> {
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

/// The holder of the token that the endpoint's [`Access`] requires. The token was checked before the handler was
/// called; an endpoint for [`Access::Anyone`] has no holder, and a handler that takes one there answers `401`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What the token says.
    pub claims: Claims,
    /// The name of the request in the audit log: the last segment of the endpoint's path.
    pub act: String,
}

/// The outcome of the check at the mount, stored in the request.
struct Checked(Result<Holder, Unauthorized>);

/// Stores the outcome for the handler's extractor.
pub(crate) fn keep(request: &HttpRequest, checked: Result<Holder, Unauthorized>) {
    request.extensions_mut().insert(Checked(checked));
}

impl FromRequest for Holder {
    type Error = Unauthorized;
    type Future = Ready<Result<Self, Unauthorized>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let checked = extensions.get::<Checked>();
        ready(checked.map_or_else(
            || Err(Unauthorized::unknown()),
            |Checked(checked)| checked.clone(),
        ))
    }
}
