//! What search costs: analysing text, reading a query, and asking an index of generated articles.
//! Throughput is per byte of text; queries are per call.
use banwatch::index::{Fold, Index, OpenMode, Request, Sort, TantivyIndex, Tier};
use banwatch::model::{
    Article, ArticleId, CopyVerdict, Document, EventId, Extract, Judgement, Lang, Placement, Relation, StoryId,
    Versions,
};
use banwatch::query::{Query, parse, parse_any};
use banwatch::text::tokenize::analyse;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const ARTICLES: u64 = 2_000;

const WORDS: [(&str, &[&str]); 3] = [
    (
        "ko",
        &[
            "정부는 ",
            "사내에서 ",
            "챗봇 ",
            "사용을 ",
            "금지했다. ",
            "알리바바가 ",
            "모델을 ",
            "증류했다는 ",
            "의혹을 ",
            "조사한다. ",
        ],
    ),
    ("zh", &["政府", "员工", "使用", "禁止", "模型", "蒸餾", "指控", "公司", "回应，", "升级。"]),
    (
        "en",
        &[
            "The board ",
            "banned ",
            "chatbots ",
            "after ",
            "claims ",
            "of ",
            "distilling ",
            "outputs ",
            "from ",
            "Claude Code. ",
        ],
    ),
];

/// The same text on every machine: a small linear congruence instead of chance.
fn text(words: &[&str], seed: u64, length: usize) -> String {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[(state >> 33) as usize % words.len()]
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn document(number: u64) -> Document {
    let id = format!("a{number}");
    let (_, words) = WORDS[number as usize % WORDS.len()];
    let extract = Extract {
        title: Some(text(words, number, 6)),
        body: text(words, number + 1, 250),
        published: None,
        modified: None,
        byline: None,
        lang: Lang::Und,
        script: None,
        canonical: None,
        site: None,
        image: None,
        rights: Vec::new(),
        method: String::new(),
        truncated: false,
        problems: Vec::new(),
    };
    let version = String::new;
    let article = Article {
        id: ArticleId(id.clone()),
        url: format!("https://news.example/{id}"),
        source_id: None,
        feed: None,
        extract,
        judgement: Judgement::default(),
        copy: CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() },
        placement: Placement { event: EventId(id.clone()), events: Vec::new(), story: StoryId(id), why: Vec::new() },
        versions: Versions { extractor: version(), rules: version(), lexicon: version(), normaliser: version() },
        content_hash: String::new(),
        capture: None,
        fetched_at: jiff::Timestamp::UNIX_EPOCH,
    };
    Document { change_seq: number + 1, revision: 1, deleted: false, article }
}

fn request(query: Query) -> Request {
    Request {
        query,
        langs: Vec::new(),
        topics: Vec::new(),
        sort: Sort::Relevance,
        tier: Tier::Strict,
        fold: Fold::None,
        limit: 10,
        cursor: None,
    }
}

fn analysing(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("analyse");
    for (name, words) in WORDS {
        let text = text(words, 1, 2_000);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| analyse(black_box(&text))));
    }
    group.finish();
}

fn parsing(bench: &mut Criterion) {
    let query =
        "(알리바바 OR 阿里巴巴 OR alibaba) (금지 OR 禁止 OR ban) \"Claude Code\" -주가 lang:ko after:2026-07-01";
    bench.bench_function("parse", |b| b.iter(|| parse(black_box(query))));
}

fn searching(bench: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let index = TantivyIndex::open(dir.path(), OpenMode::ReadWrite).expect("an empty index");
    let documents: Vec<Document> = (0..ARTICLES).map(document).collect();
    runtime.block_on(index.apply(&documents, ARTICLES)).expect("an applied batch");
    let mut group = bench.benchmark_group("search");
    let typed = |text: &str| parse(text).expect("a well-formed query");
    for (name, query) in [
        ("word", typed("금지")),
        ("phrase", typed("\"claude code\"")),
        ("one_character", typed("禁")),
        ("aliases_and_verbs", typed("(알리바바 OR 政府 OR board) (금지 OR 禁止 OR ban)")),
        ("plain_text", parse_any("누가 챗봇 사용을 금지했나 政府禁止使用")),
    ] {
        let request = request(query);
        group.bench_function(name, |b| b.iter(|| runtime.block_on(index.search(black_box(&request)))));
    }
    group.finish();
}

criterion_group!(benches, analysing, parsing, searching);
criterion_main!(benches);
