//! The command line. What the user typed is parsed here; each command has a file of its own.
mod classify;
mod cluster;
mod config;
mod demo;
mod discover;
mod export;
mod extract;
mod feed_test;
mod feeds;
mod filter;
mod import;
mod index;
mod inspect;
mod parse_feed;
mod run;
mod search;
mod show;

use crate::app::Access;
use crate::config::{Overrides, WebOverride};
use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Watches Korean, Chinese and English feeds for bans of AI vendors and distillation allegations.
#[derive(Debug, Parser)]
#[command(name = "banwatch", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 ok, 1 error, 2 usage, 3 partly done (each fault is named).\nFirst minute: `banwatch demo`. The main job: `banwatch run`."
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Configuration file (default: banwatch.toml here, then in the XDG configuration folder)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder: store, index, captures (default: index/live)
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder with ko.toml, zh.toml, en.toml and topics/, instead of the ones in the binary
    #[arg(long, global = true, value_name = "DIR")]
    feeds: Option<PathBuf>,
    /// Log more (-v: info, -vv: debug); RUST_LOG overrides
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The main job: poll, extract, judge, index, and serve the page
    Run(run::RunArgs),
    /// Poll, extract, judge and index, without the page
    Worker,
    /// Serve the page beside a running worker
    Web(run::WebArgs),
    /// Poll due feeds once (or the named ones, due or not) and end
    Poll(run::PollArgs),
    /// A small three-language world on loopback, polled by the real pipeline
    Demo(demo::DemoArgs),
    /// The catalogue of feeds
    #[command(subcommand)]
    Feeds(feeds::FeedsCommand),
    /// Search the index
    Search(search::SearchArgs),
    /// Every step's result and why, for a URL or a file; stores nothing
    Inspect(inspect::InspectArgs),
    /// Import articles from a JSONL file
    Import(import::ImportArgs),
    /// Export the articles a query finds
    Export(export::ExportArgs),
    /// What a subscriber to QUERY would receive
    Digest(export::DigestArgs),
    /// The index against the store
    #[command(subcommand)]
    Index(index::IndexCommand),
    /// The configuration in force
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Filter: feed bytes → entries (JSONL in, JSONL out)
    ParseFeed,
    /// Filter: page → article text and metadata (JSONL in, JSONL out)
    Extract(extract::Options),
    /// Filter: article → topics and event mentions (JSONL in, JSONL out)
    Classify,
    /// Filter: articles in arrival order → copies, events, stories (JSONL in, JSONL out)
    Cluster,
    /// Completions for a shell, on standard output
    Completions { shell: clap_complete::Shell },
    /// Man pages, written to a folder
    Man { dir: PathBuf },
}

/// How a command ended.
pub(crate) enum Ended {
    Ok,
    /// Some of the work could not be done; each fault has been named.
    Partly,
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    std::panic::set_hook(quiet_on_closed_pipes(std::panic::take_hook()));
    start_log(cli.common.verbose);
    match run_command(cli) {
        Ok(Ended::Ok) => ExitCode::SUCCESS,
        Ok(Ended::Partly) => ExitCode::from(3),
        // `banwatch search x | head` closes the pipe: that is no fault.
        Err(fault) if is_closed_pipe(&fault) => ExitCode::SUCCESS,
        Err(fault) => {
            show::tell(told(&fault));
            ExitCode::from(if fault.is::<UsageFault>() { 2 } else { 1 })
        }
    }
}

/// What the user typed cannot be understood: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageFault(pub(crate) String);

/// The chain of causes; one that its effect has already quoted is not said twice.
fn told(fault: &anyhow::Error) -> String {
    let mut out = String::new();
    for cause in fault.chain() {
        let text = cause.to_string();
        if !out.contains(&text) {
            out.push_str(if out.is_empty() { "" } else { ": " });
            out.push_str(&text);
        }
    }
    if fault.chain().any(|cause| cause.is::<crate::net::Blocked>()) {
        out.push_str(" (fetch.allow in the configuration allows private hosts by name)");
    }
    if fault.chain().any(|cause| matches!(cause.downcast_ref(), Some(crate::index::IndexFault::Open { .. }))) {
        out.push_str(" (`banwatch index rebuild` makes the index anew from the store)");
    }
    out
}

type Hook = Box<dyn Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync>;

/// `banwatch feeds list | head` closes the pipe; printing then panics by itself. That ends the command, without a trace.
fn quiet_on_closed_pipes(usual: Hook) -> Hook {
    Box::new(move |info| {
        let text = info.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to stdout") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(info);
    })
}

fn run_command(cli: Cli) -> anyhow::Result<Ended> {
    let common = &cli.common;
    match cli.command {
        Command::Run(args) => run::run(common, args),
        Command::Worker => run::worker(common),
        Command::Web(args) => run::web(common, args),
        Command::Poll(args) => run::poll(common, args),
        Command::Demo(args) => demo::demo(common, args),
        Command::Feeds(command) => feeds::feeds(common, command),
        Command::Search(args) => search::search(common, args),
        Command::Inspect(args) => inspect::inspect(common, args),
        Command::Import(args) => import::import(common, args),
        Command::Export(args) => export::export(common, args),
        Command::Digest(args) => export::digest(common, args),
        Command::Index(command) => index::index(common, command),
        Command::Config(command) => config::config(common, command),
        Command::ParseFeed => filtered(|input, output| Ok(parse_feed::run(input, output)?)),
        Command::Extract(options) => filtered(|input, output| extract::run(&options, input, output)),
        Command::Classify => filtered(|input, output| Ok(classify::run(input, output)?)),
        Command::Cluster => filtered(|input, output| Ok(cluster::run(input, output)?)),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "banwatch", &mut std::io::stdout());
            Ok(Ended::Ok)
        }
        Command::Man { dir } => {
            std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
            clap_mangen::generate_to(Cli::command(), &dir)
                .with_context(|| format!("writing man pages to {}", dir.display()))?;
            Ok(Ended::Ok)
        }
    }
}

type Input = std::io::BufReader<std::io::StdinLock<'static>>;
type Output = std::io::BufWriter<std::io::StdoutLock<'static>>;

fn filtered(filter: impl FnOnce(Input, Output) -> anyhow::Result<u64>) -> anyhow::Result<Ended> {
    let failed =
        filter(std::io::BufReader::new(std::io::stdin().lock()), std::io::BufWriter::new(std::io::stdout().lock()))?;
    Ok(if failed == 0 { Ended::Ok } else { Ended::Partly })
}

impl Common {
    pub(crate) fn load(&self) -> anyhow::Result<crate::config::Config> {
        self.load_with(None)
    }

    pub(crate) fn load_with(&self, address: Option<SocketAddr>) -> anyhow::Result<crate::config::Config> {
        let file = self.config.clone().or_else(crate::config::default_file);
        let overrides = Overrides {
            data: self.data.clone(),
            feeds: self.feeds.clone(),
            web: address.map(|address| WebOverride { address }),
        };
        Ok(crate::config::load(file.as_deref(), &overrides)?)
    }

    /// Opens what the configuration names, for reading or writing.
    pub(crate) async fn open(&self, access: Access) -> anyhow::Result<crate::app::App> {
        crate::app::App::open(self.load()?, access).await
    }
}

/// One multi-threaded runtime per process.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?.block_on(work)
}

fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(format!("banwatch={level}")));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // With a log that is gone, reporting that would panic; the work goes on.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .init();
}

fn is_closed_pipe(fault: &anyhow::Error) -> bool {
    fault.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        let csv = cause.downcast_ref::<csv::Error>().and_then(|csv| match csv.kind() {
            csv::ErrorKind::Io(io) => Some(io.kind()),
            _ => None,
        });
        io.or(json).or(csv) == Some(std::io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// Two arguments of one name, a global and a command's own, only clash when a line is parsed.
    #[test]
    fn every_command_can_be_parsed_with_the_common_flags() {
        let lines = [
            "run --address 127.0.0.1:1",
            "worker",
            "web",
            "poll --once feed-a feed-b --json",
            "demo --once",
            "demo --serve dir --from dir",
            "feeds list --lang ko --json",
            "feeds check",
            "feeds import f.opml --lang ko --region KR --zone Asia/Seoul --into x.toml",
            "feeds dead --days 30 --json",
            "feeds export",
            "search a b --any --lang ko --topic vendor_ban --newest --loose --stories --limit 5 --cursor c --json",
            "inspect page.html --json",
            "import f.jsonl --all --set s --json",
            "export q --format csv --lang ko --topic vendor_ban --loose -o out.csv",
            "digest q --dry-run --html",
            "index check --json",
            "index rebuild",
            "config check",
            "config show --json",
            "parse-feed",
            "extract",
            "classify",
            "cluster",
            "completions bash",
            "man dir",
        ];
        for line in lines {
            let words = ["banwatch"].into_iter().chain(line.split(' '));
            let words = words.chain(["--config", "c.toml", "--data", "d", "--feeds", "f", "-v"]);
            let cli = Cli::try_parse_from(words).unwrap_or_else(|fault| panic!("{line}: {fault}"));
            assert_eq!(cli.common.feeds, Some(PathBuf::from("f")), "{line}");
        }
    }
}
