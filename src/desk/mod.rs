//! The way out: every article and every hit that is shown, sent or exported is read here, and leaves with a ruling on its words.
//!
//! What a ruling does not permit is taken out before anybody sees it, so that no face can give it away. Only the pipeline,
//! which shows nothing, reads store and index past this desk (`tests/it/tidy.rs`).
use crate::index::{Answer, Hit, Index, IndexFault, Request};
use crate::model::{Article, ArticleId, RightsSignal, StoryId};
use crate::rights::{self, ArticleRights, Permit, Policies, Quote, Ruling, Use};
use crate::store::{ArticleRecord, SeenRights, Store, StoreFault, StoryRecord};

#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    #[error(transparent)]
    Index(#[from] IndexFault),
    #[error(transparent)]
    Store(#[from] StoreFault),
}

pub type Result<T> = std::result::Result<T, DeskFault>;

#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub store: &'a dyn Store,
    pub index: &'a dyn Index,
    pub policies: &'a Policies,
}

/// An article as far as it may be given.
#[derive(Clone, Debug)]
pub struct Ruled {
    /// Without what is not permitted: the body is empty unless it may be given whole.
    pub record: ArticleRecord,
    /// What may be given of the body, in its order.
    pub passages: Vec<Quote>,
    pub ruling: Ruling,
}

impl Desk<'_> {
    /// The index's answer, each hit with its ruling and no more of a snippet than that permits.
    pub async fn search(&self, request: &Request, use_: Use) -> Result<Answer> {
        let mut answer = self.index.search(request).await?;
        let ids: Vec<ArticleId> = answer.hits.iter().map(|hit| hit.id.clone()).collect();
        let rights = self.store.rights(&ids).await?;
        for (hit, seen) in answer.hits.iter_mut().zip(&rights) {
            let ruling = self.ruling(&hit.url, &signals(seen), use_);
            curtail_hit(hit, ruling);
        }
        Ok(answer)
    }

    pub async fn article(&self, id: &ArticleId, use_: Use) -> Result<Option<Ruled>> {
        let Some(mut record) = self.store.article(id).await? else { return Ok(None) };
        let article = &mut record.document.article;
        let ruling = self.ruling(&article.url, &signals(&record.rights), use_);
        let passages = curtail_article(article, &ruling);
        Ok(Some(Ruled { record, passages, ruling }))
    }

    pub async fn story(&self, id: &StoryId, use_: Use) -> Result<Option<StoryRecord>> {
        let Some(mut story) = self.store.story(id).await? else { return Ok(None) };
        let ids: Vec<ArticleId> = story.articles.iter().map(|document| document.article.id.clone()).collect();
        let rights = self.store.rights(&ids).await?;
        for (document, seen) in story.articles.iter_mut().zip(&rights) {
            let ruling = self.ruling(&document.article.url, &signals(seen), use_);
            curtail_article(&mut document.article, &ruling);
        }
        Ok(Some(story))
    }

    fn ruling(&self, url: &str, signals: &[RightsSignal], use_: Use) -> Ruling {
        rights::permit(&ArticleRights { signals, policy: self.policies.of(url) }, use_)
    }
}

/// The statements that hold now, as the store gives them.
fn signals(seen: &[SeenRights]) -> Vec<RightsSignal> {
    // What was taken back binds no more.
    seen.iter().filter(|seen| seen.withdrawn.is_none()).map(|seen| seen.signal.clone()).collect()
}

fn curtail_article(article: &mut Article, ruling: &Ruling) -> Vec<Quote> {
    rights::curtail(ruling, &mut article.extract, &mut article.judgement.event_mentions)
}

fn curtail_hit(hit: &mut Hit, ruling: Ruling) {
    rights::shorten(&ruling, &mut hit.snippet.text, &mut hit.snippet.marks);
    if ruling.permit == Permit::Nothing {
        hit.title.clear();
    }
    hit.ruling = Some(ruling);
}
