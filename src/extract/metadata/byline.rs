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
/// Lines right under the title.
const SIGNED_LINES: usize = 8;

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
    let sources: [&dyn Fn() -> Vec<String>; 9] = [
        &|| over_the_claim(seen, near),
        &|| persons(seen),
        &|| metas(seen),
        &|| signed(near),
        &|| marked(seen, near),
        &|| linked(seen),
        &|| seen.state.author.clone().into_iter().collect(),
        &|| mentioned(near, visible),
        &|| beside_date(near),
    ];
    let mut bodies: Vec<String> = Vec::new();
    for source in sources {
        let raws = source();
        let (people, more) = sorted(&raws, seen.site.as_deref());
        bodies.extend(more);
        if !people.is_empty() {
            let as_written = raws.first().filter(|_| raws.len() == 1).and_then(|raw| names::joined(raw, &people));
            let list = || people.iter().map(|name| names::spoken(name)).collect::<Vec<_>>().join(", ");
            return Some(as_written.unwrap_or_else(list));
        }
    }
    let organisation =
        || seen.article.authors.iter().map(|author| author.name.clone()).find(|name| !name.contains("://"));
    bodies.into_iter().next().or_else(organisation).or_else(|| named_as_person(seen))
}

/// Names of people, and of bodies and the site itself.
fn sorted(raws: &[String], site: Option<&str>) -> (Vec<String>, Vec<String>) {
    let (mut people, mut bodies): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let short = raws.iter().take(NAMES_MAX).filter(|raw| raw.chars().count() <= BYLINE_CHARS_MAX);
    for name in short.flat_map(|raw| names::read(raw)) {
        let list = if names::is_body(&name) || names::is_site(&name, site) { &mut bodies } else { &mut people };
        if !list.contains(&name) && list.len() < NAMES_MAX {
            list.push(name);
        }
    }
    (people, bodies)
}

fn persons(seen: &Evidence<'_>) -> Vec<String> {
    seen.article.authors.iter().filter(|author| !author.organisation).map(|author| author.name.clone()).collect()
}

/// A name signed right under the title, when the claim is another: claims name whoever pressed the button.
fn over_the_claim(seen: &Evidence<'_>, near: &Near<'_>) -> Vec<String> {
    let claim = if persons(seen).is_empty() { metas(seen) } else { persons(seen) };
    let claim: String = claim.iter().map(|name| super::bare(name)).collect();
    if claim.is_empty() || !near.found {
        return Vec::new();
    }
    let texts = texts_of(near.below.iter().take(SIGNED_LINES).copied());
    let signed = texts.iter().filter(|text| is_signed(text)).find_map(|text| name_in(text));
    let (people, _) = sorted(&signed.into_iter().collect::<Vec<_>>(), seen.site.as_deref());
    let parts = people.iter().flat_map(|name| name.split_whitespace()).map(super::bare).collect::<Vec<_>>();
    let other = !parts.is_empty() && parts.iter().all(|part| !claim.contains(part.as_str()));
    if other { people } else { Vec::new() }
}

fn is_signed(text: &str) -> bool {
    let lower = text.trim_start().to_lowercase();
    ["by ", "by:", "by:", "written by", "article by", "author:"].iter().any(|label| lower.starts_with(label))
}

fn metas(seen: &Evidence<'_>) -> Vec<String> {
    let labelled = seen.metas.labelled(&LABELS).map(str::to_owned);
    let first = METAS.iter().map(|name| {
        let all = seen.metas.every(name).take(NAMES_MAX);
        // Catalogues put the family name first.
        let turned = all.map(|raw| match raw.split_once(", ") {
            Some((family, given)) if *name == "citation_author" => format!("{given} {family}"),
            _ => raw.to_owned(),
        });
        turned.collect::<Vec<_>>()
    });
    let mut named = first.filter(|all| !sorted(all, seen.site.as_deref()).0.is_empty());
    let bodies = || METAS.iter().filter_map(|name| seen.metas.first(&[name])).map(str::to_owned).take(1).collect();
    named.next().or_else(|| labelled.map(|name| vec![name])).unwrap_or_else(bodies)
}

/// A site that bears a person's name, as blogs do.
fn named_as_person(seen: &Evidence<'_>) -> Option<String> {
    let site = seen.site.clone()?;
    let words: Vec<&str> = site.split_whitespace().collect();
    let capital = words.iter().all(|word| {
        word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '\'' | '-')) && word.starts_with(char::is_uppercase)
    });
    ((2..=3).contains(&words.len()) && capital && !names::is_body(&site)).then_some(site)
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
    all.retain(|text| is_candidate(text));
    if let Some(first) = all.into_iter().next() {
        return vec![first];
    }
    let classed: Vec<String> =
        classed.filter(own).take(MARKED_MAX).map(text).filter(|text| is_candidate(text)).collect();
    let beside = |text: &&String| near.below.iter().chain(&near.above).any(|line| line.text.contains(text.as_str()));
    classed.iter().find(beside).or(classed.first()).cloned().into_iter().collect()
}

fn is_candidate(text: &str) -> bool {
    let count = text.chars().count();
    (2..=100).contains(&count) && names::read(text).first().is_some_and(|name| looks_like_person(name))
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
    for part in parts.iter().take(4) {
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
    own.filter(|text| is_candidate(text)).take(1).collect()
}

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W{0,3}(?:(?:this )?(?:article |post |story )?(?:was )?(?:written|posted|authored|words|story|article) by|by|author)\b\s*[:|]*\s*((?:\d)?\p{L}[\p{L}'’.()-]*(?:\s+(?:and|&|of|\p{L}[\p{L}'’.()-]*)|,\s+\p{Lu}[\p{L}.]*){0,7})").expect("the pattern is constant")
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
    texts_of(lines.copied()).iter().find_map(|text| name_in(text)).into_iter().collect()
}

/// Readings of all lines; a label that fills its line is joined with the next.
fn texts_of<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        let mut texts = readings(line);
        if let Some(label) = out.last().filter(|last| is_label(last)).cloned()
            && let Some(first) = texts.first_mut()
        {
            *first = format!("{}: {first}", label.trim_end_matches([':', '：']));
        }
        out.extend(texts);
    }
    out
}

/// The pieces of a line, a label joined with what follows it, then the line.
fn readings(line: &Line) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for piece in line.pieces.iter().take(24) {
        match out.last_mut().filter(|last| is_label(last)) {
            Some(label) => {
                *label = format!("{}: {piece}", label.trim_end_matches([':', '：', '/', '|', '｜', ' ']));
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
    static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[（(【〔\[][^。]{0,12}(?:记者|記者)[^。]{1,24}[)）】〕\]]$").expect("the pattern is constant")
    });
    static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:was|is) written by (?:Dr\.? )?(\p{Lu}[\p{L}'’.-]+(?:\s+\p{Lu}[\p{L}'’.-]*){1,3}(?:, (?:MD|PhD|Ph\.D\.|RD|DVM|RN))?)").expect("the pattern is constant")
    });
    let after = near.after.iter().take(LINES_MAX).map(|line| line.text.as_str());
    let lines: Vec<&str> =
        if near.found { after.collect() } else { visible.iter().take(LINES_MAX).map(String::as_str).collect() };
    let alone = |line: &&&str| ALONE.is_match(line) || BRACKETED.is_match(line);
    let first = lines.iter().filter(alone).find_map(|line| name_in(line)).or_else(|| {
        let labelled = near.after.iter().take(LINES_MAX).copied();
        texts_of(labelled).iter().filter(|text| is_signed(text)).find_map(|text| name_in(text))
    });
    let written = || lines.iter().find_map(|line| WRITTEN.captures(line)?.get(1).map(|name| name.as_str().to_owned()));
    let lines: Vec<&str> = lines.iter().copied().filter(|line| !is_caption(line)).collect();
    let any = || lines.iter().find_map(|line| name_in(line).or_else(|| dateline(line)));
    let closing = || {
        lines
            .iter()
            .find_map(|line| CLOSING.captures(line).and_then(|found| found.get(1)).map(|name| name.as_str().to_owned()))
    };
    first.or_else(written).or_else(closing).or_else(any).into_iter().collect()
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

fn is_caption(line: &str) -> bool {
    !is_prose(line)
        && (line.starts_with('▲') || ["摄", "攝", "图源", "圖", "사진", "제공"].iter().any(|word| line.contains(word)))
}

/// "Ann Author | Writer | July 2, 2025": a name alone between the title and the date.
fn beside_date(near: &Near<'_>) -> Vec<String> {
    if !near.found {
        return Vec::new();
    }
    let lines: Vec<&Line> = near.below.iter().take(SIGNED_LINES).copied().collect();
    let dated = |at: usize| lines.get(at).is_some_and(|line| is_dated(&line.text));
    let beside = (0..lines.len()).filter(|at| dated(*at) || dated(*at + 1) || (*at > 0 && dated(*at - 1)));
    let parts = beside.filter_map(|at| lines.get(at)).flat_map(|line| {
        let pieces = line.pieces.iter().flat_map(|piece| piece.split(['|', '·', '•', '—', '(']));
        pieces.map(|part| part.trim().to_owned()).take(8).collect::<Vec<_>>()
    });
    parts.into_iter().filter(|part| is_bare_name(part)).take(1).collect()
}

fn is_dated(text: &str) -> bool {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = text.to_lowercase();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    !is_prose(text) && (digits >= 6 || (digits >= 5 && months.iter().any(|month| lower.contains(month))))
}

fn is_bare_name(part: &str) -> bool {
    const NONE: [&str; 24] = [
        "read",
        "min",
        "mins",
        "minutes",
        "news",
        "blog",
        "share",
        "home",
        "guide",
        "guides",
        "reviews",
        "tips",
        "health",
        "by",
        "in",
        "the",
        "and",
        "business",
        "category",
        "article",
        "writer",
        "editor",
        "published",
        "updated",
    ];
    const WIDE: [&str; 22] = [
        "关注",
        "關注",
        "原创",
        "分享",
        "收藏",
        "评论",
        "評論",
        "字号",
        "字號",
        "登录",
        "登入",
        "首页",
        "首頁",
        "听全文",
        "구독",
        "공유",
        "인쇄",
        "댓글",
        "조회",
        "저장",
        "글자",
        "本报讯",
    ];
    if part.chars().any(|c| c > '\u{2E80}') {
        let letters = part.chars().all(char::is_alphabetic);
        return letters
            && (2..=8).contains(&part.chars().count())
            && !WIDE.iter().any(|word| part.contains(word))
            && !names::is_body(part);
    }
    let words: Vec<&str> = part.split_whitespace().collect();
    let is_word = |word: &&str| {
        word.starts_with(char::is_uppercase) && word.chars().skip(1).any(char::is_lowercase)
            || word.len() == 2 && word.ends_with('.')
    };
    (2..=4).contains(&words.len())
        && words.iter().all(is_word)
        && !words.iter().any(|word| NONE.contains(&word.to_lowercase().as_str()))
        && part.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\'' | '’'))
}
