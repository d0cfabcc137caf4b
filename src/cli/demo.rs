//! `demo`: a world on loopback, polled by the real pipeline.
use super::{Common, Ended, block_on, run, show};
use crate::app::{Access, App};
use crate::config::Config;
use crate::demo::server::{self, Served};
use crate::demo::{World, real};
use crate::model::{FeedSpec, Tally};
use crate::pipeline::{self, Progress, Scope, Snapshot, Stop};
use anyhow::{Context, bail};
use clap::Args;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The world is ours: its hosts need no rest, but the gap is kept so that politeness is at work.
const HOST_GAP_MS: u64 = 20;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// End after the table instead of serving the page
    #[arg(long)]
    once: bool,
    /// Address of the page (default: a free port on 127.0.0.1)
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// Only serve the world; its catalogue and a configuration for `banwatch --config DIR/banwatch.toml …` are written to
    /// DIR, and at the end requests.json with how often each address was asked for
    #[arg(long, value_name = "DIR", conflicts_with_all = ["once", "address"])]
    serve: Option<PathBuf>,
    /// A world made from a folder of labelled pages instead of the bundled one (for measuring)
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
}

pub(super) fn demo(common: &Common, args: DemoArgs) -> anyhow::Result<Ended> {
    let world = match &args.from {
        Some(folder) => real::world(folder).with_context(|| format!("making a world from {}", folder.display()))?,
        None => World::bundled().context("the bundled world")?,
    };
    let world = Arc::new(world);
    block_on(async {
        let served = server::serve(Arc::clone(&world)).await.context("serving the world on loopback")?;
        let feeds = world.catalogue(&served.bases)?;
        match &args.serve {
            Some(folder) => only_serve(folder, &feeds, served).await,
            None => watch(common, &args, (&world, feeds, served)).await,
        }
    })
}

/// The configuration of a run over the world: everything else as the user has it.
fn configuration(common: &Common, data: PathBuf, served: &Served) -> anyhow::Result<Config> {
    let mut config = common.load()?;
    config.data = data;
    config.store = None;
    config.index = None;
    config.fetch.allow = hosts(served);
    config.fetch.host_gap_ms = HOST_GAP_MS;
    Ok(config)
}

fn hosts(served: &Served) -> Vec<String> {
    served.bases.iter().map(|base| base.trim_start_matches("http://").to_owned()).collect()
}

async fn watch(
    common: &Common,
    args: &DemoArgs,
    (world, feeds, served): (&World, Vec<FeedSpec>, Served),
) -> anyhow::Result<Ended> {
    // Without --data the demo leaves nothing behind.
    let temporary = tempfile::tempdir().context("making a temporary folder")?;
    let data = common.data.clone().unwrap_or_else(|| temporary.path().to_owned());
    refuse_used(&data)?;
    let mut app = App::open(configuration(common, data, &served)?, Access::Write("demo")).await?;
    app.catalogue.feeds = feeds;
    let kit = run::start(&app).await?;
    show::tell(format_args!(
        "{} feeds on {} loopback sites, polled by the real pipeline",
        app.catalogue.feeds.len(),
        served.bases.len()
    ));
    let progress = Arc::new(Progress::default());
    let (sender, mut stop) = Stop::new();
    run::stop_on_signal(sender);
    let work = pipeline::work(Arc::clone(&kit), run::settings(&app, Scope::Once), Arc::clone(&progress), stop.clone());
    show::while_working(&progress, work).await?;
    let done = progress.snapshot();
    let right = print_table(&done, args.from.is_none().then(|| world.expected()));
    if args.once {
        app.close().await;
        served.stop().await;
        return if right { Ok(Ended::Ok) } else { bail!("the outcomes are not the expected ones") };
    }
    let listener = run::listen(args.address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))).await?;
    println!("\nThe page: http://{}   (Ctrl-C ends)", listener.local_addr()?);
    println!("Try: 금지 · 알리바바 · 蒸馏 · 禁 · \"Claude Code\" · ban");
    run::serve((&app, &kit), listener, progress, stop.clone())?.await.context("the page")??;
    stop.wait().await;
    app.close().await;
    served.stop().await;
    Ok(Ended::Ok)
}

/// Invented articles must never be mixed with real ones; nor two rounds of the demo, which serves at other ports each time.
fn refuse_used(data: &Path) -> anyhow::Result<()> {
    let holds = match std::fs::read_dir(data) {
        Ok(mut entries) => entries.next().is_some(),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => false,
        Err(why) => return Err(why).with_context(|| format!("looking into {}", data.display())),
    };
    if holds {
        bail!(
            "{} holds something already; the demo needs a new or empty folder (or none: then it leaves nothing behind)",
            data.display()
        );
    }
    Ok(())
}

/// Prints outcomes beside what the world expects; true when they agree or nothing is expected.
fn print_table(done: &Snapshot, expected: Option<Tally>) -> bool {
    print!("{}", show::outcome_table(done));
    let Some(expected) = expected else { return true };
    let mut right = true;
    let names: std::collections::BTreeSet<&String> = expected.0.keys().chain(done.outcomes.0.keys()).collect();
    for name in names {
        let (want, got) = (expected.0.get(name).copied().unwrap_or(0), done.outcomes.0.get(name).copied().unwrap_or(0));
        if want != got {
            right = false;
            println!("  {name}: expected {want}, got {got}");
        }
    }
    if right {
        println!("every entry ended as expected");
    }
    right
}

async fn only_serve(folder: &Path, feeds: &[FeedSpec], served: Served) -> anyhow::Result<Ended> {
    let catalogue = folder.join("feeds");
    std::fs::create_dir_all(&catalogue).with_context(|| format!("making {}", catalogue.display()))?;
    write(&catalogue.join("world.toml"), &rows(feeds)?)?;
    let mut config = Config { data: folder.join("data"), feeds: Some(catalogue), ..Config::default() };
    config.fetch.allow = hosts(&served);
    config.fetch.host_gap_ms = HOST_GAP_MS;
    // Written last: whoever waits for it finds everything else in place.
    let file = folder.join("banwatch.toml");
    write(&folder.join("banwatch.toml.new"), &toml::to_string(&config)?)?;
    std::fs::rename(folder.join("banwatch.toml.new"), &file).with_context(|| format!("writing {}", file.display()))?;
    show::tell(format_args!("serving {} feeds; use --config {}", feeds.len(), file.display()));
    let (sender, mut stop) = Stop::new();
    run::stop_on_signal(sender);
    stop.wait().await;
    // How often each address was asked for: what a measurement of politeness reads.
    write(&folder.join("requests.json"), &serde_json::to_string_pretty(&served.requests())?)?;
    served.stop().await;
    Ok(Ended::Ok)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

#[derive(serde::Serialize)]
struct Rows<'a> {
    feed: Vec<Row<'a>>,
}

#[derive(serde::Serialize)]
struct Row<'a> {
    title: &'a str,
    url: &'a str,
    lang: String,
    region: &'a str,
    zone: &'a str,
    category: &'a str,
    kind: &'a str,
}

fn rows<'a>(feeds: &'a [FeedSpec]) -> anyhow::Result<String> {
    let row = |feed: &'a FeedSpec| {
        let FeedSpec { title, url, lang, region, zone, category, .. } = feed;
        Row { title, url, lang: lang.to_string(), region, zone, category, kind: "feed" }
    };
    Ok(toml::to_string(&Rows { feed: feeds.iter().map(row).collect() })?)
}
