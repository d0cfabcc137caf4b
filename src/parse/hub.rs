//! Where a feed says which hubs pass it on (WebSub discovery): link elements, JSON Feed `hubs`, HTTP Link headers.
use super::entity;
use super::scan::Tag;
use crate::model::HubOffer;
use serde_json::Value;
use url::Url;

/// Hubs kept of one offer: one is subscribed to, the rest are for when it cannot be reached.
const HUBS_MAX: usize = 3;
/// Of an address; a longer one would travel in every request.
const URL_BYTES_MAX: usize = 2 << 10;
/// Links read of all Link headers.
const LINKS_MAX: usize = 50;

/// A `link` of the feed itself.
pub(super) fn note_tag(offer: &mut HubOffer, tag: &Tag<'_>, base: Option<&Url>) {
    let (Some(rel), Some(href)) = (tag.attribute("rel"), tag.attribute("href")) else { return };
    note(offer, rel, (&entity::decode(href), base));
}

pub(super) fn note_json(offer: &mut HubOffer, feed: &Value) {
    let hubs = feed.get("hubs").and_then(Value::as_array).into_iter().flatten();
    let is_websub = |hub: &&Value| {
        let kind = hub.get("type").and_then(Value::as_str).unwrap_or_default();
        ["websub", "pubsubhubbub"].contains(&kind.to_ascii_lowercase().as_str())
    };
    for url in hubs.filter(is_websub).filter_map(|hub| hub.get("url").and_then(Value::as_str)) {
        note(offer, "hub", (url, None));
    }
    if let Some(url) = feed.get("feed_url").and_then(Value::as_str) {
        note(offer, "self", (url, None));
    }
}

/// What the values of all `Link` headers offer (RFC 8288). Relative addresses are the document's.
pub fn offer_of_headers<'a>(values: impl Iterator<Item = &'a str>, base: Option<&Url>) -> HubOffer {
    let mut offer = HubOffer::default();
    for (href, parameters) in values.flat_map(links).take(LINKS_MAX) {
        let rel = split_outside_quotes(parameters, ';').into_iter().find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
        });
        if let Some(rel) = rel {
            note(&mut offer, rel, (href, base));
        }
    }
    offer
}

/// `(address, parameters)` of each link: the address stands in angle brackets and may hold commas.
fn links(value: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = value;
    while found.len() < LINKS_MAX
        && let Some((_, after)) = rest.split_once('<')
        && let Some((href, tail)) = after.split_once('>')
    {
        let parameters = split_outside_quotes(tail, ',').first().copied().unwrap_or_default();
        found.push((href, parameters));
        rest = tail.get(parameters.len()..).unwrap_or_default();
    }
    found
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// One link may have several relations.
fn note(offer: &mut HubOffer, rel: &str, (href, base): (&str, Option<&Url>)) {
    for rel in rel.split_ascii_whitespace() {
        let Some(url) = address(href, base) else { return };
        if rel.eq_ignore_ascii_case("hub") && offer.hubs.len() < HUBS_MAX && !offer.hubs.contains(&url) {
            offer.hubs.push(url);
        } else if rel.eq_ignore_ascii_case("self") && offer.topic.is_none() {
            offer.topic = Some(url);
        }
    }
}

/// As written, for the hub compares it; what cannot be asked is no address.
fn address(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    let resolved = match base {
        Some(base) => base.join(href),
        None => Url::parse(href),
    };
    // What does not parse offers nothing.
    let url = resolved.ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())?;
    let text = if Url::parse(href).is_ok() { href.to_owned() } else { url.to_string() };
    (text.len() <= URL_BYTES_MAX && !text.contains(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(values: &[&str]) -> (Vec<String>, Option<String>) {
        let base = Url::parse("https://a.example/feeds/rss").unwrap();
        let offer = offer_of_headers(values.iter().copied(), Some(&base));
        (offer.hubs, offer.topic)
    }

    #[test]
    fn link_headers_offer_hubs_and_self() {
        let one = (vec!["https://hub.example/".to_owned()], Some("https://a.example/feed?x=1,2".to_owned()));
        let cases: [&[&str]; 4] = [
            &["<https://hub.example/>; rel=\"hub\", <https://a.example/feed?x=1,2>; rel=self"],
            &["<https://hub.example/>; title=\"a, b; rel=self\"; REL=hub", "</feed?x=1,2>; rel=\"self alternate\""],
            &["<https://a.example/feed?x=1,2>; rel=\"self\"", "<https://hub.example/>;rel=\"hub\";type=x"],
            &[
                "<https://x.example/>; rel=next, <https://hub.example/>; rel=hub, </feed?x=1,2>; rel=self, </y>; rel=self",
            ],
        ];
        for case in cases {
            assert_eq!(told(case), one, "{case:?}");
        }
    }

    #[test]
    fn what_is_no_link_offers_nothing() {
        let long = format!("<https://hub.example/{}>; rel=hub", "x".repeat(3_000));
        for text in
            ["", "<", "<>", "rel=hub", "<https://h.example", "<javascript:x>; rel=hub", "<https://h.example>", &long]
        {
            assert_eq!(told(&[text]), (Vec::new(), None), "{text:.40}");
        }
        let many: Vec<String> = (0..99).map(|n| format!("<https://h{n}.example/>; rel=hub")).collect();
        assert_eq!(told(&[&many.join(",")]).0.len(), HUBS_MAX);
    }
}
