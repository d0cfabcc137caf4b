//! Who is told what. Today: what a digest of a query would say; channels send it later.
pub mod digest;
mod link;

pub(crate) use link::outbound;

use crate::desk::{Desk, Result};
use crate::index::{Fold, Hit, LIMIT_MAX, Request, Sort, Tier};
use crate::query::Query;
use crate::rights::Use;

/// Hits read for one digest: a reader goes through dozens of stories, not thousands. What is left out is counted.
pub const HITS_MAX: usize = 1_000;

/// What a query finds, newest first, as far as a digest goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered {
    pub hits: Vec<Hit>,
    /// Hits beyond `HITS_MAX`.
    pub left_out: u64,
}

pub async fn gather(desk: Desk<'_>, query: &Query) -> Result<Gathered> {
    let mut request = Request {
        query: query.clone(),
        langs: Vec::new(),
        topics: Vec::new(),
        sort: Sort::Newest,
        tier: Tier::Strict,
        fold: Fold::None,
        limit: LIMIT_MAX,
        cursor: None,
    };
    let mut hits: Vec<Hit> = Vec::new();
    loop {
        let answer = desk.search(&request, Use::Send).await?;
        let came = answer.hits.len();
        hits.extend(answer.hits);
        // An empty page ends it too: a cursor that leads nowhere must not turn into a loop.
        if answer.next.is_none() || came == 0 || hits.len() >= HITS_MAX {
            hits.truncate(HITS_MAX);
            let left_out = answer.total.saturating_sub(hits.len() as u64);
            return Ok(Gathered { hits, left_out });
        }
        request.cursor = answer.next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::fakes::{World, article};
    use crate::query;
    use crate::rights::Policies;

    #[tokio::test]
    async fn gathering_follows_pages_and_counts_what_it_leaves_out() {
        for (articles, wanted, left_out) in [(0, 0, 0), (150, 150, 0), (HITS_MAX + 30, HITS_MAX, 30)] {
            let world = World::of((0..articles).map(|n| article(&format!("https://n.example/{n}"))).collect());
            let desk = Desk { store: &world, index: &world, policies: &Policies::none() };
            let gathered = gather(desk, &query::parse_any("x")).await.unwrap();
            assert_eq!((gathered.hits.len(), gathered.left_out), (wanted, left_out));
        }
    }
}
