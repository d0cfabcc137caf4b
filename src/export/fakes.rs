//! A small world in memory, for the tests of export, digest and web.
use crate::index::{Answer, Coverage, Fold, Hit, Index, IndexFault, Request, Result as IndexResult, Snippet, Tier};
use crate::model::{
    Action, Article, ArticleId, CopyVerdict, Date, Document, Entity, Entry, EventId, EventMention, Evidence, Extract,
    FeedId, FeedKind, FeedSpec, FeedState, FeedStatus, Figure, HostCourtesy, Hosts, Judgement, Lang, Modality, Outcome,
    Pages, Period, Placement, Precision, Relation, RightsSignal, Stamp, Status, StoryId, Tally, TimeSource, Topic,
    Versions,
};
use crate::store::{
    ArticleHead, ArticleRecord, Claim, ClaimedFeed, Clustered, CoverageDay, Enqueued, FeedHealth, HubSubscription,
    PastLook, PendingEntry, PendingRevisit, PollRecord, Result, Revisit, SeenRights, Settlement, Store, StoreCounts,
    StoreFault, StoryRecord, Watched,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Mutex;

/// Store and index over the same documents. Only what readers call is there.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) documents: Vec<Document>,
    pub(crate) feeds: Vec<FeedHealth>,
    /// Every page carries the same cursor.
    pub(crate) stuck: bool,
    /// The store answers nothing but `Busy`.
    pub(crate) busy: bool,
    /// The requests the index has got.
    pub(crate) asked: Mutex<Vec<Request>>,
}

pub(crate) fn stamp(text: &str, offset_seconds: i32) -> Stamp {
    Stamp {
        instant: text.parse().unwrap(),
        offset_seconds: Some(offset_seconds),
        precision: Precision::Second,
        source: TimeSource::Meta,
        raw: text.to_owned(),
    }
}

pub(crate) fn entity(id: &str, name: &str) -> Entity {
    Entity { id: Some(id.to_owned()), name: name.to_owned() }
}

/// Alibaba bans Claude Code, told in Korean; one evidence sentence, the first of the body.
pub(crate) fn article(url: &str) -> Article {
    let evidence = "알리바바가 클로드 코드 사용을 금지했다.";
    Article {
        id: ArticleId::of(url),
        url: url.to_owned(),
        source_id: None,
        feed: None,
        extract: Extract {
            title: Some("알리바바, 클로드 코드 사용 금지".to_owned()),
            body: format!("{evidence} 직원 대상이다.\n\n대안은 Qoder다."),
            published: Some(stamp("2026-07-03T00:00:00Z", 9 * 3600)),
            modified: None,
            byline: Some("홍길동 기자".to_owned()),
            lang: Lang::Ko,
            script: Some(crate::model::Script::Kore),
            canonical: Some(url.to_owned()),
            site: Some("n.example".to_owned()),
            image: None,
            rights: vec![RightsSignal {
                kind: "footer".to_owned(),
                raw: "무단 전재 금지".to_owned(),
                place: "text".to_owned(),
            }],
            method: "blocks".to_owned(),
            truncated: false,
            problems: Vec::new(),
        },
        judgement: Judgement {
            topics: vec![Topic::VendorBan],
            mentions: vec![Topic::DistillationAllegation],
            event_mentions: vec![mention(evidence)],
            entities: Vec::new(),
            reasons: vec!["ban word beside a vendor".to_owned()],
        },
        copy: CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() },
        placement: Placement {
            event: EventId::from("event1"),
            events: vec![EventId::from("event1")],
            story: StoryId::from("story1"),
            why: Vec::new(),
        },
        versions: Versions {
            extractor: "1".to_owned(),
            rules: "2".to_owned(),
            lexicon: "3".to_owned(),
            normaliser: "4".to_owned(),
        },
        content_hash: "c0ffee".to_owned(),
        capture: None,
        fetched_at: "2026-07-03T01:00:00Z".parse().unwrap(),
    }
}

pub(crate) fn mention(evidence: &str) -> EventMention {
    EventMention {
        kind: Topic::VendorBan,
        action: Action::Ban,
        actor: vec![entity("alibaba", "알리바바")],
        target: vec![entity("anthropic", "Anthropic")],
        products: vec![entity("claude_code", "클로드 코드")],
        place: Some("CN".to_owned()),
        scope: Some("employees".to_owned()),
        reason: Some("security".to_owned()),
        announced: Some(Date("2026-07-03".to_owned())),
        effective: Some(Date("2026-07-10".to_owned())),
        ends: None,
        period: Period::default(),
        figures: vec![Figure { value: 25000.0, unit: "accounts".to_owned() }],
        instead: Some("Qoder".to_owned()),
        cited: vec!["Zhidongxi".to_owned(), "internal source".to_owned()],
        modality: Modality::Reported,
        status: Status::Announced,
        evidence: vec![Evidence { text: evidence.to_owned(), start: 0, end: evidence.chars().count() }],
        score: 0.9,
    }
}

pub(crate) fn feed(url: &str, status: FeedStatus) -> FeedHealth {
    FeedHealth {
        spec: FeedSpec {
            id: FeedId::of(url),
            url: url.to_owned(),
            title: "Example News".to_owned(),
            lang: Lang::Ko,
            script: None,
            region: "KR".to_owned(),
            zone: "Asia/Seoul".to_owned(),
            category: "technology".to_owned(),
            kind: FeedKind::Feed,
            status,
            pages: Pages::All,
            last_evidence: None,
            note: None,
            only: None,
            listing: None,
        },
        state: FeedState::default(),
        outcomes: Tally::default(),
        entries_7d: 0,
        hub: None,
    }
}

fn seen(signal: &RightsSignal) -> SeenRights {
    SeenRights {
        signal: signal.clone(),
        revision: 1,
        first_seen: "2026-07-03T01:00:00Z".parse().unwrap(),
        withdrawn: None,
    }
}

impl World {
    pub(crate) fn of(articles: Vec<Article>) -> Self {
        let documents = articles
            .into_iter()
            .zip(1..)
            .map(|(article, change_seq)| Document { change_seq, revision: 1, deleted: false, article })
            .collect();
        Self { documents, ..Self::default() }
    }

    fn hit(document: &Document) -> Hit {
        let article = &document.article;
        Hit {
            id: article.id.clone(),
            source_id: article.source_id.clone(),
            title: article.extract.title.clone().unwrap_or_default(),
            url: article.url.clone(),
            lang: article.extract.lang,
            published: article.extract.published.as_ref().map(Stamp::to_text),
            site: article.extract.site.clone(),
            topics: article.judgement.topics.clone(),
            story: article.placement.story.to_string(),
            copy_of: article.copy.copy_of.clone(),
            score: 1.0,
            tier: Tier::Strict,
            snippet: Snippet { text: article.extract.body.chars().take(160).collect(), marks: vec![(0, 4)] },
            why: vec!["title: 알리바바".to_owned()],
            ruling: None,
        }
    }

    fn watched() -> Watched {
        let look =
            |at: &str, outcome: &str| PastLook { at: at.parse().unwrap(), outcome: outcome.to_owned(), note: None };
        Watched {
            looks: vec![look("2026-07-03T02:00:00Z", "withdrawn"), look("2026-07-03T01:00:00Z", "fetched")],
            next_due: Some("2026-07-03T07:00:00Z".parse().unwrap()),
        }
    }

    fn guard(&self) -> Result<()> {
        if self.busy { Err(StoreFault::Busy) } else { Ok(()) }
    }
}

#[async_trait]
impl Index for World {
    async fn apply(&self, _: &[Document], _: u64) -> IndexResult<()> {
        unreachable!("readers do not write")
    }

    async fn reached(&self) -> IndexResult<u64> {
        Ok(self.documents.len() as u64)
    }

    async fn search(&self, request: &Request) -> IndexResult<Answer> {
        self.asked.lock().unwrap().push(request.clone());
        let mut hits: Vec<Hit> = self.documents.iter().map(Self::hit).collect();
        hits.retain(|hit| request.langs.is_empty() || request.langs.contains(&hit.lang));
        hits.retain(|hit| request.topics.is_empty() || hit.topics.iter().any(|topic| request.topics.contains(topic)));
        if request.fold == Fold::Story {
            let mut seen = std::collections::HashSet::new();
            hits.retain(|hit| seen.insert(hit.story.clone()));
        }
        let total = hits.len();
        let from: usize = match &request.cursor {
            Some(cursor) => cursor.parse().map_err(|_| IndexFault::Cursor)?,
            None => 0,
        };
        let page: Vec<Hit> = hits.into_iter().skip(from).take(request.limit).collect();
        let reached = from + page.len();
        let next = if self.stuck { Some("0".to_owned()) } else { (reached < total).then(|| reached.to_string()) };
        Ok(Answer {
            hits: page,
            total: total as u64,
            loose: 0,
            parsed: "all of: ban".to_owned(),
            expanded: vec!["ban = 금지, 禁止".to_owned()],
            problems: Vec::new(),
            coverage: Coverage { change_seq: total as u64, articles: total as u64 },
            next,
        })
    }

    async fn contents(&self) -> IndexResult<Vec<(ArticleId, u64)>> {
        unreachable!("readers do not check")
    }

    async fn clear(&self) -> IndexResult<()> {
        unreachable!("readers do not write")
    }
}

#[async_trait]
impl Store for World {
    async fn sync_catalogue(&self, _: &[FeedSpec], _: Timestamp) -> Result<()> {
        unreachable!("readers do not write")
    }
    async fn claim_feeds(&self, _: &Claim<'_>) -> Result<Vec<ClaimedFeed>> {
        unreachable!("readers do not claim")
    }
    async fn claim_feed(&self, _: &FeedId, _: &Claim<'_>) -> Result<Option<ClaimedFeed>> {
        unreachable!("readers do not claim")
    }
    async fn record_poll(&self, _: &PollRecord, _: &[Entry]) -> Result<Enqueued> {
        unreachable!("readers do not write")
    }
    async fn postpone(&self, _: &FeedId, _: &FeedState, _: Timestamp) -> Result<()> {
        unreachable!("readers do not write")
    }
    async fn next_feed_due(&self) -> Result<Option<Timestamp>> {
        unreachable!("readers do not poll")
    }
    async fn feeds(&self) -> Result<Vec<FeedSpec>> {
        self.guard()?;
        Ok(self.feeds.iter().map(|health| health.spec.clone()).collect())
    }
    async fn feed_health(&self, _: Timestamp) -> Result<Vec<FeedHealth>> {
        self.guard()?;
        Ok(self.feeds.clone())
    }
    async fn coverage(&self, _: Timestamp) -> Result<Vec<CoverageDay>> {
        self.guard()?;
        let of = |day: &str, lang, polls_ok| CoverageDay {
            day: day.parse().unwrap(),
            lang,
            polls_ok,
            polls_failed: 2,
            feeds_ok: polls_ok.min(1),
            entries_new: 3 * polls_ok,
        };
        Ok(vec![of("2026-07-02", Lang::Ko, 1_200), of("2026-07-03", Lang::Ko, 0), of("2026-07-03", Lang::Zh, 7)])
    }
    async fn claim_entries(&self, _: &Claim<'_>, _: &[String], _: usize) -> Result<Vec<PendingEntry>> {
        unreachable!("readers do not claim")
    }
    async fn next_entry_due(&self) -> Result<Option<Timestamp>> {
        unreachable!("readers do not poll")
    }
    async fn settle(&self, _: &Settlement) -> Result<Option<u64>> {
        unreachable!("readers do not write")
    }
    async fn claim_revisits(&self, _: &Claim<'_>) -> Result<Vec<PendingRevisit>> {
        unreachable!("readers do not claim")
    }
    async fn next_revisit_due(&self) -> Result<Option<Timestamp>> {
        unreachable!("readers do not fetch")
    }
    async fn record_revisit(&self, _: &Revisit) -> Result<Option<u64>> {
        unreachable!("readers do not write")
    }
    async fn keep_hosts(&self, _: &Hosts, _: Timestamp) -> Result<()> {
        unreachable!("readers do not write")
    }
    async fn hosts(&self, _: Timestamp) -> Result<Hosts> {
        unreachable!("readers do not fetch")
    }
    async fn courtesy(&self) -> Result<Vec<HostCourtesy>> {
        self.guard()?;
        Ok(vec![HostCourtesy { host: "stored.example".to_owned(), requests: 5, ..HostCourtesy::default() }])
    }
    async fn release_leases(&self) -> Result<()> {
        unreachable!("readers do not claim")
    }
    async fn hub_key(&self, _: &str) -> Result<String> {
        unreachable!("readers have no callback")
    }
    async fn record_hub(&self, _: &HubSubscription, _: Timestamp) -> Result<()> {
        unreachable!("readers do not write")
    }
    async fn hub_subscription(&self, _: &str) -> Result<Option<HubSubscription>> {
        unreachable!("readers have no callback")
    }
    async fn hub_subscriptions(&self, _: Option<&FeedId>) -> Result<Vec<HubSubscription>> {
        unreachable!("readers have no callback")
    }
    async fn hubs_due(&self, _: Timestamp, _: usize) -> Result<Vec<HubSubscription>> {
        unreachable!("readers have no callback")
    }
    async fn learn_site_lines(&self, _: &[crate::model::SiteLine], _: Timestamp) -> Result<()> {
        unreachable!("readers do not write")
    }
    async fn site_lines(&self) -> Result<Vec<crate::model::SiteLine>> {
        unreachable!("readers do not extract")
    }
    async fn head(&self, _: &ArticleId) -> Result<Option<ArticleHead>> {
        unreachable!("readers want whole articles")
    }
    async fn head_by_url(&self, _: &str) -> Result<Option<ArticleHead>> {
        unreachable!("readers want whole articles")
    }
    async fn article(&self, id: &ArticleId) -> Result<Option<ArticleRecord>> {
        self.guard()?;
        Ok(self.documents.iter().find(|document| document.article.id == *id).map(|document| ArticleRecord {
            document: document.clone(),
            revisions: vec![(1, "2026-07-03T01:00:00Z".to_owned(), document.article.content_hash.clone())],
            rights: document.article.extract.rights.iter().map(seen).collect(),
            watched: Self::watched(),
        }))
    }
    async fn rights(&self, ids: &[ArticleId]) -> Result<Vec<Vec<SeenRights>>> {
        self.guard()?;
        let of = |id: &ArticleId| self.documents.iter().find(|document| document.article.id == *id);
        let rights = |document: &Document| document.article.extract.rights.iter().map(seen).collect();
        // The contract: an article nobody knows has no statements.
        Ok(ids.iter().map(|id| of(id).map(rights).unwrap_or_default()).collect())
    }
    async fn changes(&self, _: u64, _: usize) -> Result<Vec<Document>> {
        unreachable!("readers do not index")
    }
    async fn change_seq(&self) -> Result<u64> {
        self.guard()?;
        Ok(self.documents.len() as u64)
    }
    async fn indexed_state(&self, _: Option<&ArticleId>, _: usize) -> Result<Vec<(ArticleId, u64)>> {
        unreachable!("readers do not check")
    }
    async fn clustered(&self, _: u64, _: usize) -> Result<Vec<(u64, Clustered)>> {
        unreachable!("readers do not cluster")
    }
    async fn story(&self, id: &StoryId) -> Result<Option<StoryRecord>> {
        let articles: Vec<Document> =
            self.documents.iter().filter(|document| document.article.placement.story == *id).cloned().collect();
        let events = vec![EventId::from("event1")];
        Ok((!articles.is_empty()).then(|| StoryRecord { id: id.clone(), events, articles }))
    }
    async fn counts(&self) -> Result<StoreCounts> {
        let mut outcomes = Tally::default();
        outcomes.count(&Outcome::Stored);
        Ok(StoreCounts { articles: self.documents.len() as u64, outcomes, ..StoreCounts::default() })
    }
    async fn close(&self) {}
}
