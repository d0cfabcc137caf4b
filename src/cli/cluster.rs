//! Filter `cluster`: articles in arrival order → copies, events, stories.
use super::filter::{self, LineFault};
use crate::dedupe::{self, Window};
use crate::model::{ArticleId, ClusterItem, EventId, Lang, Relation, StoryId, TimeSource};
use crate::story::{self, Linker};
use crate::text::{date, lang};
use crate::topic::{Lexicon, TopicInput};
use serde::Serialize;
use serde_json::Value;
use std::io::{BufRead, Write};

#[derive(Serialize)]
struct Placed {
    id: ArticleId,
    copy_of: Option<ArticleId>,
    relation: Relation,
    related_to: Option<ArticleId>,
    event: EventId,
    events: Vec<EventId>,
    story: StoryId,
    why: Vec<String>,
}

pub(super) fn run(input: impl BufRead, output: impl Write) -> std::io::Result<u64> {
    let lexicon = Lexicon::embedded();
    let mut window = Window::new(dedupe::Limits::default());
    let mut linker = Linker::new(story::Limits::default());
    filter::run(input, output, |row| {
        let item = item(row, lexicon)?;
        let copy = window.judge(&item);
        let placement = linker.place(&item, &copy);
        window.insert(&item, &copy);
        linker.insert(&item, &placement);
        let why = copy.why.into_iter().chain(placement.why).collect();
        Ok(Placed {
            id: item.id,
            copy_of: copy.copy_of,
            relation: copy.relation,
            related_to: copy.related_to,
            event: placement.event,
            events: placement.events,
            story: placement.story,
            why,
        })
    })
}

fn item(row: &Value, lexicon: &Lexicon) -> Result<ClusterItem, LineFault> {
    let id = filter::text(row, "id")?.ok_or_else(|| LineFault::new("no_id", "id is missing"))?;
    let title = filter::text(row, "title")?.unwrap_or_default();
    let body = filter::text(row, "body")?.or(filter::text(row, "text")?).unwrap_or_default();
    let zone = filter::zone(row, "feed_tz")?;
    let published = filter::text(row, "published")?.and_then(|raw| date::parse(raw, &zone, TimeSource::Import));
    let given = filter::text(row, "lang")?.and_then(|code| Lang::parse(code).ok());
    let lang = given.unwrap_or_else(|| lang::detect(&format!("{title}\n{body}")).lang);
    let judgement = lexicon.judge(&TopicInput { title, body, lang, published: published.as_ref(), zone: Some(&zone) });
    let mut entities: Vec<String> = judgement.entities.iter().map(|span| span.id.clone()).collect();
    entities.sort();
    entities.dedup();
    Ok(ClusterItem {
        id: id.into(),
        lang,
        title: title.to_owned(),
        body: body.to_owned(),
        published,
        site: filter::text(row, "site")?.map(str::to_owned),
        topics: judgement.topics,
        event_mentions: judgement.event_mentions,
        entities,
    })
}
