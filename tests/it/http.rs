//! What a feed's server sees of us: validators, moves, waits, rhythm. The server's log is the proof.
use super::scripted::{Answer, feed, kit_reading, rss, run};
use super::server::{Book, Reply, Seen, Server, reply};
use banwatch::fetch::{FetchFault, FetchPolicy, HttpReader, Reader};
use banwatch::model::{FeedId, FeedState, Lang, Validators};
use banwatch::net::Guard;
use banwatch::pipeline::{Kit, Polled, Scope, poll};
use banwatch::store::Claim;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

const HOSTS: [&str; 5] = ["a.example", "b.example", "c.example", "slow-head.example", "slow-body.example"];

pub fn policy() -> FetchPolicy {
    FetchPolicy {
        user_agent: "banwatch/0.0 (desk@paper.example)".to_owned(),
        total_timeout: Duration::from_secs(20),
        body_bytes_max: 1 << 20,
        host_gap: Duration::ZERO,
        ..FetchPolicy::default()
    }
}

/// A reader that may reach `hosts` and nothing else on loopback.
pub fn reader(policy: FetchPolicy, hosts: &[&str], book: &Arc<Book>) -> HttpReader {
    let allow: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    HttpReader::with_names(policy, Guard::new(&allow).unwrap(), None, Arc::clone(book) as _).unwrap()
}

/// One feed, polled by the real pipeline as often as wanted, at times of the test's choosing.
struct Desk {
    server: Server,
    kit: Arc<Kit>,
    url: String,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn open(path: &str) -> Self {
        let server = Server::start().await;
        let folder = tempfile::tempdir().unwrap();
        let reader = reader(policy(), &HOSTS, &Arc::default());
        let kit = kit_reading(folder.path(), Arc::new(reader)).await;
        let url = server.url("a.example", path);
        let now = Timestamp::now();
        kit.store.sync_catalogue(&[feed(&url, Lang::En)], now).await.unwrap();
        Self { server, kit, url, now, _folder: folder }
    }

    /// A poll an hour after the last one, due or not.
    async fn poll(&mut self) -> Polled {
        self.now += SignedDuration::from_hours(1);
        let lease_until = self.now + SignedDuration::from_mins(15);
        let claim = Claim { worker: "test", now: self.now, lease_until, limit: 1 };
        let claimed = self.kit.store.claim_feed(&FeedId::of(&self.url), &claim).await.unwrap().unwrap();
        poll(&self.kit, &claimed, self.now).await.unwrap()
    }

    async fn state(&self) -> FeedState {
        self.kit.store.feed_health(self.now).await.unwrap().remove(0).state
    }

    fn last(&self) -> Seen {
        self.server.log().into_iter().rfind(|seen| seen.path != "/robots.txt").unwrap()
    }

    fn sent(&self) -> (Option<String>, Option<String>) {
        validators_of(&self.last())
    }
}

fn validators_of(seen: &Seen) -> (Option<String>, Option<String>) {
    let own = |name| seen.header(name).map(str::to_owned);
    (own("if-none-match"), own("if-modified-since"))
}

fn pair(etag: &str, modified: &str) -> (Option<String>, Option<String>) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (some(etag), some(modified))
}

/// A feed with one entry of this name.
pub fn document(name: &str) -> Reply {
    let Answer::Bytes(body) = rss(&[(&format!("http://a.example/{name}"), name)]) else { unreachable!() };
    reply(200).header("content-type", "application/rss+xml").body(body)
}

#[tokio::test]
async fn the_validator_matrix() {
    let mut desk = Desk::open("/rss").await;
    let odd = "W/\"a b;\\x\"";
    desk.server.script(
        "/rss",
        [
            document("1").header("ETag", odd).header("Last-Modified", "a day ago, roughly"),
            reply(304),
            document("2").header("ETag", "\"b\"").header("Last-Modified", "a day ago, roughly"),
            reply(304).header("ETag", "\"c\""),
            document("2").header("Last-Modified", "Fri, 03 Jul 2026 00:00:00 GMT"),
            document("3"),
            document("4").header("ETag", "\"d\""),
            reply(304),
        ],
    );
    let steps = [
        ("ok", pair("", ""), "the first request is unconditional"),
        ("not_modified", pair(odd, "a day ago, roughly"), "what was stored is sent verbatim"),
        ("ok", pair(odd, "a day ago, roughly"), "a 304 without validators leaves them"),
        ("not_modified", pair("\"b\"", "a day ago, roughly"), "both are updated, though one stayed"),
        ("not_modified", pair("\"c\"", "a day ago, roughly"), "a new ETag of a 304 is stored"),
        (
            "ok",
            pair("", "Fri, 03 Jul 2026 00:00:00 GMT"),
            "the same body updates validators, one that is missing is dropped",
        ),
        ("ok", pair("", ""), "none is invented"),
        ("not_modified", pair("\"d\"", ""), "If-Modified-Since is never made of a date"),
    ];
    for (result, sent, why) in steps {
        assert_eq!((desk.poll().await.result.as_str(), desk.sent()), (result, sent), "{why}");
    }
    assert_eq!(desk.server.asked("/rss").len(), 8);
    assert_eq!(desk.server.asked("/robots.txt").len(), 1);
}

#[tokio::test]
async fn validators_that_cannot_be_sent_back_are_not_kept_and_304_needs_a_question() {
    let mut desk = Desk::open("/rss").await;
    let long = format!("\"{}\"", "x".repeat(5_000));
    desk.server.script("/rss", [document("1").header("ETag", &long), reply(304), document("1")]);
    desk.poll().await;
    assert_eq!(desk.state().await.validators.etag, None);
    let odd = desk.poll().await;
    assert_eq!((odd.result.as_str(), desk.sent()), ("http_status", pair("", "")), "nothing was asked conditionally");
    assert_eq!(desk.poll().await.result, "not_modified", "the same bytes");
}

#[tokio::test]
async fn a_moved_feed_is_adopted_and_does_not_send_the_old_validators() {
    let mut desk = Desk::open("/old").await;
    let new = desk.server.url("b.example", "/new");
    let gone_on = desk.server.url("b.example", "/between");
    let moved = || reply(301).header("location", &gone_on);
    desk.server.script("/old", [document("1").header("ETag", "\"old\""), moved()]);
    desk.server.script("/between", [reply(308).header("location", "/new")]);
    desk.server.script("/new", [document("2").header("ETag", "\"new\""), reply(304)]);
    desk.poll().await;
    let sent = |desk: &Desk, path: &str| desk.server.asked(path).last().map(validators_of);
    desk.poll().await;
    assert_eq!(sent(&desk, "/old"), Some(pair("\"old\"", "")));
    assert_eq!(sent(&desk, "/between"), Some(pair("", "")));
    assert_eq!(sent(&desk, "/new"), Some(pair("", "")), "another address, another host: nothing to compare with");
    desk.poll().await;
    assert_eq!(sent(&desk, "/old"), Some(pair("", "")), "the stored validators are the new address's");
    assert_eq!(sent(&desk, "/new"), Some(pair("\"new\"", "")));
    assert_eq!((desk.state().await.moved_hits, desk.state().await.adopted), (2, None));
    desk.poll().await;
    assert_eq!(desk.state().await.adopted.as_deref(), Some(new.as_str()));
    let before = desk.server.asked("/old").len();
    assert_eq!(desk.poll().await.result, "not_modified");
    assert_eq!(desk.server.asked("/old").len(), before, "only the new address is asked");
    assert_eq!((desk.last().path.as_str(), desk.sent()), ("/new", pair("\"new\"", "")));
    // The new address fails for good: the catalogue's own is asked again.
    desk.server.script("/new", [reply(410)]);
    desk.poll().await;
    assert_eq!((desk.state().await.adopted, desk.state().await.gone), (None, false));
    desk.server.script("/old", [document("3")]);
    assert_eq!((desk.poll().await.result.as_str(), desk.last().path.as_str()), ("ok", "/old"));
}

#[tokio::test]
async fn temporary_redirects_are_never_adopted_nor_are_moves_to_what_is_no_feed() {
    for (first, second) in [(302, 301), (307, 307), (301, 302), (303, 308)] {
        let mut desk = Desk::open("/old").await;
        desk.server.script("/old", [reply(first).header("location", "/step")]);
        desk.server.script("/step", [reply(second).header("location", "/new")]);
        desk.server.script("/new", [document("1")]);
        for _ in 0..5 {
            desk.poll().await;
        }
        assert_eq!(desk.server.asked("/old").len(), 5, "{first} {second}");
        assert_eq!((desk.state().await.moved_hits, desk.state().await.adopted), (0, None), "{first} {second}");
    }
    let mut desk = Desk::open("/old").await;
    desk.server.script("/old", [reply(301).header("location", "/home")]);
    desk.server
        .script("/home", [reply(200).header("content-type", "text/html").body("<html><body>Sold!</body></html>")]);
    for _ in 0..4 {
        assert_eq!(desk.poll().await.result, "unreadable");
    }
    assert_eq!(desk.state().await.adopted, None);
}

#[tokio::test]
async fn gone_stops_a_feed_and_not_found_backs_off_and_recovers() {
    let mut desk = Desk::open("/rss").await;
    desk.server.script("/rss", [reply(404), reply(404), reply(404), document("1"), reply(410)]);
    let mut waits = Vec::new();
    for _ in 0..3 {
        desk.poll().await;
        waits.push(desk.state().await.next_due.unwrap().duration_since(desk.now).as_secs());
    }
    assert!(waits[0] >= 1_800 && waits[1] >= 3_600 && waits[2] >= 7_200, "{waits:?}");
    assert_eq!(desk.state().await.failures, 3);
    assert_eq!(desk.poll().await.result, "ok");
    assert_eq!((desk.state().await.failures, desk.state().await.last_error), (0, None));
    desk.poll().await;
    assert!(desk.state().await.gone);
    let later = desk.now + SignedDuration::from_hours(24 * 365);
    let claim = Claim { worker: "test", now: later, lease_until: later, limit: 9 };
    assert!(desk.kit.store.claim_feeds(&claim).await.unwrap().is_empty(), "a feed that is gone is never due");
}

#[tokio::test]
async fn servers_that_ask_for_time_get_it() {
    let in_two_hours =
        (Timestamp::now() + SignedDuration::from_hours(2)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let cases = [
        (reply(503).header("Retry-After", "5400"), 5_400),
        (reply(503).header("Retry-After", &in_two_hours), 7_190),
        (reply(503).header("Retry-After", "99999999"), 86_400),
        (reply(503), 1_800),
        (document("1").header("Cache-Control", "public, max-age=7200"), 7_200),
        (document("1").header("Expires", &in_two_hours), 7_190),
        (document("1").header("Retry-After", "4000"), 4_000),
        (reply(429).header("Retry-After", "9000"), 9_000),
    ];
    for (answer, least) in cases {
        let mut desk = Desk::open("/rss").await;
        desk.server.script("/rss", [answer.clone()]);
        desk.poll().await;
        let due = desk.state().await.next_due.unwrap();
        let wait = due.duration_since(desk.now).as_secs();
        assert!((least..=86_400).contains(&wait) && wait < least + 200, "{answer:?}: {wait}");
        let early = due - SignedDuration::from_secs(1);
        let claim = Claim { worker: "test", now: early, lease_until: early, limit: 9 };
        assert!(desk.kit.store.claim_feeds(&claim).await.unwrap().is_empty(), "not a second sooner");
    }
}

#[tokio::test]
async fn what_a_document_asks_for_holds_for_the_304_after_it() {
    let mut desk = Desk::open("/rss").await;
    let ttl = "<rss version=\"2.0\"><channel><title>f</title><ttl>240</ttl><item><title>1</title><guid>1</guid></item></channel></rss>";
    let with_ttl = reply(200).body(ttl).header("ETag", "\"a\"");
    let with_age = document("1").header("ETag", "\"b\"").header("Cache-Control", "max-age=10800");
    let shorter = reply(304).header("Cache-Control", "max-age=3600");
    desk.server.script("/rss", [with_ttl, reply(304), with_age, reply(304), shorter]);
    for (result, asked) in
        [("ok", 14_400), ("not_modified", 14_400), ("ok", 10_800), ("not_modified", 10_800), ("not_modified", 3_600)]
    {
        assert_eq!(desk.poll().await.result, result);
        let wait = desk.state().await.next_due.unwrap().duration_since(desk.now).as_secs();
        assert!((asked..asked + 200).contains(&wait), "{result} {asked}: {wait}");
    }
}

#[tokio::test]
async fn a_page_is_not_tried_again_sooner_than_its_server_asks() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let Answer::Bytes(body) = rss(&[(&server.url("a.example", "/page"), "x")]) else { unreachable!() };
    server.script("/rss", [reply(200).body(body)]);
    server.script("/page", [reply(503).header("Retry-After", "7200")]);
    let kit = kit_reading(folder.path(), Arc::new(reader(policy(), &HOSTS, &Arc::default()))).await;
    kit.store.sync_catalogue(&[feed(&server.url("a.example", "/rss"), Lang::En)], Timestamp::now()).await.unwrap();
    let before = Timestamp::now();
    assert_eq!(run(&kit, Scope::Once).await.outcomes.0.get("retry.server_error"), Some(&1));
    let due = kit.store.next_entry_due().await.unwrap().unwrap();
    assert!(due.duration_since(before).as_secs() >= 7_200, "{due}");
}

#[tokio::test]
async fn too_many_requests_silences_the_whole_host() {
    let server = Server::start().await;
    server.script("/rss", [reply(429).header("Retry-After", "120")]);
    server.script("/page", [reply(200).body("<p>x</p>")]);
    let reader = reader(policy(), &HOSTS, &Arc::default());
    let url = |host: &str, path: &str| Url::parse(&server.url(host, path)).unwrap();
    let busy = reader.feed(&url("a.example", "/rss"), &Validators::default()).await.unwrap_err();
    assert!(matches!(busy, FetchFault::Status { status: 429, retry_after_seconds: Some(120) }), "{busy}");
    let resting = reader.page(&url("a.example", "/page")).await.unwrap_err();
    assert!(matches!(resting, FetchFault::Resting { seconds: 115..=121, .. }), "{resting}");
    assert!(server.asked("/page").is_empty());
    reader.page(&url("b.example", "/page")).await.unwrap();
}

#[tokio::test]
async fn validators_that_lie_are_noticed() {
    let mut desk = Desk::open("/rss").await;
    desk.server.script("/rss", [document("1").header("ETag", "\"a\""), document("2").header("ETag", "\"a\"")]);
    desk.poll().await;
    desk.poll().await;
    assert!(desk.state().await.validators_lie, "the same ETag for other entries");
    desk.poll().await;
    assert_eq!(desk.sent(), pair("", ""), "no longer sent");
    desk.server.script("/rss", [document("3").header("ETag", "\"b\"")]);
    desk.poll().await;
    desk.poll().await;
    assert_eq!(desk.sent(), pair("\"b\"", ""), "another one is believed again");

    let mut desk = Desk::open("/stuck").await;
    let mut script = vec![document("1").header("ETag", "\"a\"")];
    script.extend(vec![reply(304); 24]);
    script.push(document("2").header("ETag", "\"a\""));
    desk.server.script("/stuck", script);
    for _ in 0..25 {
        desk.poll().await;
    }
    assert_eq!(desk.sent(), pair("\"a\"", ""));
    assert_eq!(desk.poll().await.enqueued.new, 1, "after a day of 304s the document itself is asked for");
    assert_eq!((desk.sent(), desk.state().await.validators_lie), (pair("", ""), true));
}

#[tokio::test]
async fn a_feed_with_a_rhythm_is_asked_in_its_rhythm_and_called_quiet_when_it_stops() {
    let mut desk = Desk::open("/rss").await;
    let items: String = (1..20)
        .map(|n| {
            let at = (desk.now - SignedDuration::from_hours(n * 8)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            format!("<item><guid>{n}</guid><title>{n}</title><link>http://a.example/{n}</link><pubDate>{at}</pubDate></item>")
        })
        .collect();
    desk.server.script(
        "/rss",
        [reply(200).body(format!("<rss version=\"2.0\"><channel><title>f</title>{items}</channel></rss>"))],
    );
    desk.poll().await;
    let state = desk.state().await;
    assert_eq!((state.gap_seconds, state.interval_seconds), (Some(8 * 3600), 2 * 3600));
    assert_eq!(state.quiet(desk.now), None);
    desk.now += SignedDuration::from_hours(8 * 24);
    desk.poll().await;
    let state = desk.state().await;
    assert!(state.quiet(desk.now).is_some(), "a week without anything");
    assert_eq!(state.interval_seconds, 86_400);
    assert_eq!((state.polls, state.polls_unchanged), (2, 1));
}

#[tokio::test]
async fn twenty_restarts_fetch_nothing_twice() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let urls = ["a.example", "b.example", "c.example"].map(|host| server.url(host, "/rss"));
    server.script("/rss", [document("1")]);
    server.script("/dead", [reply(500)]);
    let specs: Vec<_> = urls.iter().chain([&server.url("a.example", "/dead")]).map(|url| feed(url, Lang::En)).collect();
    for _ in 0..20 {
        let reader = reader(policy(), &HOSTS, &Arc::default());
        let kit = kit_reading(folder.path(), Arc::new(reader)).await;
        kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
        run(&kit, Scope::Once).await;
    }
    assert_eq!((server.asked("/rss").len(), server.asked("/dead").len()), (3, 1));
}

#[tokio::test]
async fn a_dripping_server_meets_the_deadline_and_delays_nobody() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    server.script("/rss", [document("1")]);
    server.script("slow-head.example/rss", [document("1").dripping_head()]);
    server.script("slow-body.example/rss", [document("1").dripping_body()]);
    let hosts: Vec<String> = (0..99).map(|n| format!("{n}.example")).collect();
    let mut all: Vec<&str> = vec!["slow-head.example", "slow-body.example"];
    all.extend(hosts.iter().map(String::as_str));
    let deadline = Duration::from_secs(2);
    let reader = reader(FetchPolicy { total_timeout: deadline, ..policy() }, &all, &Arc::default());
    let kit = kit_reading(folder.path(), Arc::new(reader)).await;
    let specs: Vec<_> = all.iter().map(|host| feed(&server.url(host, "/rss"), Lang::En)).collect();
    kit.store.sync_catalogue(&specs, Timestamp::now()).await.unwrap();
    let started = Instant::now();
    let done = run(&kit, Scope::Once).await;
    assert!(started.elapsed() < deadline * 4, "{:?}", started.elapsed());
    assert_eq!((done.polls, done.polls_failed), (101, 2));
    let health = kit.store.feed_health(Timestamp::now()).await.unwrap();
    let failed: Vec<_> = health.iter().filter_map(|feed| feed.state.last_error.as_deref()).collect();
    assert_eq!(failed, ["no answer within 2 s"; 2]);
    let feeds: Vec<Seen> = server.asked("/rss");
    let slow = feeds.iter().filter(|seen| seen.host.starts_with("slow")).map(|seen| seen.begun).min().unwrap();
    let late = feeds.iter().filter(|seen| !seen.host.starts_with("slow") && seen.begun > slow + deadline).count();
    assert_eq!(late, 0, "all others were asked while the slow ones dripped");
}
