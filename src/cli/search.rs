//! `search`: the index from the command line.
use super::{Common, Ended, UsageFault, block_on};
use crate::app::Access;
use crate::index::{Answer, Fold, LIMIT_MAX, Request, Sort, Tier};
use crate::model::{Lang, Topic};
use crate::query;
use crate::rights::Use;
use anyhow::bail;
use clap::Args;
use std::io::IsTerminal;

#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    /// Words, "phrases", OR, -not, ( ), field:value; in a shell inside single quotes. None: every article
    query: Vec<String>,
    /// Plain text, ranked, no syntax
    #[arg(long)]
    any: bool,
    /// Only this language (ko, zh, en); may be repeated
    #[arg(long)]
    lang: Vec<String>,
    /// Only this topic (vendor_ban, distillation_allegation); may be repeated
    #[arg(long)]
    topic: Vec<String>,
    /// Newest first instead of best first
    #[arg(long)]
    newest: bool,
    /// Also matches inside longer words
    #[arg(long)]
    loose: bool,
    /// One hit per story
    #[arg(long)]
    stories: bool,
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=LIMIT_MAX as i64))]
    limit: u16,
    /// Continue where an earlier answer's "next" says
    #[arg(long)]
    cursor: Option<String>,
    /// The answer as JSON, as the API gives it
    #[arg(long)]
    json: bool,
}

pub(super) fn search(common: &Common, args: SearchArgs) -> anyhow::Result<Ended> {
    let request = request(&args)?;
    block_on(async {
        let app = common.open(Access::Read).await?;
        let answer = app.desk().search(&request, if args.json { Use::Api } else { Use::OwnPage }).await?;
        if args.json {
            println!("{}", serde_json::to_string(&answer)?)
        } else {
            print(&answer)
        }
        Ok(Ended::Ok)
    })
}

fn request(args: &SearchArgs) -> anyhow::Result<Request> {
    let text = args.query.join(" ");
    let query = match (text.trim().is_empty(), args.any) {
        (true, _) => query::Query::everything(),
        (false, true) => query::parse_any(&text),
        (false, false) => parse(&text)?,
    };
    let langs = args.lang.iter().map(|code| watched(code)).collect::<anyhow::Result<Vec<_>>>()?;
    let topics = args.topic.iter().map(|name| Topic::parse(name)).collect::<Result<Vec<_>, _>>()?;
    Ok(Request {
        sort: if args.newest || !query.has_words() { Sort::Newest } else { Sort::Relevance },
        query,
        langs,
        topics,
        tier: if args.loose { Tier::Loose } else { Tier::Strict },
        fold: if args.stories { Fold::Story } else { Fold::None },
        limit: usize::from(args.limit),
        cursor: args.cursor.clone(),
    })
}

/// One of the watched languages; articles in others are never stored.
pub(super) fn watched(code: &str) -> anyhow::Result<Lang> {
    match Lang::parse(code).ok().filter(|lang| lang.is_watched()) {
        Some(lang) => Ok(lang),
        None => bail!(UsageFault(format!("{code:?} is not a watched language: ko, zh or en"))),
    }
}

/// Faults are shown with a mark under the place.
pub(super) fn parse(text: &str) -> anyhow::Result<query::Query> {
    match query::parse(text) {
        Ok(query) => Ok(query),
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(|problem| placed(text, problem)).collect();
            bail!(UsageFault(format!("the query is not understood\n{}", lines.join("\n"))))
        }
    }
}

/// Characters of the query shown around a fault.
const CONTEXT: usize = 40;

fn placed(text: &str, problem: &query::QueryProblem) -> String {
    let from = problem.at.0.saturating_sub(CONTEXT);
    let shown: String = text.chars().skip(from).take(2 * CONTEXT).collect();
    let indent = " ".repeat(problem.at.0 - from);
    format!("  {shown}\n  {indent}^ {} (character {})", problem.message, problem.at.0 + 1)
}

fn print(answer: &Answer) {
    println!("{} {} for {}", answer.total, if answer.total == 1 { "hit" } else { "hits" }, answer.parsed);
    if answer.loose > 0 {
        println!("({} more inside longer words: --loose)", answer.loose);
    }
    for hit in &answer.hits {
        let topics: Vec<&str> = hit.topics.iter().map(|topic| topic.as_str()).collect();
        let copy = if hit.copy_of.is_some() { "  [copy]" } else { "" };
        println!("\n{}  [{}]{copy}", hit.title, hit.lang);
        println!(
            "  {}  {}  {}",
            hit.published.as_deref().unwrap_or("undated"),
            hit.site.as_deref().unwrap_or("-"),
            topics.join(", ")
        );
        println!("  {}", hit.withheld().unwrap_or_else(|| marked(&hit.snippet)));
        println!("  {}  (article {})", hit.url, hit.id);
    }
    if let Some(next) = &answer.next {
        println!("\nmore: --cursor {next}");
    }
}

/// Marks in bold on a terminal, in brackets elsewhere.
fn marked(snippet: &crate::index::Snippet) -> String {
    let bold = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let (open, close) = if bold { ("\x1b[1m", "\x1b[0m") } else { ("[", "]") };
    let mut out = String::new();
    for (at, c) in snippet.text.chars().chain(std::iter::once('\n')).enumerate() {
        if snippet.marks.iter().any(|(_, end)| *end == at) {
            out.push_str(close);
        }
        if snippet.marks.iter().any(|(start, _)| *start == at) {
            out.push_str(open);
        }
        // Control characters of a page must not reach the terminal.
        out.push(if c.is_control() { ' ' } else { c });
    }
    out.trim_end().to_owned()
}
