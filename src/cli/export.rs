//! `export` and `digest --dry-run`: a query's articles as a set, or as a subscriber would read them.
use super::{Common, Ended, block_on, search};
use crate::alert::{self, digest};
use crate::app::{Access, App};
use crate::export::{self, Selection};
use crate::index::Tier;
use crate::model::Topic;
use crate::query::{self, Query};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Words, "phrases", OR, -not, ( ), field:value; in a shell inside single quotes. None: every article
    query: Vec<String>,
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only this language (ko, zh, en); may be repeated
    #[arg(long)]
    lang: Vec<String>,
    /// Only this topic; may be repeated
    #[arg(long)]
    topic: Vec<String>,
    /// Also matches inside longer words
    #[arg(long)]
    loose: bool,
    /// Write to this file instead of standard output
    #[arg(short, long)]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct DigestArgs {
    /// As for search; none: every article
    query: Vec<String>,
    /// Print the digest instead of sending it (there is no sender yet, so this is required)
    #[arg(long)]
    dry_run: bool,
    /// Print the HTML part instead of the text
    #[arg(long)]
    html: bool,
}

pub(super) fn export(common: &Common, args: ExportArgs) -> anyhow::Result<Ended> {
    let selection = Selection {
        query: query(&args.query)?,
        langs: args.lang.iter().map(|code| search::watched(code)).collect::<anyhow::Result<_>>()?,
        topics: args.topic.iter().map(|name| Topic::parse(name)).collect::<Result<_, _>>()?,
        tier: if args.loose { Tier::Loose } else { Tier::Strict },
    };
    block_on(async {
        let app = common.open(Access::Read).await?;
        let exported = match &args.output {
            None => write(&app, (&selection, args.format), &mut BufWriter::new(std::io::stdout())).await?,
            Some(path) => {
                let file = File::create(path).with_context(|| format!("writing {}", path.display()))?;
                write(&app, (&selection, args.format), &mut BufWriter::new(file)).await?
            }
        };
        super::show::tell(format_args!(
            "{} articles, {} without their full text (each row says why)",
            exported.rows, exported.withheld
        ));
        Ok(Ended::Ok)
    })
}

async fn write<W: Write + Send>(
    app: &App,
    (selection, format): (&Selection, Format),
    out: &mut W,
) -> anyhow::Result<export::Exported> {
    Ok(match format {
        Format::Jsonl => export::jsonl(app.desk(), selection, out).await?,
        Format::Csv => export::csv(app.desk(), selection, out).await?,
    })
}

pub(super) fn digest(common: &Common, args: DigestArgs) -> anyhow::Result<Ended> {
    if !args.dry_run {
        bail!("digests cannot be sent yet; --dry-run prints what would be sent");
    }
    let query = query(&args.query)?;
    block_on(async {
        let app = common.open(Access::Read).await?;
        let gathered = alert::gather(app.desk(), &query).await?;
        let issue = digest::Issue {
            name: if args.query.is_empty() { "everything".to_owned() } else { args.query.join(" ") },
            parsed: query::explain(&query),
            stories: digest::fold(&gathered.hits),
            left_out: gathered.left_out,
        };
        let digest = digest::render(&issue);
        if args.html {
            println!("{}", digest.html);
        } else {
            println!("Subject: {}\n\n{}", digest.subject, digest.text);
        }
        Ok(Ended::Ok)
    })
}

fn query(words: &[String]) -> anyhow::Result<Query> {
    if words.is_empty() { Ok(Query::everything()) } else { search::parse(&words.join(" ")) }
}
