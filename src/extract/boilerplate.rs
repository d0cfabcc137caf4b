//! Lines that a site puts into many of its articles, learnt by counting its last ones.
//!
//! Counts are exact over a short memory of hashes, so that a site costs some 25 KB and a line is never taken for another.
use super::sites::PATTERN_CHARS_MAX;
use crate::model::SiteLine;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet, VecDeque};

/// Articles of a site that are remembered.
const ARTICLES_MAX: usize = 50;
/// A line is boilerplate when it stood in so many different ones of them ...
const SEEN_MIN: usize = 5;
/// ... and in this share.
const SHARE_MIN: f32 = 0.3;
/// Lines of one article that are counted, half from each end: boilerplate stands there.
const LINES_MAX: usize = 64;
/// Shorter lines say too little to be known again.
const LINE_CHARS_MIN: usize = 4;
/// Sites remembered; the one not read for longest is forgotten first. What was learnt stays in the store.
const SITES_MAX: usize = 400;
/// Lines of one site that are learnt; more would be a site whose articles are all one.
const LEARNT_MAX: usize = 100;

#[derive(Default)]
pub struct Boilerplate {
    sites: HashMap<String, Site>,
    learnt: HashMap<String, HashMap<String, SiteLine>>,
    clock: u64,
}

#[derive(Default)]
struct Site {
    last: VecDeque<Seen>,
    used: u64,
}

struct Seen {
    article: u64,
    lines: HashSet<u64>,
}

/// A text without its site's lines, and those lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    pub body: String,
    pub dropped: Vec<SiteLine>,
}

impl Boilerplate {
    /// With what was learnt before.
    pub fn new(known: impl IntoIterator<Item = SiteLine>) -> Self {
        let mut out = Self::default();
        out.learn(known);
        out
    }

    pub fn learn(&mut self, lines: impl IntoIterator<Item = SiteLine>) {
        for line in lines {
            let site = self.learnt.entry(line.host.clone()).or_default();
            if site.len() < LEARNT_MAX {
                site.insert(normal(&line.line), line);
            }
        }
    }

    /// Counts one article's lines; those that are boilerplate from now on come back, and are to be learnt once stored.
    pub fn observe(&mut self, host: &str, article: &str, body: &str) -> Vec<SiteLine> {
        self.clock += 1;
        let lines = counted(body);
        let site = self.sites.entry(host.to_owned()).or_default();
        site.used = self.clock;
        site.remember(Seen { article: hash(article), lines: lines.iter().map(|line| hash(line)).collect() });
        let known = self.learnt.get(host);
        let room = LEARNT_MAX.saturating_sub(known.map_or(0, HashMap::len));
        let new = lines.into_iter().filter(|line| known.is_none_or(|known| !known.contains_key(line)));
        let found = new.filter_map(|line| site.boilerplate(host, line)).take(room).collect();
        self.forget();
        found
    }

    pub fn clean(&self, host: &str, body: &str) -> Cleaned {
        let Some(known) = self.learnt.get(host) else {
            return Cleaned { body: body.to_owned(), dropped: Vec::new() };
        };
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for line in body.split("\n\n") {
            match known.get(&normal(line)) {
                Some(why) => dropped.push(why.clone()),
                None => kept.push(line),
            }
        }
        // A text of nothing but boilerplate is a notice; it stays what it is.
        if kept.is_empty() {
            return Cleaned { body: body.to_owned(), dropped: Vec::new() };
        }
        Cleaned { body: kept.join("\n\n"), dropped }
    }

    fn forget(&mut self) {
        if self.sites.len() > SITES_MAX
            && let Some(oldest) = self.sites.iter().min_by_key(|(_, site)| site.used).map(|(host, _)| host.clone())
        {
            self.sites.remove(&oldest);
        }
    }
}

impl Site {
    /// The same article again, or the same text under another address, counts once.
    fn remember(&mut self, seen: Seen) {
        self.last.retain(|known| known.article != seen.article && known.lines != seen.lines);
        self.last.push_back(seen);
        if self.last.len() > ARTICLES_MAX {
            self.last.pop_front();
        }
    }

    fn boilerplate(&self, host: &str, line: String) -> Option<SiteLine> {
        let key = hash(&line);
        let seen = self.last.iter().filter(|article| article.lines.contains(&key)).count();
        let of = self.last.len();
        (seen >= SEEN_MIN && seen as f32 >= SHARE_MIN * of as f32).then(|| SiteLine {
            host: host.to_owned(),
            line,
            // At most `ARTICLES_MAX`.
            seen: seen as u32,
            of: of as u32,
        })
    }
}

/// Lines short enough to be boilerplate, from both ends.
fn counted(body: &str) -> Vec<String> {
    let lines: Vec<&str> = body.split("\n\n").collect();
    let skip_from = LINES_MAX / 2;
    let skip_to = lines.len().saturating_sub(LINES_MAX / 2);
    let ends = lines.iter().enumerate().filter(|(at, _)| *at < skip_from || *at >= skip_to);
    let mut out: Vec<String> = Vec::new();
    for line in ends.map(|(_, line)| normal(line)) {
        let chars = line.chars().take(PATTERN_CHARS_MAX + 1).count();
        if (LINE_CHARS_MIN..=PATTERN_CHARS_MAX).contains(&chars) && !out.contains(&line) {
            out.push(line);
        }
    }
    out
}

fn normal(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "press.example";
    const LINE: &str = "Tips? Write to the desk.";

    fn body(n: usize) -> String {
        format!("Story {n} is about something else than the one before it.\n\n{LINE}")
    }

    /// Reads so many articles; the number after which the line was learnt.
    fn read(lines: &mut Boilerplate, articles: impl Iterator<Item = (String, String)>) -> Option<usize> {
        articles.enumerate().find_map(|(n, (article, body))| {
            let found = lines.observe(HOST, &article, &body);
            (!found.is_empty()).then(|| {
                lines.learn(found);
                n + 1
            })
        })
    }

    #[test]
    fn a_line_of_five_articles_is_learnt_and_dropped_on_its_own_site_only() {
        let mut lines = Boilerplate::default();
        assert_eq!(read(&mut lines, (0..20).map(|n| (n.to_string(), body(n)))), Some(5));
        let cleaned = lines.clean(HOST, &body(9));
        assert_eq!(cleaned.body, "Story 9 is about something else than the one before it.");
        assert_eq!(cleaned.dropped, [SiteLine { host: HOST.into(), line: LINE.into(), seen: 5, of: 5 }]);
        assert_eq!(lines.clean("other.example", &body(9)).body, body(9));
        assert_eq!(lines.clean(HOST, LINE).body, LINE, "a text of nothing else stays");
        let again = Boilerplate::new(cleaned.dropped);
        assert_eq!(again.clean(HOST, &body(1)).dropped.len(), 1, "known from the store");
    }

    #[test]
    fn the_same_article_or_text_again_counts_once_and_a_rare_line_never() {
        let mut lines = Boilerplate::default();
        assert_eq!(read(&mut lines, (0..20).map(|_| ("one".to_owned(), body(1)))), None);
        assert_eq!(read(&mut lines, (0..20).map(|n| (n.to_string(), body(1)))), None, "copies are one text");
        let mut lines = Boilerplate::default();
        let rare = (0..60).map(|n| {
            let text = if n % 4 == 0 { body(n) } else { format!("Story {n} alone, and nothing below it.") };
            (n.to_string(), text)
        });
        assert_eq!(read(&mut lines, rare), None, "a quarter of the articles is too few");
        let long = format!("{LINE}{}", "x".repeat(PATTERN_CHARS_MAX));
        assert_eq!(read(&mut lines, (0..20).map(|n| (n.to_string(), format!("Number {n}.\n\n{long}")))), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut lines = Boilerplate::default();
        for n in 0..SITES_MAX + 50 {
            lines.observe(&format!("{n}.example"), "a", &body(n));
        }
        assert_eq!(lines.sites.len(), SITES_MAX);
        for n in 0..200 {
            lines.observe(HOST, &n.to_string(), &body(n));
        }
        assert_eq!(lines.sites[HOST].last.len(), ARTICLES_MAX);
    }
}
