//! `feeds discover URL`: a site's address in, catalogue rows of its working feeds out.
use super::feeds::RowFields;
use super::{Common, Ended, block_on};
use crate::fetch::{FeedReply, HttpReader, Reader};
use crate::model::{FeedDocument, FeedFormat, FeedKind, Page, Validators};
use crate::parse::{self, Candidate, FeedContext, Hint};
use crate::text::charset::{self, Hints, Markup};
use crate::text::lang;
use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use url::Url;

#[derive(Debug, Args)]
pub(super) struct DiscoverArgs {
    /// A page of the site, or a feed
    url: String,
    /// Language of the rows (ko, zh, en); by default, what the titles are in
    #[arg(long)]
    lang: Option<String>,
    /// ISO 3166 code of the site's country
    #[arg(long, default_value = "INT")]
    region: String,
    /// What a date without a zone means in them (IANA)
    #[arg(long, default_value = "UTC")]
    zone: String,
    #[arg(long, default_value = "discovered")]
    category: String,
    /// As JSON Lines: every candidate, working or not
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Tried {
    url: String,
    hint: Hint,
    title: Option<String>,
    works: bool,
    format: Option<FeedFormat>,
    entries: usize,
    lang: Option<String>,
    why: Option<String>,
}

pub(super) fn discover(common: &Common, args: &DiscoverArgs) -> anyhow::Result<Ended> {
    let config = common.load()?;
    let url = Url::parse(&args.url).with_context(|| format!("{:?} is not an address", args.url))?;
    let zone = TimeZone::get(&args.zone).with_context(|| format!("--zone {:?}", args.zone))?;
    let tried = block_on(async {
        // Nothing is stored, so nothing is captured either.
        let reader = crate::app::http_reader(&config, None)?;
        try_all(&reader, &url, &zone).await
    })?;
    for one in &tried {
        if args.json {
            println!("{}", serde_json::to_string(one)?);
        } else if one.works {
            print!("{}", row(one, args)?);
        } else if let (Some(why), true) = (&one.why, one.hint != Hint::WellKnown) {
            eprintln!("no feed: {} ({why})", one.url);
        }
    }
    if tried.iter().all(|one| !one.works) {
        bail!("no feed was found at {url}");
    }
    Ok(Ended::Ok)
}

/// The address itself first; when it is no feed, what its page names and where feeds usually are.
async fn try_all(reader: &HttpReader, url: &Url, zone: &TimeZone) -> anyhow::Result<Vec<Tried>> {
    let (page, document) = fetch(reader, url, zone).await?;
    let itself = Candidate { url: page.final_url.clone(), title: None, hint: Hint::Named };
    let itself = judged(itself, Ok(&document));
    if itself.works {
        return Ok(vec![itself]);
    }
    let hints = Hints { content_type: page.content_type(), markup: Markup::Html };
    let html = charset::decode(&page.body, &hints).text;
    let base = Url::parse(&page.final_url).unwrap_or_else(|_| url.clone());
    let mut tried: Vec<Tried> = Vec::new();
    for candidate in parse::discover(&html, &base) {
        // Well-known paths are guesses: none is made where the page itself names a feed that works.
        if candidate.hint == Hint::WellKnown && tried.iter().any(|one| one.works) {
            break;
        }
        let answer = match Url::parse(&candidate.url) {
            Ok(url) => fetch(reader, &url, zone).await.map(|(_, document)| document),
            Err(why) => Err(why.into()),
        };
        tried.push(judged(candidate, answer.as_ref().map_err(|why| format!("{why:#}"))));
    }
    Ok(tried)
}

async fn fetch(reader: &HttpReader, url: &Url, zone: &TimeZone) -> anyhow::Result<(Box<Page>, FeedDocument)> {
    match reader.feed(url, &Validators::default()).await? {
        FeedReply::Document { page, .. } => {
            let address = Url::parse(&page.final_url)?;
            let context = FeedContext {
                url: Some(&address),
                content_type: page.content_type(),
                fetched_at: Some(Timestamp::now()),
                ..FeedContext::new(zone)
            };
            let document = parse::parse(&page.body, &context);
            Ok((page, document))
        }
        FeedReply::NotModified { .. } => bail!("the server says not modified, although nothing was known of it"),
    }
}

fn judged(candidate: Candidate, answer: Result<&FeedDocument, String>) -> Tried {
    let Candidate { url, title, hint } = candidate;
    let failed = |why| Tried {
        url: url.clone(),
        hint,
        title: title.clone(),
        works: false,
        format: None,
        entries: 0,
        lang: None,
        why: Some(why),
    };
    let document = match answer {
        Ok(document) => document,
        Err(why) => return failed(why),
    };
    if document.entries.is_empty() && document.children.is_empty() {
        let why = document.problems.first().map_or("it has no entries".to_owned(), |problem| problem.message.clone());
        return Tried { format: Some(document.format), ..failed(why) };
    }
    let titles: Vec<&str> = document.entries.iter().filter_map(|entry| entry.title.as_deref()).collect();
    Tried {
        title: document.title.clone().or_else(|| title.clone()),
        works: true,
        format: Some(document.format),
        entries: document.entries.len(),
        lang: Some(lang::detect(&titles.join("\n")).lang).filter(|lang| lang.is_watched()).map(|lang| lang.to_string()),
        why: None,
        url,
        hint,
    }
}

fn row(one: &Tried, args: &DiscoverArgs) -> anyhow::Result<String> {
    let lang = args.lang.as_deref().or(one.lang.as_deref());
    let fields = RowFields {
        title: one.title.as_deref().unwrap_or(&one.url),
        url: &one.url,
        // A title that tells nothing: the operator decides, and the catalogue refuses the row until then.
        lang: lang.unwrap_or("und"),
        region: &args.region,
        zone: &args.zone,
        category: &args.category,
        kind: if one.format == Some(FeedFormat::Sitemap) { FeedKind::Sitemap } else { FeedKind::Feed },
    };
    fields.to_toml()
}
