//! A digest: stories newest first, as a plain-text and an HTML part of one mail.
use super::outbound;
use crate::index::Hit;
use crate::model::{Lang, Topic};
use askama::Template;
use jiff::{Timestamp, civil, tz::Offset};
use serde::Serialize;

/// Characters of a subject: mail clients show about this much.
const SUBJECT_CHARS_MAX: usize = 120;

/// Other reports listed under a story; the rest are counted.
const REPORTS_MAX: usize = 12;

/// What one digest is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// The subscription's name, or the query as typed.
    pub name: String,
    /// How the query was understood.
    pub parsed: String,
    /// Newest first.
    pub stories: Vec<DigestStory>,
    /// Hits that found no place.
    pub left_out: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DigestStory {
    pub id: String,
    /// Newest first, never empty.
    pub reports: Vec<Hit>,
}

/// One message, ready for a sender. `subject` is one line and can stand in a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Digest {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Folds hits into their stories: newest story first, newest report of each first; hits without a time come last.
pub fn fold(hits: &[Hit]) -> Vec<DigestStory> {
    let mut newest_first: Vec<&Hit> = hits.iter().collect();
    newest_first.sort_by_key(|hit| std::cmp::Reverse(hit.published.as_deref().and_then(instant)));
    let mut stories: Vec<DigestStory> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for hit in newest_first {
        let place = *places.entry(hit.story.as_str()).or_insert(stories.len());
        match stories.get_mut(place) {
            Some(story) => story.reports.push(hit.clone()),
            None => stories.push(DigestStory { id: hit.story.clone(), reports: vec![hit.clone()] }),
        }
    }
    stories
}

pub fn render(issue: &Issue) -> Digest {
    let subject = subject(issue);
    let page = Page { title: one_line(&subject), issue, stories: issue.stories.iter().map(StoryView::of).collect() };
    Digest { text: text(&page), html: page.render().expect("writing to a String does not fail"), subject }
}

fn subject(issue: &Issue) -> String {
    let name = one_line(&issue.name);
    let line = match issue.stories.as_slice() {
        [] => format!("{name}: nothing new"),
        [only] => format!("{name}: {}", one_line(&only.headline().title)),
        [first, rest @ ..] => format!("{name}: {} and {} more", one_line(&first.headline().title), rest.len()),
    };
    if line.chars().count() <= SUBJECT_CHARS_MAX {
        return line;
    }
    line.chars().take(SUBJECT_CHARS_MAX - 1).chain(['…']).collect()
}

/// One line without control characters, so that nothing can start a new header or a fake line of the digest.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Controls, the Unicode line breaks, and the marks that turn the reading direction of what follows.
fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A date alone is taken at midnight UTC; only the order depends on it.
fn instant(published: &str) -> Option<Timestamp> {
    // What cannot be read sorts last.
    published.parse().ok().or_else(|| {
        let day: civil::Date = published.parse().ok()?;
        Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
    })
}

impl DigestStory {
    fn headline(&self) -> &Hit {
        self.reports.first().expect("fold puts at least one report into a story")
    }
}

#[derive(Template)]
#[template(path = "digest.html")]
struct Page<'a> {
    title: String,
    issue: &'a Issue,
    stories: Vec<StoryView>,
}

struct StoryView {
    headline: ReportView,
    topics: String,
    excerpt: String,
    others: Vec<ReportView>,
    unlisted: usize,
}

struct ReportView {
    title: String,
    url: String,
    link: Option<String>,
    lang: Lang,
    /// Site and time, as far as known.
    source: String,
}

impl StoryView {
    fn of(story: &DigestStory) -> Self {
        let headline = story.headline();
        let others = story.reports.iter().skip(1);
        Self {
            topics: headline.topics.iter().map(|topic| topic_name(*topic)).collect::<Vec<_>>().join(", "),
            // Said in the place of the excerpt, so that nobody takes it for an empty article.
            excerpt: one_line(&headline.withheld().unwrap_or_else(|| headline.snippet.text.clone())),
            others: others.clone().take(REPORTS_MAX).map(ReportView::of).collect(),
            unlisted: others.len().saturating_sub(REPORTS_MAX),
            headline: ReportView::of(headline),
        }
    }
}

impl ReportView {
    fn of(hit: &Hit) -> Self {
        let parts = [hit.site.as_deref(), hit.published.as_deref()];
        let title = one_line(&hit.title);
        Self {
            title: if title.is_empty() { "(no title)".to_owned() } else { title },
            url: one_line(&hit.url),
            link: outbound(&hit.url),
            lang: hit.lang,
            source: one_line(&parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")),
        }
    }
}

fn topic_name(topic: Topic) -> &'static str {
    match topic {
        Topic::VendorBan => "Vendor ban",
        Topic::DistillationAllegation => "Distillation allegation",
    }
}

fn text(page: &Page<'_>) -> String {
    let mut out = format!("{}\nQuery: {}\n", one_line(&page.issue.name), one_line(&page.issue.parsed));
    if page.stories.is_empty() {
        out.push_str("\nNothing new.\n");
    }
    for (story, number) in page.stories.iter().zip(1..) {
        out.push_str(&format!("\n{number}. {}\n", story.headline.title));
        for line in [&story.topics, &story.headline.source, &story.excerpt, &story.headline.url] {
            if !line.is_empty() {
                out.push_str(&format!("   {line}\n"));
            }
        }
        for report in &story.others {
            out.push_str(&format!(
                "   - [{}] {} ({})\n     {}\n",
                report.lang, report.title, report.source, report.url
            ));
        }
        if story.unlisted > 0 {
            out.push_str(&format!("   and {} more reports\n", story.unlisted));
        }
    }
    if page.issue.left_out > 0 {
        out.push_str(&format!("\n{} older articles match and are not listed.\n", page.issue.left_out));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Snippet, Tier};
    use crate::model::ArticleId;

    fn hit(story: &str, title: &str, published: Option<&str>) -> Hit {
        let url = format!("https://n.example/{story}/{}", title.len());
        Hit {
            id: ArticleId::of(&url),
            source_id: None,
            title: title.to_owned(),
            url,
            lang: Lang::En,
            published: published.map(str::to_owned),
            site: Some("n.example".to_owned()),
            topics: vec![Topic::VendorBan],
            story: story.to_owned(),
            copy_of: None,
            score: 1.0,
            tier: Tier::Strict,
            snippet: Snippet { text: "A ministry bars a chatbot.".to_owned(), marks: Vec::new() },
            why: Vec::new(),
            ruling: None,
        }
    }

    fn issue(hits: &[Hit]) -> Issue {
        Issue { name: "AI bans".to_owned(), parsed: "ban".to_owned(), stories: fold(hits), left_out: 0 }
    }

    #[test]
    fn stories_come_newest_first_whatever_the_offset_or_precision() {
        let hits = [
            hit("undated", "no date", None),
            hit("a", "old", Some("2026-07-01")),
            hit("b", "seoul", Some("2026-07-03T08:00:00+09:00")),
            hit("c", "utc", Some("2026-07-03T00:00:00Z")),
            hit("a", "newest of a", Some("2026-07-04T00:00:00Z")),
        ];
        let order: Vec<(String, usize)> = fold(&hits).into_iter().map(|s| (s.id, s.reports.len())).collect();
        let wanted = [("a", 2), ("c", 1), ("b", 1), ("undated", 1)];
        assert_eq!(order, wanted.map(|(id, count)| (id.to_owned(), count)));
    }

    #[test]
    fn a_subject_is_one_line_and_short() {
        let evil = hit("a", "Ban\r\nBcc: all@evil.example\u{2028}x\u{202E}y", None);
        let digest = render(&Issue { name: "Bans\r\nX-Evil: 1".to_owned(), ..issue(&[evil]) });
        assert_eq!(digest.subject, "Bans X-Evil: 1: Ban Bcc: all@evil.example x y");
        let long = render(&issue(&[hit("a", &"금지".repeat(200), None)]));
        assert_eq!(long.subject.chars().count(), SUBJECT_CHARS_MAX);
    }

    #[test]
    fn html_is_escaped_and_links_are_only_web_addresses() {
        let mut evil = hit("a", "<script>alert(1)</script>", None);
        evil.url = "javascript:alert(1)".to_owned();
        evil.site = Some("\"><svg onload=alert(1)>".to_owned());
        evil.snippet.text = "<img src=x onerror=alert(1)>".to_owned();
        let html = render(&issue(&[evil])).html;
        for bad in ["<script", "<svg", "<img", "href=\"javascript"] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
        assert!(html.contains("&#60;script&#62;"), "{html}");
    }

    #[test]
    fn both_parts_tell_the_same_stories() {
        let mut hits = vec![hit("a", "Lead", Some("2026-07-03"))];
        hits.extend((0..REPORTS_MAX + 3).map(|n| hit("a", &format!("Report {n}"), Some("2026-07-02"))));
        hits.push(hit("b", "Other", Some("2026-07-01")));
        let digest = render(&Issue { left_out: 7, ..issue(&hits) });
        for part in [&digest.text, &digest.html] {
            for wanted in ["Lead", "Report 11", "Other", "and 3 more reports", "7 older articles", "Vendor ban"] {
                assert!(part.contains(wanted), "{wanted} in {part}");
            }
            assert!(!part.contains("Report 12"));
        }
        assert_eq!(digest.subject, "AI bans: Lead and 1 more");
        assert!(render(&issue(&[])).text.contains("Nothing new."));
    }
}
