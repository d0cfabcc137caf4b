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

fn listing(rows: &[(&str, &str)]) -> Answer {
    let row = |(url, day): &(&str, &str)| {
        let lastmod = if day.is_empty() { String::new() } else { format!("<lastmod>{day}</lastmod>") };
        format!("<sitemap><loc>{url}</loc>{lastmod}</sitemap>")
    };
    let rows: String = rows.iter().map(row).collect();
    Answer::Bytes(format!("<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</sitemapindex>"))
}

async fn first_poll(world: &Arc<World>) -> Polled {
    let folder = tempfile::tempdir().unwrap();
    let kit = kit(folder.path(), world).await;
    let spec = FeedSpec { kind: FeedKind::Sitemap, ..feed(INDEX, Lang::En) };
    let now: Timestamp = "2026-09-02T00:00:00Z".parse().unwrap();
    kit.store.sync_catalogue(std::slice::from_ref(&spec), now).await.unwrap();
    polled(&kit, &spec, now).await
}

#[tokio::test]
async fn indexes_inside_an_index_are_followed_the_newest_map_of_all_first() {
    let world = Arc::new(World::default());
    let (years, months) = ("https://harbour.example/years.xml", "https://harbour.example/months.xml");
    let maps: Vec<String> = (1..=9).map(map).collect();
    world.put(INDEX, listing(&[(&maps[0], "2026-01-01"), (years, "2026-08-30"), (&maps[1], "2026-08-01")]));
    // Both lead back: to the index above and to themselves.
    world.put(years, listing(&[(months, "2026-08-29"), (&maps[2], "2026-07-01"), (INDEX, "2026-08-30"), (years, "")]));
    world.put(
        months,
        listing(&[(&maps[3], "2026-08-28"), (&maps[4], "2026-06-01"), (&maps[5], "2026-05-01"), (years, "")]),
    );
    for (n, url) in maps.iter().enumerate() {
        world.put(url, urls(&[&format!("/news/{n}")]));
    }
    let done = first_poll(&world).await;
    assert_eq!((done.result.as_str(), done.enqueued.new), ("ok", 5), "an index costs no map its place");
    let asked: Vec<u32> = maps.iter().map(|url| world.asked(url)).collect();
    assert_eq!(asked, [0, 1, 1, 1, 1, 1, 0, 0, 0], "the five newest of three indexes");
    assert_eq!((world.asked(INDEX), world.asked(years), world.asked(months)), (1, 1, 1), "loops end");
}

#[tokio::test]
async fn indexes_that_lie_too_deep_or_are_too_many_are_left() {
    let deep = |n: usize| format!("https://harbour.example/deep/{n}.xml");
    let world = Arc::new(World::default());
    world.put(INDEX, listing(&[(&deep(2), "2026-08-30"), (&map(1), "2026-01-01")]));
    for n in 2..9 {
        world.put(&deep(n), listing(&[(&deep(n + 1), "2026-08-30")]));
    }
    world.put(&map(1), urls(&["/news/1"]));
    assert_eq!(first_poll(&world).await.enqueued.new, 1);
    let asked: Vec<u32> = (2..6).map(|n| world.asked(&deep(n))).collect();
    assert_eq!(asked, [1, 1, 1, 0], "the fourth is seen to be an index, and not opened");

    let world = Arc::new(World::default());
    let wide: Vec<(String, &str)> = (0..40).map(|n| (deep(n), "2026-08-30")).collect();
    world.put(INDEX, listing(&wide.iter().map(|(url, day)| (url.as_str(), *day)).collect::<Vec<_>>()));
    for (n, (url, _)) in wide.iter().enumerate() {
        world.put(&map(n), urls(&[&format!("/news/{n}")]));
        world.put(url, listing(&[(&map(n), "2026-01-01")]));
    }
    let done = first_poll(&world).await;
    let asked: u32 = wide.iter().map(|(url, _)| world.asked(url)).sum();
    assert_eq!((done.entries, asked), (4, 11), "ten are opened; the next takes the place of one map");
}
