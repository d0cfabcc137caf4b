//! `inspect URL|FILE`: what each step makes of one page.
use super::{Common, Ended, block_on};
use crate::fetch::Reader;
use crate::model::Page;
use crate::pipeline::{self, Report};
use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::Read;
use url::Url;

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// An http(s) address, or a file with the page's bytes (.gz allowed)
    page: String,
    /// For a file: the address it came from
    #[arg(long)]
    url: Option<String>,
    /// For a file: the Content-Type it was served with
    #[arg(long)]
    content_type: Option<String>,
    /// Zone of dates that name none
    #[arg(long, default_value = "UTC")]
    tz: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn inspect(common: &Common, args: InspectArgs) -> anyhow::Result<Ended> {
    let config = common.load()?;
    let zone = TimeZone::get(&args.tz).with_context(|| format!("--tz {:?}", args.tz))?;
    let lexicon = crate::app::load_lexicon(config.feeds.as_deref())?;
    let page = if args.page.starts_with("http://") || args.page.starts_with("https://") {
        let url = Url::parse(&args.page).with_context(|| format!("{:?} is not an address", args.page))?;
        // Nothing is stored, so nothing is captured either.
        block_on(async { Ok(crate::app::http_reader(&config, None)?.page(&url).await?) })?
    } else {
        from_file(&args, config.fetch.body_bytes_max)?
    };
    let policies = crate::app::load_catalogue(&config)?.policies;
    let sites = crate::app::load_sites(config.feeds.as_deref())?;
    let boilerplate = block_on(crate::app::known_lines(&config))?;
    let guides = pipeline::Guides { lexicon: &lexicon, sites: &sites, boilerplate: &boilerplate };
    let report = pipeline::inspect(&page, guides, &zone, &policies);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?)
    } else {
        print_report(&report)?
    }
    Ok(Ended::Ok)
}

fn from_file(args: &InspectArgs, bytes_max: usize) -> anyhow::Result<Page> {
    let reading = || format!("reading {}", args.page);
    let file = std::fs::File::open(&args.page).with_context(reading)?;
    let mut body = Vec::new();
    let limit = bytes_max as u64 + 1;
    if args.page.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(file).take(limit).read_to_end(&mut body).with_context(reading)?;
    } else {
        file.take(limit).read_to_end(&mut body).with_context(reading)?;
    }
    if body.len() > bytes_max {
        bail!("{} holds more than fetch.body_bytes_max = {bytes_max} bytes", args.page);
    }
    let url = args.url.clone().unwrap_or_else(|| "file:".to_owned() + &args.page);
    let headers = args.content_type.iter().map(|kind| ("content-type".to_owned(), kind.clone())).collect();
    Ok(Page {
        url: url.clone(),
        final_url: url,
        status: 200,
        headers,
        body,
        fetched_at: Timestamp::now(),
        capture: None,
    })
}

fn print_report(report: &Report) -> anyhow::Result<()> {
    println!("{}", report.url);
    for step in &report.steps {
        println!("\n== {} ({})", step.step, step.why);
        match &step.result {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    match value {
                        serde_json::Value::String(text) => println!("{name}: {text}"),
                        serde_json::Value::Array(list) if list.is_empty() => {}
                        other => println!("{name}: {}", serde_json::to_string_pretty(other)?),
                    }
                }
            }
            serde_json::Value::Null => {}
            other => println!("{other}"),
        }
    }
    println!("\noutcome: {}", report.outcome);
    Ok(())
}
