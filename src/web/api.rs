//! `/api/v1`, as FORMATS has it: JSON out, problem+json on a fault, cursors from page to page.
use super::Faces;
use super::article;
use super::ask::Ask;
use super::fault::{ApiFault, Fault};
use crate::export::Row;
use crate::index::Answer;
use crate::model::HostCourtesy;
use crate::model::Tally;
use crate::rights::Use;
use crate::store::{CoverageDay, Judged};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

pub(super) async fn search(State(faces): State<Faces>, RawQuery(raw): RawQuery) -> Result<Json<Answer>, ApiFault> {
    let ask = Ask::parse(raw.as_deref())?;
    let request = ask.request().map_err(Fault::Syntax)?;
    let mut answer = faces.desk().search(&request, Use::Api).await.map_err(Fault::from)?;
    answer.problems.extend(ask.notes());
    Ok(Json(answer))
}

pub(super) async fn article(State(faces): State<Faces>, Path(id): Path<String>) -> Result<Response, ApiFault> {
    let ruled = article::ruled(&faces, id, Use::Api).await?;
    Ok(Json(Row::of(&ruled)).into_response())
}

#[derive(Serialize)]
struct Feeds {
    feeds: Vec<Judged>,
    /// Over everything stored.
    outcomes: Tally,
    /// What each host was asked, over all runs; without a worker here as the last one left it.
    hosts: Vec<HostCourtesy>,
}

pub(super) async fn feeds(State(faces): State<Faces>) -> Result<Response, ApiFault> {
    let now = Timestamp::now();
    let feeds = faces.store.feed_health(now).await?.into_iter().map(|health| health.judged(now)).collect();
    let hosts = faces.courtesy().await?;
    let outcomes = faces.store.counts().await?.outcomes;
    Ok(Json(Feeds { feeds, outcomes, hosts }).into_response())
}

#[derive(Serialize)]
struct CoveredDay {
    #[serde(flatten)]
    day: CoverageDay,
    /// No feed of the language gave a good answer: nothing could have been found.
    gap: bool,
}

pub(super) async fn coverage(State(faces): State<Faces>) -> Result<Response, ApiFault> {
    let days = faces.store.coverage(Timestamp::now()).await?;
    let days: Vec<CoveredDay> = days.into_iter().map(|day| CoveredDay { gap: day.is_gap(), day }).collect();
    Ok(Json(serde_json::json!({ "days": days })).into_response())
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// What the store has, and how much of it the index shows.
    change_seq: Option<u64>,
    indexed: Option<u64>,
}

/// 200 when store and index answer, 503 when one does not. An index that lags is healthy: it catches up.
pub(super) async fn health(State(faces): State<Faces>) -> Response {
    let store = faces.store.change_seq().await;
    let index = faces.index.reached().await;
    let errors = [store.as_ref().err().map(ToString::to_string), index.as_ref().err().map(ToString::to_string)];
    for error in errors.into_iter().flatten() {
        tracing::error!(error, "health check failed");
    }
    let (code, status) = match (&store, &index) {
        (Ok(_), Ok(_)) => (StatusCode::OK, "ok"),
        (Err(_), _) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
        (_, Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the index does not answer"),
    };
    // The errors are logged above; what is left is what is known.
    (code, Json(Health { status, change_seq: store.ok(), indexed: index.ok() })).into_response()
}
