//! The default index: tantivy in one folder. One process writes, any number read beside it.
mod cursor;
mod document;
mod page;
mod plan;
mod schema;
mod search;
mod snippet;

use super::{Answer, Index, IndexFault, Request, Result};
use crate::model::{ArticleId, Document};
use ::tantivy::directory::error::OpenWriteError;
use ::tantivy::indexer::LogMergePolicy;
use ::tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};
use async_trait::async_trait;
use schema::{CHANGE_SEQ, Fields, ID, Mark};
use search::View;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Documents are kept in memory up to this size before they become a segment.
const WRITER_MEMORY_BYTES: usize = 64 << 20;

/// One indexing thread: the pipeline's own work needs the other cores, and feeds bring few articles a second.
const WRITER_THREADS: usize = 1;

/// Deleted documents still count in BM25 until a merge drops them; updates would drift the ranking.
const DELETED_RATIO_MAX: f32 = 0.25;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Makes the folder when it is missing; only one process at a time.
    ReadWrite,
    /// Beside a writer; sees every commit.
    ReadOnly,
}

#[derive(Clone)]
pub struct TantivyIndex {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    mode: OpenMode,
    fields: Fields,
    index: ::tantivy::Index,
    reader: IndexReader,
    /// None after a failed write: the next one starts afresh.
    writer: Mutex<Option<IndexWriter>>,
    view: RwLock<View>,
}

impl TantivyIndex {
    /// Reads the whole folder once in `ReadWrite` mode to find damage before a search does.
    pub fn open(dir: &Path, mode: OpenMode) -> Result<Self> {
        // Damaged files can make the engine panic; here that is a fault like any other.
        catch_unwind(AssertUnwindSafe(|| Inner::open(dir, mode)))
            .unwrap_or_else(|_| Err(cannot_open(dir, "the files are damaged")))
            .map(|inner| Self { inner: Arc::new(inner) })
    }

    /// Drops the folder, whatever state it is in, and starts an empty index there: the way out of `Open` and `Version`.
    pub fn recreate(dir: &Path) -> Result<Self> {
        match std::fs::remove_dir_all(dir) {
            Ok(()) => {}
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
            Err(why) => return Err(cannot_open(dir, why)),
        }
        Self::open(dir, OpenMode::ReadWrite)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(panicked) => Err(IndexFault::Engine(panicked.to_string())),
        }
    }
}

#[async_trait]
impl Index for TantivyIndex {
    async fn apply(&self, batch: &[Document], reached: u64) -> Result<()> {
        let batch = batch.to_vec();
        self.blocking(move |inner| inner.apply(&batch, reached)).await
    }

    async fn reached(&self) -> Result<u64> {
        self.blocking(|inner| Ok(inner.view()?.reached)).await
    }

    async fn search(&self, request: &Request) -> Result<Answer> {
        let request = request.clone();
        self.blocking(move |inner| search::search(&inner.view()?, &inner.fields, &request)).await
    }

    async fn contents(&self) -> Result<Vec<(ArticleId, u64)>> {
        self.blocking(|inner| contents(&inner.view()?)).await
    }

    async fn clear(&self) -> Result<()> {
        self.blocking(|inner| inner.write(0, |writer| writer.delete_all_documents().map(drop).map_err(engine_fault)))
            .await
    }
}

impl Inner {
    fn open(dir: &Path, mode: OpenMode) -> Result<Self> {
        let fields = Fields::new();
        let index = match mode {
            OpenMode::ReadWrite => open_or_create(dir, &fields)?,
            OpenMode::ReadOnly => open_existing(dir, &fields)?,
        };
        let reader: IndexReader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|why| cannot_open(dir, why))?;
        let view = RwLock::new(View { searcher: reader.searcher(), reached: payload(&index)? });
        let inner = Self { dir: dir.to_owned(), mode, fields, index, reader, writer: Mutex::new(None), view };
        if mode == OpenMode::ReadWrite {
            // Takes the lock now: a second writer is refused when it starts, not when it first writes.
            let writer = inner.new_writer().map_err(|why| cannot_open(dir, why))?;
            *inner.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
        }
        Ok(inner)
    }

    fn new_writer(&self) -> ::tantivy::Result<IndexWriter> {
        let writer = self.index.writer_with_num_threads(WRITER_THREADS, WRITER_MEMORY_BYTES)?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(DELETED_RATIO_MAX);
        writer.set_merge_policy(Box::new(policy));
        Ok(writer)
    }

    fn apply(&self, batch: &[Document], reached: u64) -> Result<()> {
        self.write(reached, |writer| {
            for document in batch {
                writer.delete_term(Term::from_field_text(self.fields.id, document.article.id.as_str()));
                if !document.deleted {
                    let made = document::engine_document(&self.fields, document)
                        .map_err(|why| IndexFault::Engine(why.to_string()))?;
                    writer.add_document(made).map_err(engine_fault)?;
                }
            }
            Ok(())
        })
    }

    /// All of `work` becomes visible with `reached`, or none of it.
    fn write(&self, reached: u64, work: impl FnOnce(&IndexWriter) -> Result<()>) -> Result<()> {
        if self.mode == OpenMode::ReadOnly {
            return Err(IndexFault::Engine(format!("{} is open for reading only", self.dir.display())));
        }
        let mut held = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that a failure drops it with everything uncommitted and frees the lock.
        let mut writer = match held.take() {
            Some(writer) => writer,
            None => self.new_writer().map_err(engine_fault)?,
        };
        work(&writer)?;
        let mut commit = writer.prepare_commit().map_err(engine_fault)?;
        commit.set_payload(&reached.to_string());
        commit.commit().map_err(engine_fault)?;
        *held = Some(writer);
        self.refresh()
    }

    fn refresh(&self) -> Result<()> {
        // Payload first: the documents seen are then never older than what it says.
        let reached = payload(&self.index)?;
        self.reader.reload().map_err(engine_fault)?;
        let view = View { searcher: self.reader.searcher(), reached };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
        Ok(())
    }

    fn view(&self) -> Result<View> {
        if self.mode == OpenMode::ReadOnly {
            self.refresh()?;
        }
        Ok(self.view.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn open_or_create(dir: &Path, fields: &Fields) -> Result<::tantivy::Index> {
    if dir.join(META_FILE).exists() {
        let index = open_existing(dir, fields)?;
        let damaged = index.validate_checksum().map_err(|why| cannot_open(dir, why))?;
        return match damaged.iter().next() {
            None => Ok(index),
            Some(file) => Err(cannot_open(dir, format!("{} is damaged", file.display()))),
        };
    }
    std::fs::create_dir_all(dir).map_err(|why| cannot_open(dir, why))?;
    Mark::write(dir).map_err(|why| cannot_open(dir, why))?;
    ::tantivy::Index::create_in_dir(dir, fields.schema.clone()).map_err(|why| cannot_open(dir, why))
}

/// tantivy's list of segments: an index is there exactly when this file is.
const META_FILE: &str = "meta.json";

fn open_existing(dir: &Path, fields: &Fields) -> Result<::tantivy::Index> {
    if !dir.join(META_FILE).exists() {
        return Err(cannot_open(dir, "there is no index"));
    }
    Mark::check(dir)?;
    let index = ::tantivy::Index::open_in_dir(dir).map_err(|why| cannot_open(dir, why))?;
    if index.schema() != fields.schema {
        return Err(cannot_open(dir, "its fields are not the ones its mark promises"));
    }
    Ok(index)
}

/// No payload: nothing was ever applied.
fn payload(index: &::tantivy::Index) -> Result<u64> {
    match index.load_metas().map_err(engine_fault)?.payload {
        None => Ok(0),
        Some(text) => text.parse().map_err(|_| IndexFault::Engine(format!("the commit payload {text:?} is no number"))),
    }
}

fn contents(view: &View) -> Result<Vec<(ArticleId, u64)>> {
    let mut out = Vec::new();
    for segment in view.searcher.segment_readers() {
        let columns = segment.fast_fields();
        let seq = columns.u64(CHANGE_SEQ).map_err(engine_fault)?;
        let Some(ids) = columns.str(ID).map_err(engine_fault)? else { continue };
        for doc in segment.doc_ids_alive() {
            let Some(ord) = ids.ords().first(doc) else { continue };
            let mut id = String::new();
            ids.ord_to_str(ord, &mut id).map_err(|why| IndexFault::Engine(why.to_string()))?;
            out.push((ArticleId(id), seq.first(doc).unwrap_or(0)));
        }
    }
    out.sort_unstable();
    Ok(out)
}

fn cannot_open(dir: &Path, why: impl std::fmt::Display) -> IndexFault {
    IndexFault::Open { place: dir.display().to_string(), why: why.to_string() }
}

fn engine_fault(why: TantivyError) -> IndexFault {
    let full = |io: &std::io::Error| io.kind() == std::io::ErrorKind::StorageFull;
    let is_full = match &why {
        TantivyError::IoError(io) => full(io),
        TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, .. }) => full(io_error),
        // The indexing thread hands its error over as text; this is the system's own wording.
        TantivyError::ErrorInThread(text) => text.contains("StorageFull") || text.contains("No space left"),
        _ => false,
    };
    if is_full { IndexFault::DiskFull } else { IndexFault::Engine(why.to_string()) }
}

#[cfg(test)]
mod tests;
