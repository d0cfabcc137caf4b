//! `index rebuild|check`.
use super::{Common, Ended, block_on};
use crate::app::{Access, App};
use crate::pipeline;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum IndexCommand {
    /// Empty the index and replay the store into it
    Rebuild,
    /// Compare the index with the store; exit code 3 when they differ
    Check {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn index(common: &Common, command: IndexCommand) -> anyhow::Result<Ended> {
    block_on(async {
        match command {
            IndexCommand::Rebuild => rebuild(common).await,
            IndexCommand::Check { json } => check(common, json).await,
        }
    })
}

async fn rebuild(common: &Common) -> anyhow::Result<Ended> {
    let config = common.load()?;
    let app = match App::open(config.clone(), Access::Write("index rebuild")).await {
        Ok(app) => app,
        // What cannot be opened cannot be emptied: it is set aside, and nothing is lost, since the store is the truth.
        Err(fault) if fault.downcast_ref::<crate::index::IndexFault>().is_some() => {
            let aside = crate::app::set_index_aside(&config)?;
            super::show::tell(format_args!("{fault}; moved to {}", aside.display()));
            App::open(config, Access::Write("index rebuild")).await?
        }
        Err(fault) => return Err(fault),
    };
    let count = pipeline::rebuild(app.kit().await?.as_ref()).await?;
    app.close().await;
    println!("{count} articles indexed");
    Ok(Ended::Ok)
}

async fn check(common: &Common, json: bool) -> anyhow::Result<Ended> {
    let app = common.open(Access::Read).await?;
    let difference = pipeline::check(app.kit().await?.as_ref()).await?;
    if json {
        println!("{}", serde_json::to_string(&difference)?);
    } else {
        println!("store   {:>8} articles, change {}", difference.stored, difference.store_seq);
        println!("index   {:>8} articles, change {}", difference.indexed, difference.index_seq);
        for (what, count, list) in [
            ("missing in the index", difference.missing_count, &difference.missing),
            ("out of date in the index", difference.stale_count, &difference.stale),
            ("not in the store", difference.surplus_count, &difference.surplus),
        ] {
            if count > 0 {
                println!("{count} {what}, e.g. {}", list[0]);
            }
        }
        println!(
            "{}",
            if difference.agrees() { "they agree" } else { "they differ: `banwatch index rebuild` mends it" }
        );
    }
    Ok(if difference.agrees() { Ended::Ok } else { Ended::Partly })
}
