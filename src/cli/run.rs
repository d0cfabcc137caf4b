//! `run`, `worker`, `web`, `poll`: the pipeline at work.
use super::{Common, Ended, block_on, show};
use crate::app::{Access, App};
use crate::fetch::Reader;
use crate::model::{FeedId, HostCourtesy};
use crate::pipeline::{self, Kit, Progress, Scope, Settings, Stop};
use crate::web;
use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Address of the page
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(super) struct WebArgs {
    /// Address of the page
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(super) struct PollArgs {
    /// Poll once and end (this is what poll does; the flag is for scripts that say so)
    #[arg(long)]
    once: bool,
    /// Feeds by id, address or part of the title; none: all that are due
    #[arg(value_name = "FEED")]
    named: Vec<String>,
    /// Print the outcome counts as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(common: &Common, args: RunArgs) -> anyhow::Result<Ended> {
    let config = common.load_with(args.address)?;
    block_on(async {
        let app = App::open(config, Access::Write("run")).await?;
        let kit = start(&app).await?;
        let listener = listen(app.config.web.address).await?;
        show::tell(format_args!("{} live feeds; the page is at http://{}", live(&app), listener.local_addr()?));
        let progress = Arc::new(Progress::default());
        let (sender, stop) = Stop::new();
        let page = serve((&app, &kit), listener, Arc::clone(&progress), stop.clone())?;
        let callback = listen_for_hubs(&app, &kit, stop.clone()).await?;
        stop_on_signal(sender);
        let work = pipeline::work(kit, settings(&app, Scope::Forever), Arc::clone(&progress), stop.clone());
        let result = show::while_working(&progress, work).await;
        page.await.context("the page")??;
        end(callback).await?;
        finish(&app, &progress).await;
        result.map(|()| Ended::Ok)
    })
}

pub(super) fn worker(common: &Common) -> anyhow::Result<Ended> {
    block_on(async {
        let app = common.open(Access::Write("worker")).await?;
        let kit = start(&app).await?;
        show::tell(format_args!("{} live feeds", live(&app)));
        let progress = Arc::new(Progress::default());
        let (sender, stop) = Stop::new();
        stop_on_signal(sender);
        let callback = listen_for_hubs(&app, &kit, stop.clone()).await?;
        let work = pipeline::work(kit, settings(&app, Scope::Forever), Arc::clone(&progress), stop);
        let result = show::while_working(&progress, work).await;
        end(callback).await?;
        finish(&app, &progress).await;
        result.map(|()| Ended::Ok)
    })
}

pub(super) fn web(common: &Common, args: WebArgs) -> anyhow::Result<Ended> {
    let config = common.load_with(args.address)?;
    block_on(async {
        let app = App::open(config, Access::Read).await?;
        let listener = listen(app.config.web.address).await?;
        show::tell(format_args!("the page is at http://{}", listener.local_addr()?));
        let (sender, mut stop) = Stop::new();
        stop_on_signal(sender);
        let faces = faces(&app, &listener, None)?;
        web::serve(faces, listener, async move { stop.wait().await }).await?;
        Ok(Ended::Ok)
    })
}

pub(super) fn poll(common: &Common, args: PollArgs) -> anyhow::Result<Ended> {
    block_on(async {
        let app = common.open(Access::Write("poll")).await?;
        let kit = start(&app).await?;
        let scope = if args.named.is_empty() { Scope::Once } else { Scope::Feeds(named(&app, &args.named)?) };
        let progress = Arc::new(Progress::default());
        let (sender, stop) = Stop::new();
        stop_on_signal(sender);
        let work = pipeline::work(kit, settings(&app, scope), Arc::clone(&progress), stop);
        let result = show::while_working(&progress, work).await;
        app.close().await;
        result?;
        let done = progress.snapshot();
        if args.json {
            println!("{}", serde_json::to_string(&done)?);
        } else {
            print!("{}", show::outcome_table(&done));
        }
        Ok(if done.polls_failed == 0 { Ended::Ok } else { Ended::Partly })
    })
}

/// The last words of a long run, and a data folder that is whole in its own files.
async fn finish(app: &App, progress: &Progress) {
    let table = show::outcome_table(&progress.snapshot());
    show::tell(format_args!("stopped; since the start:\n{}", table.trim_end()));
    app.close().await;
}

/// Ids of the feeds the user named; a name that fits none or several is an error.
fn named(app: &App, names: &[String]) -> anyhow::Result<Vec<FeedId>> {
    let one = |name: &String| {
        let exact = |feed: &&crate::model::FeedSpec| feed.id.as_str() == name || feed.url == *name;
        let feeds = &app.catalogue.feeds;
        if let Some(feed) = feeds.iter().find(exact) {
            return live_id(feed);
        }
        let fitting: Vec<_> =
            feeds.iter().filter(|feed| feed.title.to_lowercase().contains(&name.to_lowercase())).collect();
        match fitting.as_slice() {
            [feed] => live_id(feed),
            [] => bail!("no feed has the id, address or title {name:?}; `banwatch feeds list` shows them"),
            several => {
                bail!("{name:?} fits {} feeds, e.g. {:?} and {:?}", several.len(), several[0].title, several[1].title)
            }
        }
    };
    names.iter().map(one).collect()
}

fn live_id(feed: &crate::model::FeedSpec) -> anyhow::Result<FeedId> {
    if feed.status == crate::model::FeedStatus::Live {
        return Ok(feed.id.clone());
    }
    bail!("{:?} is not polled: it is pending or disabled in the catalogue (`banwatch feeds list`)", feed.title)
}

/// Puts the catalogue into the store and builds the kit.
pub(super) async fn start(app: &App) -> anyhow::Result<Arc<Kit>> {
    if app.config.fetch.contact.is_none() {
        show::tell("fetch.contact is not set: publishers cannot reach you about your requests");
    }
    app.store.sync_catalogue(&app.catalogue.feeds, Timestamp::now()).await?;
    if let Some(captures) = &app.captures {
        captures.prune(Timestamp::now()).context("bounding the capture store")?;
    }
    app.kit().await
}

pub(super) fn settings(app: &App, scope: Scope) -> Settings {
    let folder = app.config.data.clone();
    let wanted_mb = app.config.disk.free_mb_min;
    Settings {
        worker: format!("pid-{}", std::process::id()),
        scope,
        polls_max: app.config.worker.polls_max,
        pages_max: app.config.worker.pages_max,
        index_batch: Duration::from_millis(app.config.worker.index_batch_ms),
        revisit: app.config.fetch.revisit,
        no_room: Box::new(move || no_room(&folder, wanted_mb)),
    }
}

fn no_room(folder: &Path, wanted_mb: u64) -> Option<String> {
    match crate::store::disk::free_bytes(folder) {
        Ok(free) if free >= wanted_mb << 20 => None,
        Ok(free) => {
            Some(format!("{} MB free on the disk of {}, disk.free_mb_min is {wanted_mb}", free >> 20, folder.display()))
        }
        Err(why) => Some(format!("the disk of {} cannot be measured: {why}", folder.display())),
    }
}

/// The worker of this process, as far as the page shows it.
struct AtWork {
    progress: Arc<Progress>,
    reader: Arc<dyn Reader>,
}

impl web::Live for AtWork {
    fn tally(&self) -> crate::model::Tally {
        let snapshot = self.progress.snapshot();
        let mut tally = snapshot.outcomes;
        tally.0.extend(snapshot.revisits.0.into_iter().map(|(look, count)| (format!("revisit.{look}"), count)));
        tally
    }

    fn courtesy(&self) -> Vec<HostCourtesy> {
        self.reader.courtesy()
    }
}

fn live(app: &App) -> usize {
    app.catalogue.feeds.iter().filter(|feed| feed.status == crate::model::FeedStatus::Live).count()
}

pub(super) async fn listen(address: SocketAddr) -> anyhow::Result<tokio::net::TcpListener> {
    Ok(web::bind(address).await?)
}

pub(super) fn serve(
    (app, kit): (&App, &Kit),
    listener: tokio::net::TcpListener,
    progress: Arc<Progress>,
    mut stop: Stop,
) -> anyhow::Result<tokio::task::JoinHandle<std::io::Result<()>>> {
    let at_work = AtWork { progress, reader: Arc::clone(&kit.reader) };
    let faces = faces(app, &listener, Some(Arc::new(at_work)))?;
    Ok(tokio::spawn(web::serve(faces, listener, async move { stop.wait().await })))
}

fn faces(
    app: &App,
    listener: &tokio::net::TcpListener,
    live: Option<Arc<dyn web::Live>>,
) -> anyhow::Result<web::Faces> {
    Ok(web::Faces {
        store: Arc::clone(&app.store),
        index: Arc::clone(&app.index),
        policies: Arc::new(app.catalogue.policies.clone()),
        own_machine: listener.local_addr()?.ip().is_loopback(),
        live,
    })
}

type Serving = tokio::task::JoinHandle<std::io::Result<()>>;

/// The callback for hubs, where one is configured.
async fn listen_for_hubs(app: &App, kit: &Arc<Kit>, mut stop: Stop) -> anyhow::Result<Option<Serving>> {
    let Some(public) = kit.hub.as_ref().and(app.config.fetch.websub.callback.as_ref()) else { return Ok(None) };
    let listener = listen(app.config.fetch.websub.listen).await.context("fetch.websub.listen")?;
    show::tell(format_args!("hubs reach http://{} through {public}", listener.local_addr()?));
    let routes = web::callback_router(Arc::clone(kit));
    Ok(Some(tokio::spawn(web::serve_routes(routes, listener, async move { stop.wait().await }))))
}

/// A worker that ended by a fault was not told to stop, and neither was what listens beside it.
async fn end(callback: Option<Serving>) -> anyhow::Result<()> {
    let Some(callback) = callback else { return Ok(()) };
    if !callback.is_finished() {
        callback.abort();
    }
    match callback.await {
        Ok(served) => Ok(served?),
        Err(why) if why.is_cancelled() => Ok(()),
        Err(why) => Err(why.into()),
    }
}

/// The first SIGINT or SIGTERM asks for a clean stop; a second one ends the process at once.
pub(super) fn stop_on_signal(sender: tokio::sync::watch::Sender<bool>) {
    tokio::spawn(async move {
        wait_for_signal().await;
        show::tell("stopping; work in flight may end (again: at once)");
        sender.send_replace(true);
        wait_for_signal().await;
        std::process::exit(130);
    });
}

async fn wait_for_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(why) => {
                tracing::error!(%why, "SIGTERM cannot be caught");
                return std::future::pending().await;
            }
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if let Err(why) = interrupt.await {
        tracing::error!(%why, "Ctrl-C cannot be caught");
        std::future::pending::<()>().await;
    }
}
