//! WebSub with a hub on loopback: subscribe, verify, deliver, renew, deny, leave. The hub's log and the store are the proof.
use super::http::{policy, reader};
use super::scripted::{feed, kit_reading, kit_with_hub, run};
use super::server::{Server, reply};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use banwatch::model::{FeedId, FeedSpec, FeedStatus, Lang};
use banwatch::pipeline::{Callback, Kit, Polled, Scope, hub, poll};
use banwatch::store::{Claim, FeedHealth, HubMode, HubState, HubSubscription};
use banwatch::web::callback_router;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use std::collections::HashMap;
use std::sync::Arc;
use tower::ServiceExt;
use url::Url;

const BODY_BYTES_MAX: usize = 64 << 10;

fn callback() -> Callback {
    Callback::new(&Url::parse("https://desk.example/hub/").unwrap(), "a secret of the store", BODY_BYTES_MAX)
}

struct Desk {
    server: Server,
    kit: Arc<Kit>,
    spec: FeedSpec,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// A feed that offers a hub, polled once.
    async fn open() -> Self {
        let desk = Self::with(Some(callback())).await;
        desk.poll(desk.now).await;
        desk
    }

    async fn with(callback: Option<Callback>) -> Self {
        let server = Server::start().await;
        let folder = tempfile::tempdir().unwrap();
        let reader = Arc::new(reader(policy(), &["a.example", "hub.example"], &Arc::default()));
        let kit = match callback {
            Some(callback) => kit_with_hub(folder.path(), reader, Some(callback)).await,
            None => kit_reading(folder.path(), reader).await,
        };
        let spec = feed(&server.url("a.example", "/rss"), Lang::En);
        let now = Timestamp::now();
        kit.store.sync_catalogue(std::slice::from_ref(&spec), now).await.unwrap();
        server.script("/hub", [reply(202)]);
        let desk = Self { server, kit, spec, now, _folder: folder };
        desk.server.script("/rss", [reply(200).body(desk.document(&["1"]))]);
        desk
    }

    fn topic(&self) -> String {
        self.spec.url.clone()
    }

    fn document(&self, entries: &[&str]) -> String {
        let hub = self.server.url("hub.example", "/hub");
        let items: String = entries
            .iter()
            .map(|n| format!("<item><title>{n}</title><link>http://a.example/{n}</link></item>"))
            .collect();
        format!(
            "<rss xmlns:atom='http://www.w3.org/2005/Atom'><channel><atom:link rel='hub' href='{hub}'/>\
             <atom:link rel='self' href='{}'/>{items}</channel></rss>",
            self.topic()
        )
    }

    async fn poll(&self, now: Timestamp) -> Polled {
        let claim = Claim { worker: "test", now, lease_until: now + SignedDuration::from_mins(5), limit: 1 };
        let claimed = self.kit.store.claim_feed(&self.spec.id, &claim).await.unwrap().unwrap();
        poll(&self.kit, &claimed, now).await.unwrap()
    }

    async fn turn(&self, after: SignedDuration) {
        hub::turn(&self.kit, self.now + after).await.unwrap();
    }

    async fn known(&self) -> Option<HubSubscription> {
        self.kit.store.hub_subscriptions(Some(&self.spec.id)).await.unwrap().into_iter().next_back()
    }

    /// Fields of the last form the hub was sent.
    fn form(&self) -> HashMap<String, String> {
        let sent = self.server.asked("/hub").pop().unwrap();
        assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
        url::form_urlencoded::parse(&sent.body).into_owned().collect()
    }

    async fn call(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = callback_router(Arc::clone(&self.kit)).oneshot(request).await.unwrap();
        assert_eq!(answer.headers().get("x-content-type-options").unwrap(), "nosniff");
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn ask(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let (status, body) = self.call(Request::get(format!("{path}?{query}")).body(Body::empty()).unwrap()).await;
        (status.as_u16(), body)
    }

    async fn verify(&self, mode: &str) -> (u16, String) {
        let (path, topic) = (self.path(), self.topic());
        let fields =
            [("hub.mode", mode), ("hub.topic", &topic), ("hub.challenge", "c<1>"), ("hub.lease_seconds", "864000")];
        self.ask(&path, &fields).await
    }

    /// As the hub was told, without the public host.
    fn path(&self) -> String {
        Url::parse(&self.form()["hub.callback"]).unwrap().path().to_owned()
    }

    async fn deliver(&self, signature: Option<&str>, body: &str) -> u16 {
        let mut request = Request::post(self.path()).header("content-type", "application/rss+xml");
        if let Some(signature) = signature {
            request = request.header("x-hub-signature", signature);
        }
        self.call(request.body(Body::from(body.to_owned())).unwrap()).await.0.as_u16()
    }

    fn signed(&self, secret: &str, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes())))
    }

    async fn health(&self) -> FeedHealth {
        self.kit.store.feed_health(self.now).await.unwrap().remove(0)
    }

    /// Polls recorded, entries known.
    async fn counts(&self) -> (u64, u64) {
        let counts = self.kit.store.counts().await.unwrap();
        (counts.polls, counts.entries)
    }
}

#[tokio::test]
async fn a_hub_is_subscribed_to_verified_believed_and_renewed() {
    let desk = Desk::open().await;
    assert_eq!(desk.server.asked("/hub").len(), 0, "the poll itself asks no hub");
    desk.turn(SignedDuration::ZERO).await;
    let form = desk.form();
    let secret = form["hub.secret"].clone();
    assert_eq!((form["hub.mode"].as_str(), form["hub.topic"].as_str()), ("subscribe", desk.topic().as_str()));
    assert_eq!((form["hub.lease_seconds"].as_str(), secret.len()), ("864000", 64));
    assert!(form["hub.callback"].starts_with("https://desk.example/hub/") && form["hub.callback"].len() > 60);
    assert_eq!(desk.server.asked("/hub")[0].method, "POST");
    assert!(!desk.server.log().iter().any(|seen| seen.host == "hub.example" && seen.path == "/robots.txt"));

    // Only what is pending is confirmed.
    let path = desk.path();
    let other = [("hub.mode", "subscribe"), ("hub.topic", "https://x.example/"), ("hub.challenge", "c")];
    assert_eq!(desk.ask(&path, &other).await.0, 404, "another topic");
    assert_eq!(desk.verify("unsubscribe").await.0, 404, "another mode");
    let topic = desk.topic();
    let own = [("hub.mode", "subscribe"), ("hub.topic", topic.as_str()), ("hub.challenge", "c")];
    assert_eq!(desk.ask("/hub/0000000000000000000000000000000000000000", &own).await.0, 404, "another address");
    assert_eq!(desk.ask(&path, &own[..2]).await.0, 404, "no challenge");
    let body = desk.document(&["1", "2"]);
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &body)), &body).await, 404, "not verified yet");
    assert_eq!(desk.verify("subscribe").await, (200, "c<1>".to_owned()));
    assert_eq!(desk.verify("subscribe").await.0, 404, "once is enough");
    let known = desk.known().await.unwrap();
    assert_eq!((known.state, known.asked, known.proven, known.attempts), (HubState::Active, false, false, 0));

    // Deliveries: signed ones are read, others thanked for and ignored.
    let before = desk.counts().await;
    let wrong = desk.signed("another secret", &body);
    for signature in [None, Some(wrong.as_str()), Some("sha256=00"), Some("md5=00")] {
        assert_eq!(desk.deliver(signature, &body).await, 202, "{signature:?}");
    }
    assert_eq!((desk.counts().await, desk.known().await.unwrap().proven), (before, false));
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &body)), &body).await, 202);
    assert_eq!(desk.counts().await, (before.0 + 1, before.1 + 1), "one poll, one new entry");
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &body)), &body).await, 202);
    assert_eq!(desk.counts().await, (before.0 + 2, before.1 + 1), "again: nothing new");
    let junk = "<html><body>maintenance</body></html>";
    let state = desk.health().await.state;
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, junk)), junk).await, 202);
    assert_eq!((desk.counts().await.0, desk.health().await.state), (before.0 + 3, state), "recorded, and no more");
    let long = "x".repeat(BODY_BYTES_MAX + 1);
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &long)), &long).await, 413);
    let standing = desk.health().await.hub.unwrap();
    assert!(standing.proven && standing.last_delivery.is_some() && standing.state == HubState::Active);
    let shown = serde_json::to_string(&standing).unwrap();
    assert!(!shown.contains(&secret) && !shown.contains(&known.token), "{shown}");

    // Renewed when four fifths of the lease are over, not before.
    desk.turn(SignedDuration::from_hours(7 * 24)).await;
    assert_eq!(desk.server.asked("/hub").len(), 1);
    desk.turn(SignedDuration::from_hours(8 * 24 + 1)).await;
    assert_eq!(desk.server.asked("/hub").len(), 2);
    assert_eq!((desk.form()["hub.mode"].as_str(), desk.path()), ("subscribe", path));
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &body)), &body).await, 202, "the old lease still runs");
    assert_eq!(desk.verify("subscribe").await.0, 200);
    assert!(desk.known().await.unwrap().proven, "renewing forgets nothing");
}

#[tokio::test]
async fn a_denial_ends_deliveries_and_is_asked_again_in_a_week() {
    let desk = Desk::open().await;
    desk.turn(SignedDuration::ZERO).await;
    assert_eq!(desk.verify("subscribe").await.0, 200);
    let (path, topic, secret) = (desk.path(), desk.topic(), desk.form()["hub.secret"].clone());
    let fields = [("hub.mode", "denied"), ("hub.topic", topic.as_str()), ("hub.reason", "not\r\nwanted")];
    assert_eq!(desk.ask(&path, &fields).await, (200, String::new()));
    let known = desk.known().await.unwrap();
    assert_eq!((known.state, known.note.as_deref()), (HubState::Denied, Some("denied: not wanted")));
    let body = desk.document(&["2"]);
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &body)), &body).await, 404);
    desk.server.script("/rss", [reply(200).body(desk.document(&["1", "2"]))]);
    desk.poll(desk.now + SignedDuration::from_hours(1)).await;
    desk.turn(SignedDuration::from_hours(6 * 24)).await;
    assert_eq!(desk.server.asked("/hub").len(), 1, "another offer does not overrule it");
    desk.turn(SignedDuration::from_hours(7 * 24 + 1)).await;
    assert_eq!((desk.server.asked("/hub").len(), desk.verify("subscribe").await.0), (2, 200));
}

#[tokio::test]
async fn a_hub_that_cannot_be_told_is_told_later_and_later() {
    let desk = Desk::open().await;
    desk.server.script(
        "/hub",
        [reply(500), reply(302).header("location", "/elsewhere"), reply(307).header("location", "/moved")],
    );
    desk.server.script("/moved", [reply(202)]);
    let (mut sent, mut notes) = (Vec::new(), Vec::new());
    for seconds in [60, 3_600, 3_700, 18_000, 18_200, 75_000, 75_900] {
        desk.turn(SignedDuration::from_secs(seconds)).await;
        sent.push(desk.server.asked("/hub").len());
        notes.push(desk.known().await.unwrap().note);
    }
    let notes: Vec<_> = notes.iter().map(Option::as_deref).collect();
    assert_eq!(notes[..3], [Some("HTTP 500"), Some("HTTP 500"), Some("HTTP 302")]);
    assert_eq!(sent, [1, 1, 2, 2, 3, 3, 4], "after 1, 4 and 16 hours");
    assert_eq!((desk.server.asked("/elsewhere").len(), desk.server.asked("/moved").len()), (0, 2));
    assert_eq!(desk.server.asked("/moved")[0].method, "POST", "only 307 and 308 send the form on");
    assert_eq!(desk.known().await.unwrap().attempts, 4);
    let line = desk.kit.reader.courtesy().into_iter().find(|line| line.host.starts_with("hub.example")).unwrap();
    assert_eq!((line.requests, line.faults), (6, 1), "in the host's ledger");
    // The farthest wait is a week, and a hub that asks back at last is believed.
    desk.turn(SignedDuration::from_hours(4 * 24)).await;
    desk.turn(SignedDuration::from_hours(10 * 24)).await;
    assert_eq!(desk.server.asked("/hub").len(), 5);
    assert_eq!(desk.verify("subscribe").await.0, 200);
}

#[tokio::test]
async fn an_outage_of_our_own_is_not_held_against_a_hub() {
    let desk = Desk::open().await;
    // Nobody listens at these ports.
    for port in 1..=5 {
        let url = Url::parse(&format!("http://a.example:{port}/")).unwrap();
        desk.kit.reader.page(&url).await.unwrap_err();
    }
    assert!(desk.kit.reader.offline().is_some());
    desk.turn(SignedDuration::ZERO).await;
    let known = desk.known().await.unwrap();
    assert_eq!((known.attempts, known.asked, desk.server.asked("/hub").len()), (0, false, 0), "{:?}", known.note);
    let wait = known.due.unwrap().duration_since(desk.now).as_secs();
    assert!((1..=60).contains(&wait), "{wait}");
    tokio::time::pause();
    tokio::time::advance(desk.kit.reader.offline().unwrap()).await;
    tokio::time::resume();
    desk.turn(SignedDuration::from_secs(wait + 1)).await;
    assert_eq!((desk.known().await.unwrap().attempts, desk.server.asked("/hub").len()), (1, 1));
}

#[tokio::test]
async fn a_feed_that_is_switched_off_leaves_its_hub() {
    let desk = Desk::open().await;
    desk.turn(SignedDuration::ZERO).await;
    desk.verify("subscribe").await;
    let secret = desk.form()["hub.secret"].clone();
    let off = FeedSpec { status: FeedStatus::Disabled, ..desk.spec.clone() };
    desk.kit.store.sync_catalogue(std::slice::from_ref(&off), desk.now).await.unwrap();
    let feeds = HashMap::from([(off.id.clone(), off)]);
    hub::settle_in(&desk.kit, &feeds, desk.now).await.unwrap();
    let body = desk.document(&["2"]);
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &body)), &body).await, 404);
    desk.turn(SignedDuration::ZERO).await;
    let form = desk.form();
    assert_eq!((form["hub.mode"].as_str(), form.contains_key("hub.secret")), ("unsubscribe", false));
    assert_eq!(desk.verify("subscribe").await.0, 404);
    assert_eq!(desk.verify("unsubscribe").await, (200, "c<1>".to_owned()));
    let known = desk.known().await.unwrap();
    assert_eq!((known.state, known.goal, known.due), (HubState::Left, HubMode::Unsubscribe, None));
    assert_eq!(desk.deliver(Some(&desk.signed(&secret, &body)), &body).await, 410);
}

#[tokio::test]
async fn a_hub_that_delivers_slows_the_polls_until_one_finds_what_it_missed() {
    let desk = Desk::open().await;
    let wait = async || {
        let state = desk.health().await.state;
        state.next_due.unwrap().duration_since(state.last_polled.unwrap()).as_secs()
    };
    let own = wait().await;
    assert!((1_800..2_000).contains(&own), "{own}");
    desk.turn(SignedDuration::ZERO).await;
    desk.verify("subscribe").await;
    desk.poll(desk.now + SignedDuration::from_hours(1)).await;
    assert_eq!(wait().await, own, "nothing is proven yet");
    let body = desk.document(&["1", "2"]);
    desk.deliver(Some(&desk.signed(&desk.form()["hub.secret"], &body)), &body).await;
    desk.poll(desk.now + SignedDuration::from_hours(2)).await;
    let pushed = wait().await;
    assert!((7_200..8_000).contains(&pushed), "{pushed}");
    desk.server.script("/rss", [reply(200).body(desk.document(&["1", "2", "3"]))]);
    assert_eq!(desk.poll(desk.now + SignedDuration::from_hours(4)).await.enqueued.new, 1);
    let known = desk.known().await.unwrap();
    assert!(!known.proven && known.note.unwrap().contains("1 entries"), "it had not delivered the third");
    desk.poll(desk.now + SignedDuration::from_hours(5)).await;
    let again = wait().await;
    assert!((3_600..4_000).contains(&again), "its own rhythm, of four hours by now: {again}");
}

#[tokio::test]
async fn a_feed_that_changes_its_hub_is_followed() {
    let desk = Desk::open().await;
    desk.turn(SignedDuration::ZERO).await;
    desk.verify("subscribe").await;
    let old = desk.known().await.unwrap().token;
    desk.server.script("/second", [reply(202)]);
    let links =
        format!("<{}>; rel=\"hub\", <{}>; rel=\"self\"", desk.server.url("hub.example", "/second"), desk.topic());
    desk.server.script("/rss", [reply(200).header("Link", &links).body(desk.document(&["2"]))]);
    desk.poll(desk.now + SignedDuration::from_hours(1)).await;
    desk.turn(SignedDuration::from_hours(1)).await;
    assert_eq!(desk.form()["hub.mode"], "unsubscribe", "the one that is no longer offered");
    let second = desk.server.asked("/second").pop().unwrap();
    let form: HashMap<String, String> = url::form_urlencoded::parse(&second.body).into_owned().collect();
    assert_eq!(form["hub.mode"], "subscribe", "the header goes before the document");
    assert!(!form["hub.callback"].ends_with(&old), "an address of its own");
}

#[tokio::test]
async fn without_a_callback_no_hub_is_asked() {
    let desk = Desk::with(None).await;
    run(&desk.kit, Scope::Feeds(vec![FeedId::of(&desk.spec.url)])).await;
    desk.turn(SignedDuration::from_hours(99)).await;
    assert_eq!((desk.server.asked("/rss").len(), desk.server.asked("/hub").len()), (1, 0));
    assert_eq!((desk.known().await, desk.health().await.hub), (None, None));
    let any = [("hub.mode", "subscribe"), ("hub.topic", "x"), ("hub.challenge", "c")];
    assert_eq!(desk.ask("/hub/x", &any).await.0, 404);
}
