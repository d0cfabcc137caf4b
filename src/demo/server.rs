//! Serves a world on loopback, each site at an address of its own so that politeness per host is real.
use super::render;
use super::world::{Declared, Page, Site, World};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Nothing of a world changes while it is served.
const LAST_MODIFIED: &str = "Sun, 12 Jul 2026 00:00:00 GMT";
/// Loopback has 254 addresses in its first block, and no world needs more sites.
const SITES_MAX: usize = 250;

type Log = Arc<Mutex<BTreeMap<String, u64>>>;

/// A world being served; dropping it stops the server, `stop` also waits until the ports are free.
pub struct Served {
    pub port: u16,
    /// `http://address:port` of each site, in the world's order.
    pub bases: Vec<String>,
    log: Log,
    halt: watch::Sender<bool>,
    tasks: JoinSet<io::Result<()>>,
}

#[derive(Clone)]
struct Desk {
    world: Arc<World>,
    bases: Arc<Vec<String>>,
    site: usize,
    log: Log,
}

pub async fn serve(world: Arc<World>) -> io::Result<Served> {
    let (listeners, port) = bind(world.sites.len()).await?;
    let mut bases = Vec::new();
    for listener in &listeners {
        bases.push(format!("http://{}", listener.local_addr()?));
    }
    let (halt, halted) = watch::channel(false);
    let log = Log::default();
    let mut tasks = JoinSet::new();
    let shared = Arc::new(bases.clone());
    for (site, listener) in listeners.into_iter().enumerate() {
        let desk = Desk { world: Arc::clone(&world), bases: Arc::clone(&shared), site, log: Arc::clone(&log) };
        let app = Router::new().fallback(answer).with_state(desk);
        let mut halted = halted.clone();
        let stop = async move {
            // An error means that the sender is gone, which is a halt too.
            drop(halted.wait_for(|halt| *halt).await.map(|_| ()));
        };
        tasks.spawn(async move { axum::serve(listener, app).with_graceful_shutdown(stop).await });
    }
    Ok(Served { port, bases, log, halt, tasks })
}

impl Served {
    /// Requests so far per URL.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Listeners close at once; connections kept alive by a client are cut, not waited for.
    pub async fn stop(mut self) {
        self.halt.send_replace(true);
        self.tasks.shutdown().await;
    }
}

async fn bind(count: usize) -> io::Result<(Vec<TcpListener>, u16)> {
    if count == 0 || count > SITES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a world has 1 to 250 sites"));
    }
    let first = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = first.local_addr()?.port();
    let mut listeners = vec![first];
    for last in 2..=count {
        let listener = match TcpListener::bind((format!("127.0.0.{last}"), port)).await {
            Ok(listener) => listener,
            // Systems with one loopback address only, or a port taken there: another port tells the sites apart.
            Err(_) => TcpListener::bind(("127.0.0.1", 0)).await?,
        };
        listeners.push(listener);
    }
    Ok((listeners, port))
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (Some(site), Some(base)) = (desk.world.sites.get(desk.site), desk.bases.get(desk.site)) else {
        return plain(StatusCode::NOT_FOUND, "");
    };
    *desk.log.lock().unwrap_or_else(PoisonError::into_inner).entry(format!("{base}{path}")).or_default() += 1;
    match path.as_str() {
        "/robots.txt" => plain(StatusCode::OK, &robots(site)),
        "/feed" => {
            let (kind, bytes) = render::feed(&desk.world, site, &desk.bases);
            let charset = if kind.ends_with("json") { String::new() } else { charset(site) };
            conditional(&request, Payload { kind: format!("{kind}{charset}"), bytes, gzipped: false, zip: site.gzip })
        }
        _ => match desk.world.pages.iter().find(|page| page.site == site.id && page.path == path) {
            Some(page) if page.expected != "skipped.gone" => conditional(&request, payload(&desk.world, site, page)),
            _ => plain(StatusCode::NOT_FOUND, "not found"),
        },
    }
}

struct Payload {
    kind: String,
    bytes: Vec<u8>,
    /// The bytes are gzip already.
    gzipped: bool,
    /// The bytes are to be sent as gzip.
    zip: bool,
}

fn payload(world: &World, site: &Site, page: &Page) -> Payload {
    match &page.raw {
        Some(raw) => Payload { kind: "text/html".to_owned(), bytes: raw.clone(), gzipped: true, zip: true },
        None => Payload {
            kind: format!("text/html{}", charset(site)),
            bytes: render::page(world, site, page),
            gzipped: false,
            zip: site.gzip,
        },
    }
}

fn charset(site: &Site) -> String {
    match site.declared {
        Declared::Meta => String::new(),
        Declared::Both | Declared::Header => format!("; charset={}", site.encoding),
    }
}

fn robots(site: &Site) -> String {
    format!("User-agent: *\nDisallow: {}\n", site.disallow.as_deref().unwrap_or_default())
}

fn conditional(request: &Request, payload: Payload) -> Response<Body> {
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&payload.bytes)[..8]));
    let sent = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let fresh = match sent(header::IF_NONE_MATCH) {
        Some(tag) => tag == etag,
        None => sent(header::IF_MODIFIED_SINCE) == Some(LAST_MODIFIED),
    };
    let reply = Response::builder().header(header::ETAG, etag).header(header::LAST_MODIFIED, LAST_MODIFIED);
    if fresh {
        return built(reply.status(StatusCode::NOT_MODIFIED).body(Body::empty()));
    }
    let reply = reply.header(header::CONTENT_TYPE, payload.kind);
    match (payload.gzipped, payload.zip) {
        (true, _) => built(reply.header(header::CONTENT_ENCODING, "gzip").body(Body::from(payload.bytes))),
        (false, true) => built(reply.header(header::CONTENT_ENCODING, "gzip").body(Body::from(zip(&payload.bytes)))),
        (false, false) => built(reply.body(Body::from(payload.bytes))),
    }
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).and_then(|()| out.finish()).expect("writing into memory does not fail")
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    built(
        Response::builder().status(status).header(header::CONTENT_TYPE, "text/plain").body(Body::from(text.to_owned())),
    )
}

fn built(reply: Result<Response<Body>, axum::http::Error>) -> Response<Body> {
    reply.expect("every header value here is visible ASCII")
}
