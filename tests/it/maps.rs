//! Site maps, their index and listing pages through the real poll; the world behind the reader is scripted.
use super::scripted::{Answer, World, feed, kit};
use banwatch::model::{FeedKind, FeedSpec, Lang, ListingRule};
use banwatch::pipeline::{Kit, Polled, poll};
use banwatch::store::Claim;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

const INDEX: &str = "https://harbour.example/sitemap.xml";
const BOARD: &str = "https://board.example/list";

fn map(number: usize) -> String {
    format!("https://harbour.example/maps/{number}.xml")
}

fn index(days: &[(usize, &str)]) -> Answer {
    let rows: String = days
        .iter()
        .map(|(n, day)| format!("<sitemap><loc>{}</loc><lastmod>{day}</lastmod></sitemap>", map(*n)))
        .collect();
    Answer::Bytes(format!("<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</sitemapindex>"))
}

fn urls(paths: &[&str]) -> Answer {
    let rows: String =
        paths.iter().map(|path| format!("<url><loc>https://harbour.example{path}</loc></url>")).collect();
    Answer::Bytes(format!("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>"))
}

async fn polled(kit: &Arc<Kit>, spec: &FeedSpec, now: Timestamp) -> Polled {
    let claim = Claim { worker: "test", now, lease_until: now + SignedDuration::from_mins(5), limit: 1 };
    let claimed = kit.store.claim_feed(&spec.id, &claim).await.unwrap().unwrap();
    poll(kit, &claimed, now).await.unwrap()
}

#[tokio::test]
async fn an_index_is_followed_into_the_maps_that_changed() {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(World::default());
    let mut days: Vec<(usize, String)> = (1..=9).map(|n| (n, format!("2026-0{n}-01"))).collect();
    let shown = |days: &[(usize, String)]| index(&days.iter().map(|(n, day)| (*n, day.as_str())).collect::<Vec<_>>());
    world.put(INDEX, shown(&days));
    for n in 1..=9 {
        world.put(&map(n), urls(&[&format!("/news/{n}"), &format!("/sport/{n}")]));
    }
    let kit = kit(folder.path(), &world).await;
    let spec = FeedSpec { kind: FeedKind::Sitemap, only: Some("/news/".to_owned()), ..feed(INDEX, Lang::En) };
    let start: Timestamp = "2026-09-02T00:00:00Z".parse().unwrap();
    kit.store.sync_catalogue(std::slice::from_ref(&spec), start).await.unwrap();

    // At first the five newest; the sport pages are not asked for.
    let first = polled(&kit, &spec, start).await;
    assert_eq!((first.result.as_str(), first.entries, first.enqueued.new), ("ok", 5, 5));
    assert_eq!((world.asked(&map(9)), world.asked(&map(5)), world.asked(&map(4))), (1, 1, 0));

    // Nothing changed: nothing is asked but the index.
    let day = SignedDuration::from_hours(72);
    assert_eq!(polled(&kit, &spec, start + day).await.result, "not_modified");

    // One map changed: it alone is read, and only its new address is new.
    days[8].1 = "2026-09-06".to_owned();
    world.put(INDEX, shown(&days));
    world.put(&map(9), urls(&["/news/9", "/news/10"]));
    let third = polled(&kit, &spec, start + day + day).await;
    assert_eq!((third.entries, third.enqueued.new), (2, 1));
    assert_eq!((world.asked(&map(9)), world.asked(&map(8))), (2, 1));

    // A map that fails is named; when no map could be read, the feed counts as failing, and nothing is lost.
    days[0].1 = "2026-09-12".to_owned();
    world.put(INDEX, shown(&days));
    world.put(&map(1), Answer::Timeout);
    let fourth = polled(&kit, &spec, start + day + day + day).await;
    assert_eq!(fourth.result, "unreadable");
    world.put(&map(1), urls(&["/news/1"]));
    let fifth = polled(&kit, &spec, start + day + day + day + SignedDuration::from_hours(2)).await;
    assert_eq!((fifth.result.as_str(), fifth.enqueued.new), ("ok", 1));
}

#[tokio::test]
async fn a_listing_page_brings_only_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(World::default());
    let page = |ids: &[u32]| {
        let rows: String =
            ids.iter().map(|id| format!("<li><a href=/view?id={id}>공지 {id}</a><i>2026.07.0{id}</i></li>")).collect();
        Answer::Bytes(format!("<html><body><ul>{rows}</ul></body></html>"))
    };
    world.put(BOARD, page(&[2, 1]));
    let kit = kit(folder.path(), &world).await;
    let listing = ListingRule { item: "li".to_owned(), title: None, link: None, date: Some("i".to_owned()) };
    let spec = FeedSpec { kind: FeedKind::Listing, listing: Some(listing), ..feed(BOARD, Lang::Ko) };
    let start: Timestamp = "2026-07-03T00:00:00Z".parse().unwrap();
    kit.store.sync_catalogue(std::slice::from_ref(&spec), start).await.unwrap();
    assert_eq!(polled(&kit, &spec, start).await.enqueued.new, 2);
    world.put(BOARD, page(&[3, 2, 1]));
    let second = polled(&kit, &spec, start + SignedDuration::from_hours(1)).await;
    assert_eq!((second.entries, second.enqueued.new, second.enqueued.changed), (3, 1, 0));
    // The site changed its markup: said aloud.
    world.put(BOARD, Answer::Bytes("<html><body><p>new design</p></body></html>".to_owned()));
    assert_eq!(polled(&kit, &spec, start + SignedDuration::from_hours(2)).await.result, "unreadable");
}
