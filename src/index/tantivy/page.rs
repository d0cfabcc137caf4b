//! One page of hits in a stable order, with an exact total; optionally the best article of each story.
//!
//! tantivy breaks ties by document address, which changes with every merge; here a hash of the id does.
use super::schema::{PUBLISHED, STORY, TIE};
use crate::index::{Fold, Sort};
use ::tantivy::collector::{Collector, SegmentCollector};
use ::tantivy::columnar::{Column, StrColumn};
use ::tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Larger comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) rank: u64,
    pub(super) tie: u64,
}

pub(super) struct PageOf {
    pub(super) sort: Sort,
    pub(super) fold: Fold,
    /// Only what comes after it.
    pub(super) after: Option<Key>,
    pub(super) limit: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) key: Key,
    pub(super) score: Score,
    pub(super) place: DocAddress,
}

#[derive(Default)]
pub(super) struct Page {
    pub(super) total: u64,
    /// In order, at most `limit`.
    pub(super) found: Vec<Found>,
}

impl Collector for PageOf {
    type Fruit = Page;
    type Child = SegmentPage;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> ::tantivy::Result<SegmentPage> {
        let columns = reader.fast_fields();
        let held = match self.fold {
            Fold::None => Held::Best(BinaryHeap::new()),
            Fold::Story => Held::Stories { of: columns.str(STORY)?, best: HashMap::new() },
        };
        Ok(SegmentPage {
            segment,
            tie: columns.u64(TIE)?,
            published: (self.sort == Sort::Newest).then(|| columns.i64(PUBLISHED)).transpose()?,
            after: self.after,
            limit: self.limit,
            total: 0,
            held,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, parts: Vec<SegmentFound>) -> ::tantivy::Result<Page> {
        let mut page = Page::default();
        let mut stories: HashMap<String, Found> = HashMap::new();
        for part in parts {
            page.total += part.total;
            page.found.extend(part.found);
            for (story, found) in part.stories {
                let best = stories.entry(story).or_insert(found);
                if found.key > best.key {
                    *best = found;
                }
            }
        }
        page.total += stories.len() as u64;
        page.found.extend(stories.into_values().filter(|found| self.after.is_none_or(|after| found.key < after)));
        page.found.sort_unstable_by_key(|found| Reverse(found.key));
        page.found.truncate(self.limit);
        Ok(page)
    }
}

enum Held {
    /// The `limit` best; the worst on top.
    Best(BinaryHeap<Reverse<(Key, DocId, u32)>>),
    Stories {
        of: Option<StrColumn>,
        best: HashMap<u64, Found>,
    },
}

pub(super) struct SegmentPage {
    segment: SegmentOrdinal,
    tie: Column<u64>,
    published: Option<Column<i64>>,
    after: Option<Key>,
    limit: usize,
    total: u64,
    held: Held,
}

#[derive(Default)]
pub(super) struct SegmentFound {
    total: u64,
    found: Vec<Found>,
    stories: Vec<(String, Found)>,
}

impl SegmentPage {
    fn key(&self, doc: DocId, score: Score) -> Key {
        let rank = match &self.published {
            // Scores are never negative, so their bits are in their order.
            None => u64::from(score.max(0.0).to_bits()),
            // Unknown dates come last.
            Some(column) => column.first(doc).map_or(0, |seconds| seconds.cast_unsigned() ^ (1 << 63)),
        };
        Key { rank, tie: self.tie.first(doc).unwrap_or(0) }
    }
}

impl SegmentCollector for SegmentPage {
    type Fruit = SegmentFound;

    fn collect(&mut self, doc: DocId, score: Score) {
        let key = self.key(doc, score);
        match &mut self.held {
            Held::Best(heap) => {
                self.total += 1;
                if self.after.is_none_or(|after| key < after) {
                    heap.push(Reverse((key, doc, score.to_bits())));
                    if heap.len() > self.limit {
                        heap.pop();
                    }
                }
            }
            Held::Stories { of, best } => {
                let Some(story) = of.as_ref().and_then(|column| column.ords().first(doc)) else { return };
                let found = Found { key, score, place: DocAddress::new(self.segment, doc) };
                let held = best.entry(story).or_insert(found);
                if key > held.key {
                    *held = found;
                }
            }
        }
    }

    fn harvest(self) -> SegmentFound {
        let segment = self.segment;
        match self.held {
            Held::Best(heap) => {
                let found = |Reverse((key, doc, score)): Reverse<(Key, DocId, u32)>| Found {
                    key,
                    score: Score::from_bits(score),
                    place: DocAddress::new(segment, doc),
                };
                SegmentFound { total: self.total, found: heap.into_iter().map(found).collect(), stories: Vec::new() }
            }
            Held::Stories { of, best } => {
                let name = |ord: u64| {
                    let mut name = String::new();
                    // An ordinal of the column's own dictionary: it is there unless the file is damaged.
                    let read = of.as_ref().and_then(|column| column.ord_to_str(ord, &mut name).ok());
                    if read == Some(true) { name } else { format!("#{segment}/{ord}") }
                };
                let stories = best.into_iter().map(|(ord, found)| (name(ord), found)).collect();
                SegmentFound { stories, ..SegmentFound::default() }
            }
        }
    }
}
