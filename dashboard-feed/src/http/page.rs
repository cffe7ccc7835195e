//! The page, embedded: it needs no other server and no internet.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETag,
    Encoding, EntityTag, Header, Preference, Quality, VARY, X_FRAME_OPTIONS,
};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::{EmbeddedFile, RustEmbed};
use service_kit::hex::hex;

use super::{get_or_head, is_known};

/// Content only from this server, and no inline scripts or styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The content of a file never changes, as its name contains a hash of it.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

const INDEX: &str = "index.html";

/// The extensions of compressed files, the smallest first.
static ENCODINGS: [(&str, Encoding); 2] = [("br", Encoding::brotli()), ("gz", Encoding::gzip())];

/// The output of `npm run build`, with a `.br` and a `.gz` next to every file that they make smaller.
#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Dist;

pub(crate) fn routes(config: &mut ServiceConfig) {
    for name in Dist::iter() {
        let Some(asset) = Asset::find(&name).map(Arc::new) else {
            continue;
        };
        let (path, cache_control) = if name == INDEX {
            ("/".to_owned(), "no-cache")
        } else {
            (format!("/{name}"), FOR_EVER)
        };
        let answer = move |request: HttpRequest| {
            let asset = Arc::clone(&asset);
            async move { asset.answer(&request, cache_control) }
        };
        config.route(&path, get_or_head().to(answer));
    }
}

/// One file of the page.
struct Asset {
    media_type: &'static str,
    /// The hash of the content; each encoding has its own entity tag.
    hash: String,
    plain: Bytes,
    /// The smallest first.
    encoded: Vec<(Encoding, Bytes)>,
}

impl Asset {
    /// The file of this name; `None` if there is no such file, or it is an encoding of another one.
    fn find(name: &str) -> Option<Self> {
        if ENCODINGS
            .iter()
            .any(|(extension, _)| name.ends_with(&format!(".{extension}")))
        {
            return None;
        }
        let plain = Dist::get(name)?;
        let hash = plain.metadata.sha256_hash();
        let encoded = ENCODINGS.iter().filter_map(|(extension, encoding)| {
            let file = Dist::get(&format!("{name}.{extension}"))?;
            Some((encoding.clone(), bytes(file)))
        });
        Some(Self {
            media_type: media_type(name),
            hash: hex(&hash[..16]),
            encoded: encoded.collect(),
            plain: bytes(plain),
        })
    }

    fn answer(&self, request: &HttpRequest, cache_control: &'static str) -> HttpResponse {
        let (encoding, body) = self.variant_for(request);
        let tag = EntityTag::new_strong(format!("{}-{encoding}", self.hash));
        let is_known = is_known(request, &tag);
        let mut response = if is_known {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        response
            .insert_header((CACHE_CONTROL, cache_control))
            .insert_header((VARY, "Accept-Encoding"))
            .insert_header(ETag(tag));
        if is_known {
            return response.finish();
        }
        if encoding != Encoding::identity() {
            response.insert_header((CONTENT_ENCODING, encoding.to_string()));
        }
        response
            .insert_header((CONTENT_TYPE, self.media_type))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((X_FRAME_OPTIONS, "DENY"))
            .body(body)
    }

    /// The smallest that the client accepts. Browsers list all encodings with equal weight, so a client's
    /// order of preference says nothing.
    fn variant_for(&self, request: &HttpRequest) -> (Encoding, Bytes) {
        let accepted =
            AcceptEncoding::parse(request).map_or_else(|_| Vec::new(), |header| header.0);
        let takes = |encoding: &Encoding| {
            accepted.iter().any(|one| {
                one.item == Preference::Specific(encoding.clone()) && one.quality > Quality::ZERO
            })
        };
        let best = self.encoded.iter().find(|(encoding, _)| takes(encoding));
        best.cloned()
            .unwrap_or_else(|| (Encoding::identity(), self.plain.clone()))
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn bytes(file: EmbeddedFile) -> Bytes {
    match file.data {
        Cow::Borrowed(embedded) => Bytes::from_static(embedded),
        Cow::Owned(read) => read.into(),
    }
}
