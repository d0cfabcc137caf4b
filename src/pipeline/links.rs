//! The caches of copies and stories: derived from the store, rebuilt from it at start.
use crate::dedupe::{self, Window};
use crate::model::{ArticleId, ClusterItem, CopyVerdict, Placement};
use crate::store::{self, Store};
use crate::story::{self, Linker};

/// Articles read per step while rebuilding.
const BATCH: usize = 500;

pub struct Links {
    window: Window,
    linker: Linker,
}

impl Links {
    pub fn empty() -> Self {
        Self { window: Window::new(dedupe::Limits::default()), linker: Linker::new(story::Limits::default()) }
    }

    /// Replays what is stored, in the order it was stored.
    pub async fn rebuild(store: &dyn Store) -> store::Result<Self> {
        let mut links = Self::empty();
        let mut after = 0;
        loop {
            let batch = store.clustered(after, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(links) };
            after = *last;
            for (_, stored) in &batch {
                links.remember(&stored.item, &stored.copy, &stored.placement);
            }
        }
    }

    pub fn judge(&self, item: &ClusterItem) -> (CopyVerdict, Placement) {
        let copy = self.window.judge(item);
        let placement = self.linker.place(item, &copy);
        (copy, placement)
    }

    /// A withdrawn article leads no copies and founds no event any more, as after a restart.
    pub fn forget(&mut self, article: &ArticleId) {
        self.window.forget(article);
        self.linker.forget(article);
    }

    pub fn remember(&mut self, item: &ClusterItem, copy: &CopyVerdict, placement: &Placement) {
        self.window.insert(item, copy);
        self.linker.insert(item, placement);
    }
}
