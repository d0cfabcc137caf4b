//! `import`: articles from a JSONL file.
use super::{Common, Ended, block_on};
use crate::app::Access;
use crate::pipeline::{self, Manner};
use anyhow::Context;
use clap::Args;
use std::io::BufRead;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// JSON Lines: {"id", "title"?, "text" | "body", "lang"?, "url"?, "published"?, "site"?}
    file: PathBuf,
    /// Store and index everything, on topic or not, without folding copies or stories away
    #[arg(long)]
    all: bool,
    /// Names the collection in the keys of articles without an address
    #[arg(long, default_value = "import")]
    set: String,
    /// Print the outcome counts as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn import(common: &Common, args: ImportArgs) -> anyhow::Result<Ended> {
    block_on(async {
        let app = common.open(Access::Write("import")).await?;
        let kit = app.kit().await?;
        let file = std::fs::File::open(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
        let lines = (1..).zip(std::io::BufReader::new(file).lines());
        let imported = pipeline::import(&kit, lines, &Manner { set: args.set, all: args.all }).await;
        app.close().await;
        let imported = imported?;
        for fault in &imported.faults {
            super::show::tell(format_args!("{}: {fault}", args.file.display()));
        }
        if args.json {
            println!("{}", serde_json::to_string(&imported.outcomes)?);
        } else {
            for (name, count) in &imported.outcomes.0 {
                println!("{name:<20}{count:>8}");
            }
        }
        Ok(if imported.faults.is_empty() { Ended::Ok } else { Ended::Partly })
    })
}
