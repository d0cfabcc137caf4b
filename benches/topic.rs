//! What judging costs, beside a plain scan of the same words: documents a second, and bytes a second for µs per KB.
use banwatch::model::Lang;
use banwatch::text::normalize::fold_text;
use banwatch::topic::{Lexicon, TopicInput};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Paragraphs in one synthetic article: about the length of a news page.
const PARAGRAPHS: usize = 12;

fn article(lang: Lang) -> String {
    let paragraph = match lang {
        Lang::Ko => {
            "가온대학교는 3일 공지에서 오는 10일부터 교직원의 딥시크 사용을 금지한다고 밝혔다. 학생들은 다른 도구를 쓰면 된다고 설명했다. 날씨는 맑겠다."
        }
        Lang::Zh => {
            "海松银行7月3日通知员工，自7月10日起禁止使用DeepSeek。该行表示，其他工具不受影响。业内人士认为影响有限，市场反应平静。"
        }
        _ => {
            "Lakeshore Bank told its staff on July 3 that DeepSeek is banned from July 10. Other tools are not affected. Analysts called the step small."
        }
    };
    [paragraph; PARAGRAPHS].join("\n\n")
}

fn topic(c: &mut Criterion) {
    let lexicon = Lexicon::embedded();
    for lang in [Lang::Ko, Lang::Zh, Lang::En] {
        let body = article(lang);
        let input = TopicInput { title: "DeepSeek", body: &body, lang, published: None, zone: None };
        let mut group = c.benchmark_group(format!("topic/{lang}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function("judge/documents", |b| b.iter(|| lexicon.judge(std::hint::black_box(&input))));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("judge/bytes", |b| b.iter(|| lexicon.judge(std::hint::black_box(&input))));
        group.bench_function("scan/bytes", |b| b.iter(|| lexicon.count_raw(&fold_text(std::hint::black_box(&body)))));
        group.finish();
    }
}

criterion_group!(benches, topic);
criterion_main!(benches);
