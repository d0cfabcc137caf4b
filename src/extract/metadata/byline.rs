//! Who wrote it: what the page claims, what it marks, what it shows.
use super::names;
use super::scene::{Line, Near, is_prose};
use super::{Evidence, head};
use regex::Regex;
use scraper::ElementRef;
use std::sync::LazyLock;

const BYLINE_CHARS_MAX: usize = 160;
const NAMES_MAX: usize = 8;
/// Marked elements that are read.
const MARKED_MAX: usize = 60;
/// Lines after the title that may hold a reporter's name.
const LINES_MAX: usize = 400;

const METAS: [&str; 16] = [
    "author",
    "article:author",
    "og:article:author",
    "og:author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "dable:author",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "cxenseparse:author",
    "by",
    "articleauthor",
    "authors",
    "twitter:creator:name",
];
const LABELS: [&str; 6] = ["written by", "author", "by", "작성자", "作者", "撰文"];

pub(super) fn read(seen: &Evidence<'_>, near: &Near<'_>, visible: &[String]) -> Option<String> {
    let site = seen.site.as_deref();
    let mut bodies: Vec<String> = Vec::new();
    let sources: [&dyn Fn() -> Vec<String>; 7] = [
        &|| {
            seen.article
                .authors
                .iter()
                .filter(|author| !author.organisation)
                .map(|author| author.name.clone())
                .collect()
        },
        &|| metas(seen),
        &|| signed(near),
        &|| marked(seen, near),
        &|| linked(seen),
        &|| seen.state.author.clone().into_iter().collect(),
        &|| mentioned(near, visible),
    ];
    for source in sources {
        let mut people: Vec<String> = Vec::new();
        for raw in source().into_iter().take(NAMES_MAX) {
            if raw.chars().count() > BYLINE_CHARS_MAX {
                continue;
            }
            for name in names::read(&raw, site) {
                if names::is_body(&name) {
                    bodies.push(name);
                } else if !people.contains(&name) && people.len() < NAMES_MAX {
                    people.push(name);
                }
            }
        }
        if !people.is_empty() {
            return Some(people.iter().map(|name| names::spoken(name)).collect::<Vec<_>>().join(", "));
        }
    }
    let organisation =
        || seen.article.authors.iter().map(|author| author.name.clone()).find(|name| !name.contains("://"));
    bodies.into_iter().next().or_else(organisation).or_else(|| claimed_by_site(seen))
}

fn metas(seen: &Evidence<'_>) -> Vec<String> {
    let labelled = seen.metas.labelled(&LABELS).map(str::to_owned);
    let first = METAS.iter().map(|name| seen.metas.every(name).take(NAMES_MAX).map(str::to_owned).collect::<Vec<_>>());
    let mut named = first.filter(|all| all.iter().any(|raw| !names::read(raw, seen.site.as_deref()).is_empty()));
    named.next().unwrap_or_else(|| labelled.into_iter().collect())
}

/// Nothing else is there: the site names itself as the author.
fn claimed_by_site(seen: &Evidence<'_>) -> Option<String> {
    METAS
        .iter()
        .find_map(|name| seen.metas.first(&[name]))
        .filter(|raw| !raw.contains("://") && names::read(raw, None).len() == 1)
        .map(str::to_owned)
}

fn marked(seen: &Evidence<'_>, near: &Near<'_>) -> Vec<String> {
    let exact = head::all(
        seen.html,
        "[rel~=author], [itemprop~=author] [itemprop=name], [itemprop~=author], a[class*=author][href*='/author']",
    );
    let classed = head::all(
        seen.html,
        "[class*=byline i], [class*=author i], [class*=writer i], [class*=reporter i], [class*=journalist i], [id*=byline i], [class*=username i], [class*=name i][class*=editor i]",
    );
    let own = |element: &ElementRef<'_>| !is_aside(*element);
    let mut all: Vec<String> = exact.filter(own).take(MARKED_MAX).map(text).collect();
    all.retain(|text| is_candidate(text, seen));
    if let Some(first) = all.into_iter().next() {
        return vec![first];
    }
    let classed: Vec<String> =
        classed.filter(own).take(MARKED_MAX).map(text).filter(|text| is_candidate(text, seen)).collect();
    let beside = |text: &&String| near.below.iter().chain(&near.above).any(|line| line.text.contains(text.as_str()));
    classed.iter().find(beside).or(classed.first()).cloned().into_iter().collect()
}

fn is_candidate(text: &str, seen: &Evidence<'_>) -> bool {
    let count = text.chars().count();
    (2..=100).contains(&count)
        && names::read(text, seen.site.as_deref()).first().is_some_and(|name| looks_like_person(name))
}

/// Capitals in Latin script, a short run in others.
fn looks_like_person(name: &str) -> bool {
    let wide = name.chars().filter(|c| *c > '\u{2E80}').count();
    if wide > 0 {
        return name.chars().count() <= 12;
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let capital =
        words.iter().filter(|word| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())).count();
    words.len() <= 5 && capital * 2 > words.len()
}

/// Texts of the element's parts, so that a name does not run into its role.
fn text(element: ElementRef<'_>) -> String {
    let parts: Vec<String> = element.text().map(super::one_line).filter(|part| !part.is_empty()).collect();
    let mut out = String::new();
    for part in parts.iter().take(12) {
        let joint = if out.is_empty() {
            ""
        } else if is_label(&out) {
            " "
        } else if part.starts_with([',', '.', '、', '·', ')']) || out.ends_with(['(', ',']) {
            " "
        } else {
            " | "
        };
        out.push_str(joint);
        out.push_str(part);
    }
    out
}

fn is_label(text: &str) -> bool {
    static BARE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^\W*(?:(?:article|post|story|words)?\s*(?:written|posted|published)?\s*by|authors?|기자|글|文|作者|撰文者?|记者|記者|文字)\s*[:：/／|｜]?$").expect("the pattern is constant")
    });
    BARE.is_match(text)
}

fn is_aside(element: ElementRef<'_>) -> bool {
    const WORDS: [&str; 10] =
        ["comment", "related", "recommend", "sidebar", "card", "bookmark", "footer", "popular", "latest", "widget"];
    let around = element.ancestors().filter_map(ElementRef::wrap).take(12);
    std::iter::once(element)
        .chain(around)
        .filter(|element| !matches!(element.value().name(), "body" | "html" | "main" | "article"))
        .any(|element| {
            let value = element.value();
            let class = value.attr("class").unwrap_or_default().to_ascii_lowercase();
            matches!(value.name(), "nav" | "aside" | "footer")
                || class
                    .split_whitespace()
                    .any(|word| WORDS.iter().any(|one| word.starts_with(one) || word.ends_with(one)))
        })
}

/// Links to a page about a person.
fn linked(seen: &Evidence<'_>) -> Vec<String> {
    let links = head::all(
        seen.html,
        "a[href*='/author/'], a[href*='/authors/'], a[href*='/contributor'], a[href*='/reporter'], a[href*='/journalist'], a[href*='/team/'], a[href*='/people/'], a[href*='/staff/'], a[href*='/writer']",
    );
    let own = links.filter(|link| !is_aside(*link)).take(MARKED_MAX).map(head::text_of);
    own.filter(|text| is_candidate(text, seen)).take(1).collect()
}

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W{0,3}(?:(?:article |post |story )?(?:written|posted|authored|words|story) by|by|author)\b\s*[:|]?\s*(\p{L}[\p{L}'’.()-]*(?:\s+(?:and|&|of|\p{L}[\p{L}'’.()-]*)|,\s+\p{Lu}[\p{L}.]*){0,7})").expect("the pattern is constant")
});
static KOREAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s\[(=/·|,:：])([가-힣]{2,4}(?:\s?[·,]\s?[가-힣]{2,4}){0,3})\s?(?:시민|선임|수석|인턴|전문|객원|편집|논설|스포츠|경제|의학|환경)?\s?(?:기자|특파원|논설위원|통신원|칼럼니스트)(?:$|[\s\])=/·|@,])").expect("the pattern is constant")
});
static CHINESE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:(?:记者|記者)\s*[:：/／|｜]?\s*|(?:^|[\s(（【〔\[/／|｜:：，,。；])(?:作者|撰文者?|文字?|采写|採訪|编译|編譯|通讯员)\s*[:：/／|｜]\s*)(\p{Han}{2,4}(?:[\s、，,]\s?\p{Han}{2,4}){0,3}|[\p{L}·]{2,14})(?:$|[\s/／|｜）)】〕\]，,。；(（])").expect("the pattern is constant")
});

/// A line of names near the title.
fn signed(near: &Near<'_>) -> Vec<String> {
    if !near.found {
        return Vec::new();
    }
    let lines = near.below.iter().chain(&near.above).filter(|line| !is_prose(&line.text) || line.pieces.len() > 2);
    lines.flat_map(|line| readings(line)).find_map(|text| name_in(&text)).into_iter().collect()
}

/// The pieces of a line, a label joined with what follows it, then the line.
fn readings(line: &Line) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for piece in line.pieces.iter().take(24) {
        match out.last_mut().filter(|last| is_label(last)) {
            Some(label) => {
                label.push(' ');
                label.push_str(piece);
            }
            None => out.push(piece.clone()),
        }
    }
    if line.pieces.len() > 1 && line.text.chars().count() <= BYLINE_CHARS_MAX {
        out.push(line.text.clone());
    }
    out
}

fn name_in(text: &str) -> Option<String> {
    if text.chars().count() > BYLINE_CHARS_MAX {
        return None;
    }
    let latin = || {
        NAMED
            .captures(text)
            .and_then(|found| found.get(1))
            .map(|name| name.as_str().to_owned())
            .filter(|name| looks_like_person(name))
    };
    let korean = || {
        KOREAN
            .captures(text)
            .and_then(|found| found.get(1))
            .map(|name| name.as_str().to_owned())
            .filter(|name| is_korean_name(name))
    };
    let chinese = || CHINESE.captures(text).and_then(|found| found.get(1)).map(|name| name.as_str().to_owned());
    korean().or_else(chinese).or_else(latin)
}

fn is_korean_name(name: &str) -> bool {
    const NONE: [&str; 30] = [
        "시민",
        "취재",
        "사진",
        "인턴",
        "객원",
        "전문",
        "선임",
        "수석",
        "온라인",
        "디지털",
        "본지",
        "관련",
        "오늘의",
        "다른",
        "담당",
        "편집",
        "경제",
        "사회",
        "정치",
        "문화",
        "국제",
        "스포츠",
        "산업",
        "이",
        "그",
        "우리",
        "현장",
        "여성",
        "전체",
        "뉴스",
    ];
    !name.split(['·', ',', ' ']).any(|part| NONE.contains(&part))
}

/// Names that the text itself gives: a line that is only a name and a role, then any beside a role.
fn mentioned(near: &Near<'_>, visible: &[String]) -> Vec<String> {
    static CLOSING: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:뉴스|[A-Z]{3})\s([가-힣]{2,4})입니다\.?$").expect("the pattern is constant"));
    static ALONE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\W{0,2}(?:[가-힣]{1,8}\s?[=/]\s?)?(?:\S{2,8}\s)?[가-힣]{2,4}\s?(?:\S{2}\s?)?(?:기자|특파원)(?:\s*[(\[]?[\w.+-]+@[\w.-]+[)\]]?)?\W{0,2}$").expect("the pattern is constant")
    });
    let after = near.after.iter().take(LINES_MAX).map(|line| line.text.as_str());
    let lines: Vec<&str> =
        if near.found { after.collect() } else { visible.iter().take(LINES_MAX).map(String::as_str).collect() };
    let first = lines.iter().filter(|line| ALONE.is_match(line)).find_map(|line| name_in(line));
    let any = || lines.iter().find_map(|line| name_in(line).or_else(|| dateline(line)));
    let closing = || {
        lines
            .iter()
            .find_map(|line| CLOSING.captures(line).and_then(|found| found.get(1)).map(|name| name.as_str().to_owned()))
    };
    first.or_else(closing).or_else(any).into_iter().collect()
}

/// The reporter named at the head of a paragraph: (서울=통신) 홍길동 기자 = …, 【某报 记者 某某】…
fn dateline(line: &str) -> Option<String> {
    let start: String = line.chars().take(40).collect();
    let end: String = {
        let all: Vec<char> = line.chars().collect();
        all.iter().skip(all.len().saturating_sub(24)).collect()
    };
    name_in(&start).or_else(|| name_in(&end)).filter(|_| is_prose(line))
}
