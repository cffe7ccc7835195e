//! What tokens are signed with and checked by: a key pair (`EdDSA`, Ed25519), of which only access-control has the
//! private half; or a secret that all services share (HS256).

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Secret;

/// The DER of an Ed25519 public key before its 32 bytes (RFC 8410, 4).
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The public key in `containers/development-secrets`, as in a JWK. The private one lies beside it.
const DEVELOPMENT_KEY: &str = "bSrWmnlePDQ2x0hOg_ENOeql6Tky_ywdZXfOPjwVcq0";

/// What a token may be checked by. Cheap to clone.
#[derive(Clone)]
pub struct CheckingKeys(Arc<Vec<CheckingKey>>);

pub(super) struct CheckingKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
    public: Option<PublicKey>,
}

/// A public key.
struct PublicKey {
    /// Its name in tokens: the thumbprint of RFC 7638.
    kid: String,
    /// The 32 bytes, as in a JWK.
    x: String,
}

impl CheckingKeys {
    /// The one secret that all services share.
    pub fn shared(secret: &Secret) -> Self {
        Self(Arc::new(vec![CheckingKey {
            algorithm: Algorithm::HS256,
            key: DecodingKey::from_secret(secret.expose().as_bytes()),
            public: None,
        }]))
    }

    /// Public keys, one after the other as PEM.
    ///
    /// # Errors
    /// If there is none, or one is no Ed25519 key.
    pub fn from_pem(text: &str) -> anyhow::Result<Self> {
        let mut keys = Vec::new();
        for der in from_pem(text, "PUBLIC KEY")? {
            let bytes = der
                .strip_prefix(&SPKI)
                .filter(|bytes| bytes.len() == 32)
                .context("a public key is not an Ed25519 key")?;
            let x = URL_SAFE_NO_PAD.encode(bytes);
            let thumbprint =
                Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
            keys.push(CheckingKey {
                algorithm: Algorithm::EdDSA,
                key: DecodingKey::from_ed_components(&x)?,
                public: Some(PublicKey {
                    kid: URL_SAFE_NO_PAD.encode(thumbprint),
                    x,
                }),
            });
        }
        ensure!(!keys.is_empty(), "there is no public key (PEM) in it");
        Ok(Self(Arc::new(keys)))
    }

    /// As [`Self::from_pem`], from a file.
    ///
    /// # Errors
    /// As that, or if the file cannot be read.
    pub fn from_file(file: &Path) -> anyhow::Result<Self> {
        let context = || format!("JWT_PUBLIC_KEYS_FILE: {}", file.display());
        let text = std::fs::read_to_string(file).with_context(context)?;
        Self::from_pem(&text).with_context(context)
    }

    /// The key that a token with this algorithm and name of a key is checked by.
    pub(super) fn of(&self, algorithm: Algorithm, kid: Option<&str>) -> Option<&CheckingKey> {
        let names_it = |key: &&CheckingKey| match &key.public {
            Some(public) => kid == Some(&public.kid),
            None => true,
        };
        self.0
            .iter()
            .filter(|key| key.algorithm == algorithm)
            .find(names_it)
    }

    /// Whether the key of development is among them, which everybody can sign with.
    pub(super) fn are_known(&self) -> bool {
        let mut keys = self.0.iter().filter_map(|key| key.public.as_ref());
        keys.any(|key| key.x == DEVELOPMENT_KEY)
    }

    /// The public keys as a JSON Web Key Set (RFC 7517); none where a secret is shared.
    pub fn jwks(&self) -> Value {
        let keys = self.0.iter().filter_map(|key| key.public.as_ref());
        let keys: Vec<Value> = keys
            .map(|PublicKey { kid, x }| {
                json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x})
            })
            .collect();
        json!({ "keys": keys })
    }
}

/// The content of every block with this label.
fn from_pem(text: &str, label: &str) -> anyhow::Result<Vec<Zeroizing<Vec<u8>>>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let blocks = text.split(&begin).skip(1).map(|block| {
        let (base64, _) = block.split_once(&end).context("a key has no end")?;
        let base64: Zeroizing<String> = Zeroizing::new(base64.split_whitespace().collect());
        let der = STANDARD.decode(base64.as_bytes());
        Ok(Zeroizing::new(der.context("a key is not PEM")?))
    });
    blocks.collect()
}

/// What tokens are signed with. Cheap to clone.
#[derive(Clone)]
pub(super) struct SigningKey {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) key: Arc<EncodingKey>,
}

impl SigningKey {
    pub(super) fn shared(secret: &Secret) -> Self {
        Self {
            algorithm: Algorithm::HS256,
            kid: None,
            key: Arc::new(EncodingKey::from_secret(secret.expose().as_bytes())),
        }
    }

    /// The private half, as PEM (PKCS #8), of one of the public keys.
    pub(super) fn private(pem: &Secret, public: &CheckingKeys) -> anyhow::Result<Self> {
        const NOT_A_KEY: &str = "it is not an Ed25519 private key (PEM, PKCS #8)";
        let blocks = from_pem(pem.expose(), "PRIVATE KEY")?;
        let key = EncodingKey::from_ed_der(blocks.first().context(NOT_A_KEY)?);
        // Signing something shows which of the public keys is its other half.
        let signature =
            jsonwebtoken::crypto::sign(b"urna", &key, Algorithm::EdDSA).context(NOT_A_KEY)?;
        let fits = |candidate: &&CheckingKey| {
            let (key, algorithm) = (&candidate.key, Algorithm::EdDSA);
            jsonwebtoken::crypto::verify(&signature, b"urna", key, algorithm).unwrap_or(false)
        };
        let public = public
            .0
            .iter()
            .filter(|key| key.public.is_some())
            .find(fits);
        let public = public.and_then(|key| key.public.as_ref());
        let public =
            public.context("none of the public keys in JWT_PUBLIC_KEYS_FILE belongs to it")?;
        Ok(Self {
            algorithm: Algorithm::EdDSA,
            kid: Some(public.kid.clone()),
            key: Arc::new(key),
        })
    }
}
