//! Stored articles looked at again: what a publisher changes or takes away is seen, on schedule, and nothing else moves.
use super::scripted::{Answer, World, feed, html, kit, request, rss, run, run_until};
use banwatch::fetch::SiteRights;
use banwatch::model::{ArticleId, Lang, Outcome, Validators};
use banwatch::pipeline::{Kit, Scope, Stop, catch_up, check, revisit};
use banwatch::store::{ArticleRecord, Claim, Look, Settlement, Watch};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

const FEED: &str = "https://paper.example/rss";
const BAN: &str = "https://paper.example/ban";
const TITLE: &str = "Ministry bans DeepSeek on government devices";
const TEXT: [&str; 2] = [
    "The Ministry of Education of Velmark has banned the use of DeepSeek on all government devices, effective immediately, officials said on Monday.",
    "The ministry said the chatbot sends user data abroad and told its 4,000 employees to delete the app from their phones and laptops by Friday.",
];
const CORRECTED: [&str; 2] = [
    "The Ministry of Education of Velmark has banned the use of DeepSeek on all government devices, effective next month, officials said on Monday.",
    "Correction: an earlier version of this article said that the ban was effective immediately; laboratories are exempt.",
];

fn with_copyright(feed: Answer) -> Answer {
    let Answer::Bytes(text) = feed else { panic!("a feed has bytes") };
    Answer::Bytes(text.replace("<channel>", "<channel><copyright>© Paper</copyright>"))
}

struct Desk {
    kit: Arc<Kit>,
    world: Arc<World>,
    start: Timestamp,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// One article, just stored.
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Arc::new(World::default());
        world.put(FEED, with_copyright(rss(&[(BAN, TITLE)])));
        world.put(BAN, html(TITLE, &TEXT));
        let kit = kit(folder.path(), &world).await;
        kit.store.sync_catalogue(&[feed(FEED, Lang::En)], Timestamp::now()).await.unwrap();
        let done = run(&kit, Scope::Once).await;
        assert_eq!((done.outcomes.0.get("stored"), done.revisits.total()), (Some(&1), 0));
        Self { kit, world, start: Timestamp::now(), _folder: folder }
    }

    /// The look that is due so many minutes after the start, if one is.
    async fn look(&self, minutes: i64) -> Option<Look> {
        let now = self.start + SignedDuration::from_mins(minutes);
        let lease_until = now + SignedDuration::from_mins(1);
        let claim = Claim { worker: "test", now, lease_until, limit: 9 };
        let claimed = self.kit.store.claim_revisits(&claim).await.unwrap();
        let pending = claimed.first()?;
        let look = revisit(&self.kit, pending, TimeZone::UTC, now).await.unwrap();
        catch_up(&self.kit).await.unwrap();
        Some(look)
    }

    async fn record(&self) -> ArticleRecord {
        let id = self.kit.store.head_by_url(BAN).await.unwrap().unwrap().id;
        self.kit.store.article(&id).await.unwrap().unwrap()
    }

    async fn found(&self, query: &str) -> u64 {
        self.kit.index.search(&request(query)).await.unwrap().total
    }
}

#[tokio::test]
async fn an_unchanged_page_is_asked_for_on_schedule_with_its_own_validators() {
    let desk = Desk::open().await;
    let mut looks = Vec::new();
    for minutes in [59, 61, 62, 6 * 60 + 1, 6 * 60 + 2, 24 * 60 + 1, 7 * 24 * 60 + 1, 30 * 24 * 60] {
        looks.push(desk.look(minutes).await);
    }
    let once = Some(Look::Unchanged);
    assert_eq!(looks, [None, once, None, once, None, once, once, None], "inside its interval nothing is fetched");
    assert_eq!(desk.world.asked(BAN), 5);
    let sent = desk.world.sent();
    assert!(sent.len() == 4 && sent.iter().all(|v| v == &sent[0]));
    assert!(sent[0].etag.as_deref().is_some_and(|etag| etag.starts_with("W/\"")), "verbatim: {:?}", sent[0]);
    let record = desk.record().await;
    let outcomes: Vec<&str> = record.watched.looks.iter().map(|look| look.outcome.as_str()).collect();
    assert_eq!(outcomes, ["unchanged", "unchanged", "unchanged", "unchanged", "fetched"], "every look leaves a row");
    assert_eq!((record.watched.next_due, record.revisions.len()), (None, 1));
}

#[tokio::test]
async fn a_silent_edit_is_a_revision_and_is_searched() {
    let desk = Desk::open().await;
    desk.world.put(BAN, html(TITLE, &CORRECTED));
    assert_eq!(desk.look(61).await, Some(Look::Revision));
    let record = desk.record().await;
    assert_eq!((record.document.revision, record.document.deleted), (2, false));
    assert_eq!(desk.found("\"laboratories are exempt\"").await, 1);
    assert_eq!(desk.look(6 * 60 + 1).await, Some(Look::Unchanged), "the new text is the one compared with");
    let sent = desk.world.sent();
    assert_ne!(sent[0].etag, sent[1].etag, "the newer validators go out");
    let kinds: Vec<&str> = record.rights.iter().map(|seen| seen.signal.kind.as_str()).collect();
    assert_eq!(kinds, ["robots_txt", "feed_rights"], "seen with both revisions, listed once");
    assert!(
        record.document.article.extract.rights.iter().any(|signal| signal.raw == "© Paper"),
        "the feed's word stays"
    );
    assert!(check(&desk.kit).await.unwrap().agrees());
}

#[tokio::test]
async fn two_missing_answers_withdraw_and_an_answer_restores() {
    let desk = Desk::open().await;
    desk.world.put(BAN, Answer::Status(404));
    assert_eq!((desk.look(61).await, desk.found("DeepSeek").await), (Some(Look::Missing), 1));
    assert_eq!(desk.look(70).await, None, "the second question waits an hour");
    desk.world.put(BAN, Answer::Status(410));
    assert_eq!((desk.look(122).await, desk.found("DeepSeek").await), (Some(Look::Withdrawn), 0));
    assert!(desk.record().await.document.deleted);
    assert!(check(&desk.kit).await.unwrap().agrees());

    desk.world.put(BAN, html(TITLE, &CORRECTED));
    assert_eq!(
        (desk.look(6 * 60 + 1).await, desk.found("\"laboratories are exempt\"").await),
        (Some(Look::Restored), 1)
    );
    let record = desk.record().await;
    assert_eq!((record.document.deleted, record.document.revision), (false, 2));
    assert!(check(&desk.kit).await.unwrap().agrees());
}

const RESERVED: &str = "tdm-reservation";

#[tokio::test]
async fn a_statement_that_is_withdrawn_says_so_and_may_come_back() {
    let desk = Desk::open().await;
    let told = async || {
        let record = desk.record().await;
        let holds: Vec<String> =
            record.document.article.extract.rights.iter().map(|s| format!("{} {}", s.kind, s.raw)).collect();
        let gone: Vec<String> = record
            .rights
            .iter()
            .filter_map(|seen| Some(format!("{} {} min", seen.signal.kind, minutes(&desk, seen.withdrawn?))))
            .collect();
        (holds, gone)
    };
    let verdict = "robots_txt allowed: no rule applies".to_owned();
    let (reserved, feed) = ("tdm_reservation tdm-reservation: 1".to_owned(), "feed_rights © Paper".to_owned());
    // The page's bytes never change: what changes is a header.
    desk.world.with_header(BAN, RESERVED, "1");
    assert_eq!(desk.look(61).await, Some(Look::Unchanged));
    let (holds, gone) = told().await;
    assert!(holds.iter().any(|line| line.starts_with("tdm_reservation")) && gone.is_empty(), "{holds:?} {gone:?}");
    desk.world.with_header(BAN, "x-other", "1");
    desk.world.say(|site| *site = SiteRights { signals: Vec::new(), unread: vec!["robots.txt".to_owned()] });
    assert_eq!(desk.look(6 * 60 + 1).await, Some(Look::Unchanged));
    let (holds, gone) = told().await;
    assert_eq!(holds, [verdict.clone(), feed.clone()], "what could not be read, and what the feed said, stays");
    assert_eq!(gone, ["tdm_reservation 361 min"]);
    // It comes back, and the site is heard again: its rule is gone.
    desk.world.with_header(BAN, RESERVED, "1");
    desk.world.say(|site| site.unread.clear());
    assert_eq!(desk.look(24 * 60 + 1).await, Some(Look::Unchanged));
    let (holds, gone) = told().await;
    assert!(holds.len() == 2 && holds.iter().any(|line| line.starts_with("tdm_reservation")), "{holds:?} {reserved}");
    assert_eq!(gone, ["robots_txt 1441 min"]);
    assert_eq!(desk.record().await.document.revision, 1, "no look was an edit");
}

/// The store keeps microseconds, so that a minute may come back a little short.
fn minutes(desk: &Desk, at: Timestamp) -> i64 {
    (at.duration_since(desk.start).as_secs() + 30) / 60
}

#[tokio::test]
async fn a_withdrawn_article_leads_no_copies_and_a_restored_one_does() {
    let desk = Desk::open().await;
    let article = desk.record().await.document.article;
    let mut copy = banwatch::model::ClusterItem {
        id: ArticleId::from("copy"),
        lang: article.extract.lang,
        title: "Retitled".to_owned(),
        body: article.extract.body.clone(),
        published: None,
        site: None,
        topics: Vec::new(),
        event_mentions: article.judgement.event_mentions.clone(),
        entities: Vec::new(),
    };
    let judged = async |copy: &_| {
        let (verdict, placement) = desk.kit.links.lock().await.judge(copy);
        (verdict.copy_of, placement.story == article.placement.story)
    };
    let leads = (Some(article.id.clone()), true);
    assert_eq!(judged(&copy).await, leads);
    desk.world.put(BAN, Answer::Status(404));
    desk.look(61).await;
    assert_eq!(judged(&copy).await, leads, "one missing answer is no withdrawal");
    assert_eq!(desk.look(122).await, Some(Look::Withdrawn));
    let none = (None, false);
    assert_eq!(judged(&copy).await, none);
    copy.body = "Another text altogether, of the same happening.".to_owned();
    assert_eq!(judged(&copy).await, none, "its event went with it");
    copy.body = article.extract.body.clone();
    let rebuilt = banwatch::pipeline::Links::rebuild(desk.kit.store.as_ref()).await.unwrap();
    assert_eq!(rebuilt.judge(&copy).0.copy_of, None, "as after a restart");
    desk.world.put(BAN, html(TITLE, &TEXT));
    assert_eq!(desk.look(6 * 60 + 1).await, Some(Look::Restored));
    assert_eq!(judged(&copy).await, leads);
}

#[tokio::test]
async fn failures_and_notices_change_nothing() {
    let desk = Desk::open().await;
    desk.world.put(BAN, Answer::Status(404));
    assert_eq!(desk.look(61).await, Some(Look::Missing));
    desk.world.put(BAN, Answer::Timeout);
    assert_eq!(desk.look(122).await, Some(Look::Failed), "no answer confirms no withdrawal");
    let notice = "This page is not available in your region at this time. Please sign in to go on reading.";
    desk.world.put(BAN, html("Sign in", &[notice]));
    assert_eq!(desk.look(6 * 60 + 1).await, Some(Look::Failed));
    let record = desk.record().await;
    assert_eq!((record.document.revision, record.document.deleted), (1, false));
    let note = record.watched.looks[0].note.as_deref().unwrap();
    assert!(note.contains("a notice, no edit"), "{note}");
    assert_eq!(desk.found("DeepSeek").await, 1);
    let sent = desk.world.sent();
    assert!(sent.iter().all(|v| v == &sent[0]), "what was no article leaves no validators");
    assert!(desk.kit.store.head(&ArticleId::from("nobody")).await.unwrap().is_none());
}

#[tokio::test]
async fn new_entries_of_a_host_come_first() {
    let desk = Desk::open().await;
    let other = "https://paper.example/second";
    desk.world.put(FEED, rss(&[(BAN, TITLE), (other, "Second")]));
    let spec = feed(FEED, Lang::En);
    let later = desk.start + SignedDuration::from_mins(61);
    let claim = Claim { worker: "test", now: later, lease_until: later + SignedDuration::from_mins(1), limit: 9 };
    let claimed = desk.kit.store.claim_feed(&spec.id, &claim).await.unwrap().unwrap();
    banwatch::pipeline::poll(&desk.kit, &claimed, later).await.unwrap();
    assert_eq!(desk.look(62).await, None, "the host's new entry is due");
    let entries = desk.kit.store.claim_entries(&claim, &[], 9).await.unwrap();
    assert_eq!(entries.len(), 1);
    banwatch::pipeline::process(&desk.kit, &entries[0], Some(&spec), later).await.unwrap();
    assert_eq!(desk.look(62).await, Some(Look::Unchanged));
}

const OTHER: &str = "https://slow.example/ban";

/// Stores a second article whose look is due.
async fn due_now(desk: &Desk) {
    let url = OTHER;
    let mut article = desk.record().await.document.article;
    (article.id, article.url) = (ArticleId::of(url), url.to_owned());
    let watch = Watch { url: url.to_owned(), validators: Validators::default(), due: desk.start };
    let settled = Settlement {
        entry: None,
        outcome: Outcome::Stored,
        note: None,
        retry_at: None,
        url: Some(url.to_owned()),
        title: None,
        capture: None,
        article: Some(Box::new(article)),
        watch: Some(watch),
        now: desk.start,
    };
    desk.kit.store.settle(&settled).await.unwrap();
}

#[tokio::test]
async fn a_running_worker_looks_at_what_is_due_and_stops_when_told() {
    let desk = Desk::open().await;
    due_now(&desk).await;
    let (sender, stop) = Stop::new();
    let kit = Arc::clone(&desk.kit);
    let work = tokio::spawn(async move { run_until(&kit, Scope::Forever, stop).await });
    let looks = async || desk.kit.store.article(&ArticleId::of(OTHER)).await.unwrap().unwrap().watched.looks.len();
    let seen = async {
        while looks().await < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the look that is due is made");
    sender.send_replace(true);
    let done = work.await.unwrap();
    assert_eq!(done.revisits.0.iter().collect::<Vec<_>>(), [(&"missing".to_owned(), &1)]);
    assert_eq!((desk.world.asked(OTHER), desk.world.asked(BAN)), (1, 1));
}

#[tokio::test]
async fn a_single_run_looks_at_what_is_due() {
    let desk = Desk::open().await;
    due_now(&desk).await;
    let done = run(&desk.kit, Scope::Once).await;
    assert_eq!(done.revisits.0.iter().collect::<Vec<_>>(), [(&"missing".to_owned(), &1)]);
    assert_eq!((desk.world.asked(OTHER), desk.world.asked(BAN)), (1, 1), "only what is due");
}
