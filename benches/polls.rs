//! Polling at scale on loopback: many feeds on many hosts, nine of ten unchanged.
//!
//! `POLLS_FEEDS` and `POLLS_HOSTS` set the size (default 2,000 on 200). The world runs in a child process, so that figures of memory and
//! CPU are the poller's alone. First with politeness off: how many polls a second; then with it on: whether every gap was kept.
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, header};
use banwatch::extract::boilerplate::Boilerplate;
use banwatch::extract::sites::Sites;
use banwatch::fetch::{FetchPolicy, HttpReader};
use banwatch::index::{OpenMode as IndexMode, TantivyIndex};
use banwatch::model::{FeedId, FeedKind, FeedSpec, FeedStatus, Lang};
use banwatch::net::Guard;
use banwatch::pipeline::{Kit, Links, Progress, Scope, Settings, Snapshot, Stop, work};
use banwatch::store::{OpenMode as StoreMode, SqliteStore, Store};
use banwatch::topic::Lexicon;
use jiff::Timestamp;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const SERVE: &str = "POLLS_SERVE";
/// Between two requests to one host in the polite round.
const GAP: Duration = Duration::from_millis(200);
/// One feed in ten has something new each time it is asked.
const CHANGED_EVERY: usize = 10;
/// Items of a feed.
const ITEMS: usize = 20;

fn main() {
    if std::env::var_os(SERVE).is_some() {
        return runtime().block_on(serve());
    }
    let size = Size { feeds: number("POLLS_FEEDS", 2_000), hosts: number("POLLS_HOSTS", 200) };
    println!("{} feeds on {} hosts, {ITEMS} items each, one in {CHANGED_EVERY} changed", size.feeds, size.hosts);
    let world = World::start(size.hosts);
    runtime().block_on(async {
        round("first fetch, politeness off", &size, &world, Duration::ZERO).await;
        let polite = Size { feeds: size.feeds / 4, hosts: size.hosts };
        round("politeness on", &polite, &world, GAP).await;
    });
    world.end();
}

struct Size {
    feeds: usize,
    hosts: usize,
}

fn number(name: &str, or: usize) -> usize {
    std::env::var(name).ok().map_or(or, |text| text.parse().expect("a number"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

// --- the poller ----------------------------------------------------------------------------------

async fn round(name: &str, size: &Size, world: &World, gap: Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kit = kit(folder.path(), gap).await;
    let feeds: Vec<FeedSpec> = (0..size.feeds).map(|n| feed(n, size.hosts, world.port)).collect();
    kit.store.sync_catalogue(&feeds, Timestamp::now()).await.expect("a catalogue");
    let ids: Vec<FeedId> = feeds.iter().map(|feed| feed.id.clone()).collect();
    measure(name, &kit, &ids).await;
    measure("again, conditional", &kit, &ids).await;
    println!("  the world saw {}", world.ask("gaps"));
}

async fn measure(name: &str, kit: &Arc<Kit>, ids: &[FeedId]) -> Snapshot {
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let progress = Arc::new(Progress::default());
    let (_sender, stop) = Stop::new();
    let settings = Settings {
        worker: "bench".to_owned(),
        scope: Scope::Feeds(ids.to_vec()),
        polls_max: 256,
        pages_max: 16,
        index_batch: Duration::ZERO,
        no_room: Box::new(|| None),
        revisit: false,
    };
    work(Arc::clone(kit), settings, Arc::clone(&progress), stop).await.expect("a round of polls");
    let (took, done) = (begun.elapsed().as_secs_f64(), progress.snapshot());
    println!(
        "{name}: {} polls in {took:.2} s = {:.0}/s, {} unchanged, {} failed, {} new entries, {:.0}% of one core, peak {} MB",
        done.polls,
        done.polls as f64 / took,
        done.polls_unchanged,
        done.polls_failed,
        done.entries_new,
        100.0 * (cpu_seconds() - cpu) / took,
        peak_mb()
    );
    done
}

async fn kit(folder: &Path, gap: Duration) -> Arc<Kit> {
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&folder.join("banwatch.db"), StoreMode::ReadWrite).await.expect("a store"));
    let index = Arc::new(TantivyIndex::open(&folder.join("tantivy"), IndexMode::ReadWrite).expect("an index"));
    let boilerplate = Boilerplate::new(store.site_lines().await.expect("lines"));
    let links = Links::rebuild(store.as_ref()).await.expect("links");
    let policy = FetchPolicy { host_gap: gap, ..FetchPolicy::default() };
    let guard = Guard::new(&["127.0.0.0/8".to_owned()]).expect("a network");
    Arc::new(Kit {
        store,
        index,
        reader: Arc::new(HttpReader::new(policy, guard, None).expect("a client")),
        lexicon: Arc::new(Lexicon::embedded().clone()),
        sites: Arc::new(Sites::embedded().clone()),
        boilerplate: tokio::sync::Mutex::new(boilerplate),
        links: tokio::sync::Mutex::new(links),
        attempts_max: 3,
        poll_interval_seconds: 1_800,
        hub: None,
    })
}

fn feed(n: usize, hosts: usize, port: u16) -> FeedSpec {
    let url = format!("http://{}:{port}/feed/{n}", address(n % hosts));
    FeedSpec {
        id: FeedId::of(&url),
        url,
        title: format!("feed {n}"),
        lang: Lang::En,
        script: None,
        region: "INT".to_owned(),
        zone: "UTC".to_owned(),
        category: "bench".to_owned(),
        kind: FeedKind::Feed,
        status: FeedStatus::Live,
        last_evidence: None,
        note: None,
        pages: banwatch::model::Pages::default(),
        only: None,
        listing: None,
    }
}

fn address(host: usize) -> String {
    format!("127.0.{}.{}", host / 250, host % 250 + 1)
}

/// User and system time of this process, from the kernel's table; 100 ticks a second on Linux.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

// --- the world -----------------------------------------------------------------------------------

struct World {
    child: Mutex<(Child, BufReader<std::process::ChildStdout>)>,
    port: u16,
}

impl World {
    fn start(hosts: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .env(SERVE, hosts.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child process");
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("the port");
        let port = line.trim().parse().expect("a port");
        Self { child: Mutex::new((child, lines)), port }
    }

    fn ask(&self, what: &str) -> String {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(child.0.stdin.as_mut().expect("piped"), "{what}").expect("the child listens");
        let mut line = String::new();
        child.1.read_line(&mut line).expect("an answer");
        line.trim().to_owned()
    }

    fn end(self) {
        let (mut child, _) = self.child.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop(child.stdin.take());
        child.wait().expect("the child ends with its input");
    }
}

#[derive(Default)]
struct Seen {
    /// Host → when its last request ended, and how many are in flight.
    hosts: HashMap<String, (Option<Instant>, u32)>,
    shortest: Option<Duration>,
    overlaps: u64,
    requests: u64,
}

#[derive(Clone)]
struct Desk {
    seen: Arc<Mutex<Seen>>,
    asked: Arc<AtomicU64>,
}

async fn serve() {
    let hosts = number(SERVE, 0);
    let first = TcpListener::bind((address(0), 0)).await.expect("a port");
    let port = first.local_addr().expect("bound").port();
    let desk = Desk { seen: Arc::default(), asked: Arc::default() };
    let mut listeners = vec![first];
    for host in 1..hosts {
        listeners.push(TcpListener::bind((address(host), port)).await.expect("the same port on another address"));
    }
    for listener in listeners {
        let app = Router::new().fallback(answer).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
    }
    println!("{port}");
    tokio::task::spawn_blocking(move || {
        for _ in std::io::stdin().lines() {
            let seen = std::mem::take(&mut *desk.seen.lock().unwrap_or_else(PoisonError::into_inner));
            let shortest = seen.shortest.map_or("-".to_owned(), |gap| format!("{} ms", gap.as_millis()));
            println!(
                "{} requests, {} overlapping on a host, shortest gap on a host {shortest}",
                seen.requests, seen.overlaps
            );
        }
    })
    .await
    .expect("until the input ends");
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response<Body> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    {
        let mut seen = desk.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.requests += 1;
        let (ended, in_flight) = seen.hosts.get(&host).copied().unwrap_or_default();
        seen.overlaps += u64::from(in_flight > 0);
        let gap = ended.map(|ended| ended.elapsed());
        seen.shortest = [seen.shortest, gap].into_iter().flatten().min();
        seen.hosts.insert(host.clone(), (ended, in_flight + 1));
    }
    let reply = respond(&desk, &request);
    let mut seen = desk.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((ended, in_flight)) = seen.hosts.get_mut(&host) {
        (*ended, *in_flight) = (Some(Instant::now()), in_flight.saturating_sub(1));
    }
    reply
}

fn respond(desk: &Desk, request: &Request) -> Response<Body> {
    let path = request.uri().path();
    let Some(n) = path.strip_prefix("/feed/").and_then(|n| n.parse::<usize>().ok()) else {
        return Response::builder().status(404).body(Body::empty()).expect("a plain answer");
    };
    let version = if n.is_multiple_of(CHANGED_EVERY) { desk.asked.fetch_add(1, Ordering::Relaxed) } else { 0 };
    let tag = format!("\"{n}-{version}\"");
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes()) {
        return Response::builder().status(304).header(header::ETAG, tag).body(Body::empty()).expect("a plain answer");
    }
    let items: String = (0..ITEMS)
        .map(|item| {
            format!("<item><title>Plain news {item}, version {version}</title><guid>{n}-{item}-{version}</guid></item>")
        })
        .collect();
    let text = format!("<rss version=\"2.0\"><channel><title>feed {n}</title>{items}</channel></rss>");
    Response::builder()
        .header(header::ETAG, tag)
        .header(header::CONTENT_TYPE, "application/rss+xml")
        .body(Body::from(text))
        .expect("a plain answer")
}
