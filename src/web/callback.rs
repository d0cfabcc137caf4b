//! The callback for hubs (WebSub): a listener of its own, which serves nothing else.
use crate::pipeline::Kit;
use crate::pipeline::hub::{self, Answer, Delivered, Delivery, Question};
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, Method, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bodies held at the same time, each up to `fetch.body_bytes_max`.
const DELIVERIES_MAX: usize = 4;
/// From the first byte to the answer: a hub sends what it has, and we store it in far less.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// What a hub is asked to wait before it delivers again.
const AGAIN_SECONDS: &str = "60";
/// Of the query of a verification: a challenge, a topic and a reason.
const QUERY_BYTES_MAX: usize = 8 << 10;
const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature");

#[derive(Clone)]
struct Inbox {
    kit: Arc<Kit>,
    deliveries: Arc<Semaphore>,
}

/// The last part of the path is the token; what stands before it is the reverse proxy's business.
pub fn callback_router(kit: Arc<Kit>) -> Router {
    Router::new().fallback(called).with_state(Inbox { kit, deliveries: Arc::new(Semaphore::new(DELIVERIES_MAX)) })
}

async fn called(State(inbox): State<Inbox>, request: Request<Body>) -> Response {
    let token = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let answer = async {
        match method {
            Method::GET => verify(&inbox, &token, &uri).await,
            Method::POST => receive(&inbox, &token, request).await,
            _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    };
    let answered = tokio::time::timeout(ANSWER_WITHIN, answer).await;
    let mut response = answered.unwrap_or_else(|_elapsed| StatusCode::REQUEST_TIMEOUT.into_response());
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, axum::http::HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    response
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.topic", default)]
    topic: String,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.lease_seconds")]
    lease_seconds: Option<String>,
    #[serde(rename = "hub.reason")]
    reason: Option<String>,
}

async fn verify(inbox: &Inbox, token: &str, uri: &Uri) -> Response {
    if uri.query().unwrap_or_default().len() > QUERY_BYTES_MAX {
        return StatusCode::URI_TOO_LONG.into_response();
    }
    let Ok(Query(Asked { mode, topic, challenge, lease_seconds, reason })) = Query::try_from_uri(uri) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let question = Question { mode, topic, challenge, lease_seconds, reason };
    match hub::answer(&inbox.kit, token, &question, Timestamp::now()).await {
        Ok(Answer::Meant(challenge)) => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], challenge).into_response(),
        Ok(Answer::Noted) => StatusCode::OK.into_response(),
        Ok(Answer::Unknown) => StatusCode::NOT_FOUND.into_response(),
        Err(fault) => later(&fault),
    }
}

async fn receive(inbox: &Inbox, token: &str, request: Request<Body>) -> Response {
    // Who does not know a token is not listened to, and takes nobody's place.
    match hub::expected(&inbox.kit, token, Timestamp::now()).await {
        Ok(None) => {}
        Ok(Some(refused)) => return told(&refused),
        Err(fault) => return later(&fault),
    }
    let Ok(_place) = inbox.deliveries.try_acquire() else { return told(&Delivered::Busy) };
    let (head, body) = request.into_parts();
    let limit = inbox.kit.hub.as_ref().map_or(0, |callback| callback.body_bytes_max);
    // Too long, or broken off: the same to us, nothing of it was read.
    let Ok(body) = axum::body::to_bytes(body, limit).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let delivery = Delivery {
        signature: text(&head.headers, &SIGNATURE),
        content_type: text(&head.headers, &CONTENT_TYPE),
        body: body.to_vec(),
    };
    match hub::deliver(&inbox.kit, token, delivery, Timestamp::now()).await {
        Ok(delivered) => told(&delivered),
        Err(fault) => later(&fault),
    }
}

/// A header that is no text is none.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn told(delivered: &Delivered) -> Response {
    match delivered {
        Delivered::Unknown => StatusCode::NOT_FOUND.into_response(),
        Delivered::Gone => StatusCode::GONE.into_response(),
        Delivered::Busy => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, AGAIN_SECONDS)]).into_response(),
        Delivered::Unsigned | Delivered::Read(_) => StatusCode::ACCEPTED.into_response(),
    }
}

fn later(fault: &crate::store::StoreFault) -> Response {
    tracing::error!(%fault, "a hub cannot be answered");
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, AGAIN_SECONDS)]).into_response()
}
