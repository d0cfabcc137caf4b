//! Reading in order of change, the index's view, stories and the caches' source.
use super::samples::Samples;
use crate::model::{Article, ArticleId, CopyVerdict, EventId, Outcome, Placement, Relation, StoryId};
use crate::store::{Settlement, Store};
use std::sync::Arc;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    changes_come_once_in_order(&*open().await).await;
    the_indexed_state_is_paged_by_id(&*open().await).await;
    a_story_has_its_articles_newest_first(&*open().await).await;
    caches_are_rebuilt_in_order(&*open().await).await;
}

async fn import(store: &dyn Store, article: Article, seconds: i64) {
    store.settle(&Samples::imported(article, seconds)).await.expect("settle").expect("a change");
}

/// A copy of `x` that stands in its story and speaks of a second event.
fn copy_of_x() -> Article {
    let leader = Samples::article("x", "첫 글");
    let events = vec![EventId::from("event-z"), leader.placement.event.clone()];
    let mut copy = Samples::article("copy", "첫 글 다시");
    copy.extract.published = Some(Samples::stamp(60));
    copy.copy = CopyVerdict {
        relation: Relation::Copy,
        copy_of: Some(leader.id),
        related_to: None,
        why: vec!["contained".to_owned()],
    };
    copy.placement = Placement { events, why: vec!["its leader's".to_owned()], ..leader.placement };
    copy
}

async fn changes_come_once_in_order(store: &dyn Store) {
    assert_eq!((store.change_seq().await.expect("seq"), store.changes(0, 9).await.expect("changes").len()), (0, 0));
    import(store, Samples::article("x", "첫 글"), 1).await;
    import(store, Samples::article("y", "둘째"), 2).await;
    import(store, Samples::article("x", "고친 글"), 3).await;
    let seqs = async |after, limit| {
        let documents = store.changes(after, limit).await.expect("changes");
        documents.into_iter().map(|d| (d.change_seq, d.article.extract.body)).collect::<Vec<_>>()
    };
    let all = [(2, "둘째".to_owned()), (3, "고친 글".to_owned())];
    assert_eq!(seqs(0, 9).await, all, "the first text of x is past");
    assert_eq!(seqs(0, 1).await, all[..1]);
    assert_eq!(seqs(2, 9).await, all[1..]);
    assert_eq!(seqs(3, 9).await, []);
    assert_eq!(store.change_seq().await.expect("seq"), 3);
}

async fn the_indexed_state_is_paged_by_id(store: &dyn Store) {
    for (seconds, name) in (1..).zip(["x", "y", "z"]) {
        import(store, Samples::article(name, "글"), seconds).await;
    }
    let mut want: Vec<(ArticleId, u64)> =
        (1..).zip(["x", "y", "z"]).map(|(seq, name)| (Samples::article(name, "").id, seq)).collect();
    want.sort();
    assert_eq!(store.indexed_state(None, 9).await.expect("state"), want);
    assert_eq!(store.indexed_state(None, 2).await.expect("state"), want[..2]);
    assert_eq!(store.indexed_state(Some(&want[1].0), 2).await.expect("state"), want[2..]);
}

async fn a_story_has_its_articles_newest_first(store: &dyn Store) {
    let leader = Samples::article("x", "첫 글");
    import(store, leader.clone(), 1).await;
    import(store, Samples::article("y", "남"), 2).await;
    let outcome = Outcome::Copy;
    store.settle(&Settlement { outcome, ..Samples::imported(copy_of_x(), 3) }).await.expect("settle");
    let story = store.story(&leader.placement.story).await.expect("story").expect("known");
    let articles: Vec<_> = story.articles.into_iter().map(|document| document.article).collect();
    assert_eq!(articles, [copy_of_x(), leader.clone()]);
    assert_eq!(story.events, [leader.placement.event.clone(), EventId::from("event-z")]);
    assert_eq!(store.counts().await.expect("counts").stories, 2);
    let mut moved = Samples::article("x", "고친 글");
    moved.placement.story = StoryId::from("story-y");
    import(store, moved, 4).await;
    let story = store.story(&leader.placement.story).await.expect("story").expect("known");
    assert_eq!(story.articles.len(), 1, "a member that moved away is no member");
    assert!(store.story(&StoryId::from("nobody")).await.expect("story").is_none());
}

async fn caches_are_rebuilt_in_order(store: &dyn Store) {
    import(store, Samples::article("x", "첫 글"), 1).await;
    import(store, copy_of_x(), 2).await;
    let all = store.clustered(0, 9).await.expect("clustered");
    assert_eq!(all.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2]);
    let (_, last) = &all[1];
    let copy = copy_of_x();
    assert_eq!((&last.copy, &last.placement), (&copy.copy, &copy.placement));
    assert_eq!((&last.item.id, &last.item.body), (&copy.id, &copy.extract.body));
    assert_eq!(last.item.entities, ["alibaba", "anthropic"], "sorted, each once");
    assert_eq!(store.clustered(1, 9).await.expect("clustered").len(), 1);
    assert_eq!(store.clustered(0, 1).await.expect("clustered").len(), 1);
}
