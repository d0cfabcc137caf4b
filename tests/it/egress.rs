//! Where we never connect, whoever names the address: a listener that sees nobody is the proof.
use super::http::{document, policy, reader};
use super::scripted::{feed, kit_reading, run};
use super::server::{Book, Server, reply};
use banwatch::fetch::{FetchFault, FetchPolicy, Reader};
use banwatch::model::{Lang, Outcome, SkipReason, Validators};
use banwatch::pipeline::Scope;
use jiff::Timestamp;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Forms of this machine and of its networks; `{}` is the trap's port.
const FORBIDDEN: [&str; 17] = [
    "http://127.0.0.1:{}/",
    "http://127.1:{}/",
    "http://2130706433:{}/",
    "http://0x7f.0.0.1:{}/",
    "http://0177.0.0.1:{}/",
    "http://0.0.0.0:{}/",
    "http://[::1]:{}/",
    "http://[::ffff:127.0.0.1]:{}/",
    "http://[::ffff:169.254.169.254]/",
    "http://localhost:{}/",
    "http://localhost.:{}/",
    "http://a.localhost:{}/",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.0.1/",
    "http://rebound.example:{}/",
    "http://user:secret@a.example:{}/",
];

#[tokio::test]
async fn no_private_address_is_reached_directly_or_by_redirect() {
    let server = Server::start().await;
    let trap = Server::start().await;
    let book = Arc::new(Book::default());
    book.put("rebound.example", &[&["127.0.0.1", "::1", "10.0.0.1"]]);
    let reader = reader(policy(), &["a.example", "robots-to-trap.example"], &book);
    for form in FORBIDDEN {
        let url = form.replace("{}", &trap.address.port().to_string());
        let direct = Url::parse(&url).unwrap();
        for fault in
            [reader.page(&direct).await.unwrap_err(), reader.feed(&direct, &Validators::default()).await.unwrap_err()]
        {
            assert!(matches!(fault, FetchFault::Blocked(_)), "{url}: {fault}");
            assert_eq!(fault.outcome(), Outcome::Skipped(SkipReason::BlockedAddress));
        }
        for status in [301, 302, 303, 307, 308] {
            server.script("/to", [reply(status).header("location", &url)]);
            let fault = reader.page(&Url::parse(&server.url("a.example", "/to")).unwrap()).await.unwrap_err();
            assert!(matches!(fault, FetchFault::Blocked(_)), "{status} to {url}: {fault}");
        }
    }
    for other in ["file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "data:text/plain,x"] {
        server.script("/to", [reply(302).header("location", other)]);
        assert!(reader.page(&Url::parse(&server.url("a.example", "/to")).unwrap()).await.is_err(), "{other}");
    }
    // The robots.txt of a host may not lead there either.
    server.script(
        "robots-to-trap.example/robots.txt",
        [reply(301).header("location", &format!("http://127.0.0.1:{}/robots.txt", trap.address.port()))],
    );
    server.script("/page", [reply(200)]);
    let fault = reader.page(&Url::parse(&server.url("robots-to-trap.example", "/page")).unwrap()).await.unwrap_err();
    assert!(matches!(fault, FetchFault::RobotsUnknown { .. }), "{fault}");
    assert_eq!(trap.connects(), 0);
}

#[tokio::test]
async fn a_resolver_that_changes_its_mind_reaches_nothing_new() {
    // Two addresses of this machine, one port: the first stands for the public internet, the second for what is private.
    let public = Server::at(SocketAddr::from(([127, 0, 0, 2], 0))).await;
    let trap = Server::at(SocketAddr::from(([127, 0, 0, 1], public.address.port()))).await;
    public.script("/page", [reply(200).body("<p>x</p>")]);
    let book = Arc::new(Book::default());
    book.put("rebind.example", &[&["127.0.0.2"], &["127.0.0.2"], &["127.0.0.1"], &["127.0.0.1", "127.0.0.2"]]);
    let reader = reader(policy(), &["127.0.0.2/32"], &book);
    let url = Url::parse(&public.url("rebind.example", "/page")).unwrap();
    reader.page(&url).await.unwrap();
    let rebound = reader.page(&url).await.unwrap_err();
    assert!(matches!(rebound, FetchFault::Blocked(_)), "{rebound}");
    reader.page(&url).await.unwrap();
    assert_eq!((trap.connects(), public.connects()), (0, 3), "of a mixed answer only the allowed address is used");
}

#[tokio::test]
async fn feeds_and_entries_that_point_inwards_are_named_and_not_fetched() {
    let server = Server::start().await;
    let trap = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let inward = format!("http://127.0.0.1:{}/admin", trap.address.port());
    let super::scripted::Answer::Bytes(body) = super::scripted::rss(&[(&inward, "inward")]) else { unreachable!() };
    server.script("/rss", [reply(200).body(body)]);
    let reader = reader(policy(), &["a.example"], &Arc::default());
    let kit = kit_reading(folder.path(), Arc::new(reader)).await;
    let specs = [feed(&server.url("a.example", "/rss"), Lang::En), feed(&inward, Lang::En)];
    kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
    let done = run(&kit, Scope::Once).await;
    assert_eq!(done.outcomes.0.get("skipped.blocked_address"), Some(&1));
    assert_eq!((done.polls_failed, trap.connects()), (1, 0));
}

#[tokio::test]
async fn bombs_stop_at_the_cap_of_the_decoded_body() {
    const BOMB_BYTES: usize = 100 << 20;
    let server = Server::start().await;
    let zeros = vec![0u8; 1 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut zst = zstd::Encoder::new(Vec::new(), 1).unwrap();
    for _ in 0..BOMB_BYTES / zeros.len() {
        gzip.write_all(&zeros).unwrap();
        zst.write_all(&zeros).unwrap();
    }
    server.script("/gzip", [reply(200).header("Content-Encoding", "gzip").body(gzip.finish().unwrap())]);
    server.script("/zstd", [reply(200).header("Content-Encoding", "zstd").body(zst.finish().unwrap())]);
    server.script("/long", [reply(200).header("Content-Length", "99999999999").body("x")]);
    server.script("/endless", [reply(200).header("Content-Length", "1048577").body(vec![b'x'; (1 << 20) + 1])]);
    let reader = reader(policy(), &["a.example"], &Arc::default());
    for path in ["/gzip", "/zstd", "/long", "/endless"] {
        let fault = reader.page(&Url::parse(&server.url("a.example", path)).unwrap()).await.unwrap_err();
        assert!(matches!(fault, FetchFault::TooLarge { limit: 1_048_576 }), "{path}: {fault}");
    }
}

/// The most this process has ever held in memory, in MB; None where the system does not tell.
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb >> 10)
}

/// Packed as it is made: a test that held the bomb itself would prove nothing.
fn packed<W: Write>(mut encoder: W, megabytes: usize) -> W {
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..megabytes {
        encoder.write_all(&zeros).unwrap();
    }
    encoder
}

#[tokio::test]
async fn bombs_of_every_encoding_stop_at_the_cap_and_take_no_memory() {
    const BOMB_MB: usize = 512;
    let server = Server::start().await;
    let mut brotli = Vec::new();
    packed(brotli::CompressorWriter::new(&mut brotli, 1 << 16, 2, 22), BOMB_MB).flush().unwrap();
    // The largest window a decoder takes: it must not be paid for before it is filled.
    let mut zst = zstd::Encoder::new(Vec::new(), 1).unwrap();
    zst.window_log(27).unwrap();
    let zst = packed(zst, BOMB_MB).finish().unwrap();
    assert!(brotli.len() < 1 << 20 && zst.len() < 1 << 20, "{} {}", brotli.len(), zst.len());
    server.script("/br", [reply(200).header("Content-Encoding", "br").body(brotli.clone())]);
    server.script("/zstd", [reply(200).header("Content-Encoding", "zstd").body(zst)]);
    let cut = brotli.len() / 2;
    server.script("/br-cut", [reply(200).header("Content-Encoding", "br").body(brotli[..cut].to_vec())]);
    let reader = reader(policy(), &["a.example"], &Arc::default());
    // The peak counts from here. Where it cannot be set back, growth is seen less sharply.
    drop(std::fs::write("/proc/self/clear_refs", "5"));
    let before = peak_mb();
    for path in ["/br", "/zstd", "/br-cut"] {
        let fault = reader.page(&Url::parse(&server.url("a.example", path)).unwrap()).await.unwrap_err();
        assert!(matches!(fault, FetchFault::TooLarge { limit: 1_048_576 }), "{path}: {fault}");
    }
    // Tests beside this one take some of it; unpacked, each bomb is 512 MB.
    let grown = peak_mb().zip(before).map_or(0, |(after, before)| after - before);
    assert!(grown < 256, "{grown} MB");
}

#[tokio::test]
async fn heads_addresses_and_redirects_have_limits() {
    let server = Server::start().await;
    let long = "x".repeat(900_000);
    let many = (0..300).fold(document("1"), |reply, n| reply.header(&format!("x-{n}"), "y"));
    server.script("/long-head", [document("1").header("x", &long)]);
    server.script("/many-heads", [many]);
    server.script("/long-to", [reply(302).header("location", &format!("/{}", "x".repeat(9_000)))]);
    server.script("/round", [reply(302).header("location", "/round")]);
    server.script("/nowhere", [reply(302)]);
    let reader =
        reader(FetchPolicy { total_timeout: Duration::from_secs(5), ..policy() }, &["a.example"], &Arc::default());
    for path in ["/long-head", "/many-heads", "/long-to", "/round", "/nowhere"] {
        let fault = reader.page(&Url::parse(&server.url("a.example", path)).unwrap()).await.unwrap_err();
        assert!(!matches!(fault, FetchFault::Timeout { .. }), "{path}: {fault}");
    }
    assert_eq!(server.asked("/round").len(), 6, "the first request and five redirects");
}
