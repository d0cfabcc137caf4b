//! The pages and the API: read-only, on the traits of store and index, without JavaScript.
mod api;
mod article;
mod ask;
mod assets;
mod callback;
mod fault;
mod feeds;
mod guard;
mod search;
mod story;
mod view;

#[cfg(test)]
mod tests;

pub use callback::callback_router;

use crate::desk::Desk;
use crate::index::Index;
use crate::model::{HostCourtesy, Tally};
use crate::rights::{Policies, Use};
use crate::store::{Store, StoreFault};
use axum::Router;
use axum::routing::get;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long open requests may finish after the shutdown signal; a reader who dawdles does not keep the process alive.
const GRACE: Duration = Duration::from_secs(10);

/// What the pages show.
#[derive(Clone)]
pub struct Faces {
    pub store: Arc<dyn Store>,
    pub index: Arc<dyn Index>,
    pub policies: Arc<Policies>,
    /// The address listened on is reached from this machine alone.
    pub own_machine: bool,
    /// Present when a worker runs in this process.
    pub live: Option<Arc<dyn Live>>,
}

impl Faces {
    fn desk(&self) -> Desk<'_> {
        Desk { store: self.store.as_ref(), index: self.index.as_ref(), policies: &self.policies }
    }

    /// What showing something on a page amounts to.
    fn page(&self) -> Use {
        if self.own_machine { Use::OwnPage } else { Use::PublicPage }
    }
}

/// The running worker, as far as a page shows it.
pub trait Live: Send + Sync {
    /// Outcomes since the worker started, and what revisits found (`revisit.…`).
    fn tally(&self) -> Tally;
    /// What each host was asked over all runs, this one included.
    fn courtesy(&self) -> Vec<HostCourtesy> {
        Vec::new()
    }
}

impl Faces {
    /// What each host was asked: as the worker counts it, or as the last one left it.
    async fn courtesy(&self) -> Result<Vec<HostCourtesy>, StoreFault> {
        match &self.live {
            Some(live) => Ok(live.courtesy()),
            None => self.store.courtesy().await,
        }
    }
}

/// Listens on `addr`; port 0 takes a free one (ask the listener which). The error names the address.
pub async fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|why| io::Error::new(why.kind(), format!("cannot listen on {addr}: {why}")))
}

/// Serves until `shutdown` completes and open requests are done, or the grace after it is over.
pub async fn serve(
    faces: Faces,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_routes(router(faces), listener, shutdown).await
}

/// The same for routes of any kind.
pub async fn serve_routes(
    routes: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (told, heard) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, routes).with_graceful_shutdown(async move {
        shutdown.await;
        drop(told);
    });
    let overdue = async {
        // Ends when `told` is dropped, which is the message.
        if heard.await.is_err() {
            tokio::time::sleep(GRACE).await;
        }
    };
    tokio::select! {
        ended = async { server.await } => ended,
        () = overdue => Ok(()),
    }
}

pub fn router(faces: Faces) -> Router {
    let routes = Router::new()
        .route("/", get(search::page))
        .route("/article/{id}", get(article::page))
        .route("/story/{id}", get(story::page))
        .route("/feeds", get(feeds::page))
        .route("/healthz", get(api::health))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/icon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon))
        .route("/api/v1/search", get(api::search))
        .route("/api/v1/articles/{id}", get(api::article))
        .route("/api/v1/feeds", get(api::feeds))
        .route("/api/v1/coverage", get(api::coverage))
        .fallback(fault::unknown_path)
        .method_not_allowed_fallback(fault::method_not_allowed)
        .with_state(faces);
    guard::around(routes)
}
