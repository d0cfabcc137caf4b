//! What a tag means: vocabulary and local name → field. The table is the specification.
use super::scan::Tag;
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS, RDF Site Summary, Atom: their names do not clash.
    Core,
    Dc,
    DcTerms,
    Content,
    Media,
    Itunes,
    Syndication,
    FeedBurner,
    CreativeCommons,
    News,
    Rdf,
    Xhtml,
    /// A vocabulary nobody here knows.
    Unknown,
}

/// Where a piece of an entry or feed goes. The number is the rank: lower wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    OtherTitle,
    Link,
    OriginalLink,
    Guid,
    Published(u8),
    Updated(u8),
    Author,
    OtherAuthor,
    Summary,
    OtherSummary,
    Content,
    Rights,
    FeedTitle,
    Ttl,
    UpdatePeriod,
    UpdateFrequency,
    SkipHour,
    SkipDay,
}

impl Field {
    /// Holds no markup, so another field's tag inside it means that its end tag is missing.
    pub(super) fn is_line(self) -> bool {
        !matches!(self, Field::Summary | Field::OtherSummary | Field::Content | Field::Author)
    }
}

/// The field of an entry's child.
pub(super) fn entry_field(space: Space, local: &str) -> Option<Field> {
    Some(match (space, local) {
        (Space::Core, "title") => Field::Title,
        (Space::News, "title") => Field::Title,
        (Space::Dc | Space::Media | Space::Itunes, "title") => Field::OtherTitle,
        (Space::Core, "link" | "loc") => Field::Link,
        (Space::FeedBurner, "origlink") => Field::OriginalLink,
        (Space::Core, "guid" | "id") => Field::Guid,
        (Space::Core, "pubdate" | "published" | "issued") => Field::Published(0),
        (Space::News, "publication_date") => Field::Published(0),
        (Space::Dc, "date") => Field::Published(1),
        (Space::DcTerms, "issued" | "created" | "date") => Field::Published(2),
        (Space::Core, "created" | "date") => Field::Published(3),
        (Space::Core, "updated" | "modified" | "lastmod") => Field::Updated(0),
        (Space::DcTerms, "modified") => Field::Updated(1),
        (Space::Core, "author") => Field::Author,
        (Space::Dc, "creator" | "author") => Field::OtherAuthor,
        (Space::Itunes, "author") => Field::OtherAuthor,
        (Space::Core, "description" | "summary" | "abstract" | "tagline") => Field::Summary,
        (Space::Dc, "description") => Field::OtherSummary,
        (Space::Itunes, "summary") => Field::OtherSummary,
        (Space::Content, "encoded") => Field::Content,
        (Space::Core, "content" | "fullitem") => Field::Content,
        (Space::Xhtml, "body" | "div") => Field::Content,
        _ => return rights_field(space, local),
    })
}

/// Of a feed or of an entry: what it says of its use.
fn rights_field(space: Space, local: &str) -> Option<Field> {
    Some(match (space, local) {
        (Space::Core | Space::Dc | Space::DcTerms, "rights" | "copyright") => Field::Rights,
        (Space::DcTerms | Space::CreativeCommons, "license") => Field::Rights,
        _ => return None,
    })
}

/// The field of a child of channel or feed.
pub(super) fn feed_field(space: Space, local: &str) -> Option<Field> {
    Some(match (space, local) {
        (Space::Core, "title") => Field::FeedTitle,
        (Space::Core, "ttl") => Field::Ttl,
        (Space::Syndication, "updateperiod") => Field::UpdatePeriod,
        (Space::Syndication, "updatefrequency") => Field::UpdateFrequency,
        _ => return rights_field(space, local),
    })
}

/// The field of a list inside the channel.
pub(super) fn listed_field(parent: &str, local: &str) -> Option<Field> {
    match (parent, local) {
        ("skiphours", "hour") => Some(Field::SkipHour),
        ("skipdays", "day") => Some(Field::SkipDay),
        _ => None,
    }
}

/// Prefixes in force. Only the default is scoped: nobody rebinds a prefix in a feed.
#[derive(Debug)]
pub(super) struct Namespaces {
    /// A handful: looking through them is faster than hashing.
    prefixes: Vec<(String, Space)>,
    pub(super) default: Space,
}

/// More prefixes than any feed has; further ones are unknown.
const PREFIXES_MAX: usize = 64;

impl Namespaces {
    pub(super) fn new() -> Self {
        Self { prefixes: Vec::new(), default: Space::Core }
    }

    pub(super) fn declare(&mut self, tag: &Tag<'_>) {
        if !tag.raw.contains("xmlns") {
            return;
        }
        for (name, uri) in tag.attributes() {
            if name.eq_ignore_ascii_case("xmlns") {
                // A foreign default is still this feed's own vocabulary.
                self.default = by_uri(uri).unwrap_or(Space::Core);
            } else if let Some(("xmlns", prefix)) = name.split_once(':')
                && self.prefixes.len() < PREFIXES_MAX
            {
                let space = by_uri(uri).or_else(|| by_prefix(prefix)).unwrap_or(Space::Unknown);
                self.bind(prefix, space);
            }
        }
    }

    fn bind(&mut self, prefix: &str, space: Space) {
        match self.prefixes.iter_mut().find(|(known, _)| known == prefix) {
            Some((_, bound)) => *bound = space,
            None => self.prefixes.push((prefix.to_owned(), space)),
        }
    }

    /// Vocabulary and lower-case local name.
    pub(super) fn resolve<'n>(&self, name: &'n str) -> (Space, Cow<'n, str>) {
        match name.split_once(':') {
            None => (self.default, lower(name)),
            Some((prefix, local)) => {
                let declared = self.prefixes.iter().find(|(known, _)| known == prefix).map(|(_, space)| *space);
                (declared.or_else(|| by_prefix(prefix)).unwrap_or(Space::Unknown), lower(local))
            }
        }
    }
}

/// Nearly every name is lower case as it stands.
pub(super) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

fn by_uri(uri: &str) -> Option<Space> {
    let uri = uri.trim().to_ascii_lowercase();
    let bare = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest).trim_end_matches(['/', '#']);
    Some(match bare {
        "www.w3.org/2005/atom" | "purl.org/atom/ns" | "purl.org/rss/1.0" | "my.netscape.com/rdf/simple/0.9" => {
            Space::Core
        }
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => Space::Dc,
        "purl.org/dc/terms" => Space::DcTerms,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "search.yahoo.com/mrss" => Space::Media,
        "www.itunes.com/dtds/podcast-1.0.dtd" => Space::Itunes,
        "purl.org/rss/1.0/modules/syndication" => Space::Syndication,
        "rssnamespace.org/feedburner/ext/1.0" => Space::FeedBurner,
        "backend.userland.com/creativecommonsrssmodule"
        | "cyber.law.harvard.edu/rss/creativecommonsrssmodule.html"
        | "web.resource.org/cc"
        | "creativecommons.org/ns" => Space::CreativeCommons,
        "www.google.com/schemas/sitemap-news/0.9" => Space::News,
        "www.w3.org/1999/02/22-rdf-syntax-ns" => Space::Rdf,
        "www.w3.org/1999/xhtml" => Space::Xhtml,
        "www.w3.org/2000/svg" | "www.w3.org/1998/math/mathml" => Space::Unknown,
        _ if bare.contains("purl.org/net/rss1.1") || bare.contains("backend.userland.com") => Space::Core,
        _ => return None,
    })
}

/// What a prefix means when its declaration is missing or odd.
fn by_prefix(prefix: &str) -> Option<Space> {
    Some(match prefix.to_ascii_lowercase().as_str() {
        "atom" | "atom10" | "atom03" | "rss" | "a10" | "a" => Space::Core,
        "dc" => Space::Dc,
        "dcterms" | "dct" => Space::DcTerms,
        "content" => Space::Content,
        "media" => Space::Media,
        "itunes" => Space::Itunes,
        "sy" => Space::Syndication,
        "feedburner" => Space::FeedBurner,
        "creativecommons" | "cc" => Space::CreativeCommons,
        "news" => Space::News,
        "rdf" => Space::Rdf,
        "xhtml" => Space::Xhtml,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::scan::{Event, Scanner};

    #[test]
    fn the_last_binding_of_a_prefix_holds() {
        let mut spaces = Namespaces::new();
        for tag in ["<a xmlns:x='http://purl.org/dc/terms/'>", "<b xmlns:x='http://purl.org/dc/elements/1.1/'>"] {
            let Some(Event::Open(tag)) = Scanner::new(tag).next() else { panic!("a tag") };
            spaces.declare(&tag);
        }
        assert_eq!(spaces.resolve("x:Date"), (Space::Dc, "date".into()));
        assert_eq!(spaces.resolve("y:date"), (Space::Unknown, "date".into()));
        assert_eq!(spaces.prefixes.len(), 1);
    }
}
