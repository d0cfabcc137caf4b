//! Page extraction beside the floor (the HTML parser keeping nothing) and beside readability alone.
use banwatch::extract::{PageText, extract};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use std::hint::black_box;

/// An article of 40 paragraphs between menus of 200 links each, about what a press page has.
fn page() -> String {
    let menu: String = (0..200).map(|i| format!("<li><a href='/section/{i}'>Section {i}</a></li>")).collect();
    let sentence = "The ministry told its staff to stop using the assistant on every work device, officials said. ";
    let text: String = (0..40).map(|i| format!("<p>Paragraph {i}. {}</p>", sentence.repeat(4))).collect();
    format!(
        "<html><head><title>Ministry bars assistant</title></head><body><ul>{menu}</ul><article><h1>Ministry bars assistant</h1>{text}</article><ul>{menu}</ul></body></html>"
    )
}

fn pages(criterion: &mut Criterion) {
    let html = page();
    let zone = TimeZone::UTC;
    let mut group = criterion.benchmark_group("extract");
    group.throughput(Throughput::Bytes(html.len() as u64));
    group.bench_function("html5ever", |b| b.iter(|| scraper::Html::parse_document(black_box(&html))));
    group.bench_function("dom_smoothie", |b| {
        b.iter(|| dom_smoothie::Readability::new(black_box(html.as_str()), None, None).expect("no URL given").parse());
    });
    group.bench_function("banwatch", |b| {
        b.iter(|| {
            extract(&PageText {
                html: black_box(&html),
                url: None,
                content_type: None,
                zone: &zone,
                headers: &[],
                site: None,
            })
        });
    });
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);
