use super::*;
use crate::index::{Fold, Request, Sort, Tier};
use crate::model::{
    Action, Article, CopyVerdict, Entity, EventId, EventMention, Extract, Judgement, Lang, Modality, Period, Placement,
    Precision, Relation, Stamp, Status, StoryId, TimeSource, Topic, Versions,
};
use crate::query::{Query, parse, parse_any};
use jiff::Timestamp;
use tempfile::TempDir;

fn article(id: &str, title: &str, body: &str) -> Document {
    let words = |text: &str| text.to_owned();
    let extract = Extract {
        title: Some(words(title)),
        body: words(body),
        published: None,
        modified: None,
        byline: None,
        lang: Lang::Ko,
        script: None,
        canonical: None,
        site: None,
        image: None,
        rights: Vec::new(),
        method: words("import"),
        truncated: false,
        problems: Vec::new(),
    };
    let article = Article {
        id: ArticleId::from(id),
        url: format!("https://news.example.co.kr/{id}"),
        source_id: Some(words(id)),
        feed: None,
        extract,
        judgement: Judgement::default(),
        copy: CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() },
        placement: Placement {
            event: EventId::from(id),
            events: Vec::new(),
            story: StoryId::from(id),
            why: Vec::new(),
        },
        versions: Versions { extractor: words("1"), rules: words("1"), lexicon: words("1"), normaliser: words("1") },
        content_hash: words(id),
        capture: None,
        fetched_at: Timestamp::UNIX_EPOCH,
    };
    Document { change_seq: 1, revision: 1, deleted: false, article }
}

fn dated(id: &str, body: &str, instant: &str) -> Document {
    let mut document = article(id, "", body);
    document.article.extract.published = Some(Stamp {
        instant: instant.parse().unwrap(),
        offset_seconds: Some(9 * 3600),
        precision: Precision::Second,
        source: TimeSource::Import,
        raw: instant.to_owned(),
    });
    document
}

fn request(query: Query) -> Request {
    Request {
        query,
        langs: Vec::new(),
        topics: Vec::new(),
        sort: Sort::Relevance,
        tier: Tier::Strict,
        fold: Fold::None,
        limit: 100,
        cursor: None,
    }
}

fn asked(text: &str) -> Request {
    request(parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}")))
}

struct Fixture {
    index: TantivyIndex,
    dir: TempDir,
}

async fn fixture(documents: &[Document]) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let index = TantivyIndex::open(dir.path(), OpenMode::ReadWrite).unwrap();
    index.apply(documents, 7).await.unwrap();
    Fixture { index, dir }
}

impl Fixture {
    async fn ids(&self, request: Request) -> Vec<String> {
        let mut ids: Vec<String> =
            self.index.search(&request).await.unwrap().hits.into_iter().map(|hit| hit.id.0).collect();
        ids.sort_unstable();
        ids
    }

    async fn check(&self, query: &str, wanted: &[&str]) {
        assert_eq!(self.ids(asked(query)).await, wanted, "{query}");
    }
}

fn three_languages() -> Vec<Document> {
    vec![
        article("a", "알리바바, 클로드 코드 사용 금지", "알리바바까지도 사내에서 Claude Code를 금지했다."),
        article("b", "阿里巴巴禁止员工使用Claude Code", "模型蒸馏指控升级，公司禁止使用该工具。"),
        article("c", "蒸餾爭議擴大", "臺灣政府表示，模型蒸餾攻擊應予禁止。"),
        article("d", "Schools ban chatbots", "The board banned ChatGPT and GPT-4 from class."),
        article("e", "Bank adopts chatbots", "The bank signed with OpenAI's partners."),
        article("f", "한국인이란 무엇인가", "메타버스 시장이 커진다. 公司的产品和服务"),
        article("g", "메타가 접근을 막았다", "이란은 딥시크發 유출을 조사한다."),
    ]
}

#[tokio::test]
async fn words_are_found_in_every_script_and_form() {
    let set = fixture(&three_languages()).await;
    set.check("금지", &["a"]).await;
    set.check("알리바바", &["a"]).await;
    set.check("사용금지", &["a"]).await;
    set.check("蒸馏", &["b", "c"]).await;
    set.check("蒸餾", &["b", "c"]).await;
    set.check("禁", &["b", "c"]).await;
    set.check("台灣", &["c"]).await;
    set.check("\"Claude Code\"", &["a", "b"]).await;
    set.check("ＣＬＡＵＤＥ code", &["a", "b"]).await;
    set.check("ban", &["d"]).await;
    set.check("gpt4", &["d"]).await;
    set.check("openai", &["e"]).await;
    set.check("ban*", &["d", "e"]).await;
    set.check("알리바*", &["a"]).await;
    set.check("title:chatbots -ban", &["e"]).await;
    set.check("body:chatbots", &[]).await;
    set.check("(금지 OR ban) -알리바바", &["d"]).await;
    set.check("-금지 -禁 -chatbots -메타", &["f"]).await;
}

#[tokio::test]
async fn a_word_inside_another_is_loose() {
    let set = fixture(&three_languages()).await;
    for (query, strict, all) in [("이란", 1, 2), ("메타", 1, 2), ("和服", 0, 1), ("딥시크", 1, 1), ("ban", 1, 1)]
    {
        let answer = set.index.search(&asked(query)).await.unwrap();
        assert_eq!((answer.total, answer.loose), (strict, all - strict), "{query}");
        let answer = set.index.search(&Request { tier: Tier::Loose, ..asked(query) }).await.unwrap();
        let tiers: Vec<Tier> = answer.hits.iter().map(|hit| hit.tier).collect();
        assert_eq!((answer.total, answer.loose), (all, 0), "{query}");
        assert_eq!(tiers.iter().filter(|tier| **tier == Tier::Strict).count() as u64, strict, "{query}");
        assert!(tiers.is_sorted_by_key(|tier| *tier == Tier::Loose), "{query}: loose hits come last");
    }
}

#[tokio::test]
async fn plain_text_is_ranked() {
    let set = fixture(&three_languages()).await;
    let answer = set.index.search(&request(parse_any("누가 클로드 코드를 (금지했나?"))).await.unwrap();
    let first = &answer.hits[0];
    assert_eq!(first.id.as_str(), "a");
    assert_eq!(answer.coverage, crate::index::Coverage { change_seq: 7, articles: 7 });
    let shown: Vec<char> = first.snippet.text.chars().collect();
    let marked: Vec<String> = first.snippet.marks.iter().map(|(a, b)| shown[*a..*b].iter().collect()).collect();
    assert_eq!(marked, ["금지"]);
    assert!(first.why.contains(&"title: 클로드".to_owned()), "{:?}", first.why);
}

#[tokio::test]
async fn any_text_is_answered() {
    let set = fixture(&three_languages()).await;
    for text in ["", " ", "(", "\u{3000}", "*", "금", "g", "''", "\u{1F600}", "가\u{0}나", "1", "ｶﾞ ㎏", "\u{10FFFF}禁"]
    {
        set.index.search(&request(parse_any(text))).await.unwrap();
        if let Ok(query) = parse(text) {
            set.index.search(&request(query)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_batch_twice_leaves_one_document_each() {
    let set = fixture(&three_languages()).await;
    set.index.apply(&three_languages(), 7).await.unwrap();
    assert_eq!(set.index.contents().await.unwrap().len(), 7);
    let mut gone = article("a", "", "");
    gone.deleted = true;
    let revised = Document { change_seq: 9, ..article("d", "Schools lift the order", "Teachers are pleased.") };
    set.index.apply(&[gone, revised], 9).await.unwrap();
    set.check("ban", &[]).await;
    set.check("teachers", &["d"]).await;
    set.check("금지", &[]).await;
    assert_eq!(set.index.reached().await.unwrap(), 9);
    assert!(set.index.contents().await.unwrap().contains(&(ArticleId::from("d"), 9)));
    set.index.clear().await.unwrap();
    assert_eq!((set.index.reached().await.unwrap(), set.index.contents().await.unwrap()), (0, Vec::new()));
}

#[tokio::test]
async fn pages_hold_every_hit_once() {
    let many: Vec<Document> =
        (0..25).map(|n| dated(&format!("n{n:02}"), "같은 금지 소식", "2026-07-03T00:00:00Z")).collect();
    let set = fixture(&many).await;
    for sort in [Sort::Relevance, Sort::Newest] {
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = Request { limit: 10, sort, cursor, ..asked("금지") };
            let answer = set.index.search(&page).await.unwrap();
            assert_eq!(answer.total, 25);
            seen.extend(answer.hits.into_iter().map(|hit| hit.id.0));
            cursor = answer.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 25);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 25);
    }
    let first = set.index.search(&Request { limit: 10, ..asked("금지") }).await.unwrap().next;
    for cursor in [first, Some("가나다".to_owned()), Some("0".repeat(40)), Some(String::new())] {
        let other = Request { cursor, ..asked("소식") };
        assert!(matches!(set.index.search(&other).await, Err(IndexFault::Cursor)));
    }
}

#[tokio::test]
async fn a_story_is_one_hit() {
    let mut documents = three_languages();
    for document in &mut documents {
        document.article.placement.story = StoryId::from(if document.article.id.as_str() < "d" { "s1" } else { "s2" });
    }
    let set = fixture(&documents).await;
    let folded = Request { fold: Fold::Story, limit: 1, ..asked("\"claude code\" OR chatbots") };
    let first = set.index.search(&folded).await.unwrap();
    assert_eq!((first.total, first.hits.len()), (2, 1));
    let second = set.index.search(&Request { cursor: first.next, ..folded }).await.unwrap();
    assert_eq!((second.hits.len(), second.next), (1, None));
    assert_ne!(first.hits[0].story, second.hits[0].story);
}

#[tokio::test]
async fn days_are_the_articles_own() {
    let set = fixture(&[
        dated("late", "금지", "2026-07-02T20:00:00Z"),
        dated("early", "금지", "2026-07-02T10:00:00Z"),
        article("undated", "", "금지"),
    ])
    .await;
    set.check("금지 after:2026-07-03", &["late"]).await;
    set.check("금지 before:2026-07-03", &["early"]).await;
    set.check("after:2026-07 before:2026-08", &["early", "late"]).await;
    let newest = set.index.search(&Request { sort: Sort::Newest, ..asked("금지") }).await.unwrap();
    let order: Vec<&str> = newest.hits.iter().map(|hit| hit.id.as_str()).collect();
    assert_eq!(order, ["late", "early", "undated"]);
    assert_eq!(newest.hits[0].published.as_deref(), Some("2026-07-03T05:00:00+09:00"));
}

#[tokio::test]
async fn what_is_known_of_an_article_can_be_asked_for() {
    let mut known = article("k", "", "본문");
    let entity = |id: &str, name: &str| Entity { id: Some(id.to_owned()), name: name.to_owned() };
    known.article.extract.lang = Lang::Zh;
    known.article.judgement.topics = vec![Topic::VendorBan];
    known.article.judgement.event_mentions = vec![EventMention {
        kind: Topic::VendorBan,
        action: Action::Ban,
        actor: vec![entity("alibaba", "알리바바")],
        target: vec![entity("anthropic", "앤트로픽")],
        products: vec![entity("claude-code", "Claude Code")],
        place: Some("CN".to_owned()),
        scope: None,
        reason: None,
        announced: None,
        effective: None,
        ends: None,
        period: Period::default(),
        figures: Vec::new(),
        instead: None,
        cited: Vec::new(),
        modality: Modality::Asserted,
        status: Status::InForce,
        evidence: Vec::new(),
        score: 1.0,
    }];
    let set = fixture(&[known, article("other", "", "본문")]).await;
    for query in [
        "lang:zh",
        "topic:vendor_ban",
        "kind:vendor_ban",
        "action:ban",
        "actor:알리바바",
        "actor:alibaba",
        "vendor:anthropic",
        "vendor:\"Claude Code\"",
        "product:claude-code",
        "place:cn",
        "status:in_force",
        "story:k",
    ] {
        set.check(query, &["k"]).await;
    }
    set.check("site:example.co.kr", &["k", "other"]).await;
    set.check("actor:anthropic", &[]).await;
    assert_eq!(set.ids(Request { langs: vec![Lang::Zh], ..asked("본문") }).await, ["k"]);
    assert_eq!(set.ids(Request { topics: vec![Topic::VendorBan], ..asked("본문") }).await, ["k"]);
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_each_commit() {
    let set = fixture(&[]).await;
    let reader = TantivyIndex::open(set.dir.path(), OpenMode::ReadOnly).unwrap();
    set.index.apply(&three_languages(), 8).await.unwrap();
    let answer = reader.search(&asked("금지")).await.unwrap();
    assert_eq!((answer.total, answer.coverage.change_seq), (1, 8));
    assert!(matches!(reader.clear().await, Err(IndexFault::Engine(_))));
    assert!(matches!(TantivyIndex::open(set.dir.path(), OpenMode::ReadWrite), Err(IndexFault::Open { .. })));
}

#[tokio::test]
async fn damage_is_a_fault_and_a_fresh_start_is_possible() {
    let Fixture { index, dir } = fixture(&three_languages()).await;
    drop(index);
    let path = dir.path();
    assert!(matches!(TantivyIndex::open(&path.join("none"), OpenMode::ReadOnly), Err(IndexFault::Open { .. })));
    let term_file = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|file| file.extension().is_some_and(|e| e == "store"))
        .unwrap();
    let mut bytes = std::fs::read(&term_file).unwrap();
    bytes[3] ^= 0xFF;
    std::fs::write(&term_file, &bytes).unwrap();
    assert!(matches!(TantivyIndex::open(path, OpenMode::ReadWrite), Err(IndexFault::Open { .. })));
    for bad in ["", "{", "{}"] {
        std::fs::write(path.join(META_FILE), bad).unwrap();
        assert!(matches!(TantivyIndex::open(path, OpenMode::ReadWrite), Err(IndexFault::Open { .. })), "{bad}");
    }
    std::fs::write(path.join("banwatch-index.json"), r#"{"schema":0,"tokens":"0","normaliser":"0"}"#).unwrap();
    assert!(matches!(TantivyIndex::open(path, OpenMode::ReadWrite), Err(IndexFault::Version { .. })));
    let fresh = TantivyIndex::recreate(path).unwrap();
    assert_eq!(fresh.reached().await.unwrap(), 0);
    drop(fresh);
    std::fs::remove_dir_all(path).unwrap();
    let again = TantivyIndex::open(path, OpenMode::ReadWrite).unwrap();
    assert_eq!(again.contents().await.unwrap(), Vec::new());
}

#[tokio::test]
async fn no_damaged_file_ends_the_process() {
    let Fixture { index, dir } = fixture(&three_languages()).await;
    drop(index);
    let files: Vec<PathBuf> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut refused = 0;
    for file in &files {
        let whole = std::fs::read(file).unwrap();
        for damaged in [&whole[..whole.len() / 2], &[], &[0xFF; 64]] {
            std::fs::write(file, damaged).unwrap();
            match TantivyIndex::open(dir.path(), OpenMode::ReadOnly) {
                // A fault or an answer from what is whole: both are fine, a panic is not.
                Ok(reader) => drop(reader.search(&asked("금지 -ban lang:ko")).await),
                Err(_) => refused += 1,
            }
        }
        std::fs::write(file, &whole).unwrap();
    }
    assert!(refused > files.len(), "{refused} of {} files", files.len());
    assert!(TantivyIndex::open(dir.path(), OpenMode::ReadWrite).is_ok());
}
