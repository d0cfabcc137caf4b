//! What a site says of use, and looking again at its pages, as its server sees it. The server's log is the proof.
use super::http::{policy, reader};
use super::server::{Server, reply};
use banwatch::fetch::{FetchFault, HttpReader, PageReply, Reader, validators};
use banwatch::model::Validators;
use std::sync::Arc;
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
