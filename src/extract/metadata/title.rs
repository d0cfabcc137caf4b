//! The title: headings shown, claims made; what both say wins.
use super::head::{self, texts};
use super::scene::{Line, Scene, is_prose};
use super::{Evidence, bare, site};
use crate::extract::lines::one_line;
use scraper::{ElementRef, Node};
use std::collections::HashSet;

const TITLE_CHARS_MAX: usize = 400;
/// Fewer letters say too little; a letter of Han or Hangul counts double.
const WEIGHT_MIN: usize = 8;
/// Parts of a claim that are tried in every run.
const PARTS_MAX: usize = 12;
/// Lines of the page that a claim's parts are looked for in.
const LINES_MAX: usize = 600;
/// A longer heading is a standfirst.
const HEADING_WEIGHT_MAX: usize = 200;
/// A label inside a heading.
const TAG_CHARS_MAX: usize = 6;
/// Lines of text that a candidate is compared with.
const PROSE_LINES_MAX: usize = 40;
/// Share of words (pairs of letters in Han and Hangul) that tells a heading for the same matter.
const KINSHIP_MIN: f64 = 0.28;

pub(super) fn read(seen: &Evidence<'_>, scene: &Scene) -> Option<String> {
    let site = seen.site.as_deref();
    let claims = claims(seen);
    let heads = headings(seen);
    let usable = |text: &str| weight(text) >= WEIGHT_MIN && !site::is_generic(text, site);
    let h1: Vec<&String> =
        heads.iter().filter(|head| head.1 == Rank::First).map(|head| &head.0).filter(|head| usable(head)).collect();
    let repeated = || {
        let fits = heads.iter().map(|head| &head.0).filter(|head| usable(head));
        let rated = fits.map(|head| (claims.iter().map(|claim| repeats(claim, head, site)).max().unwrap_or(0), head));
        // The first of the best.
        rated.rev().max_by_key(|(rate, _)| *rate).filter(|(rate, _)| *rate > 0).map(|(_, head)| head.clone())
    };
    let shown = || shown_part(&claims, scene, site);
    let akin = || {
        let head = lone(&h1).filter(|head| weight(head) <= HEADING_WEIGHT_MAX)?;
        let plain = claims.iter().map(|claim| site::without(claim, site));
        let kin = plain.into_iter().any(|claim| kinship(&claim, head) >= KINSHIP_MIN);
        kin.then(|| without_tag(head, &claims, site))
    };
    let claimed = || {
        let plain: Vec<String> =
            claims.iter().map(|claim| site::without(claim, site)).filter(|claim| usable(claim)).collect();
        let first = plain.first()?;
        // A claim that another says without its tail.
        let claim = plain.iter().find(|claim| is_without_tail(claim, first)).unwrap_or(first).clone();
        let better = above_text(scene, site).filter(|above| is_about(scene, above) > is_about(scene, &claim) + 0.2);
        Some(better.filter(|_| claims.len() == 1).unwrap_or(claim))
    };
    let chosen = repeated()
        .or_else(|| agreed(seen, &claims))
        .or_else(akin)
        .or_else(shown)
        .or_else(claimed)
        .or_else(|| h1.first().map(|head| (*head).clone()))
        .or_else(|| above_text(scene, site))
        .or_else(|| claims.first().cloned())
        .or_else(|| heads.first().map(|head| head.0.clone()));
    chosen.map(|title| title.chars().take(TITLE_CHARS_MAX).collect())
}

/// What og, JSON-LD and the document say alike.
fn agreed(seen: &Evidence<'_>, claims: &[String]) -> Option<String> {
    let headline = seen.article.headline.as_deref()?;
    let og = seen.metas.first(&head::TITLES)?;
    let document = texts(seen.html, "head > title, title").into_iter().next()?;
    let plain = |text: &str| bare(&site::without(text, seen.site.as_deref()));
    let alike = claims.len() >= 2 && plain(og) == bare(headline) && plain(&document) == bare(headline);
    alike.then(|| headline.to_owned())
}

/// The heading without a label that stands in it behind the title.
fn without_tag(head: &str, claims: &[String], site: Option<&str>) -> String {
    let whole = bare(head);
    let claim = claims.iter().map(|claim| site::without(claim, site)).find(|claim| {
        let claim = bare(claim);
        whole.starts_with(&claim) && whole.chars().count() - claim.chars().count() <= TAG_CHARS_MAX
    });
    claim.unwrap_or_else(|| head.to_owned())
}

fn is_without_tail(short: &str, long: &str) -> bool {
    let tail = long.strip_prefix(short).unwrap_or_default();
    weight(short) >= WEIGHT_MIN * 2
        && weight(tail) <= TAG_CHARS_MAX * 2
        && tail.trim_start().starts_with(['-', '|', '_', '<', ':'])
}

/// How much of the candidate the article's text speaks of.
fn is_about(scene: &Scene, candidate: &str) -> f64 {
    let text = scene.0.iter().filter(|line| is_prose(&line.text)).take(PROSE_LINES_MAX).map(|line| line.text.as_str());
    let text = words(&text.collect::<Vec<_>>().join("\n"));
    let mine = words(candidate);
    mine.intersection(&text).count() as f64 / mine.len().max(1) as f64
}

/// What the page says its title is; the site's claim first.
fn claims(seen: &Evidence<'_>) -> Vec<String> {
    let og = seen.metas.first(&head::TITLES);
    let more = seen.metas.first(&[
        "headline",
        "parsely-title",
        "sailthru.title",
        "dc.title",
        "citation_title",
        "title",
        "articletitle",
    ]);
    let document = texts(seen.html, "head > title, title").into_iter().next();
    let headline = seen.article.headline.as_deref();
    let state = if og.is_none() && headline.is_none() { seen.state().title.as_deref() } else { None };
    let all = [og, headline, state, document.as_deref(), more];
    let mut claims: Vec<String> = Vec::new();
    let short = |text: &str| one_line(&text.chars().take(TITLE_CHARS_MAX).collect::<String>());
    for claim in all.into_iter().flatten().map(short).filter(|claim| !claim.is_empty()) {
        if !claims.contains(&claim) {
            claims.push(claim);
        }
    }
    claims
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    First,
    Lower,
}

fn headings(seen: &Evidence<'_>) -> Vec<(String, Rank)> {
    let first = head::all(seen.html, "h1, [itemprop=headline]").take(20).map(|element| (element, Rank::First));
    let lower = head::all(seen.html, "h2, h3, h4").take(60).map(|element| (element, Rank::Lower));
    let both = first.chain(lower).map(|(element, rank)| (heading(element), rank));
    both.filter(|(text, _)| !text.is_empty()).collect()
}

/// A heading without what stands in it beside the title: subtitles, labels, buttons.
fn heading(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    let mut left_out = 0usize;
    for edge in element.traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => match node.value() {
                Node::Text(part) if left_out == 0 => text.push_str(part),
                Node::Element(inner) if is_beside(inner) => left_out += 1,
                Node::Element(inner) if inner.name() == "br" => text.push(' '),
                _ => {}
            },
            ego_tree::iter::Edge::Close(node) => {
                if let Node::Element(inner) = node.value()
                    && is_beside(inner)
                {
                    left_out = left_out.saturating_sub(1);
                }
            }
        }
    }
    let short = one_line(&text);
    if short.is_empty() { head::text_of(element) } else { short }
}

fn is_beside(element: &scraper::node::Element) -> bool {
    let name = element.name();
    let class = element.attr("class").unwrap_or_default().to_ascii_lowercase();
    matches!(name, "small" | "script" | "style" | "button" | "time" | "svg")
        || (name != "h1"
            && class.split_whitespace().any(|word| word.starts_with("sub") || word == "deck" || word == "standfirst"))
}

fn lone<'a>(heads: &[&'a String]) -> Option<&'a String> {
    let mut kinds = heads.iter().map(|head| bare(head)).collect::<HashSet<_>>();
    let first = heads.first()?;
    kinds.remove(&bare(first));
    kinds.is_empty().then_some(*first)
}

/// How surely a claim says the heading: all of it, but for the site's name, or at its beginning.
fn repeats(claim: &str, head: &str, site: Option<&str>) -> u8 {
    let (plain, whole, head) = (bare(&site::without(claim, site)), bare(claim), bare(head));
    match () {
        () if whole == head => 3,
        () if plain == head => 2,
        // A short beginning is the site's name as often as the title.
        () if whole.starts_with(&head) && whole.len() < head.len() * 4 => 1,
        () => 0,
    }
}

/// The longest run of a claim's parts that the page shows as a line of its own.
fn shown_part(claims: &[String], scene: &Scene, site: Option<&str>) -> Option<String> {
    let short = scene.0.iter().filter(|line| !is_prose(&line.text) || line.pieces.len() > 1).take(LINES_MAX);
    let lines: HashSet<String> = short.map(|line| bare(&line.text)).collect();
    let mut best: Option<(usize, String)> = None;
    for claim in claims {
        let cuts = cuts(claim);
        for (at, (_, from)) in cuts.iter().enumerate() {
            for (to, _) in cuts.iter().skip(at + 1) {
                let run: String = claim.chars().skip(*from).take(to.saturating_sub(*from)).collect();
                let run = run.trim();
                let heavy = weight(run);
                let better = best.as_ref().is_none_or(|(most, _)| heavy > *most);
                if better && heavy >= WEIGHT_MIN * 2 && !site::is_generic(run, site) && lines.contains(&bare(run)) {
                    best = Some((heavy, run.to_owned()));
                }
            }
        }
    }
    best.map(|(_, run)| run)
}

/// Where parts end and begin, in characters: (end of what is before, start of what follows).
fn cuts(claim: &str) -> Vec<(usize, usize)> {
    let chars: Vec<char> = claim.chars().collect();
    let mut cuts = vec![(0, 0)];
    let mut at = 0;
    while at < chars.len() && cuts.len() < PARTS_MAX {
        let mark = site::MARKS
            .iter()
            .chain([&": "])
            .map(|mark| mark.chars().collect::<Vec<_>>())
            .find(|mark| chars.get(at..at + mark.len()) == Some(mark.as_slice()));
        match mark {
            Some(mark) => {
                let mut from = at + mark.len();
                while chars.get(from).is_some_and(|c| c.is_whitespace() || matches!(c, ':' | '-' | '|')) {
                    from += 1;
                }
                cuts.push((at, from));
                at = from;
            }
            None => at += 1,
        }
    }
    cuts.push((chars.len(), chars.len()));
    cuts
}

/// A heavier line is a paragraph.
const TITLE_WEIGHT_MAX: usize = 120;

/// Pages of old make lay a title out in tables: the last short line before a line of date, or before the text.
fn above_text(scene: &Scene, site: Option<&str>) -> Option<String> {
    let is_title = |line: &&Line| {
        let heavy = weight(&line.text);
        let ends = line.text.ends_with(['.', '。', ':', '：']) || line.text.contains('@');
        !line.foreign
            && !line.text.starts_with(['▲', '△', '▼', '◀', '▶', '■', '/', 'ⓒ'])
            && (WEIGHT_MIN * 2..=TITLE_WEIGHT_MAX).contains(&heavy)
            && !ends
            && line.pieces.len() <= 3
            && !line.text.contains(['|', '>', '©'])
            && line.text.chars().filter(char::is_ascii_digit).count() < 6
            && !site::is_generic(&line.text, site)
    };
    let text =
        scene.0.iter().position(|line| is_prose(&line.text) && !line.foreign && line.text.contains(['.', '。']))?;
    scene.0.iter().take(text).rev().take(6).find(is_title).map(|line| line.text.clone())
}

fn weight(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| if c > '\u{2E80}' { 2 } else { 1 }).sum()
}

/// Share of the heading's words that the claim has too.
fn kinship(claim: &str, head: &str) -> f64 {
    let (claim, head) = (words(claim), words(head));
    let common = head.intersection(&claim).count();
    if common < 2 { 0.0 } else { common as f64 / head.len().min(claim.len()).max(1) as f64 }
}

fn words(text: &str) -> HashSet<String> {
    let mut words = HashSet::new();
    let lower = text.to_lowercase();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        if chars.iter().any(|c| *c > '\u{2E80}') {
            words.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else if chars.len() >= 3
            && !["the", "and", "for", "your", "you", "how", "what", "with", "are"].contains(&word)
        {
            words.insert(word.trim_end_matches('s').to_owned());
        }
    }
    words
}
