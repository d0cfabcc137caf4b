//! Who wrote it: what the page claims, what it marks, what it shows.
use super::names;
use super::scene::Near;
use super::signed::{
    BYLINE_CHARS_MAX, SIGNED_LINES, beside_date, is_label, is_signed, looks_like_person, mentioned, name_in, signed,
    texts_of,
};
use super::{Evidence, head};
use scraper::ElementRef;

const NAMES_MAX: usize = 8;
/// Texts of one marked element; a name is among the first.
const PARTS_MAX: usize = 4;
/// Marked elements that are read.
const MARKED_MAX: usize = 60;

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
        &|| seen.state().author.clone().into_iter().collect(),
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

/// Texts of the element's parts, so that a name does not run into its role.
fn text(element: ElementRef<'_>) -> String {
    let parts = element.text().map(super::one_line).filter(|part| !part.is_empty()).take(PARTS_MAX);
    let mut out = String::new();
    for part in parts {
        let joint = if out.is_empty() {
            ""
        } else if is_label(&out) || part.starts_with([',', '.', '、', '·', ')']) || out.ends_with(['(', ',']) {
            " "
        } else {
            " | "
        };
        out.push_str(joint);
        out.push_str(&part);
    }
    out
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
