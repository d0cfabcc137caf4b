//! What a feed's entry holds of its article: the whole, or a summary. Pure: tested with tables.
use crate::extract;
use crate::model::{Entry, Extract, Outcome, Problem, SkipReason};
use jiff::tz::TimeZone;
use url::Url;

/// A shorter text of a feed is not taken for the article, however it ends.
const WHOLE_WORDS_MIN: f32 = 100.0;
/// A shorter summary says no more than the title.
const SUMMARY_WORDS_MIN: f32 = 12.0;
/// The feed's text goes before the page's when it is so much longer.
const LONGER: f32 = 1.25;

pub(super) enum FeedText {
    Whole(Extract),
    Summary(Extract),
}

/// None: the entry says no more than its title.
pub(super) fn read(entry: &Entry, url: &Url, zone: &TimeZone) -> Option<FeedText> {
    let texts = [entry.content.as_deref(), entry.summary.as_deref()].into_iter().flatten();
    let longest = texts
        .map(|html| extract::from_feed_html(html, Some(url), zone))
        .max_by(|a, b| extract::words(&a.body).total_cmp(&extract::words(&b.body)))?;
    let words = extract::words(&longest.body);
    if words >= WHOLE_WORDS_MIN && !longest.truncated && extract::is_whole(&longest.body) {
        return Some(FeedText::Whole(longest));
    }
    (words >= SUMMARY_WORDS_MIN).then(|| FeedText::Summary(as_summary(longest)))
}

fn as_summary(mut extract: Extract) -> Extract {
    extract.method = "feed_summary".to_owned();
    extract.truncated = true;
    extract.problems.push(Problem::new("feed_summary", "the page gave no text; this is the summary of its feed"));
    extract
}

/// The feed's whole text in place of a page's that is much shorter or cut off; a summary never is.
pub(super) fn goes_before(feed: &FeedText, page: &Extract) -> bool {
    let FeedText::Whole(feed) = feed else { return false };
    let factor = if page.truncated { 1.0 } else { LONGER };
    extract::words(&feed.body) > extract::words(&page.body) * factor
}

/// The page keeps all it says but its text.
pub(super) fn put_in(feed: Extract, page: &mut Extract) {
    let (own, theirs) = (extract::words(&feed.body), extract::words(&page.body));
    page.problems.retain(|problem| !matches!(problem.code.as_str(), "cut_off" | "empty_text"));
    page.problems.push(Problem::new(&feed.method, format!("{own:.0} words, where the page shows {theirs:.0}")));
    (page.body, page.method, page.truncated) = (feed.body, feed.method, feed.truncated);
    (page.lang, page.script) = (feed.lang, feed.script);
}

/// What may stand for a page that cannot be had: the whole text wherever a reader of the feed would still have it, a
/// summary where the page exists but is closed. A page that is gone has been withdrawn, whatever the feed still holds.
pub(super) fn stands_for(feed: &FeedText, outcome: &Outcome) -> bool {
    let Outcome::Skipped(why) = outcome else { return false };
    match feed {
        FeedText::Whole(_) => matches!(
            why,
            SkipReason::Refused
                | SkipReason::Robots
                | SkipReason::NotHtml
                | SkipReason::TooLarge
                | SkipReason::TooManyRedirects
                | SkipReason::EmptyText
                | SkipReason::GaveUp
        ),
        FeedText::Summary(_) => matches!(why, SkipReason::Refused | SkipReason::EmptyText | SkipReason::GaveUp),
    }
}

impl FeedText {
    pub(super) fn into_extract(self) -> Extract {
        match self {
            FeedText::Whole(extract) | FeedText::Summary(extract) => extract,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryKey;

    fn entry(content: &str) -> Entry {
        Entry {
            key: EntryKey::from("a"),
            url: None,
            title: None,
            title_markup: None,
            published: None,
            updated: None,
            author: None,
            rights: Vec::new(),
            summary: Some("The ministry bans it.".to_owned()),
            content: Some(content.to_owned()),
            links: Vec::new(),
        }
    }

    fn long() -> String {
        let line =
            |n| format!("<p>Ministry number {n} told its staff to stop using the assistant on every device.</p>");
        (0..12).map(line).collect()
    }

    fn kind(content: &str) -> &'static str {
        let url = Url::parse("https://n.example/a").expect("a URL");
        match read(&entry(content), &url, &TimeZone::UTC) {
            Some(FeedText::Whole(extract)) => {
                assert_eq!((extract.method.as_str(), extract.truncated), ("full_text_feed", false));
                "whole"
            }
            Some(FeedText::Summary(extract)) => {
                assert_eq!((extract.method.as_str(), extract.truncated), ("feed_summary", true));
                assert!(extract.problems.iter().any(|problem| problem.code == "feed_summary"));
                "summary"
            }
            None => "nothing",
        }
    }

    #[test]
    fn a_teaser_is_never_the_article() {
        let text = long();
        assert_eq!(kind(&text), "whole");
        assert_eq!(kind(&format!("{text}<p>It also said [...]</p>")), "summary");
        assert_eq!(
            kind(&format!("{text}<p><a href=/a>Read more</a> of this</p>")),
            "summary",
            "its last line leads on"
        );
        assert_eq!(kind(&format!("{text}<p>订阅后可阅读全文</p>")), "summary");
        assert_eq!(kind("<p>The ministry told its staff to stop using the assistant on every device.</p>"), "summary");
        assert_eq!(kind("<p>Short.</p>"), "nothing");
    }

    #[test]
    fn a_page_that_is_gone_or_blocked_has_no_substitute() {
        let url = Url::parse("https://n.example/a").expect("a URL");
        let text = "<p>The ministry told its staff to stop using the assistant on every device.</p>";
        let of = |content: &str| read(&entry(content), &url, &TimeZone::UTC).expect("text");
        let (whole, summary) = (of(&long()), of(text));
        let skipped = |why| Outcome::Skipped(why);
        assert!(
            stands_for(&whole, &skipped(SkipReason::Robots)) && !stands_for(&summary, &skipped(SkipReason::Robots))
        );
        assert!(stands_for(&summary, &skipped(SkipReason::Refused)));
        for why in [SkipReason::Gone, SkipReason::BlockedAddress, SkipReason::Quarantined] {
            assert!(!stands_for(&whole, &skipped(why)), "{why:?}");
        }
    }
}
