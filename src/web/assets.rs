//! The one stylesheet and the icon, in the binary. The address carries a hash of the content, so it may be kept for ever.
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("assets/style.css");
const ICON: &str = include_str!("assets/icon.svg");

/// Hex digits of the content hash: enough to tell our own few versions apart.
const HASH_DIGITS: usize = 12;

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_A_DAY: &str = "public, max-age=86400";

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| {
    let mut digits = hex::encode(Sha256::digest(STYLE));
    digits.truncate(HASH_DIGITS);
    digits
});

pub(super) fn style_address() -> String {
    format!("/assets/style.css?v={}", *STYLE_HASH)
}

pub(super) async fn style(headers: HeaderMap) -> Response {
    let tag = format!("\"{}\"", *STYLE_HASH);
    let caching = [(header::CACHE_CONTROL, FOR_EVER.to_owned()), (header::ETAG, tag.clone())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, FOR_A_DAY)], ICON).into_response()
}
