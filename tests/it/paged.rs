//! Articles on several pages, in other editions and in their feeds, and the lines that sites put under all of them.
use super::scripted::{Answer, World, feed, html, kit, rss, run};
use banwatch::model::{Article, FeedId, Lang};
use banwatch::pipeline::{Kit, Scope};
use jiff::Timestamp;
use std::sync::Arc;

const FEED: &str = "https://paper.example/rss";
const BAN: &str = "https://paper.example/ban";
const TITLE: &str = "Ministry bans DeepSeek on government devices";
const FIRST: [&str; 3] = [
    "The Ministry of Education of Velmark has banned the use of DeepSeek on all government devices, effective immediately, officials said on Monday.",
    "The ministry said the chatbot sends user data abroad and told its 4,000 employees to delete the app from their phones and laptops by Friday.",
    "DeepSeek did not answer a request for comment. Two other ministries are weighing the same step, according to a spokesman for the government.",
];
const SECOND: &str = "On the second page the article goes on with what the officials of the ministry said of the schools, which may keep the assistant until the summer.";
const THIRD: &str = "On the third page it ends with the history of the ban, which began with a letter of the data protection authority in the spring of last year.";

/// A page with something in its head and under its text.
fn page(title: &str, texts: &[&str], (head, foot): (&str, &str)) -> Answer {
    let Answer::Bytes(html) = html(title, texts) else { unreachable!("a page has bytes") };
    Answer::Bytes(html.replace("</head>", &format!("{head}</head>")).replace("</body>", &format!("{foot}</body>")))
}

async fn polled(world: &Arc<World>, folder: &std::path::Path) -> (Arc<Kit>, Vec<Article>, Vec<String>) {
    let kit = kit(folder, world).await;
    kit.store.sync_catalogue(&[feed(FEED, Lang::En)], Timestamp::now()).await.unwrap();
    let done = run(&kit, Scope::Feeds(vec![FeedId::of(FEED)])).await;
    let articles = kit.store.changes(0, 100).await.unwrap().into_iter().map(|document| document.article).collect();
    (kit, articles, done.outcomes.0.keys().cloned().collect())
}

fn codes(article: &Article) -> Vec<&str> {
    article.extract.problems.iter().map(|problem| problem.code.as_str()).collect()
}

const PAGER: &str =
    "<div class=pages><b>1</b> <a href=/ban/2>2</a> <a href=/ban/3>3</a> <a href=/ban/2>Next page</a></div>";

#[tokio::test]
async fn an_article_on_three_pages_is_one_text() {
    let world = Arc::new(World::default());
    world.put(FEED, rss(&[(BAN, TITLE)]));
    world.put(BAN, page(TITLE, &FIRST, ("", PAGER)));
    world.put("https://paper.example/ban/2", page(&format!("{TITLE} (2)"), &[FIRST[0], SECOND], ("", PAGER)));
    world.put("https://paper.example/ban/3", page(&format!("{TITLE} - Page 3"), &[THIRD], ("", PAGER)));
    let folder = tempfile::tempdir().unwrap();
    let (kit, articles, _) = polled(&world, folder.path()).await;
    let whole = [FIRST[0], FIRST[1], FIRST[2], SECOND, THIRD].join("\n\n");
    assert_eq!(articles[0].extract.body, whole, "each paragraph once");
    assert_eq!((articles[0].url.as_str(), codes(&articles[0]).len()), (BAN, 0));
    assert_eq!([2, 3].map(|n| world.asked(&format!("https://paper.example/ban/{n}"))), [1, 1]);
    drop(kit);
}

#[tokio::test]
async fn a_page_that_fails_is_a_problem_and_loses_nothing() {
    let world = Arc::new(World::default());
    world.put(FEED, rss(&[(BAN, TITLE)]));
    world.put(BAN, page(TITLE, &FIRST, ("", PAGER)));
    world.put("https://paper.example/ban/2", page(TITLE, &[SECOND], ("", PAGER)));
    world.put("https://paper.example/ban/3", Answer::Status(503));
    let folder = tempfile::tempdir().unwrap();
    let (_kit, articles, _) = polled(&world, folder.path()).await;
    assert!(articles[0].extract.body.ends_with(SECOND));
    assert_eq!((codes(&articles[0]), articles[0].extract.truncated), (vec!["next_page_failed"], true));
}

#[tokio::test]
async fn pagers_of_other_things_are_not_followed_and_the_number_of_pages_is_bounded() {
    let world = Arc::new(World::default());
    world.put(FEED, rss(&[(BAN, TITLE)]));
    let folder = tempfile::tempdir().unwrap();
    let comments = PAGER.replace("class=pages", "class=comment-pages");
    world.put(BAN, page(TITLE, &FIRST, ("", &comments)));
    world.put("https://paper.example/ban/2", page(TITLE, &[SECOND], ("", "")));
    let (_kit, articles, _) = polled(&world, folder.path()).await;
    assert_eq!(
        (articles[0].extract.body.as_str(), world.asked("https://paper.example/ban/2")),
        (FIRST.join("\n\n").as_str(), 0)
    );

    let world = Arc::new(World::default());
    world.put(FEED, rss(&[(BAN, TITLE)]));
    world.put(BAN, page(TITLE, &FIRST, ("", PAGER)));
    world.put("https://paper.example/ban/2", page("What else was decided", &[SECOND], ("", PAGER)));
    let folder = tempfile::tempdir().unwrap();
    let (_kit, articles, _) = polled(&world, folder.path()).await;
    assert_eq!(articles[0].extract.body, FIRST.join("\n\n"), "another title is another article");
    assert_eq!(world.asked("https://paper.example/ban/3"), 0);

    let world = Arc::new(World::default());
    world.put(FEED, rss(&[(BAN, TITLE)]));
    let all: String = (2..30).map(|n| format!("<a href=/ban/{n}>{n}</a> ")).collect();
    world.put(BAN, page(TITLE, &FIRST, ("", &all)));
    for n in 2..30 {
        let text = format!("Page {n}. {SECOND}");
        world.put(&format!("https://paper.example/ban/{n}"), page(TITLE, &[&text], ("", &all)));
    }
    let folder = tempfile::tempdir().unwrap();
    let (_kit, articles, _) = polled(&world, folder.path()).await;
    assert_eq!(codes(&articles[0]), ["too_many_pages"]);
    assert_eq!([11, 12].map(|n| world.asked(&format!("https://paper.example/ban/{n}"))), [1, 0]);
}

const AMP: &str = "https://amp.paper.example/ban";
const AMP_LINK: &str = "<link rel=amphtml href=https://amp.paper.example/ban>";

#[tokio::test]
async fn a_page_with_little_text_is_read_in_its_lighter_edition() {
    let world = Arc::new(World::default());
    world.put(FEED, rss(&[(BAN, TITLE)]));
    world.put(BAN, page(TITLE, &["The ministry has banned DeepSeek ..."], (AMP_LINK, "")));
    world.put(AMP, html(TITLE, &FIRST));
    let folder = tempfile::tempdir().unwrap();
    let (_kit, articles, _) = polled(&world, folder.path()).await;
    let extract = &articles[0].extract;
    assert_eq!(
        (extract.body.as_str(), extract.method.as_str(), extract.truncated),
        (FIRST.join("\n\n").as_str(), "amp", false)
    );
    assert_eq!(articles[0].url, BAN);

    // A whole text needs no other, and a wall stands before the other edition as well.
    let wall = format!(
        "{AMP_LINK}<script type=application/ld+json>{{\"@type\":\"NewsArticle\",\"isAccessibleForFree\":false}}</script>"
    );
    for (texts, head) in [(&FIRST[..], AMP_LINK), (&FIRST[..1], wall.as_str())] {
        let world = Arc::new(World::default());
        world.put(FEED, rss(&[(BAN, TITLE)]));
        world.put(BAN, page(TITLE, texts, (head, "")));
        let folder = tempfile::tempdir().unwrap();
        let (_kit, articles, _) = polled(&world, folder.path()).await;
        assert_eq!((world.asked(AMP), articles[0].extract.truncated), (0, head != AMP_LINK));
    }
}

fn rss_with(field: &str, text: &str) -> Answer {
    Answer::Bytes(format!(
        r#"<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>f</title>
        <item><title>{TITLE}</title><link>{BAN}</link><guid>{BAN}</guid><{field}><![CDATA[{text}]]></{field}></item></channel></rss>"#
    ))
}

#[tokio::test]
async fn the_feeds_text_stands_for_a_page_only_when_it_is_the_article() {
    let paragraphs = |texts: &[&str]| texts.iter().map(|text| format!("<p>{text}</p>")).collect::<String>();
    let whole = paragraphs(&[FIRST[0], FIRST[1], FIRST[2], SECOND, THIRD]);
    let teaser = paragraphs(&[FIRST[0], "Officials said ..."]);
    let page_text = html(TITLE, &FIRST[..1]);
    let cases = [
        (rss_with("content:encoded", &whole), page_text.clone(), "full_text_feed", false),
        (rss_with("content:encoded", &whole), Answer::Status(403), "full_text_feed", false),
        (rss_with("content:encoded", &teaser), page_text.clone(), "page", false),
        (rss_with("description", FIRST[0]), page_text, "page", false),
        (rss_with("description", FIRST[0]), Answer::Status(403), "feed_summary", true),
    ];
    for (n, (entries, answer, method, truncated)) in cases.into_iter().enumerate() {
        let world = Arc::new(World::default());
        world.put(FEED, entries);
        world.put(BAN, answer);
        let folder = tempfile::tempdir().unwrap();
        let (_kit, articles, _) = polled(&world, folder.path()).await;
        let extract = &articles[0].extract;
        let found = if extract.method.contains("feed") { extract.method.as_str() } else { "page" };
        assert_eq!((found, extract.truncated), (method, truncated), "case {n}");
        assert_eq!(codes(&articles[0]).contains(&"feed_summary"), method == "feed_summary", "case {n}");
    }
    let world = Arc::new(World::default());
    world.put(FEED, rss_with("content:encoded", &whole));
    world.put(BAN, Answer::Status(410));
    let folder = tempfile::tempdir().unwrap();
    let (_kit, articles, outcomes) = polled(&world, folder.path()).await;
    assert_eq!((articles.len(), outcomes), (0, vec!["skipped.gone".to_owned()]), "withdrawn is withdrawn");
}

#[tokio::test]
async fn lines_of_many_articles_are_dropped_also_after_a_restart() {
    let line = "This report was made possible by the members of the Velmark Press Circle.";
    let world = Arc::new(World::default());
    let addresses: Vec<String> = (0..8).map(|n| format!("{BAN}/story-{n}x")).collect();
    let titles: Vec<String> = (0..8).map(|n| format!("Ministry number {n} bans DeepSeek")).collect();
    for (n, (address, title)) in addresses.iter().zip(&titles).enumerate() {
        let own = format!(
            "The ministry of region {n} has banned DeepSeek on all its devices, officials of region {n} said on Monday."
        );
        world.put(address, html(title, &[&own, FIRST[1], line]));
    }
    let items: Vec<(&str, &str)> =
        addresses.iter().map(String::as_str).zip(titles.iter().map(String::as_str)).collect();
    let folder = tempfile::tempdir().unwrap();
    world.put(FEED, rss(&items[..6]));
    let (kit, articles, _) = polled(&world, folder.path()).await;
    let with_line = articles.iter().filter(|article| article.extract.body.contains(line)).count();
    assert_eq!((articles.len(), with_line), (6, 4), "the fifth is the first without it");
    assert!(kit.store.site_lines().await.unwrap().iter().any(|known| known.line == line));
    drop(kit);

    world.put(FEED, rss(&items));
    let (kit, articles, _) = polled(&world, folder.path()).await;
    let with_line = articles.iter().filter(|article| article.extract.body.contains(line)).count();
    assert_eq!((articles.len(), with_line), (8, 4), "known again, and nothing stored is rewritten");
    assert_eq!(kit.store.counts().await.unwrap().revisions, 8);
}
