//! `feeds discover` and `feeds test` against a server on loopback.
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

const PAGE: &str = "<html><head><title>Board</title><link rel=alternate type='application/rss+xml' title='dead' href='/dead.xml'></head>\
    <body><a href='/news/rss'>RSS</a></body></html>";
const FEED: &str = "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>가람 &quot;속보&quot;</title>\
    <item><title>가람시, 공무용 기기에서 노바챗 사용 금지</title><link>/1</link></item></channel></rss>";

/// Answers until the test ends; what is not there is a 404.
fn serve(paths: &'static [(&'static str, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
            let path = first.split(' ').nth(1).unwrap_or_default();
            let found = paths.iter().find(|(at, _)| *at == path);
            let (status, body) = found.map_or(("404 Not Found", ""), |(_, body)| ("200 OK", *body));
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // A client that has hung up is no fault of the server.
            drop(stream.write_all((head + body).as_bytes()));
        }
    });
    base
}

fn discover(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    banwatch(folder.path(), &[&["feeds", "discover"], args].concat())
}

fn banwatch(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_banwatch"))
        .args(args)
        .current_dir(folder)
        .env("BANWATCH__FETCH__ALLOW", "[\"127.0.0.1\"]")
        .env("BANWATCH__FETCH__HOST_GAP_MS", "0")
        .output()
        .unwrap()
}

#[test]
fn working_feeds_come_out_as_rows_the_catalogue_takes() {
    let base = serve(&[("/", PAGE), ("/news/rss", FEED)]);
    let found = discover(&[&base, "--region", "KR", "--zone", "Asia/Seoul"]);
    let (rows, said) = (String::from_utf8(found.stdout).unwrap(), String::from_utf8(found.stderr).unwrap());
    assert!(found.status.success(), "{said}");
    let file = banwatch::catalogue::SourceFile { name: "row", text: &rows };
    let catalogue = banwatch::catalogue::load(&[file]).unwrap();
    let shown: Vec<_> =
        catalogue.feeds.iter().map(|f| (f.url.as_str(), f.title.as_str(), f.lang.to_string())).collect();
    assert_eq!(shown, [(format!("{base}/news/rss").as_str(), "가람 \"속보\"", "ko".to_owned())]);
    assert!(said.contains("/dead.xml"), "{said}");

    // A feed's own address is its own answer; JSON shows every candidate.
    let itself = discover(&[&format!("{base}/news/rss"), "--json"]);
    let line: serde_json::Value = serde_json::from_slice(&itself.stdout).unwrap();
    assert_eq!(
        (line["works"].as_bool(), line["entries"].as_u64(), line["format"].as_str()),
        (Some(true), Some(1), Some("rss"))
    );
}

#[test]
fn a_site_without_feeds_is_an_error_and_well_known_paths_are_tried() {
    let base = serve(&[("/", "<html><p>nothing here</p></html>"), ("/feed.xml", FEED)]);
    let found = discover(&[&base, "--lang", "ko"]);
    assert!(String::from_utf8(found.stdout).unwrap().contains("/feed.xml"));
    let none = serve(&[("/", "<html><p>nothing here</p></html>")]);
    let found = discover(&[&none]);
    assert_eq!((found.status.code(), found.stdout.len()), (Some(1), 0));
}

#[test]
fn a_row_is_tested_without_being_polled() {
    const BOARD: &str =
        "<html><ul><li><a href='/view?id=7'>노바챗 서비스 차단 명령</a><i>2026.07.06</i></li></ul></html>";
    let base = serve(&[("/board", BOARD), ("/new", "<html><p>new design</p></html>")]);
    let folder = tempfile::tempdir().unwrap();
    let row = |path: &str| {
        format!(
            "[[feed]]\ntitle = \"{path}\"\nurl = \"{base}{path}\"\nlang = \"ko\"\nregion = \"KR\"\nzone = \"Asia/Seoul\"\ncategory = \"x\"\n\
             kind = \"listing\"\nlisting = {{ item = \"li\", date = \"i\" }}\n"
        )
    };
    std::fs::write(folder.path().join("ko.toml"), row("/board") + &row("/new")).unwrap();
    let test = |feed: &str| banwatch(folder.path(), &["--feeds", ".", "feeds", "test", feed]);
    let found = test("/board");
    let shown = String::from_utf8(found.stdout).unwrap();
    assert!(found.status.success() && shown.contains("listing  1 entries"), "{shown}");
    assert!(
        shown.contains(&format!("2026-07-06                 {base}/view?id=7  노바챗 서비스 차단 명령")),
        "{shown}"
    );
    let broken = test("/new");
    assert_eq!(broken.status.code(), Some(3));
    assert!(String::from_utf8(broken.stderr).unwrap().contains("listing_empty"));
    assert_eq!(test("/nowhere").status.code(), Some(1));
}
