//! Query → a whole set of articles: every hit of the index, each with what the store holds of it.
//!
//! Nothing is truncated: pages are followed until the index has no next one, one page in memory at a time. The order is
//! newest first, so that articles stored while an export runs come in before the cursor and shift nothing behind it.
mod row;
mod table;

#[cfg(test)]
pub(crate) mod fakes;

pub use row::{RevisionRow, Row};

use crate::desk::{Desk, DeskFault, Ruled};
use crate::index::{Fold, LIMIT_MAX, Request, Sort, Tier};
use crate::model::{Lang, Topic};
use crate::query::Query;
use crate::rights::Use;
use serde::Serialize;
use std::io::Write;

#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    #[error(transparent)]
    Desk(#[from] DeskFault),
    #[error("the set cannot be written: {0}")]
    Write(#[from] std::io::Error),
    #[error("the set cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the set cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
    #[error("the index gave the same cursor twice after {rows} rows")]
    CursorStuck { rows: u64 },
}

pub type Result<T> = std::result::Result<T, ExportFault>;

/// What goes into a set.
#[derive(Clone, Debug)]
pub struct Selection {
    pub query: Query,
    /// Empty: every language.
    pub langs: Vec<Lang>,
    /// Empty: every topic, and none.
    pub topics: Vec<Topic>,
    pub tier: Tier,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    pub rows: u64,
    /// Hits that had been withdrawn from the store by the time they were read; not in the set.
    pub withdrawn: u64,
    /// Rows whose text is left out or quoted only; each says why.
    pub withheld: u64,
}

/// One JSON object a line, the shape of `GET /api/v1/articles/{id}`.
pub async fn jsonl<W: Write + Send>(desk: Desk<'_>, selection: &Selection, out: &mut W) -> Result<Exported> {
    let mut hits = Hits::new(desk, selection);
    while let Some(page) = hits.next_page().await? {
        for ruled in &page {
            serde_json::to_writer(&mut *out, &Row::of(ruled))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(hits.exported)
}

/// RFC 4180 with a header line; UTF-8 with a byte order mark, without which spreadsheets read Korean and Chinese as garbage.
/// No cell can be taken for a formula.
pub async fn csv<W: Write + Send>(desk: Desk<'_>, selection: &Selection, out: &mut W) -> Result<Exported> {
    let mut hits = Hits::new(desk, selection);
    out.write_all("\u{FEFF}".as_bytes())?;
    let mut table = ::csv::Writer::from_writer(out);
    table.write_record(table::COLUMNS)?;
    while let Some(page) = hits.next_page().await? {
        for ruled in &page {
            table.write_record(table::cells(ruled))?;
        }
    }
    table.flush()?;
    Ok(hits.exported)
}

/// The pages of one selection, read one after the other.
struct Hits<'a> {
    desk: Desk<'a>,
    request: Request,
    done: bool,
    exported: Exported,
}

impl<'a> Hits<'a> {
    fn new(desk: Desk<'a>, selection: &Selection) -> Self {
        let request = Request {
            query: selection.query.clone(),
            langs: selection.langs.clone(),
            topics: selection.topics.clone(),
            sort: Sort::Newest,
            tier: selection.tier,
            fold: Fold::None,
            limit: LIMIT_MAX,
            cursor: None,
        };
        Self { desk, request, done: false, exported: Exported::default() }
    }

    /// None once the last page has been given.
    async fn next_page(&mut self) -> Result<Option<Vec<Ruled>>> {
        if self.done {
            return Ok(None);
        }
        let answer = self.desk.search(&self.request, Use::Export).await?;
        let mut page = Vec::with_capacity(answer.hits.len());
        for hit in &answer.hits {
            match self.desk.article(&hit.id, Use::Export).await? {
                Some(ruled) if !ruled.record.document.deleted => page.push(ruled),
                _ => self.exported.withdrawn += 1,
            }
        }
        self.exported.rows += page.len() as u64;
        self.exported.withheld += page.iter().filter(|ruled: &&Ruled| ruled.ruling.withholds()).count() as u64;
        // The loop ends because every cursor must differ from the one before it.
        if answer.next.is_some() && answer.next == self.request.cursor {
            return Err(ExportFault::CursorStuck { rows: self.exported.rows });
        }
        self.done = answer.next.is_none();
        self.request.cursor = answer.next;
        Ok(Some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::fakes::{World, article};
    use super::*;
    use crate::query;
    use crate::rights::Policies;

    fn selection() -> Selection {
        Selection { query: query::parse_any("x"), langs: Vec::new(), topics: Vec::new(), tier: Tier::Strict }
    }

    static NO_POLICIES: Policies = Policies::none();

    fn desk(world: &World) -> Desk<'_> {
        Desk { store: world, index: world, policies: &NO_POLICIES }
    }

    #[tokio::test]
    async fn every_hit_over_many_pages_is_written_once() {
        let world = World::of((0..LIMIT_MAX * 2 + 7).map(|n| article(&format!("https://n.example/{n}"))).collect());
        let mut out = Vec::new();
        let exported = jsonl(desk(&world), &selection(), &mut out).await.unwrap();
        assert_eq!(exported, Exported { rows: 207, withdrawn: 0, withheld: 207 });
        let mut urls: Vec<String> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["url"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(urls.len(), 207);
        urls.sort();
        urls.dedup();
        assert_eq!(urls.len(), 207);
    }

    #[tokio::test]
    async fn a_withdrawn_article_is_counted_not_written() {
        let mut world = World::of(vec![article("https://n.example/1"), article("https://n.example/2")]);
        world.documents[0].deleted = true;
        let mut out = Vec::new();
        let exported = jsonl(desk(&world), &selection(), &mut out).await.unwrap();
        assert_eq!(exported, Exported { rows: 1, withdrawn: 1, withheld: 1 });
    }

    #[tokio::test]
    async fn a_cursor_that_does_not_move_is_an_error_not_a_loop() {
        let mut world = World::of((0..LIMIT_MAX + 1).map(|n| article(&format!("https://n.example/{n}"))).collect());
        world.stuck = true;
        let fault = jsonl(desk(&world), &selection(), &mut Vec::new()).await.unwrap_err();
        assert!(matches!(fault, ExportFault::CursorStuck { .. }), "{fault}");
    }

    #[tokio::test]
    async fn csv_reads_back_and_no_cell_is_a_formula() {
        let mut evil = article("https://n.example/1");
        evil.extract.title = Some("=HYPERLINK(\"https://evil.example\",\"go\")".to_owned());
        evil.extract.site = Some("\tcmd".to_owned());
        evil.judgement.event_mentions[0].actor[0] = crate::model::Entity { id: None, name: "+1 Corp, Inc.".to_owned() };
        let world = World::of(vec![evil]);
        let mut out = Vec::new();
        let exported = csv(desk(&world), &selection(), &mut out).await.unwrap();
        assert_eq!(exported.rows, 1);
        let mut reader = ::csv::Reader::from_reader(out.as_slice());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), table::COLUMNS);
        let rows: Vec<::csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        let cell = |name: &str| rows[0].get(table::COLUMNS.iter().position(|column| *column == name).unwrap()).unwrap();
        assert_eq!(cell("title"), "'=HYPERLINK(\"https://evil.example\",\"go\")");
        assert_eq!(cell("site"), "'\tcmd");
        assert_eq!(cell("actors"), "'+1 Corp, Inc.");
        assert_eq!(cell("targets"), "anthropic");
        assert_eq!(cell("topics"), "vendor_ban");
        assert_eq!(cell("published"), "2026-07-03T09:00:00+09:00");
        assert_eq!(cell("permit"), "quotation");
        assert!(cell("withheld").contains("footer: 무단 전재 금지"), "{}", cell("withheld"));
    }
}
