//! Fields of the index, and the mark that says which version made it. `index/README.md` explains them to readers.
use crate::index::IndexFault;
use crate::text::{normalize, tokenize};
use ::tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Raised whenever the fields below change.
const SCHEMA_VERSION: u32 = 1;

const MARK_FILE: &str = "banwatch-index.json";

/// Two fields of the same text: ranking (m), matching (x), and short words (s).
#[derive(Clone, Copy)]
pub(super) struct Analysed {
    pub(super) words: Field,
    pub(super) grams: Field,
    pub(super) short_words: Field,
}

#[derive(Clone)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    pub(super) id: Field,
    pub(super) title: Analysed,
    pub(super) body: Analysed,
    pub(super) lang: Field,
    pub(super) script: Field,
    pub(super) site: Field,
    pub(super) topic: Field,
    pub(super) kind: Field,
    pub(super) action: Field,
    pub(super) status: Field,
    pub(super) actor: Field,
    pub(super) target: Field,
    pub(super) product: Field,
    pub(super) place: Field,
    pub(super) entity: Field,
    pub(super) story: Field,
    pub(super) event: Field,
    pub(super) feed: Field,
    pub(super) source_id: Field,
    /// Seconds since 1970; absent when unknown.
    pub(super) published: Field,
    /// The article's own calendar day as the number yyyymmdd.
    pub(super) day: Field,
    pub(super) change_seq: Field,
    /// A hash of the id: the order of hits that are otherwise equal, the same after every rebuild.
    pub(super) tie: Field,
    /// Everything a hit shows, as JSON.
    pub(super) card: Field,
}

/// Names of the fields that are read as columns.
pub(super) const ID: &str = "id";
pub(super) const STORY: &str = "story";
pub(super) const PUBLISHED: &str = "published";
pub(super) const CHANGE_SEQ: &str = "change_seq";
pub(super) const TIE: &str = "tie";

impl Fields {
    pub(super) fn new() -> Self {
        let mut b = Schema::builder();
        let id = b.add_text_field(ID, STRING | FAST);
        let title = analysed(&mut b, "title");
        let body = analysed(&mut b, "body");
        let mut code = |name: &str| b.add_text_field(name, STRING);
        let (lang, script, site, topic) = (code("lang"), code("script"), code("site"), code("topic"));
        let (kind, action, status) = (code("kind"), code("action"), code("status"));
        let (actor, target, product) = (code("actor"), code("target"), code("product"));
        let (place, entity, event) = (code("place"), code("entity"), code("event"));
        let (feed, source_id) = (code("feed"), code("source_id"));
        let story = b.add_text_field(STORY, STRING | FAST);
        let published = b.add_i64_field(PUBLISHED, FAST);
        let day = b.add_i64_field("day", FAST);
        let change_seq = b.add_u64_field(CHANGE_SEQ, FAST | INDEXED);
        let tie = b.add_u64_field(TIE, FAST);
        let card = b.add_bytes_field("card", STORED);
        let schema = b.build();
        #[rustfmt::skip]
        let fields = Self {
            schema, id, title, body, lang, script, site, topic, kind, action, status, actor, target, product, place,
            entity, story, event, feed, source_id, published, day, change_seq, tie, card,
        };
        fields
    }
}

fn analysed(b: &mut SchemaBuilder, name: &str) -> Analysed {
    // Tokens come ready-made; "raw" only names a tokenizer every index has.
    let text = |record| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(record);
        TextOptions::default().set_indexing_options(indexing)
    };
    Analysed {
        words: b.add_text_field(&format!("{name}_m"), text(IndexRecordOption::WithFreqs)),
        grams: b.add_text_field(&format!("{name}_x"), text(IndexRecordOption::WithFreqsAndPositions)),
        short_words: b.add_text_field(&format!("{name}_s"), text(IndexRecordOption::Basic)),
    }
}

/// What has to be equal for an index to be readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    schema: u32,
    tokens: String,
    normaliser: String,
}

impl Mark {
    pub(super) fn current() -> Self {
        let (tokens, normaliser) = (tokenize::VERSION.to_owned(), normalize::VERSION.to_owned());
        Self { schema: SCHEMA_VERSION, tokens, normaliser }
    }

    fn to_text(&self) -> String {
        format!("schema {}, tokens {}, normaliser {}", self.schema, self.tokens, self.normaliser)
    }

    pub(super) fn write(dir: &Path) -> std::io::Result<()> {
        std::fs::write(dir.join(MARK_FILE), serde_json::to_vec(&Self::current())?)
    }

    /// Refuses an index made by another version, or by something else.
    pub(super) fn check(dir: &Path) -> Result<(), IndexFault> {
        let found = match std::fs::read(dir.join(MARK_FILE)) {
            Ok(bytes) => serde_json::from_slice::<Mark>(&bytes).map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        let found = match found {
            Ok(mark) if mark == Self::current() => return Ok(()),
            Ok(mark) => mark.to_text(),
            Err(why) => format!("no readable {MARK_FILE}: {why}"),
        };
        Err(IndexFault::Version { place: dir.display().to_string(), found, wanted: Self::current().to_text() })
    }
}
