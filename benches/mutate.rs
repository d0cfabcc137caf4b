//! Mutation: every reader of foreign bytes, fed with damaged copies of real and made documents.
//!
//! `MUTATE_SECONDS` (default 5) and `MUTATE_SEED` (default 1) set length and order; `BANWATCH_EVAL` adds the public suites as seeds.
//! Fails on a panic, and on an input that takes longer than a second.
use banwatch::catalogue::read_opml;
use banwatch::extract::{PageText, extract};
use banwatch::fetch::Robots;
use banwatch::parse::{FeedContext, parse};
use banwatch::query;
use jiff::tz::TimeZone;
use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

const INPUT_MAX: Duration = Duration::from_secs(1);
/// Seeds larger than this only slow the search down.
const SEED_BYTES_MAX: usize = 256 << 10;
const FILES_MAX: usize = 4_000;

/// Pieces that parsers trip over.
const TOKENS: [&[u8]; 28] = [
    b"<",
    b">",
    b"&",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<?xml encoding=\"euc-kr\"?>",
    b"<item>",
    b"</item>",
    b"<entry>",
    b"&#xD800;",
    b"&amp;amp;",
    b"\0",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    "\u{3000}".as_bytes(),
    "（".as_bytes(),
    b"xmlns=\"x\"",
    b"<div>",
    b"{\"items\":[",
    b"20245-13-99",
    b"(((((",
    b"\"",
    b"-",
    b"user-agent: *\ndisallow: /*$",
    b"\r\n",
];

fn main() {
    let seconds = number("MUTATE_SECONDS", 5);
    let mut chance = Chance(number("MUTATE_SEED", 1).max(1));
    let seeds = seeds();
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut runs, mut slowest) = (0u64, Duration::ZERO);
    // Panics of foreign code that a wrapper catches are no finding; those that come out are told below.
    std::panic::set_hook(Box::new(|_| {}));
    while Instant::now() < end {
        let input = mutated(&seeds, &mut chance);
        for (name, reader) in READERS {
            let begun = Instant::now();
            let died = catch_unwind(|| reader(&input)).is_err();
            let took = begun.elapsed();
            slowest = slowest.max(took);
            if died || took > INPUT_MAX {
                let kept = std::env::temp_dir().join(format!("banwatch-mutate-{runs}"));
                std::fs::write(&kept, &input).expect("the input that fails is kept");
                let how = if died { "panicked" } else { "too slow" };
                eprintln!("{name}: {how} after {took:?}; the input is in {}", kept.display());
                std::process::exit(1);
            }
        }
        runs += 1;
    }
    println!(
        "{runs} mutated inputs of {} seeds through {} readers: no panic, slowest {slowest:?}",
        seeds.len(),
        READERS.len()
    );
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).ok().map_or(or, |text| text.parse().expect("a number"))
}

type Read = fn(&[u8]);

const READERS: [(&str, Read); 5] = [
    ("parse", |bytes| {
        let zone = TimeZone::UTC;
        drop(parse(bytes, &FeedContext::new(&zone)));
    }),
    ("extract", |bytes| {
        let zone = TimeZone::UTC;
        let html = String::from_utf8_lossy(bytes);
        let found =
            extract(&PageText { html: &html, url: None, content_type: None, zone: &zone, headers: &[], site: None });
        assert!(
            found.problems.iter().all(|problem| problem.code != "extractor_panicked"),
            "the extractor caught a panic"
        );
    }),
    ("opml", |bytes| drop(read_opml(&String::from_utf8_lossy(bytes)))),
    ("robots", |bytes| {
        let robots = Robots::parse(bytes);
        std::hint::black_box(robots.allowed("banwatch", &String::from_utf8_lossy(bytes)));
    }),
    ("query", |bytes| drop(query::parse(&String::from_utf8_lossy(bytes)))),
];

/// Splitmix: the same inputs for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn mutated(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(6) {
        let at = chance.below(bytes.len() + 1);
        match chance.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, TOKENS[chance.below(TOKENS.len())].iter().copied())),
            2 => {
                let to = (at + chance.below(40)).min(bytes.len());
                bytes.drain(at..to);
            }
            3 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
            }
            4 => {
                // A part of another document in the middle of this one.
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len());
                let part: Vec<u8> = other.iter().skip(from).take(chance.below(4_000)).copied().collect();
                bytes.splice(at..at, part);
            }
            5 => {
                let to = (at + chance.below(300)).min(bytes.len());
                let part = bytes[at..to].to_vec();
                for _ in 0..chance.below(60) {
                    bytes.splice(at..at, part.iter().copied());
                }
            }
            _ => {
                let token = TOKENS[chance.below(TOKENS.len())];
                let many: Vec<u8> =
                    token.iter().copied().cycle().take(token.len() * chance.below(20_000).max(1)).collect();
                bytes.splice(at..at, many);
            }
        }
    }
    bytes
}

fn seeds() -> Vec<Vec<u8>> {
    let mut found = vec![
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>채널</title><item><title>금지 &amp; 차단</title><link>https://a.example/1</link>\
         <pubDate>Fri, 03 Jul 2026 14:20:00 +0900</pubDate><author>홍길동（a@b.example）</author></item></channel></rss>"
            .as_bytes()
            .to_vec(),
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><title type=\"xhtml\"><div>禁令</div></title><link href=\"/a\"/><updated>2026-07-03T00:00:00Z</updated></entry></feed>"
            .as_bytes()
            .to_vec(),
        "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":1,\"title\":\"ban\",\"url\":\"https://a.example/\"}]}".as_bytes().to_vec(),
        "<html><head><meta charset=utf-8><title>t - s</title></head><body><article><p>정부가 챗봇 사용을 금지했다.</p></article></body></html>".as_bytes().to_vec(),
        "금지 \"Claude Code\" (딥시크 OR DeepSeek) -주가 lang:ko after:2026-07-01".as_bytes().to_vec(),
        b"user-agent: *\ndisallow: /a*b$\nallow: /a\ncrawl-delay: 3".to_vec(),
    ];
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let eval = std::env::var_os("BANWATCH_EVAL").map(|eval| Path::new(&eval).join("feeds"));
    let mut folders: Vec<_> = std::iter::once(own).chain(eval).collect();
    while let Some(folder) = folders.pop() {
        // A folder that is not there gives no seeds.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if found.len() < FILES_MAX
                && let Ok(bytes) = std::fs::read(&path)
                && !bytes.is_empty()
                && bytes.len() <= SEED_BYTES_MAX
            {
                found.push(bytes);
            }
        }
    }
    // The order of a folder is the machine's; the inputs must not be.
    found.sort();
    found
}
