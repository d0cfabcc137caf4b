//! Elements by selector, and the meta elements of the head.
use super::one_line;
use scraper::{ElementRef, Html, Selector};

const METAS_MAX: usize = 500;
const ELEMENTS_MAX: usize = 60;

pub(super) const TITLES: [&str; 2] = ["og:title", "twitter:title"];
pub(super) const IMAGES: [&str; 4] = ["og:image", "og:image:url", "og:image:secure_url", "twitter:image"];

/// Every `meta` with a name and a content, in page order; names in lower case.
pub(in crate::extract) struct Metas(pub(in crate::extract) Vec<(String, String)>);

impl Metas {
    pub(super) fn read(html: &Html) -> Self {
        let metas = all(html, "meta[content]").take(METAS_MAX).flat_map(|meta| {
            let value = meta.value();
            let content = one_line(&html_escape::decode_html_entities(value.attr("content").unwrap_or_default()));
            let names = ["property", "name", "itemprop", "http-equiv"].iter().find_map(|key| value.attr(key));
            let names = names.unwrap_or_default().trim().to_ascii_lowercase();
            let is_said = !names.is_empty() && !content.is_empty();
            is_said.then_some((names, content))
        });
        Metas(metas.collect())
    }

    /// The first of `names` that is there.
    pub(in crate::extract) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.0.iter().find(|(key, _)| key == name).map(|(_, content)| content.as_str()))
    }

    pub(super) fn every<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, content)| content.as_str())
    }

    /// `twitter:label1` names what `twitter:data1` holds.
    pub(super) fn labelled(&self, labels: &[&str]) -> Option<&str> {
        let fits = |said: &str| labels.contains(&said.to_lowercase().as_str());
        [("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")]
            .iter()
            .find_map(|(label, data)| self.first(&[label]).filter(|said| fits(said)).and_then(|_| self.first(&[data])))
    }
}

pub(super) fn all<'a>(html: &'a Html, selector: &'static str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("selectors are constant");
    html.select(&selector).collect::<Vec<_>>().into_iter()
}

pub(super) fn texts(html: &Html, selector: &'static str) -> Vec<String> {
    let texts = all(html, selector).take(ELEMENTS_MAX).map(text_of);
    texts.filter(|text| !text.is_empty()).collect()
}

pub(super) fn text_of(element: ElementRef<'_>) -> String {
    one_line(&element.text().collect::<String>())
}
