//! What can go wrong with a request, and its two faces: a page, or problem+json (RFC 9457).
use super::view;
use crate::desk::DeskFault;
use crate::index::IndexFault;
use crate::query::QueryProblem;
use crate::store::{FaultClass, StoreFault};
use askama::Template;
use axum::Json;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{message}")]
    Parameter { name: &'static str, message: String },
    #[error("{}", view::first_message(.0))]
    Syntax(Vec<QueryProblem>),
    #[error("There is no {0} here.")]
    NotFound(&'static str),
    #[error("This article was withdrawn{0}.")]
    Withdrawn(String),
    #[error("This address can only be read.")]
    Method,
    #[error("The answer took too long. Try again, or ask for less.")]
    TooSlow,
    #[error(transparent)]
    Store(#[from] StoreFault),
    #[error(transparent)]
    Index(#[from] IndexFault),
    #[error("the page cannot be written: {0}")]
    Render(#[from] askama::Error),
}

impl From<DeskFault> for Fault {
    fn from(fault: DeskFault) -> Self {
        match fault {
            DeskFault::Index(fault) => Fault::Index(fault),
            DeskFault::Store(fault) => Fault::Store(fault),
        }
    }
}

impl Fault {
    pub(super) fn parameter(name: &'static str, message: impl Into<String>) -> Self {
        Fault::Parameter { name, message: message.into() }
    }

    fn status(&self) -> StatusCode {
        match self {
            Fault::Parameter { .. } | Fault::Syntax(_) | Fault::Index(IndexFault::Cursor) => StatusCode::BAD_REQUEST,
            Fault::NotFound(_) => StatusCode::NOT_FOUND,
            Fault::Withdrawn(_) => StatusCode::GONE,
            Fault::Method => StatusCode::METHOD_NOT_ALLOWED,
            Fault::TooSlow => StatusCode::GATEWAY_TIMEOUT,
            Fault::Store(fault) if fault.class() == FaultClass::Retry => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Store(_) | Fault::Index(_) | Fault::Render(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Fault::Parameter { .. } => "Bad request",
            Fault::Index(IndexFault::Cursor) => "Bad cursor",
            Fault::Syntax(_) => "The query cannot be read",
            Fault::NotFound(_) => "Not found",
            Fault::Withdrawn(_) => "Withdrawn",
            Fault::Method => "Method not allowed",
            Fault::TooSlow => "Too slow",
            Fault::Store(fault) if fault.class() == FaultClass::Retry => "Busy",
            Fault::Store(_) | Fault::Index(_) | Fault::Render(_) => "Something broke",
        }
    }

    /// For the reader: the inside of the machine stays in the log.
    fn detail(&self) -> String {
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => "The store is busy. Try again in a moment.".to_owned(),
            StatusCode::INTERNAL_SERVER_ERROR => "This is our fault, and it has been logged.".to_owned(),
            _ => self.to_string(),
        }
    }

    /// The one place where faults of the web are logged.
    fn log(&self) {
        if self.status().is_server_error() {
            tracing::error!(status = self.status().as_u16(), error = %self, "request failed");
        }
    }
}

/// A fault as a page.
pub(super) struct PageFault(Fault);

/// A fault as problem+json.
pub(super) struct ApiFault(Fault);

impl<E: Into<Fault>> From<E> for PageFault {
    fn from(fault: E) -> Self {
        Self(fault.into())
    }
}

impl<E: Into<Fault>> From<E> for ApiFault {
    fn from(fault: E) -> Self {
        Self(fault.into())
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    title: &'static str,
    detail: String,
}

impl IntoResponse for PageFault {
    fn into_response(self) -> Response {
        self.0.log();
        let page = FaultPage { title: self.0.title(), detail: self.0.detail() };
        match page.render() {
            Ok(html) => (self.0.status(), Html(html)).into_response(),
            // The page about the fault failed too: plain words need no template.
            Err(why) => {
                tracing::error!(error = %why, "fault page failed");
                (self.0.status(), page.title).into_response()
            }
        }
    }
}

#[derive(Serialize)]
struct ProblemDocument {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    /// Query parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'static str>,
    /// Faults of the query with their places: half-open, in Unicode scalar values of `q`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<QueryProblem>,
}

impl IntoResponse for ApiFault {
    fn into_response(self) -> Response {
        self.0.log();
        let (title, status, detail) = (self.0.title(), self.0.status(), self.0.detail());
        let (parameter, problems) = match self.0 {
            Fault::Parameter { name, .. } => (Some(name), Vec::new()),
            Fault::Index(IndexFault::Cursor) => (Some("cursor"), Vec::new()),
            Fault::Syntax(problems) => (Some("q"), problems),
            _ => (None, Vec::new()),
        };
        let document =
            ProblemDocument { kind: "about:blank", title, status: status.as_u16(), detail, parameter, problems };
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(document)).into_response()
    }
}

/// The face that fits the path.
pub(super) fn answer(path: &str, fault: Fault) -> Response {
    if path.starts_with("/api/") { ApiFault(fault).into_response() } else { PageFault(fault).into_response() }
}

pub(super) async fn unknown_path(uri: Uri) -> Response {
    answer(uri.path(), Fault::NotFound("page"))
}

pub(super) async fn method_not_allowed(uri: Uri) -> Response {
    answer(uri.path(), Fault::Method)
}
