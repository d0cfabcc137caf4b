//! Feed parsing beside the floor (quick-xml walking the same bytes and keeping nothing) and beside feed-rs.
use banwatch::parse::{FeedContext, parse};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use std::hint::black_box;

/// A feed as news sites send it: 100 items with a paragraph of text and a block of HTML each.
fn feed() -> String {
    let items: String = (0..100)
        .map(|n| {
            format!(
                "<item><title><![CDATA[알리바바, 직원 클로드 코드 사용 금지 {n}]]></title><link>https://news.example.com/a/{n}?utm_source=rss</link>\
                 <guid isPermaLink=\"false\">{n}</guid><pubDate>Fri, 03 Jul 2026 14:{:02}:00 +0900</pubDate><dc:creator>홍길동</dc:creator>\
                 <description>{}</description><content:encoded><![CDATA[<p>{}</p><p><a href=\"/x\">더 보기</a></p>]]></content:encoded></item>",
                n % 60,
                "Anthropic&apos;s tools are off-limits &amp; Qoder is in. ".repeat(6),
                "정부가 인공지능 서비스의 사용을 금지했다고 밝혔다. ".repeat(30),
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>t</title>{items}</channel></rss>"
    )
}

fn walk(text: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut events = 0;
    while let Ok(event) = reader.read_event() {
        if matches!(event, quick_xml::events::Event::Eof) {
            break;
        }
        events += 1;
    }
    events
}

fn bench(criterion: &mut Criterion) {
    let text = feed();
    let zone = TimeZone::UTC;
    let context = FeedContext::new(&zone);
    let document = parse(text.as_bytes(), &context);
    assert_eq!((document.entries.len(), document.problems.len()), (100, 0));
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("banwatch", |b| b.iter(|| parse(black_box(text.as_bytes()), &context)));
    group.bench_function("quick-xml, events only", |b| b.iter(|| walk(black_box(&text))));
    group.bench_function("feed-rs", |b| b.iter(|| feed_rs::parser::parse(black_box(text.as_bytes()))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
