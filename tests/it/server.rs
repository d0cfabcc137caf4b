//! A scripted HTTP server on loopback that writes down all it is asked, and names that lead to it.
use banwatch::net::Names;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const REQUEST_BYTES_MAX: usize = 64 << 10;

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct Seen {
    pub host: String,
    pub method: String,
    pub path: String,
    pub body: Vec<u8>,
    /// Names in lower case, values verbatim.
    pub headers: Vec<(String, String)>,
    pub begun: Instant,
    /// Just before the last byte of the answer was written: never later than the client can have read it.
    pub ended: Option<Instant>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    At(Duration),
    /// A byte at a time from here on.
    DripHead,
    DripBody,
    Silent,
}

/// A byte every so often; a client with a deadline hangs up long before the end.
const DRIP: Duration = Duration::from_millis(20);

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    manner: Manner,
}

pub fn reply(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: Vec::new(), manner: Manner::At(Duration::ZERO) }
}

impl Reply {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn after(mut self, wait: Duration) -> Self {
        self.manner = Manner::At(wait);
        self
    }

    pub fn dripping_head(mut self) -> Self {
        self.manner = Manner::DripHead;
        self
    }

    pub fn dripping_body(mut self) -> Self {
        self.manner = Manner::DripBody;
        self
    }

    pub fn silent(mut self) -> Self {
        self.manner = Manner::Silent;
        self
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\nconnection: close\r\n", self.status);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) && self.status != 304 {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

#[derive(Default)]
struct Shared {
    /// `host/path` or `/path` → answers; the last one is given for ever.
    scripts: Mutex<BTreeMap<String, VecDeque<Reply>>>,
    log: Mutex<Vec<Seen>>,
    connects: AtomicUsize,
}

pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    pub async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// An address on this server under any name.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// `at`: a path, for every host, or `host/path` for one.
    pub fn script(&self, at: &str, replies: impl IntoIterator<Item = Reply>) {
        self.shared.scripts.lock().unwrap().insert(at.to_owned(), replies.into_iter().collect());
    }

    pub fn log(&self) -> Vec<Seen> {
        self.shared.log.lock().unwrap().clone()
    }

    /// Requests for a path, on any host.
    pub fn asked(&self, path: &str) -> Vec<Seen> {
        self.log().into_iter().filter(|seen| seen.path == path).collect()
    }

    pub fn connects(&self) -> usize {
        self.shared.connects.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        shared.connects.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // A client that hangs up is part of the script.
            drop(answer(stream, &shared).await);
        });
    }
}

async fn answer(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut request = Vec::new();
    while !is_whole(&request) && request.len() < REQUEST_BYTES_MAX {
        let mut byte = [0; 4096];
        match stream.read(&mut byte).await? {
            0 => return Ok(()),
            n => request.extend_from_slice(&byte[..n]),
        }
    }
    let seen = parse(&String::from_utf8_lossy(&request));
    let reply = next_reply(shared, &seen);
    let at = {
        let mut log = shared.log.lock().unwrap();
        log.push(seen);
        log.len() - 1
    };
    let head = reply.head();
    match reply.manner {
        Manner::Silent => return std::future::pending().await,
        Manner::DripHead => drip(&mut stream, &head).await?,
        Manner::DripBody => {
            stream.write_all(&head).await?;
            drip(&mut stream, &reply.body).await?;
        }
        Manner::At(wait) => {
            tokio::time::sleep(wait).await;
            shared.log.lock().unwrap()[at].ended = Some(Instant::now());
            stream.write_all(&[head, reply.body].concat()).await?;
        }
    }
    stream.shutdown().await
}

/// The head, and as many bytes of a body as it names.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        tokio::time::sleep(DRIP).await;
    }
    Ok(())
}

fn parse(request: &str) -> Seen {
    let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let body = body.as_bytes().to_vec();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let host = headers.iter().find(|(name, _)| name == "host").map(|(_, host)| host.clone()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host.clone(), |(name, _)| name.to_owned());
    Seen { host, method, path, body, headers, begun: Instant::now(), ended: None }
}

fn next_reply(shared: &Shared, seen: &Seen) -> Reply {
    let mut scripts = shared.scripts.lock().unwrap();
    let own = format!("{}{}", seen.host, seen.path);
    let key = if scripts.contains_key(&own) { own } else { seen.path.clone() };
    let Some(replies) = scripts.get_mut(&key) else { return reply(404) };
    if replies.len() > 1 { replies.pop_front().unwrap() } else { replies.front().unwrap().clone() }
}

/// A resolver under the test's thumb: every name leads to 127.0.0.1, but for those with answers of their own.
#[derive(Debug, Default)]
pub struct Book {
    answers: Mutex<BTreeMap<String, VecDeque<Vec<IpAddr>>>>,
    lookups: AtomicUsize,
}

impl Book {
    /// The answers to one lookup after another; the last one for ever. An empty one: no such name.
    pub fn put(&self, host: &str, answers: &[&[&str]]) {
        let parse = |ips: &&[&str]| ips.iter().map(|ip| ip.parse().unwrap()).collect();
        self.answers.lock().unwrap().insert(host.to_owned(), answers.iter().map(parse).collect());
    }

    pub fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Names for Book {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let Some(answers) = answers.get_mut(host) else { return Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]) };
        Ok(if answers.len() > 1 { answers.pop_front().unwrap() } else { answers.front().unwrap().clone() })
    }
}
