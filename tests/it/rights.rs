//! What a site says of use, and looking again at its pages, as its server sees it. The server's log is the proof.
use super::http::{policy, reader};
use super::scripted::{World, feed, html, kit, rss, run};
use super::server::{Server, reply};
use axum::body::{Body, to_bytes};
use banwatch::alert::{self, digest};
use banwatch::desk::Desk;
use banwatch::export::{self, Selection};
use banwatch::fetch::{FetchFault, HttpReader, PageReply, Reader, validators};
use banwatch::index::Tier;
use banwatch::model::{Lang, Validators};
use banwatch::pipeline::{Kit, Scope};
use banwatch::query::{self, Query};
use banwatch::rights::Policies;
use banwatch::web::{Faces, router};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use url::Url;

const TDMREP: &str = "/.well-known/tdmrep.json";

async fn desk() -> (Server, HttpReader) {
    let server = Server::start().await;
    (server, reader(policy(), &["a.example", "b.example"], &Arc::default()))
}

#[tokio::test]
async fn a_site_is_asked_once_for_its_reservation_and_its_robots_txt_is_not_read_twice() {
    let (server, reader) = desk().await;
    let robots = "User-agent: *\nContent-Usage: train-ai=n\nAllow: /news\nLicense: https://a.example/rsl.xml\n";
    server.script("a.example/robots.txt", [reply(200).body(robots)]);
    server.script(&format!("a.example{TDMREP}"), [reply(200).body(r#"[{"location":"/news/*","tdm-reservation":1}]"#)]);
    server.script("/news/1", [reply(200).body("<p>one")]);
    let url = Url::parse(&server.url("a.example", "/news/1")).unwrap();
    reader.page(&url).await.unwrap();
    for _ in 0..2 {
        let said: Vec<String> =
            reader.site_rights(&url).await.signals.into_iter().map(|s| format!("{}: {}", s.kind, s.raw)).collect();
        assert_eq!(
            said,
            [
                "robots_txt: allowed by Allow: /news",
                "content_usage: train-ai=n",
                "rsl_licence: https://a.example/rsl.xml",
                r#"tdm_reservation: {"location":"/news/*","tdm-reservation":1}"#,
            ]
        );
    }
    assert_eq!((server.asked("/robots.txt").len(), server.asked(TDMREP).len()), (1, 1));
}

#[tokio::test]
async fn a_reservation_behind_robots_txt_is_not_asked_for_and_a_missing_one_says_nothing() {
    let (server, reader) = desk().await;
    server.script("a.example/robots.txt", [reply(200).body("User-agent: *\nDisallow: /.well-known/\n")]);
    for (host, verdicts) in [("a.example", 1), ("b.example", 1)] {
        let url = Url::parse(&server.url(host, "/x")).unwrap();
        server.script("/x", [reply(200)]);
        reader.page(&url).await.unwrap();
        assert_eq!(reader.site_rights(&url).await.signals.len(), verdicts, "{host}: the verdict alone");
    }
    let hosts: Vec<String> = server.asked(TDMREP).into_iter().map(|seen| seen.host).collect();
    assert_eq!(hosts, ["b.example"]);
}

#[tokio::test]
async fn validators_go_out_as_they_came_in_and_none_is_invented() {
    let (server, reader) = desk().await;
    let page =
        reply(200).header("ETag", "W/\"a, b\"").header("Last-Modified", "Fri, 3 Jul 2026 9:00:00 KST").body("one");
    server.script("/a", [page, reply(304), reply(200).body("two"), reply(200).body("two"), reply(410)]);
    let url = Url::parse(&server.url("a.example", "/a")).unwrap();
    let first = validators(&reader.page(&url).await.unwrap());
    let PageReply::Unchanged { validators: kept, status: 304 } = reader.revisit(&url, &first).await.unwrap() else {
        panic!("a 304 is no change");
    };
    assert_eq!(kept, first);
    let PageReply::Page { page, validators: second } = reader.revisit(&url, &kept).await.unwrap() else {
        panic!("new bytes are a page");
    };
    assert_eq!((page.body.as_slice(), second.etag.as_deref()), (b"two".as_slice(), None));
    let same = reader.revisit(&url, &second).await.unwrap();
    assert!(matches!(same, PageReply::Same { .. }), "the very bytes again");
    let gone = reader.revisit(&url, &Validators::default()).await.unwrap_err();
    assert!(matches!(gone, FetchFault::Status { status: 410, .. }));
    let sent: Vec<_> = server
        .asked("/a")
        .iter()
        .map(|seen| {
            (seen.header("if-none-match").map(str::to_owned), seen.header("if-modified-since").map(str::to_owned))
        })
        .collect();
    let own = (Some("W/\"a, b\"".to_owned()), Some("Fri, 3 Jul 2026 9:00:00 KST".to_owned()));
    assert_eq!(sent, [(None, None), own.clone(), own, (None, None), (None, None)]);
    assert_eq!(server.asked("/robots.txt").len(), 1);
}

const PAPER: &str = "https://paper.example/ban";
const TOLD: &str = "The Ministry of Education of Velmark has banned the use of DeepSeek on all government devices";
/// Far from any evidence and from every word that is searched for.
const ASIDE: &str = "The building in which the officials spoke was finished in the spring of 1974, after nine years";
const FORBIDDEN: &str = "ⓒ Sample Daily. 무단전재 및 재배포 금지, AI학습 및 활용 금지";

async fn told(folder: &std::path::Path, footer: Option<&str>) -> Arc<Kit> {
    let world = Arc::new(World::default());
    let (told, aside) = (format!("{TOLD}, officials said on Monday."), format!("{ASIDE} of work by many hands."));
    let mut text = vec![
        told.as_str(),
        "The ministry said the chatbot sends user data abroad and told its 4,000 employees to delete the app.",
        aside.as_str(),
    ];
    text.extend(footer);
    world.put(PAPER, html("Ministry bans DeepSeek on government devices", &text));
    world.put("https://paper.example/rss", rss(&[(PAPER, "Ministry bans DeepSeek")]));
    let kit = kit(folder, &world).await;
    kit.store.sync_catalogue(&[feed("https://paper.example/rss", Lang::En)], Timestamp::now()).await.unwrap();
    assert_eq!(run(&kit, Scope::Once).await.outcomes.0.get("stored"), Some(&1));
    kit
}

async fn get(kit: &Kit, own_machine: bool, address: &str) -> String {
    let (store, index) = (Arc::clone(&kit.store), Arc::clone(&kit.index));
    let faces = Faces { store, index, policies: Arc::default(), own_machine, live: None };
    let request = axum::http::Request::builder().uri(address).body(Body::empty()).unwrap();
    let body = router(faces).oneshot(request).await.unwrap().into_body();
    String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap()
}

/// Own page, public page, API, search, digest in text and HTML, JSONL, CSV.
async fn faces(kit: &Kit) -> [(&'static str, String); 8] {
    let article = kit.store.head_by_url(PAPER).await.unwrap().expect("stored").id;
    let policies = Policies::none();
    let desk = Desk { store: kit.store.as_ref(), index: kit.index.as_ref(), policies: &policies };
    let query = query::parse("DeepSeek").unwrap();
    let stories = digest::fold(&alert::gather(desk, &query).await.unwrap().hits);
    let issue = digest::Issue { name: "bans".to_owned(), parsed: query::explain(&query), stories, left_out: 0 };
    let sent = digest::render(&issue);
    let selection = Selection { query: Query::everything(), langs: Vec::new(), topics: Vec::new(), tier: Tier::Strict };
    let (mut jsonl, mut csv) = (Vec::new(), Vec::new());
    export::jsonl(desk, &selection, &mut jsonl).await.unwrap();
    export::csv(desk, &selection, &mut csv).await.unwrap();
    [
        ("own page", get(kit, true, &format!("/article/{article}")).await),
        ("public page", get(kit, false, &format!("/article/{article}")).await),
        ("api", get(kit, true, &format!("/api/v1/articles/{article}")).await),
        ("search", get(kit, true, "/api/v1/search?q=DeepSeek").await),
        ("digest text", sent.text),
        ("digest html", sent.html),
        ("jsonl", String::from_utf8(jsonl).unwrap()),
        ("csv", String::from_utf8(csv).unwrap()),
    ]
}

#[tokio::test]
async fn a_forbidding_footer_leaves_a_quotation_on_every_face() {
    let folder = tempfile::tempdir().unwrap();
    let kit = told(folder.path(), Some(FORBIDDEN)).await;
    for (face, shown) in faces(&kit).await {
        assert!(shown.contains("banned the use of DeepSeek"), "{face} quotes what it reports: {shown}");
        assert!(!shown.contains(ASIDE), "{face} gives the rest away: {shown}");
        if face != "digest text" && face != "digest html" {
            assert!(shown.contains("무단전재 및 재배포 금지"), "{face} says why: {shown}");
        }
        if face == "api" || face == "jsonl" {
            let row: Value = serde_json::from_str(&shown).unwrap();
            assert_eq!((&row["body"], &row["ruling"]["permit"]), (&Value::Null, &Value::from("quotation")), "{face}");
            assert!(row["quotations"][0]["text"].as_str().unwrap().contains(TOLD), "{face}: {row}");
        }
    }
}

#[tokio::test]
async fn where_nothing_is_said_the_own_page_and_the_data_set_have_the_whole_text() {
    let folder = tempfile::tempdir().unwrap();
    let kit = told(folder.path(), None).await;
    for (face, shown) in faces(&kit).await {
        assert!(shown.contains("banned the use of DeepSeek"), "{face}: {shown}");
        assert_eq!(shown.contains(ASIDE), face == "own page" || face == "jsonl", "{face}: {shown}");
    }
}
