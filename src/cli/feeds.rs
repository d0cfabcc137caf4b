//! `feeds list|check|dead|test|discover|import|export`.
use super::{Common, Ended, block_on};
use crate::app::{self, Access};
use crate::catalogue::{self, SourceFile};
use crate::model::{FeedKind, FeedSpec, FeedStatus};
use crate::store::{FeedHealth, Judged};
use crate::text::charset::{self, Hints, Markup};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum FeedsCommand {
    /// The feeds of the catalogue
    List {
        /// Only this language (ko, zh, en)
        #[arg(long)]
        lang: Option<String>,
        /// As JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Load the catalogue strictly; beside a data folder, show each feed's health
    Check {
        /// As JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Feeds that have long not been read, as a configuration entry that switches them all off
    Dead {
        /// Days without a good poll
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
        /// As JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Fetch and read one feed as a poll would, and show what it gives; stores nothing
    Test(super::feed_test::TestArgs),
    /// Find the feeds of a site and print them as catalogue rows
    Discover(super::discover::DiscoverArgs),
    /// Turn an OPML file into catalogue rows
    Import(OpmlImport),
    /// The catalogue as OPML, on standard output
    Export,
}

#[derive(Debug, Args)]
pub(super) struct OpmlImport {
    /// The OPML file
    file: PathBuf,
    /// Language of its feeds (ko, zh, en)
    #[arg(long)]
    lang: String,
    /// ISO 3166 code of their country
    #[arg(long)]
    region: String,
    /// What a date without a zone means in them (IANA)
    #[arg(long)]
    zone: String,
    #[arg(long, default_value = "imported")]
    category: String,
    /// Append the rows to this catalogue file instead of printing them
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
}

pub(super) fn feeds(common: &Common, command: FeedsCommand) -> anyhow::Result<Ended> {
    match command {
        FeedsCommand::List { lang, json } => list(common, lang.as_deref(), json),
        FeedsCommand::Check { json } => check(common, json),
        FeedsCommand::Dead { days, json } => dead(common, days, json),
        FeedsCommand::Test(args) => super::feed_test::test(common, &args),
        FeedsCommand::Discover(args) => super::discover::discover(common, &args),
        FeedsCommand::Import(args) => import(common, &args),
        FeedsCommand::Export => {
            let config = common.load()?;
            print!("{}", catalogue::write_opml(&app::load_catalogue(&config)?.feeds)?);
            Ok(Ended::Ok)
        }
    }
}

fn list(common: &Common, lang: Option<&str>, json: bool) -> anyhow::Result<Ended> {
    let lang = lang.map(super::search::watched).transpose()?;
    let config = common.load()?;
    let catalogue = app::load_catalogue(&config)?;
    for feed in catalogue.feeds.iter().filter(|feed| lang.is_none_or(|lang| feed.lang == lang)) {
        if json {
            println!("{}", serde_json::to_string(feed)?);
        } else {
            println!(
                "{}  {}  {:<8}  {}  {}{}",
                feed.id,
                feed.lang,
                status(feed.status),
                feed.url,
                feed.title,
                note(feed)
            );
        }
    }
    Ok(Ended::Ok)
}

fn status(status: FeedStatus) -> &'static str {
    match status {
        FeedStatus::Live => "live",
        FeedStatus::Pending => "pending",
        FeedStatus::Disabled => "disabled",
    }
}

fn note(feed: &FeedSpec) -> String {
    let kind = match feed.kind {
        FeedKind::Feed => "",
        FeedKind::Sitemap => " [site map]",
        FeedKind::Listing if feed.listing.is_none() => " [listing page without selectors]",
        FeedKind::Listing => " [listing page]",
    };
    format!("{kind}{}", feed.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default())
}

fn check(common: &Common, json: bool) -> anyhow::Result<Ended> {
    let config = common.load()?;
    let catalogue = app::load_catalogue(&config)?;
    if !json {
        let count = |status| catalogue.feeds.iter().filter(|feed| feed.status == status).count();
        println!(
            "the catalogue is right: {} feeds ({} live, {} pending, {} disabled), {} known absences",
            catalogue.feeds.len(),
            count(FeedStatus::Live),
            count(FeedStatus::Pending),
            count(FeedStatus::Disabled),
            catalogue.absences.len()
        );
    }
    if !config.data.is_dir() {
        return Ok(Ended::Ok);
    }
    block_on(async {
        let app = common.open(Access::Read).await?;
        let (mut failing, mut polled) = (0, 0);
        let now = jiff::Timestamp::now();
        for health in app.store.feed_health(now).await? {
            let judged = health.judged(now);
            failing += u64::from(judged.health.state.last_error.is_some());
            polled += u64::from(judged.health.state.last_polled.is_some());
            if json {
                println!("{}", serde_json::to_string(&judged)?);
            } else {
                print!("{}", lines(&judged));
            }
        }
        if !json {
            println!("{polled} feeds polled so far, {failing} of them failing");
        }
        Ok(if failing == 0 { Ended::Ok } else { Ended::Partly })
    })
}

/// Fewer failures in a row are weather.
const DEAD_FAILURES_MIN: u32 = 5;

fn dead(common: &Common, days: u16, json: bool) -> anyhow::Result<Ended> {
    block_on(async {
        let app = common.open(Access::Read).await?;
        let now = jiff::Timestamp::now();
        let oldest = now.checked_sub(jiff::SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(now);
        let mut health = app.store.feed_health(now).await?;
        health.retain(|feed| feed.spec.status == FeedStatus::Live && is_dead(&feed.state, oldest));
        if json {
            for feed in health {
                println!("{}", serde_json::to_string(&feed.judged(now))?);
            }
            return Ok(Ended::Ok);
        }
        println!("# {} live feeds without a good poll for {days} days", health.len());
        if !health.is_empty() {
            println!("disabled = [");
            for feed in &health {
                let why = feed.state.last_error.as_deref().unwrap_or("answered 410");
                println!(
                    "  {}, # {}: {}",
                    toml::Value::from(feed.spec.url.as_str()),
                    one_line(&feed.spec.title),
                    one_line(why)
                );
            }
            println!("]");
        }
        Ok(Ended::Ok)
    })
}

fn is_dead(state: &crate::model::FeedState, oldest: jiff::Timestamp) -> bool {
    state.gone || (state.failures >= DEAD_FAILURES_MIN && state.last_ok.is_none_or(|ok| ok < oldest))
}

/// A line break in a comment would end it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a person should know of a feed that was ever polled.
fn lines(judged: &Judged) -> String {
    let FeedHealth { spec, state, .. } = &judged.health;
    let mut out = String::new();
    let mut line = |word: &str, what: &str| {
        out.push_str(&format!("{word:<8} {}  {}  {what}\n", spec.title, spec.url));
    };
    if state.gone {
        line("gone", "answered 410; no longer polled");
    } else if let Some(error) = &state.last_error {
        line("failing", &format!("({} in a row): {error}", state.failures));
    } else if state.last_polled.is_some() {
        let outcomes = &judged.health.outcomes.0;
        let outcomes: Vec<String> = outcomes.iter().map(|(name, count)| format!("{name} {count}")).collect();
        line("ok", &format!("{} entries; {}", state.last_entries.unwrap_or(0), outcomes.join(", ")));
    }
    if let Some(quiet) = &judged.quiet {
        line("quiet", quiet);
    }
    if let Some(adopted) = &state.adopted {
        line("moved", &format!("asked at {adopted} now"));
    }
    if state.validators_lie {
        line("lying", "sent other entries under the same ETag or Last-Modified; asked without them");
    }
    out
}

fn import(common: &Common, args: &OpmlImport) -> anyhow::Result<Ended> {
    let config = common.load()?;
    let bytes = std::fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
    let text = charset::decode(&bytes, &Hints { content_type: None, markup: Markup::Xml }).text;
    let found = catalogue::read_opml(&text).with_context(|| args.file.display().to_string())?;
    let known = app::load_catalogue(&config)?;
    let mut rows = String::new();
    let mut wrong = 0;
    for feed in found {
        if known.feeds.iter().any(|other| other.url == feed.url) {
            eprintln!("already listed: {}", feed.url);
            continue;
        }
        let row = row(&feed, args)?;
        // Each row is loaded alone first, so that one bad address does not refuse the file.
        match catalogue::load(&[SourceFile { name: "row", text: &row }]) {
            Ok(_) => rows.push_str(&row),
            Err(fault) => {
                wrong += 1;
                eprintln!("left out {}: {}", feed.url, fault.message);
            }
        }
    }
    match &args.into {
        None => print!("{rows}"),
        Some(file) => append(file, &rows)?,
    }
    Ok(if wrong == 0 { Ended::Ok } else { Ended::Partly })
}

fn row(feed: &catalogue::OpmlFeed, args: &OpmlImport) -> anyhow::Result<String> {
    let fields = RowFields {
        title: feed.title.as_deref().unwrap_or(&feed.url),
        url: &feed.url,
        lang: &args.lang,
        region: &args.region,
        zone: &args.zone,
        category: &args.category,
        kind: FeedKind::Feed,
    };
    fields.to_toml()
}

/// A row ready to paste into a catalogue file.
pub(super) struct RowFields<'a> {
    pub(super) title: &'a str,
    pub(super) url: &'a str,
    pub(super) lang: &'a str,
    pub(super) region: &'a str,
    pub(super) zone: &'a str,
    pub(super) category: &'a str,
    pub(super) kind: FeedKind,
}

impl RowFields<'_> {
    /// TOML strings are written by the toml crate: titles may hold anything.
    pub(super) fn to_toml(&self) -> anyhow::Result<String> {
        let kind = match self.kind {
            FeedKind::Feed => "feed",
            FeedKind::Sitemap => "sitemap",
            FeedKind::Listing => "listing",
        };
        let fields = [
            ("title", self.title),
            ("url", self.url),
            ("lang", self.lang),
            ("region", self.region),
            ("zone", self.zone),
            ("category", self.category),
            ("kind", kind),
        ];
        let mut out = "\n[[feed]]\n".to_owned();
        for (key, value) in fields {
            writeln!(out, "{key} = {}", toml::Value::String(value.to_owned()))?;
        }
        Ok(out)
    }
}

/// The file as it will be is loaded before it is written.
fn append(file: &PathBuf, rows: &str) -> anyhow::Result<()> {
    let before = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(why) => return Err(why).with_context(|| format!("reading {}", file.display())),
    };
    let after = before + rows;
    let name = file.display().to_string();
    if let Err(fault) = catalogue::load(&[SourceFile { name: &name, text: &after }]) {
        bail!("nothing was written: {fault}");
    }
    let new = file.with_extension("toml.new");
    std::fs::write(&new, after).with_context(|| format!("writing {}", new.display()))?;
    std::fs::rename(&new, file).with_context(|| format!("replacing {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FeedState;

    #[test]
    fn dead_is_gone_or_long_unread_and_not_just_failing() {
        let at = |seconds: i64| jiff::Timestamp::from_second(seconds).unwrap();
        let state = |failures, last_ok| FeedState { failures, last_ok, ..FeedState::default() };
        assert!(is_dead(&FeedState { gone: true, ..FeedState::default() }, at(100)));
        assert!(is_dead(&state(5, Some(at(99))), at(100)) && is_dead(&state(5, None), at(100)));
        assert!(!is_dead(&state(4, Some(at(99))), at(100)) && !is_dead(&state(9, Some(at(101))), at(100)));
        assert_eq!(one_line("a\n b"), "a b");
    }
}
