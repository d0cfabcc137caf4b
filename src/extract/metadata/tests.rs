use super::super::{PageText, extract};
use crate::model::Extract;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use url::Url;

fn read(html: &str, (address, zone): (&str, &str)) -> Extract {
    let (url, zone) = (Url::parse(address).unwrap(), TimeZone::get(zone).unwrap());
    extract(&PageText { html, url: Some(&url), content_type: None, zone: &zone, headers: &[], site: None })
}

const PLACE: (&str, &str) = ("https://www.press.example/view/77", "UTC");
const SEOUL: (&str, &str) = ("https://www.press.example/view/77", "Asia/Seoul");
const TAIPEI: (&str, &str) = ("https://www.press.example/view/77", "Asia/Taipei");

fn title(html: &str) -> String {
    read(html, PLACE).title.unwrap_or_default()
}

fn day(html: &str, place: (&str, &str)) -> String {
    read(html, place).published.map_or("-".to_owned(), |stamp| stamp.local_date().to_string())
}

fn byline(html: &str) -> String {
    read(html, SEOUL).byline.unwrap_or("-".to_owned())
}

#[test]
fn a_title_is_what_claims_and_headings_agree_on() {
    for (head, body, want) in [
        (
            "<title>항만 관제 시험 가동 &lt; 사회 &lt; 기사본문 - 물빛신문</title>",
            "<div>항만 관제 시험 가동</div>",
            "항만 관제 시험 가동",
        ),
        ("<title>港口新规下月施行_国内新闻_某某网</title>", "<h1>港口新规下月施行</h1>", "港口新规下月施行"),
        (
            "<title>물빛신문 모바일 :: 항만 관제 시험 가동</title>",
            "<h2>항만 관제 시험 가동</h2>",
            "항만 관제 시험 가동",
        ),
        (
            "<title>Harbour rules change | The Pier</title><meta property=og:site_name content='The Pier'>",
            "",
            "Harbour rules change",
        ),
        (
            "<title>The Pier: Harbour rules change</title><meta property=og:site_name content='The Pier'>",
            "",
            "Harbour rules change",
        ),
        // The heading is the title where the claim is written for machines.
        (
            "<title>Harbour Rules: New Guide 2026 | The Pier</title>",
            "<h1>What the new harbour rules mean</h1>",
            "What the new harbour rules mean",
        ),
        // A subtitle, a logo and a slogan are no titles.
        (
            "<title>Harbour rules change</title>",
            "<h1>Harbour rules change <small>Ports must adapt</small></h1>",
            "Harbour rules change",
        ),
        (
            "<title>항만 관제 시험 가동 - 물빛신문</title>",
            "<h1>바다를 읽는 물빛신문</h1><div>항만 관제 시험 가동</div>",
            "항만 관제 시험 가동",
        ),
        ("<title>물빛신문에 오신 것을 환영합니다</title>", "<h1>항만 관제 시험 가동</h1>", "항만 관제 시험 가동"),
    ] {
        assert_eq!(title(&format!("<html><head>{head}</head><body>{body}<p>text</p></body></html>")), want);
    }
}

#[test]
fn names_are_read_wherever_they_stand() {
    for (head, body, want) in [
        (
            r##"<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"H","author":{"@id":"#a"}},{"@type":"Person","@id":"#a","name":"Ann Author"}]}</script>"##,
            "",
            "Ann Author",
        ),
        (
            r#"<script type="application/ld+json">{"@type":"NewsArticle","author":[{"name":"홍길동 기자"},"김철수 기자"]}</script>"#,
            "",
            "홍길동, 김철수",
        ),
        ("<meta name=author content='By Ann Author | Updated 3 May 2026'>", "", "Ann Author"),
        (
            "<meta name=twitter:label1 content='Written by'><meta name=twitter:data1 content='Ann Author'>",
            "",
            "Ann Author",
        ),
        ("", "<h1>A long enough title</h1><div>By</div><div>Ann Author</div>", "Ann Author"),
        ("", "<h1>A long enough title</h1><p>Ann Author | Writer | July 2, 2026</p>", "Ann Author"),
        (
            "",
            "<h1>긴 제목이 여기 있다</h1><p>입력 2026.07.03 14:20</p><p>울산=물빛신문 홍길동 기자 hong@p.example</p>",
            "홍길동",
        ),
        (
            "",
            "<h1>港口新规下月施行</h1><div><span>发布/2026年07月03日</span><span>文/<a>李明远</a></span><span>字体</span></div>",
            "李明远",
        ),
        ("", "<h1>港口新規下月施行</h1><p>〔記者林曉安／高雄報導〕</p>", "林曉安"),
        (
            "",
            "<h1>A long enough title</h1><span class=byline>Posted by: <a rel=author>Ann Author</a></span>",
            "Ann Author",
        ),
        // The site is the author only when nobody else is.
        (
            "<meta property=og:site_name content='The Pier'><meta name=author content='The Pier'>",
            "<h1>A long enough title</h1><p>By Ann Author</p>",
            "Ann Author",
        ),
        (
            "<meta property=og:site_name content='The Pier'><meta name=author content='The Pier'>",
            "<h1>A long enough title</h1>",
            "The Pier",
        ),
        ("<meta name=author content='admin'>", "<h1>A long enough title</h1>", "-"),
    ] {
        assert_eq!(
            byline(&format!("<html><head>{head}</head><body>{body}<p>text</p></body></html>")),
            want,
            "{head} {body}"
        );
    }
}

#[test]
fn a_date_is_the_articles_own() {
    for (html, place, want) in [
        ("<h1>긴 제목이 여기 있다</h1><p>등록 2026.07.03 14:20 수정 2026.07.05 09:00</p>", SEOUL, "2026-07-03"),
        ("<h1>긴 제목이 여기 있다</h1><p>수정 2026.07.05 09:00</p><p>입력 2026.07.03 14:20</p>", SEOUL, "2026-07-03"),
        (
            "<div class=related-list><p>2026.01.02</p></div><h1>긴 제목이 여기 있다</h1><p>2026.07.03 14:20</p>",
            SEOUL,
            "2026-07-03",
        ),
        ("<h1>港口新規下月施行</h1><p>發布日期：民國115年7月3日</p>", TAIPEI, "2026-07-03"),
        ("<h1>A long enough title</h1><p>7/3/2026</p>", PLACE, "2026-07-03"),
        ("<html lang=en-GB><h1>A long enough title</h1><p>7/3/2026</p>", PLACE, "2026-03-07"),
        // Read the other way round it is what the page shows.
        (
            "<meta name=article:published_time content='03-09-2026'><h1>A long enough title</h1><p>Published March 9, 2026</p>",
            PLACE,
            "2026-03-09",
        ),
        (
            "<textarea class=item-time>1783045200000</textarea><h1>A long enough title</h1>",
            ("https://p.example/", "Asia/Shanghai"),
            "2026-07-03",
        ),
        ("<h1>A long enough title</h1>", ("https://p.example/2026/07/03/a.html", "UTC"), "2026-07-03"),
    ] {
        assert_eq!(day(&format!("{html}<p>text</p>"), place), want, "{html}");
    }
}

#[test]
fn a_claim_that_the_page_refutes_is_doubted() {
    let page = |claim: &str, shown: &str| {
        let html = format!(
            "<meta property=article:published_time content='{claim}'><h1>긴 제목이 여기 있다</h1><p>{shown}</p>"
        );
        let out = read(&html, SEOUL);
        let doubts: Vec<String> =
            out.problems.iter().filter(|one| one.code == "date_doubtful").map(|one| one.message.clone()).collect();
        (out.published.unwrap().local_date().to_string(), doubts)
    };
    let (date, doubts) = page("2026-07-09T00:00:00+09:00", "입력 2026.07.03 14:20");
    assert_eq!(date, "2026-07-03", "built or crawled later");
    assert!(doubts.iter().any(|said| said.contains("2026-07-09") && said.contains("2026.07.03")), "{doubts:?}");
    assert_eq!(page("2026-01-01T00:00:00+09:00", "2026.07.03 14:20").0, "2026-07-03", "what a form writes by itself");
    assert_eq!(page("2026-07-02T23:50:00+09:00", "입력 2026.07.03 00:20"), ("2026-07-02".to_owned(), Vec::new()));
    // A later day without a label may be that of the last edit.
    assert_eq!(page("2026-07-03T10:00:00+09:00", "2026.07.08 14:20").0, "2026-07-03");
}

#[test]
fn an_address_of_the_front_page_is_not_the_articles() {
    for (link, want) in [
        ("https://press.example/", None),
        ("https://other.example/index.html", None),
        ("https://m.press.example/view/77?utm_source=x", Some("https://m.press.example/view/77")),
        ("/view/77", Some("https://www.press.example/view/77")),
    ] {
        let out = read(&format!("<link rel=canonical href='{link}'><p>text</p>"), PLACE);
        assert_eq!(out.canonical.as_deref(), want, "{link}");
    }
}

#[test]
fn a_state_gives_what_the_page_lacks() {
    let text = "정부는 항만 관제 장비를 바꾸기로 했다고 밝혔다. ".repeat(12);
    let state = serde_json::json!({"list": [{"title": "다른 기사의 제목이다", "publishedAt": "2026-01-02T03:04:05Z"}],
        "article": {"title": "항만 관제 장비 교체", "publishedAt": "2026-07-02T20:00:00Z", "body": text,
        "writers": [{"name": "홍길동", "job": "기자"}, {"name": "김철수"}]}});
    let out = read(&format!("<title>물빛신문</title><script>window.DATA = {state};</script><div id=app></div>"), SEOUL);
    assert_eq!(out.title.as_deref(), Some("항만 관제 장비 교체"));
    assert_eq!(out.byline.as_deref(), Some("홍길동, 김철수"));
    assert_eq!(out.published.map(|stamp| stamp.to_text()).as_deref(), Some("2026-07-03T05:00:00+09:00"));
    let flat = serde_json::json!([["Reactive", 1], {"title": 2, "publishedAt": 3, "writer": 4, "body": 5}, "항만 관제 장비 교체", "2026-07-03T09:30:00+09:00", "홍길동", text]);
    let out = read(&format!("<title>물빛신문</title><script type='application/json'>{flat}</script>"), SEOUL);
    assert_eq!((out.title.as_deref(), out.byline.as_deref()), (Some("항만 관제 장비 교체"), Some("홍길동")));
}

#[test]
fn broken_json_ld_still_says_when() {
    let html = r#"<script type="application/ld+json">{"@type":"NewsArticle","headline":"A long enough title","datePublished":"Dec 18, 2026",}</script><p>text</p>"#;
    assert_eq!(day(html, PLACE), "2026-12-18");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_page_is_read(html in "(<(h1|p|time|meta|span|script|title|textarea)( (class|name|property|content|datetime)=['\"]?(author|byline|og:title|7/3/26|\\PC{0,8})['\"]?){0,3}>?|By |기자|记者|文/|[{}\\[\\]\":,=]|2026.0|author|published|\\PC{0,6}){0,40}") {
        let out = read(&html, SEOUL);
        prop_assert!(out.problems.iter().all(|problem| problem.code != "extractor_panicked"), "{html}");
    }
}

#[test]
fn a_notice_of_correction_is_named() {
    for (line, is_notice) in [
        ("[정정보도] 위 기사의 날짜를 바로잡습니다", true),
        ("바로잡습니다: 7월 3일이 맞습니다", true),
        ("更正：文中日期有误", true),
        ("Correction: an earlier version gave another day", true),
        ("Correction of errors is a duty of the press", false),
    ] {
        let out = read(&format!("<h1>A long enough title</h1><p>{line}</p>"), PLACE);
        assert_eq!(out.problems.iter().any(|one| one.code == "correction_notice"), is_notice, "{line}");
    }
}
