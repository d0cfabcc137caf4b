//! `extract`: pages in, title, text and the rest out.
use super::filter::{self, LineFault};
use crate::extract::sites::Sites;
use crate::extract::{self, Forest, Found, PageText};
use crate::model::{Lang, Problem, RightsSignal, Script, Stamp};
use crate::text::charset;
use anyhow::Context;
use base64::Engine;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use url::Url;

/// Of one page, unpacked; the extractor itself reads less.
const PAGE_BYTES_MAX: u64 = 64 << 20;

/// What `extract` is asked for beside the pages.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Print every block of the page, its features and the judge's verdict, instead of the extract
    #[arg(long)]
    blocks: bool,
    /// Judge blocks by this forest, as scripts/train-blocks writes it, instead of the bundled one
    #[arg(long, value_name = "FILE")]
    forest: Option<PathBuf>,
}

pub(super) fn run(options: &Options, input: impl BufRead, output: impl Write) -> anyhow::Result<u64> {
    let read;
    let forest = match &options.forest {
        None => Forest::bundled(),
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            read = Forest::parse(&text).map_err(|fault| anyhow::anyhow!("{}: {fault}", path.display()))?;
            &read
        }
    };
    Ok(match options.blocks {
        true => filter::run(input, output, |row| blocks(row, forest))?,
        false => filter::run(input, output, |row| one(row, forest))?,
    })
}

#[derive(Serialize)]
struct Blocks {
    id: Value,
    blocks: Vec<Block>,
    /// The parent of each part, by its number.
    parts: Vec<usize>,
}

#[derive(Serialize)]
struct Block {
    text: String,
    features: Vec<f32>,
    likely: f32,
    kept: bool,
    part: usize,
}

fn blocks(row: &Value, forest: &Forest) -> Result<Blocks, LineFault> {
    let input = Input::of(row)?;
    let (views, parts) = extract::blocks(&input.page(), forest);
    let blocks = views.into_iter().map(|view| Block {
        text: view.text,
        features: view.features,
        likely: view.likely,
        kept: view.kept,
        part: view.part,
    });
    Ok(Blocks { id: row.get("id").cloned().unwrap_or(Value::Null), blocks: blocks.collect(), parts })
}

#[derive(Serialize)]
struct Line {
    id: Value,
    title: Option<String>,
    body: String,
    published: Option<String>,
    modified: Option<String>,
    byline: Option<String>,
    lang: Lang,
    script: Option<Script>,
    canonical: Option<String>,
    site: Option<String>,
    image: Option<String>,
    rights: Vec<RightsSignal>,
    method: String,
    truncated: bool,
    /// Where the article goes on; left out where the page says nothing of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page: Option<String>,
    problems: Vec<Problem>,
}

struct Input<'a> {
    html: String,
    url: Option<Url>,
    content_type: Option<&'a str>,
    zone: TimeZone,
}

impl<'a> Input<'a> {
    fn of(row: &'a Value) -> Result<Self, LineFault> {
        let content_type = filter::text(row, "content_type")?;
        let html =
            match (filter::text(row, "html")?, filter::text(row, "html_base64")?, filter::text(row, "html_path")?) {
                (Some(html), _, _) => html.to_owned(),
                (None, Some(packed), _) => decoded(&unpacked(packed)?, content_type),
                (None, None, Some(path)) => decoded(&read_file(path)?, content_type),
                (None, None, None) => {
                    return Err(LineFault::new("no_input", "html_path, html or html_base64 is needed"));
                }
            };
        let url = filter::text(row, "url")?.map(Url::parse).transpose();
        let url = url.map_err(|fault| LineFault::new("bad_url", fault.to_string()))?;
        let zone = match filter::text(row, "tz")? {
            Some(name) => TimeZone::get(name).map_err(|fault| LineFault::new("bad_tz", fault.to_string()))?,
            None => TimeZone::UTC,
        };
        Ok(Input { html, url, content_type, zone })
    }

    fn page(&self) -> PageText<'_> {
        let Input { html, url, content_type, zone } = self;
        let site = url.as_ref().and_then(|url| Sites::embedded().rule(url));
        PageText { html, url: url.as_ref(), content_type: *content_type, zone, headers: &[], site }
    }
}

fn one(row: &Value, forest: &Forest) -> Result<Line, LineFault> {
    let input = Input::of(row)?;
    Ok(line(row.get("id").cloned().unwrap_or(Value::Null), extract::find_with(&input.page(), forest)))
}

fn line(id: Value, found: Found) -> Line {
    let out = found.extract;
    Line {
        next_page: found.leads.next_page.map(String::from),
        id,
        title: out.title,
        body: out.body,
        published: out.published.as_ref().map(Stamp::to_text),
        modified: out.modified.as_ref().map(Stamp::to_text),
        byline: out.byline,
        lang: out.lang,
        script: out.script,
        canonical: out.canonical,
        site: out.site,
        image: out.image,
        rights: out.rights,
        method: out.method,
        truncated: out.truncated,
        problems: out.problems,
    }
}

fn decoded(bytes: &[u8], content_type: Option<&str>) -> String {
    charset::decode(bytes, &charset::Hints { content_type, markup: charset::Markup::Html }).text
}

fn unpacked(packed: &str) -> Result<Vec<u8>, LineFault> {
    let engine = base64::engine::general_purpose::STANDARD;
    engine.decode(packed.trim()).map_err(|fault| LineFault::new("bad_base64", fault.to_string()))
}

/// A file's bytes, unpacked when its name ends in `.gz`, never more than the cap in memory.
fn read_file(path: &str) -> Result<Vec<u8>, LineFault> {
    let unreadable = |fault: std::io::Error| LineFault::new("unreadable", format!("{path}: {fault}"));
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    if path.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(file).take(PAGE_BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        file.take(PAGE_BYTES_MAX + 1).read_to_end(&mut bytes)
    }
    .map_err(unreadable)?;
    if bytes.len() as u64 > PAGE_BYTES_MAX {
        return Err(LineFault::new("too_large", format!("{path}: more than {PAGE_BYTES_MAX} bytes unpacked")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_out_and_faults_are_named() {
        let input = "{\"id\":1,\"html\":\"<title>금지</title><p>본문이다.\"}\n{\"id\":2,\"html_base64\":\"PHA+aGk=\"}\n{\"id\":3}\n{\"id\":4,\"html_path\":\"/no/such\"}\n{\"id\":5,\"html_base64\":\"?\"}";
        let mut out = Vec::new();
        assert_eq!(run(&Options { blocks: false, forest: None }, input.as_bytes(), &mut out).expect("in memory"), 3);
        let text = String::from_utf8(out).expect("json is UTF-8");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
        assert_eq!((lines[0]["title"].as_str(), lines[1]["body"].as_str()), (Some("금지"), Some("hi")));
        let codes: Vec<_> = lines.iter().skip(2).map(|line| line["error"]["code"].as_str().unwrap_or("-")).collect();
        assert_eq!(codes, ["no_input", "unreadable", "bad_base64"]);
    }
}
