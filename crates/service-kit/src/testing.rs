//! For tests of access control: valid tokens, and tokens that must be refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

use crate::token::{Access, Claims, DEVELOPMENT_SECRET, Role, Secret, Signer, TokenKind};

/// `{"alg":"none","typ":"JWT"}` in base64url.
const UNSIGNED_HEADER: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";

/// The development secret.
pub fn secret() -> Secret {
    Secret::new(DEVELOPMENT_SECRET)
}

/// Claims of a holder with this role, issued now.
pub fn claims(role: Role, kind: TokenKind) -> Claims {
    let now = Timestamp::now().as_second();
    Claims {
        iat: now,
        nbf: now,
        exp: now + kind.lifetime_s(),
        jti: uuid::Uuid::new_v4().to_string(),
        kind,
        sub: format!("{role}@example.org"),
        forename: "Ana".to_owned(),
        surname: "Anić".to_owned(),
        jmbg: "0101994704401".to_owned(),
        roles: vec![role],
    }
}

/// `Bearer <token>` for these claims.
///
/// # Errors
/// If signing fails.
pub fn bearer(secret: &Secret, claims: &Claims) -> anyhow::Result<String> {
    Ok(format!("Bearer {}", Signer::new(secret).sign(claims)?))
}

/// A key pair made from a number: private (PKCS #8) and public, as PEM.
pub fn key_pair(number: u8) -> (Secret, String) {
    let seed = [number; 32];
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
    // RFC 8410, 7 and 4: what stands before the 32 bytes.
    let private = [
        b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(),
        &seed,
    ];
    let public = [
        b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(),
        public.as_bytes(),
    ];
    let pem = |label: &str, der: &[u8]| {
        let base64 = STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
    };
    (
        Secret::new(pem("PRIVATE KEY", &private.concat())),
        pem("PUBLIC KEY", &public.concat()),
    )
}

/// A request that must be answered `401`.
#[derive(Clone, Debug)]
pub struct Intruder {
    /// What is wrong with the request.
    pub why: &'static str,
    /// Its `Authorization` header, if it has one.
    pub authorization: Option<String>,
}

/// Requests that must be refused if `access` is required, made from claims that would be admitted: those of
/// [`claims`], or of an account's token that the service itself has issued.
///
/// # Errors
/// If signing fails.
pub fn intruders(secret: &Secret, access: Access, good: &Claims) -> anyhow::Result<Vec<Intruder>> {
    let signer = Signer::new(secret);
    let now = Timestamp::now().as_second();
    let token = signer.sign(good)?;
    let altered = |change: fn(&mut Claims, i64)| {
        let mut claims = good.clone();
        change(&mut claims, now);
        signer.sign(&claims)
    };
    let mut tokens = vec![
        (
            "expired",
            altered(|claims, now| {
                (claims.iat, claims.nbf, claims.exp) = (now - 3600, now - 3600, now);
            })?,
        ),
        (
            "not valid yet",
            altered(|claims, now| (claims.nbf, claims.exp) = (now + 600, now + 4200))?,
        ),
        (
            "of the other kind",
            altered(|claims, _| {
                claims.kind = match claims.kind {
                    TokenKind::Access => TokenKind::Refresh,
                    TokenKind::Refresh => TokenKind::Access,
                };
            })?,
        ),
        ("altered signature", with_another_signature(&token)),
        (
            "altered claims",
            with_claims_of(&token, &altered(|claims, _| claims.exp += 1)?),
        ),
        ("alg none, unsigned", unsigned(&token, "")),
        ("alg none, signed", unsigned(&token, signature(&token))),
        (
            "signed with another secret",
            Signer::new(&Secret::new("another secret, which nobody knows")).sign(good)?,
        ),
        ("another algorithm", signed_otherwise(secret, good)?),
        ("without exp", without(secret, good, "exp")?),
        ("without type", without(secret, good, "type")?),
        ("without roles", without(secret, good, "roles")?),
        ("not a token", "a.b.c".to_owned()),
        ("empty", String::new()),
    ];
    if matches!(
        access,
        Access::Administrator | Access::AdministratorUntilPublic | Access::Official
    ) {
        let other = altered(|claims, _| {
            let official = claims.has(Role::Official);
            let role = [Role::Official, Role::Administrator][usize::from(official)];
            claims.roles = vec![role];
        })?;
        tokens.push(("of another role", other));
    }
    if !matches!(access, Access::Anyone | Access::Refresh) {
        tokens.push(("of no role", altered(|claims, _| claims.roles.clear())?));
    }
    let mut intruders: Vec<Intruder> = tokens
        .into_iter()
        .map(|(why, token)| Intruder {
            why,
            authorization: Some(format!("Bearer {token}")),
        })
        .collect();
    for (why, authorization) in [
        ("no header", None),
        ("no scheme", Some(token.clone())),
        ("another scheme", Some(format!("Basic {token}"))),
    ] {
        intruders.push(Intruder { why, authorization });
    }
    Ok(intruders)
}

fn signature(token: &str) -> &str {
    token
        .rsplit_once('.')
        .map_or("", |(_, signature)| signature)
}

fn signed_part(token: &str) -> &str {
    token.rsplit_once('.').map_or("", |(signed, _)| signed)
}

/// Changes the first character: the last one has bits without meaning.
fn with_another_signature(token: &str) -> String {
    let signature = signature(token);
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let rest = signature.get(1..).unwrap_or_default();
    format!("{}.{first}{rest}", signed_part(token))
}

fn with_claims_of(token: &str, other: &str) -> String {
    format!("{}.{}", signed_part(other), signature(token))
}

fn unsigned(token: &str, signature: &str) -> String {
    let payload = token.split('.').nth(1).unwrap_or_default();
    format!("{UNSIGNED_HEADER}.{payload}.{signature}")
}

fn signed_otherwise(secret: &Secret, claims: &Claims) -> anyhow::Result<String> {
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    Ok(jsonwebtoken::encode(
        &Header::new(Algorithm::HS512),
        claims,
        &key,
    )?)
}

fn without(secret: &Secret, claims: &Claims, name: &str) -> anyhow::Result<String> {
    let mut claims = serde_json::to_value(claims)?;
    if let Value::Object(claims) = &mut claims {
        claims.remove(name);
    }
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    Ok(jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        &claims,
        &key,
    )?)
}

/// Compares an OpenAPI document with the committed file at `path`.
///
/// # Panics
/// If they differ; with `UPDATE_OPENAPI=1` the file is written instead.
#[expect(clippy::panic, reason = "it is an assertion")]
pub fn assert_committed(path: &str, document: &str) {
    if std::env::var_os("UPDATE_OPENAPI").is_some()
        && let Err(error) = std::fs::write(path, document)
    {
        panic!("{path}: {error}");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == document,
        "{path} is out of date: run this test with UPDATE_OPENAPI=1 and commit the file"
    );
}
