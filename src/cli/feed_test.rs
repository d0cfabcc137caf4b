//! `feeds test FEED`: what a poll of one row would read now; stores nothing.
use super::{Common, Ended, block_on, show};
use crate::app;
use crate::fetch::{FeedReply, Reader};
use crate::model::{FeedDocument, FeedSpec, Stamp, Validators};
use crate::parse::{self, FeedContext};
use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// Address, id or title of a feed in the catalogue (disabled and pending ones too)
    feed: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn test(common: &Common, args: &TestArgs) -> anyhow::Result<Ended> {
    let config = common.load()?;
    let catalogue = app::load_catalogue(&config)?;
    let is_meant = |feed: &&FeedSpec| [feed.url.as_str(), feed.id.as_str(), &feed.title].contains(&args.feed.as_str());
    let Some(spec) = catalogue.feeds.iter().find(is_meant) else {
        bail!("{:?} is not in the catalogue; `banwatch feeds discover` looks at other addresses", args.feed)
    };
    let url = Url::parse(&spec.url).context(spec.url.clone())?;
    let reply = block_on(async {
        // Nothing is stored, so nothing is captured either.
        Ok(app::http_reader(&config, None)?.feed(&url, &Validators::default()).await?)
    })?;
    let FeedReply::Document { page, .. } = reply else {
        bail!("the server says not modified, although nothing was known of it")
    };
    let zone = TimeZone::get(&spec.zone).with_context(|| format!("zone {:?}", spec.zone))?;
    let address = Url::parse(&page.final_url).context(page.final_url.clone())?;
    let context = FeedContext {
        url: Some(&address),
        content_type: page.content_type(),
        zone: &zone,
        fetched_at: Some(Timestamp::now()),
        listing: spec.listing.as_ref(),
        only: spec.only.as_deref(),
    };
    let document = parse::parse(&page.body, &context);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        print(&document, &address)?;
    }
    Ok(if document.entries.is_empty() && document.children.is_empty() { Ended::Partly } else { Ended::Ok })
}

fn print(document: &FeedDocument, address: &Url) -> anyhow::Result<()> {
    let serde_json::Value::String(format) = serde_json::to_value(document.format)? else {
        unreachable!("formats are unit variants, which serde writes as text")
    };
    println!("{address}  {format}  {} entries", document.entries.len());
    for entry in &document.entries {
        let date = entry.published.as_ref().or(entry.updated.as_ref()).map(Stamp::to_text);
        println!(
            "{:<25}  {}  {}",
            date.as_deref().unwrap_or("-"),
            entry.url.as_deref().unwrap_or("-"),
            entry.title.as_deref().unwrap_or("-")
        );
    }
    for child in &document.children {
        println!("{:<25}  {}  [site map]", child.modified.as_ref().map_or("-".to_owned(), Stamp::to_text), child.url);
    }
    for problem in &document.problems {
        let place = problem.at.as_deref().map(|at| format!(" ({at})"));
        // Most problems have no place of their own.
        show::tell(format_args!("{}: {}{}", problem.code, problem.message, place.unwrap_or_default()));
    }
    Ok(())
}
