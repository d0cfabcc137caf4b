//! One article's text from all its pages, or from its lighter edition where the page itself has little of it.
use super::Kit;
use super::read::{self, PageRead};
use crate::extract::{self, Found, leads};
use crate::model::{Extract, Page, Problem, SkipReason};
use jiff::tz::TimeZone;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinError;
use url::Url;

/// Pages of one article that are fetched after the first.
const FOLLOWING_MAX: u32 = 10;
/// Of the joined text; one page may hold as much.
const JOINED_BYTES_MAX: usize = 2 << 20;
/// A page that adds less is a caption or a list.
const PAGE_WORDS_MIN: f32 = 15.0;
/// A text that its judge trusts less, or that is shorter, is looked for in another edition.
const SURE_MIN: f32 = 0.5;
const POOR_WORDS: f32 = 60.0;
/// The edition's text is taken when it has so much more.
const BETTER: f32 = 1.25;

/// Faults of the further pages; with one of them the text may be shorter than the article.
pub(super) const INCOMPLETE: [&str; 2] = ["next_page_failed", "edition_failed"];

/// Ok(Err): there is nothing to read. Err: a step failed on a page.
pub(super) async fn gather(
    kit: &Kit,
    page: &Arc<Page>,
    zone: &TimeZone,
) -> Result<Result<PageRead, SkipReason>, JoinError> {
    let mut first = match read_one(kit, page, zone).await? {
        Ok(read) => read,
        Err(why) => return Ok(Err(why)),
    };
    if wants_edition(&first.found) {
        try_edition(kit, &mut first.found, zone).await?;
    }
    // The edition's text has its own pages, or none.
    if let Some(next) = first.found.leads.next_page.take_if(|_| !is_edition(&first.found.extract))
        && let Ok(base) = Url::parse(&page.final_url)
    {
        follow(kit, &mut first.found.extract, (base, next), zone).await?;
    }
    Ok(Ok(first))
}

async fn read_one(kit: &Kit, page: &Arc<Page>, zone: &TimeZone) -> Result<Result<PageRead, SkipReason>, JoinError> {
    let (page, sites, zone) = (Arc::clone(page), Arc::clone(&kit.sites), zone.clone());
    tokio::task::spawn_blocking(move || read::read_page(&page, &sites, &zone)).await
}

/// Fetches one further page; why it cannot be used, in words.
async fn fetch(kit: &Kit, url: &Url, zone: &TimeZone) -> Result<Result<Found, String>, JoinError> {
    let page = match kit.reader.page(url).await {
        Ok(page) => Arc::new(page),
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    let read = read_one(kit, &page, zone).await?;
    Ok(read.map(|read| read.found).map_err(|why| crate::model::Outcome::Skipped(why).name()))
}

// --- the lighter edition -------------------------------------------------------------------------

fn is_edition(extract: &Extract) -> bool {
    matches!(extract.method.as_str(), "amp" | "print")
}

/// A page behind a wall has its lighter edition there too.
fn wants_edition(found: &Found) -> bool {
    let body = &found.extract.body;
    let poor = found.sure < SURE_MIN || extract::words(body) < POOR_WORDS || found.extract.truncated;
    poor && !found.paywalled && found.leads.edition.is_some()
}

async fn try_edition(kit: &Kit, found: &mut Found, zone: &TimeZone) -> Result<(), JoinError> {
    let Some(edition) = found.leads.edition.clone() else { return Ok(()) };
    match fetch(kit, &edition.url, zone).await? {
        Err(why) => found
            .extract
            .problems
            .push(Problem::new("edition_failed", format!("{} edition: {why}", edition.kind)).at(edition.url.as_str())),
        Ok(other) if is_better(&other, found) => {
            let (extract, other) = (&mut found.extract, other.extract);
            extract.problems.retain(|problem| !matches!(problem.code.as_str(), "cut_off" | "empty_text"));
            extract.method = edition.kind.to_owned();
            (extract.body, extract.truncated) = (other.body, other.truncated);
            (extract.lang, extract.script) = (other.lang, other.script);
            extract.title = extract.title.take().or(other.title);
            extract.published = extract.published.take().or(other.published);
            extract.byline = extract.byline.take().or(other.byline);
        }
        Ok(_) => {}
    }
    Ok(())
}

fn is_better(other: &Found, found: &Found) -> bool {
    extract::words(&other.extract.body) > extract::words(&found.extract.body) * BETTER && !other.paywalled
}

// --- following pages -----------------------------------------------------------------------------

async fn follow(
    kit: &Kit,
    extract: &mut Extract,
    (first, mut next): (Url, Url),
    zone: &TimeZone,
) -> Result<(), JoinError> {
    let mut known: HashSet<String> = extract.body.split("\n\n").map(str::to_owned).collect();
    for number in 2..FOLLOWING_MAX + 2 {
        let found = match fetch(kit, &next, zone).await? {
            Ok(found) => found,
            Err(why) => {
                extract.problems.push(
                    Problem::new("next_page_failed", format!("page {number} could not be read: {why}"))
                        .at(next.as_str()),
                );
                extract.truncated = true;
                return Ok(());
            }
        };
        // Another title is another article, and the same text again is the first page under another address.
        let new = new_paragraphs(&found.extract.body, &known);
        let words: f32 = new.iter().map(|text| extract::words(text)).sum();
        if !leads::same_title(extract.title.as_deref(), found.extract.title.as_deref()) || words < PAGE_WORDS_MIN {
            return Ok(());
        }
        if !append(extract, &new, &mut known) {
            extract.problems.push(Problem::new("too_large", format!("page {number} and after are left out")));
            extract.truncated = true;
            return Ok(());
        }
        match leads::following(&found.leads.pages, &first, number + 1) {
            Some(following) => next = following.clone(),
            None => return Ok(()),
        }
    }
    extract
        .problems
        .push(Problem::new("too_many_pages", format!("pages after the first {} are left out", FOLLOWING_MAX + 1)));
    extract.truncated = true;
    Ok(())
}

/// Paragraphs that stand on every page count once.
fn new_paragraphs(body: &str, known: &HashSet<String>) -> Vec<String> {
    body.split("\n\n").filter(|text| !text.is_empty() && !known.contains(*text)).map(str::to_owned).collect()
}

fn append(extract: &mut Extract, new: &[String], known: &mut HashSet<String>) -> bool {
    let bytes: usize = new.iter().map(|text| text.len() + 2).sum();
    if extract.body.len() + bytes > JOINED_BYTES_MAX {
        return false;
    }
    for text in new {
        extract.body.push_str("\n\n");
        extract.body.push_str(text);
        known.insert(text.clone());
    }
    true
}
