//! The flow: a feed is polled, each entry is brought to one outcome, what changed is indexed.
//!
//! Works on traits only; `app` chooses what stands behind them.
mod catch_up;
mod feed_text;
mod gather;
pub mod hub;
mod import;
mod inspect;
mod links;
mod maps;
mod poll;
mod process;
mod progress;
mod read;
mod rebuild;
mod retry;
mod revisit;
mod rhythm;
mod worker;

pub use catch_up::{Indexed, catch_up};
pub use hub::Callback;
pub use import::{ImportFault, ImportRow, Imported, Manner, import};
pub use inspect::{Report, Step, inspect};
pub use links::Links;
pub use poll::{Polled, poll};
pub use process::process;
pub use progress::{Progress, Snapshot};
pub use read::{Guides, PageRead, Reading, read};
pub use rebuild::{Difference, check, rebuild};
pub use revisit::revisit;
pub use worker::{Scope, Settings, Stop, UNREACHED_ALARM, work};

use crate::extract::boilerplate::Boilerplate;
use crate::extract::sites::Sites;
use crate::fetch::Reader;
use crate::index::Index;
use crate::model::Versions;
use crate::store::Store;
use crate::topic::Lexicon;
use std::sync::Arc;

/// What every step works with.
pub struct Kit {
    pub store: Arc<dyn Store>,
    pub index: Arc<dyn Index>,
    pub reader: Arc<dyn Reader>,
    pub lexicon: Arc<Lexicon>,
    pub sites: Arc<Sites>,
    /// What sites put under their articles; the store knows it too.
    pub boilerplate: tokio::sync::Mutex<Boilerplate>,
    /// Held from judging an article until it is stored, so that arrival order alone decides.
    pub links: tokio::sync::Mutex<Links>,
    pub attempts_max: u32,
    pub poll_interval_seconds: u32,
    /// Where hubs reach us; None: nothing is subscribed to.
    pub hub: Option<Callback>,
}

impl Kit {
    /// What decides today; kept on every revision.
    pub fn versions(&self) -> Versions {
        Versions {
            extractor: crate::extract::VERSION.to_owned(),
            rules: format!(
                "topic {} dedupe {} story {}",
                crate::topic::VERSION,
                crate::dedupe::VERSION,
                crate::story::VERSION
            ),
            lexicon: self.lexicon.version().to_owned(),
            normaliser: crate::text::normalize::VERSION.to_owned(),
        }
    }
}
