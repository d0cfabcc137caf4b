//! How a host sees us: one request at a time, its gap, its robots.txt, our name; and what happens to dead hosts.
use super::http::{document, policy, reader};
use super::scripted::{Answer, feed, kit_reading, rss, run, settings};
use super::server::{Book, Seen, Server, reply};
use banwatch::fetch::{FetchFault, FetchPolicy, Reader, Robots};
use banwatch::model::{HostCourtesy, Lang, Validators};
use banwatch::pipeline::{Scope, Stop, work};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

fn at(server: &Server, host: &str, path: &str) -> Url {
    Url::parse(&server.url(host, path)).unwrap()
}

/// Requests of one host in the order they came: none begins before the one before it has ended and the gap is over.
fn assert_polite(log: &[Seen], host: &str, gap: Duration) -> usize {
    let mut of_host: Vec<&Seen> = log.iter().filter(|seen| seen.host == host).collect();
    of_host.sort_by_key(|seen| seen.begun);
    for two in of_host.windows(2) {
        let ended = two[0].ended.unwrap_or_else(|| panic!("{} was not over", two[0].path));
        let waited = two[1].begun.saturating_duration_since(ended);
        assert!(waited >= gap, "{} came {waited:?} after {}", two[1].path, two[0].path);
    }
    of_host.len()
}

#[tokio::test]
async fn feeds_and_pages_of_a_host_share_its_one_turn() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let gap = Duration::from_millis(30);
    let hosts = ["a.example", "b.example"];
    let mut specs = Vec::new();
    for host in hosts {
        for n in 0..5 {
            let page = format!("/page-{n}");
            let Answer::Bytes(body) = rss(&[(&server.url(host, &page), &page)]) else { unreachable!() };
            server.script(&format!("{host}/rss-{n}"), [reply(200).body(body).after(Duration::from_millis(5))]);
            server.script(&page, [reply(200).body("<p>x</p>").after(Duration::from_millis(5))]);
            specs.push(feed(&server.url(host, &format!("/rss-{n}")), Lang::En));
        }
    }
    let reader = reader(FetchPolicy { host_gap: gap, ..policy() }, &hosts, &Arc::default());
    let kit = kit_reading(folder.path(), Arc::new(reader)).await;
    kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
    let done = run(&kit, Scope::Once).await;
    assert_eq!((done.polls, done.outcomes.total()), (10, 10));
    for host in hosts {
        assert_eq!(assert_polite(&server.log(), host, gap), 11, "five feeds, five pages, one robots.txt");
    }
    let courtesy = kit.reader.courtesy();
    let line = courtesy.iter().find(|line| line.host.starts_with("a.example")).unwrap();
    assert_eq!(
        (line.requests, line.faults, line.robots.as_deref()),
        (11, 1, Some("no rules")),
        "the 404 of robots.txt"
    );
    assert!(line.bytes > 0 && line.last_request.is_some());
}

#[tokio::test]
async fn a_slow_host_with_many_feeds_delays_no_other() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    server.script("/rss", [document("1")]);
    server.script("crowd.example/robots.txt", [reply(200).body("user-agent: *\ncrawl-delay: 0.2")]);
    let mut specs = Vec::new();
    let others: Vec<String> = (0..30).map(|n| format!("{n}.example")).collect();
    for n in 0..12 {
        server.script(&format!("/crowd-{n}"), [document("1")]);
        specs.push(feed(&server.url("crowd.example", &format!("/crowd-{n}")), Lang::En));
    }
    specs.extend(others.iter().map(|host| feed(&server.url(host, "/rss"), Lang::En)));
    let mut all: Vec<&str> = others.iter().map(String::as_str).collect();
    // The page that every entry of the test feeds leads to lives on a.example, which answers 404.
    all.extend(["crowd.example", "a.example"]);
    let reader = reader(policy(), &all, &Arc::default());
    let kit = kit_reading(folder.path(), Arc::new(reader)).await;
    kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
    // Four polls at a time: twelve feeds of one host would fill every slot if waiting took one.
    let done = run(&kit, Scope::Once).await;
    assert_eq!(done.polls, 42);
    let log = server.log();
    assert_polite(&log, "crowd.example", Duration::from_millis(0));
    let feeds: Vec<&Seen> = log.iter().filter(|seen| seen.path != "/robots.txt" && seen.path != "/1").collect();
    let mut crowd: Vec<_> = feeds.iter().filter(|seen| seen.host == "crowd.example").map(|seen| seen.begun).collect();
    crowd.sort_unstable();
    let others_end = feeds.iter().filter(|seen| seen.host != "crowd.example").map(|seen| seen.begun).max().unwrap();
    assert!(crowd[11] - crowd[0] >= Duration::from_millis(2_200), "its crawl delay is kept");
    assert!(others_end < crowd[6], "thirty other hosts are done before the crowd is half through");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_crawl_delay() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let pages = ["/1", "/2", "/3"].map(|page| (server.url("a.example", page), page));
    let Answer::Bytes(body) = rss(&pages.each_ref().map(|(url, title)| (url.as_str(), *title))) else { unreachable!() };
    server.script("/rss", [reply(200).body(body)]);
    let ask_slowly = reply(200).body("user-agent: *\ncrawl-delay: 60");
    server.script("/robots.txt", [ask_slowly]);
    let kit =
        kit_reading(folder.path(), Arc::new(reader(policy(), &["a.example", "b.example"], &Arc::default()))).await;
    kit.store.sync_catalogue(&[feed(&server.url("b.example", "/rss"), Lang::En)], Timestamp::now()).await.unwrap();
    let (sender, stop) = Stop::new();
    let working = tokio::spawn(work(kit, settings(Scope::Forever), Arc::default(), stop));
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.asked("/1").is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stopped = Instant::now();
    sender.send_replace(true);
    working.await.unwrap().unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(8), "{:?}", stopped.elapsed());
    assert_eq!((server.asked("/1").len(), server.asked("/2").len()), (1, 0));
}

#[tokio::test]
async fn requests_carry_our_name_and_nothing_that_tracks() {
    let server = Server::start().await;
    server.script("/rss", [document("1").header("Set-Cookie", "id=1; Path=/").header("ETag", "\"a\"")]);
    server.script("/page", [reply(302).header("location", "/page2").header("Set-Cookie", "id=2; Path=/")]);
    server.script("/page2", [reply(200).body("<p>x</p>").header("Set-Cookie", "id=3; Path=/")]);
    let reader = reader(policy(), &["a.example"], &Arc::default());
    for _ in 0..2 {
        let stored = Validators { etag: Some("\"a\"".to_owned()), ..Validators::default() };
        reader.feed(&at(&server, "a.example", "/rss"), &stored).await.unwrap();
        reader.page(&at(&server, "a.example", "/page")).await.unwrap();
    }
    let known = ["accept", "accept-encoding", "host", "user-agent", "if-none-match"];
    for seen in server.log() {
        assert_eq!(seen.header("user-agent"), Some("banwatch/0.0 (desk@paper.example)"), "{}", seen.path);
        let unknown: Vec<_> = seen.headers.iter().filter(|(name, _)| !known.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", seen.path);
    }
    assert_eq!(server.log().len(), 7);
}

#[tokio::test]
async fn robots_answers_mean_what_the_rfc_says() {
    let over = format!("user-agent: *\ndisallow: /no\n{}\ndisallow: /page\n", "# noise\n".repeat(80_000));
    let cases = [
        ("none", vec![reply(404)], true),
        ("forbidden", vec![reply(403).body("user-agent: *\ndisallow: /")], true),
        ("empty", vec![reply(200)], true),
        ("html", vec![reply(200).body("<html><body>Welcome</body></html>")], true),
        ("allows", vec![reply(200).body("user-agent: *\nallow: /")], true),
        ("others", vec![reply(200).body("user-agent: other\ndisallow: /")], true),
        ("oversize: the beginning holds", vec![reply(200).body(over)], true),
        ("moved", vec![reply(301).header("location", "/r2")], true),
        ("round and round", vec![reply(301).header("location", "/robots.txt")], true),
        ("forbids", vec![reply(200).body("user-agent: *\ndisallow: /page")], false),
        ("forbids us", vec![reply(200).body("user-agent: *\nallow: /\nuser-agent: banwatch\ndisallow: /")], false),
        ("busy", vec![reply(429)], false),
        ("broken", vec![reply(500)], false),
        ("down", vec![reply(503)], false),
        ("silent", vec![reply(200).silent()], false),
        ("dripping", vec![reply(200).body("user-agent: *\nallow: /").dripping_head()], false),
    ];
    let server = Server::start().await;
    server.script("/page", [reply(200).body("<p>x</p>")]);
    let hosts: Vec<String> = (0..cases.len()).map(|n| format!("r{n}.example")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let reader = reader(FetchPolicy { total_timeout: Duration::from_millis(600), ..policy() }, &names, &Arc::default());
    for ((name, script, fetched), host) in cases.into_iter().zip(&hosts) {
        server.script(&format!("{host}/robots.txt"), script);
        for _ in 0..3 {
            let page = reader.page(&at(&server, host, "/page")).await;
            assert_eq!(page.is_ok(), fetched, "{name}: {:?}", page.err());
        }
        let asked = server.log().into_iter().filter(|seen| seen.host == *host);
        let (robots, pages): (Vec<Seen>, Vec<Seen>) = asked.partition(|seen| seen.path != "/page");
        assert_eq!(pages.len(), if fetched { 3 } else { 0 }, "{name}");
        assert!(robots.len() == 1 || name.starts_with("moved") || name.starts_with("round"), "{name}: asked once");
    }
}

#[tokio::test]
async fn robots_is_read_again_after_a_day() {
    let server = Server::start().await;
    server.script("/page", [reply(200).body("<p>x</p>")]);
    server.script(
        "/robots.txt",
        [reply(200).body("user-agent: *\nallow: /"), reply(200).body("user-agent: *\ndisallow: /")],
    );
    let reader = reader(policy(), &["a.example"], &Arc::default());
    let url = at(&server, "a.example", "/page");
    reader.page(&url).await.unwrap();
    for (hours, robots, pages) in [(23, 1, 2), (2, 2, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(hours * 3600)).await;
        tokio::time::resume();
        // The second answer forbids, so this may fail; the log tells.
        drop(reader.page(&url).await);
        assert_eq!((server.asked("/robots.txt").len(), server.asked("/page").len()), (robots, pages));
    }
}

#[tokio::test]
async fn a_robots_redirect_to_another_host_takes_that_hosts_turn() {
    let server = Server::start().await;
    let gap = Duration::from_millis(60);
    server.script("a.example/robots.txt", [reply(301).header("location", &server.url("b.example", "/robots.txt"))]);
    server.script("/page", [reply(200).body("<p>x</p>").after(Duration::from_millis(5))]);
    let reader = reader(FetchPolicy { host_gap: gap, ..policy() }, &["a.example", "b.example"], &Arc::default());
    let [first, second, third] = ["b.example", "a.example", "b.example"].map(|host| at(&server, host, "/page"));
    let (one, two, three) = tokio::join!(reader.page(&first), reader.page(&second), reader.page(&third));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(
        assert_polite(&server.log(), "b.example", gap),
        4,
        "its own robots.txt and pages, and once for a.example"
    );
    assert_eq!(assert_polite(&server.log(), "a.example", gap), 2);
}

#[tokio::test]
async fn dead_hosts_rest_and_fail_fast() {
    let server = Server::start().await;
    let closed = Server::start().await;
    let port = closed.address.port();
    drop(closed);
    // The listener goes with its task.
    tokio::task::yield_now().await;
    let book = Arc::new(Book::default());
    book.put("nowhere.example", &[&[]]);
    let reader = reader(policy(), &["nowhere.example", "refused.example", "a.example"], &book);
    server.script("/page", [reply(200).body("<p>x</p>")]);
    for (host, port) in [("nowhere.example", server.address.port()), ("refused.example", port)] {
        let url = |path: &str| Url::parse(&format!("http://{host}:{port}{path}")).unwrap();
        let first = reader.page(&url("/1")).await.unwrap_err();
        assert!(matches!(first, FetchFault::Connect { .. }), "{first}");
        let lookups = book.lookups();
        let page = reader.page(&url("/2")).await.unwrap_err();
        let feed = reader.feed(&url("/rss"), &Validators::default()).await.unwrap_err();
        for fault in [page, feed] {
            assert!(matches!(fault, FetchFault::Resting { seconds: 55..=61, .. }), "{fault}");
            assert!(fault.to_string().contains(host), "{fault}");
        }
        assert_eq!(book.lookups(), lookups, "nobody was asked, not even the resolver");
    }
    reader.page(&at(&server, "a.example", "/page")).await.unwrap();
}

/// The public cases of Google's parser, but for the three whose over-long lines the file leaves out.
#[test]
fn robots_public_cases() {
    let Some(eval) = std::env::var_os("BANWATCH_EVAL") else {
        println!("robots_public_cases: NOT RUN (BANWATCH_EVAL is not set)");
        return;
    };
    let file = std::path::Path::new(&eval).join("feeds/robots/google_cases.json");
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let (mut run, mut wrong) = (0, Vec::new());
    for case in &cases {
        let text = |key: &str| case[key].as_str().unwrap();
        let allowed = case["allowed"].as_bool().unwrap();
        let bytes: Vec<u8> = text("robots").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let path = text("url").splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
        let left_out = text("test") == "GoogleOnly_LineTooLong"
            && matches!((path.as_str(), allowed, bytes.len() > 22), ("/x//fux", _, _) | ("/x//qux", _, true));
        if left_out {
            continue;
        }
        run += 1;
        if Robots::parse(&bytes).allowed(text("agent"), &path) != allowed {
            wrong.push(case);
        }
    }
    assert_eq!((run, wrong.len()), (142, 0), "{wrong:#?}");
}

#[tokio::test]
async fn what_is_known_of_hosts_outlives_a_restart() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let hosts = ["a.example", "busy.example", "down.example", "gone.example"];
    server.script("a.example/robots.txt", [reply(200).body("user-agent: *\ndisallow: /no")]);
    server.script("a.example/rss", [document("1"), reply(304)]);
    server.script("busy.example/rss", [reply(429).header("retry-after", "900")]);
    server.script("down.example/rss", [reply(503).header("retry-after", "900")]);
    let book = Arc::new(Book::default());
    book.put("gone.example", &[&[]]);
    let specs = hosts.map(|host| feed(&server.url(host, "/rss"), Lang::En));
    let ids: Vec<_> = specs.iter().map(|spec| spec.id.clone()).collect();
    let start = async || kit_reading(folder.path(), Arc::new(reader(policy(), &hosts, &book))).await;
    let kit = start().await;
    kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
    run(&kit, Scope::Feeds(ids.clone())).await;
    kit.store.close().await;
    drop(kit);
    let before = server.log().len();
    let kit = start().await;
    run(&kit, Scope::Feeds(ids)).await;
    let again: Vec<String> = server.log().split_off(before).into_iter().map(|seen| seen.host + &seen.path).collect();
    assert_eq!(again, ["a.example/rss"], "no robots.txt within its day, no host before its time");
    let lines = kit.reader.courtesy();
    let port = server.address.port();
    let of = |host: &str| lines.iter().find(|line| line.host == format!("{host}:{port}")).unwrap();
    assert_eq!((of("a.example").requests, of("a.example").robots.as_deref()), (3, Some("rules")));
    assert_eq!((of("busy.example").requests, of("gone.example").requests), (2, 1));
    let sums = |lines: &[HostCourtesy]| lines.iter().map(|line| (line.host.clone(), line.requests)).collect::<Vec<_>>();
    assert_eq!(sums(&kit.store.courtesy().await.unwrap()), sums(&lines), "and the store says the same");
    let url = at(&server, "a.example", "/no");
    assert!(matches!(kit.reader.page(&url).await, Err(FetchFault::Robots { .. })), "the rules are the same");
}

#[tokio::test]
async fn an_outage_of_our_own_is_not_held_against_the_feeds() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let hosts: Vec<String> = (0..8).map(|n| format!("{n}.example")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    server.script("/rss", [document("1")]);
    let book = Arc::new(Book::default());
    hosts.iter().for_each(|host| book.put(host, &[&[]]));
    let specs: Vec<_> = hosts.iter().map(|host| feed(&server.url(host, "/rss"), Lang::En)).collect();
    let kit = kit_reading(folder.path(), Arc::new(reader(policy(), &names, &book))).await;
    kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
    let before = Timestamp::now();
    assert_eq!(run(&kit, Scope::Once).await.polls_failed, 8);
    for health in kit.store.feed_health(before).await.unwrap() {
        let wait = health.state.next_due.unwrap().duration_since(before).as_secs();
        assert_eq!(health.state.failures, 0, "{:?}", health.state.last_error);
        // A minute, and the spread of a tenth of the interval.
        assert!((60..=60 + 181).contains(&wait), "{wait}");
    }
    assert!(book.lookups() <= 8, "after a handful nobody is asked any more: {}", book.lookups());
    hosts.iter().for_each(|host| book.put(host, &[&["127.0.0.1"]]));
    let asked = kit.reader.page(&at(&server, "0.example", "/rss")).await.unwrap_err();
    assert!(matches!(asked, FetchFault::Offline { .. }), "{asked}");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(16)).await;
    tokio::time::resume();
    assert_eq!(kit.reader.offline(), Some(Duration::ZERO));
    for host in &names {
        kit.reader.page(&at(&server, host, "/rss")).await.unwrap();
    }
    assert_eq!(kit.reader.offline(), None);
}
