//! Small, readable inputs; every time is seconds after a fixed moment.
use crate::model::{
    Action, Article, ArticleId, CaptureRef, CopyVerdict, EntitySpan, Entry, EntryKey, EventId, EventMention, Extract,
    FeedId, FeedKind, FeedSpec, FeedState, FeedStatus, Judgement, Lang, Modality, Outcome, Pages, Period, Placement,
    Precision, Relation, RightsSignal, Script, Stamp, Status, StoryId, TimeSource, Topic, Validators, Versions,
};
use crate::store::{Claim, PollRecord, PollSource, Settlement};
use jiff::{SignedDuration, Timestamp};

/// 2026-07-03T00:00:00Z and so many seconds.
pub(in crate::store) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-07-03T00:00:00Z".parse().expect("a time");
    start + SignedDuration::from_secs(seconds)
}

/// A claim made at a second, held for a minute.
pub(in crate::store) fn claim_of(seconds: i64, limit: usize) -> Claim<'static> {
    Claim { worker: "one", now: at(seconds), lease_until: at(seconds + 60), limit }
}

pub(in crate::store) struct Samples;

impl Samples {
    pub(in crate::store) fn feed(name: &str) -> FeedSpec {
        let url = format!("https://{name}.example/rss");
        FeedSpec {
            id: FeedId::of(&url),
            url,
            title: format!("{name} 뉴스"),
            lang: Lang::Zh,
            script: Some(Script::Hant),
            region: "TW".to_owned(),
            zone: "Asia/Taipei".to_owned(),
            category: "news".to_owned(),
            kind: FeedKind::Feed,
            status: FeedStatus::Live,
            pages: Pages::Gated,
            last_evidence: Some("2026-06-30".parse().expect("a day")),
            note: Some("kept for its wire desk".to_owned()),
            only: Some("/news/".to_owned()),
            listing: Some(crate::model::ListingRule {
                item: "li > a".to_owned(),
                title: Some("h3".to_owned()),
                link: None,
                date: None,
            }),
        }
    }

    pub(in crate::store) fn state(next_due: i64) -> FeedState {
        FeedState {
            validators: Validators {
                etag: Some("W/\"a b\"".to_owned()),
                last_modified: Some("Fri, 03 Jul 2026 00:00:00 GMT".to_owned()),
                body_hash: None,
                from: Some("https://news.example/rss".to_owned()),
            },
            next_due: Some(at(next_due)),
            interval_seconds: 900,
            failures: 2,
            last_polled: Some(at(0)),
            last_ok: None,
            last_error: Some("timeout".to_owned()),
            last_entries: Some(3),
            newest_entry: None,
            gone: false,
            moved_to: Some("https://news.example/new".to_owned()),
            moved_hits: 2,
            gap_seconds: Some(3_600),
            ..FeedState::default()
        }
    }

    /// A good poll at a second; the feed is due again 900 s later.
    pub(in crate::store) fn poll(feed: &FeedId, seconds: i64) -> PollRecord {
        PollRecord {
            feed: feed.clone(),
            polled_at: at(seconds),
            source: PollSource::Feed,
            result: "ok".to_owned(),
            error: None,
            http_status: Some(200),
            bytes: 4_096,
            elapsed_ms: 12,
            entries: 1,
            problems: Vec::new(),
            capture: Some(CaptureRef::from("1:0")),
            state: Self::state(seconds + 900),
        }
    }

    pub(in crate::store) fn entry(host: &str, name: &str) -> Entry {
        Entry {
            key: EntryKey::from(name),
            url: Some(format!("https://{host}/{name}")),
            title_markup: None,
            title: Some(format!("제목 {name}")),
            published: Some(Self::stamp(0)),
            updated: None,
            author: None,
            rights: vec![RightsSignal {
                kind: "feed_rights".to_owned(),
                raw: "© 예시신문".to_owned(),
                place: "feed".to_owned(),
            }],
            summary: Some("요약".to_owned()),
            content: None,
            links: Vec::new(),
        }
    }

    pub(in crate::store) fn stamp(seconds: i64) -> Stamp {
        Stamp {
            instant: at(seconds),
            offset_seconds: Some(9 * 3600),
            precision: Precision::Minute,
            source: TimeSource::Feed,
            raw: "2026-07-03 09:00".to_owned(),
        }
    }

    /// An article of its own event and story, on topic, with one event mention.
    pub(in crate::store) fn article(name: &str, body: &str) -> Article {
        let url = format!("https://news.example/{name}");
        let id = ArticleId::of(&url);
        let event = EventId(format!("event-{name}"));
        Article {
            source_id: Some(name.to_owned()),
            feed: None,
            extract: Self::extract(name, body),
            judgement: Self::judgement(),
            copy: CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: vec![] },
            placement: Placement {
                event: event.clone(),
                events: vec![event],
                story: StoryId(format!("story-{name}")),
                why: vec!["first of its kind".to_owned()],
            },
            versions: Versions {
                extractor: "1".to_owned(),
                rules: "2".to_owned(),
                lexicon: "3".to_owned(),
                normaliser: "4".to_owned(),
            },
            content_hash: crate::model::id::derive("text", &[body]),
            capture: Some(CaptureRef::from("1:4096")),
            fetched_at: at(5),
            id,
            url,
        }
    }

    fn extract(name: &str, body: &str) -> Extract {
        Extract {
            title: Some(format!("알리바바, 클로드 코드 금지 {name}")),
            body: body.to_owned(),
            published: Some(Self::stamp(0)),
            modified: None,
            byline: Some("기자".to_owned()),
            lang: Lang::Ko,
            script: Some(Script::Kore),
            canonical: None,
            site: Some("news.example".to_owned()),
            image: None,
            rights: vec![RightsSignal {
                kind: "footer".to_owned(),
                raw: "무단 전재 금지".to_owned(),
                place: "text".to_owned(),
            }],
            method: "blocks".to_owned(),
            truncated: false,
            problems: Vec::new(),
        }
    }

    fn judgement() -> Judgement {
        let entity = |id: &str, start| EntitySpan {
            id: id.to_owned(),
            name: id.to_owned(),
            kind: "vendor".to_owned(),
            start,
            end: start + 2,
        };
        Judgement {
            topics: vec![Topic::VendorBan],
            mentions: vec![Topic::DistillationAllegation],
            event_mentions: vec![Self::mention(Status::Announced)],
            entities: vec![entity("anthropic", 4), entity("alibaba", 0), entity("anthropic", 9)],
            reasons: vec!["ban near a product".to_owned()],
        }
    }

    pub(in crate::store) fn mention(status: Status) -> EventMention {
        EventMention {
            kind: Topic::VendorBan,
            action: Action::Ban,
            actor: vec![],
            target: vec![],
            products: vec![],
            place: Some("CN".to_owned()),
            scope: None,
            reason: None,
            announced: None,
            effective: None,
            ends: None,
            period: Period::default(),
            figures: vec![],
            instead: None,
            cited: vec![],
            modality: Modality::Reported,
            status,
            evidence: vec![],
            score: 0.75,
        }
    }

    /// How an entry ended at a second, without an article.
    pub(in crate::store) fn settled(entry: Option<(&FeedId, &str)>, outcome: Outcome, seconds: i64) -> Settlement {
        Settlement {
            entry: entry.map(|(feed, key)| (feed.clone(), EntryKey::from(key))),
            outcome,
            note: None,
            retry_at: None,
            url: None,
            title: None,
            capture: None,
            article: None,
            watch: None,
            now: at(seconds),
        }
    }

    /// An article that came in by import at a second.
    pub(in crate::store) fn imported(article: Article, seconds: i64) -> Settlement {
        Settlement { article: Some(Box::new(article)), ..Self::settled(None, Outcome::Stored, seconds) }
    }
}
