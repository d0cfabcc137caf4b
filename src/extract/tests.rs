use super::*;
use proptest::prelude::*;

fn from(html: &str) -> Extract {
    let url = Url::parse("https://news.example/2026/07/03/a.html").expect("a URL");
    let headers = [("X-Robots-Tag".to_owned(), "noai".to_owned())];
    extract(&PageText {
        html,
        url: Some(&url),
        content_type: None,
        zone: &TimeZone::UTC,
        headers: &headers,
        site: None,
    })
}

const KOREAN: &str = r#"<html><head><title>부처, 챗봇 사용 금지 - 샘플일보</title><meta property="og:site_name" content="샘플일보">
<meta name="tdm-reservation" content="1"><link rel="canonical" href="/a"></head><body><h1>부처, 챗봇 사용 금지</h1><article>
<p>정부 부처가 소속 공무원의 업무용 컴퓨터에서 외국 회사의 챗봇을 쓰지 못하게 했다. 이 조치는 다음 주부터 모든 산하 기관에 적용된다고 밝혔다.</p>
<p>▲ 브리핑하는 관계자</p><p>담당자는 자료가 밖으로 나갈 위험을 이유로 들었다. 부처는 내부에서 만든 도구를 대신 쓰라고 권했고, 위반하면 접속을 끊겠다고 했다.</p>
<p>홍길동 기자 hong@sample.example</p><p>ⓒ 샘플일보, 무단 전재 및 재배포 금지, AI 학습 및 활용 금지</p></article><p>입력 2026.07.03 14:20</p><footer>© 샘플일보. All rights reserved.</footer></body></html>"#;

#[test]
fn a_korean_page_gives_clean_text_and_its_rights() {
    let out = from(KOREAN);
    assert_eq!(out.title.as_deref(), Some("부처, 챗봇 사용 금지"));
    assert!(out.body.starts_with("정부 부처가") && out.body.ends_with("했다."), "{}", out.body);
    assert!(!out.body.contains('▲') && !out.body.contains("무단"));
    assert_eq!((out.lang, out.method.as_str()), (Lang::Ko, "blocks"));
    assert_eq!(out.canonical.as_deref(), Some("https://news.example/a"));
    assert!(out.published.is_some_and(|stamp| stamp.to_text().starts_with("2026-07-03")));
    assert_eq!(out.byline.as_deref(), Some("홍길동"));
    let kinds: Vec<&str> = out.rights.iter().map(|right| right.kind.as_str()).collect();
    assert_eq!(kinds, ["x_robots_tag", "tdm_reservation", "footer", "footer"], "also the one below the article");
}

#[test]
fn data_in_scripts_stands_in_for_missing_text() {
    let body = "The ministry told its staff to stop using the assistant on every work device. ".repeat(5);
    let ld = serde_json::json!({"@graph": [{"@type": "NewsArticle", "headline": "Ministry bars assistant", "articleBody": body,
        "datePublished": "2026-07-03T10:00:00+09:00", "author": [{"name": "A. Writer"}], "isAccessibleForFree": "False"}]});
    let out = from(&format!(r#"<script type="application/ld+json">{ld}</script><div id=app></div>"#));
    assert_eq!((out.method.as_str(), out.truncated, out.byline.as_deref()), ("json_ld", true, Some("A. Writer")));
    assert_eq!(out.published.map(|stamp| stamp.to_text()).as_deref(), Some("2026-07-03T10:00:00+09:00"));
    let state = serde_json::json!({"props": {"text": body}});
    let out =
        from(&format!(r#"<div id=app></div><script id="__NEXT_DATA__" type="application/json">{state}</script>"#));
    assert_eq!(out.method, "embedded_state");
    // A counted row ends by its length, not by a line end.
    let rows = format!("1:T{:x},{body}2:{{\"menu\":\"Home\"}}\n", body.len());
    let push = serde_json::json!([1, rows]);
    let out = from(&format!("<div id=app></div><script>self.__next_f.push({push})</script>"));
    assert_eq!((out.method.as_str(), out.body.as_str()), ("embedded_state", body.trim()));
}

#[test]
fn an_entry_with_its_full_text_is_taken_whole() {
    let out = from_feed_html("<p>One &amp; two.</p><ul><li>three</li></ul>", None, &TimeZone::UTC);
    assert_eq!((out.body.as_str(), out.method.as_str()), ("One & two.\n\nthree", "full_text_feed"));
}

#[test]
fn nesting_costs_no_quadratic_time() {
    let begun = std::time::Instant::now();
    let out = from(&"<div>".repeat(50_000));
    assert!(begun.elapsed().as_secs_f64() <= 1.0, "took {:?}", begun.elapsed());
    assert!(out.problems.iter().any(|problem| problem.code == "too_deep"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_text_is_read(html in "(<(/?(div|p|b|a|table|td|script|svg|title|article)|!--)( [a-z]{1,4}=?['\"]?)?>?|[a-z가。 &;]{0,12}){0,40}") {
        let out = from(&html);
        prop_assert!(out.problems.iter().all(|problem| problem.code != "extractor_panicked"));
    }

    #[test]
    fn text_is_the_pages_own_in_its_order(words in proptest::collection::vec("[a-z가-힣一-龥]{1,9}[.。]?", 1..60), tags in proptest::collection::vec(0usize..8, 60)) {
        const MARKS: [&str; 8] = ["<p>", "</p>", "<div class=related>", "<br>", "<a href=/x>", "</a>", " ", "<h2>"];
        let html: String = words.iter().zip(&tags).map(|(word, tag)| format!("{}{word} ", MARKS[*tag])).collect();
        let shown: Vec<char> = words.concat().chars().collect();
        let mut at = 0;
        for c in from(&html).body.chars().filter(|c| !c.is_whitespace()) {
            let next = shown.iter().skip(at).position(|shown| *shown == c);
            prop_assert!(next.is_some(), "{c} is not on the page, or not there");
            at += next.unwrap_or(0) + 1;
        }
    }
}

#[test]
fn every_block_is_shown_with_its_verdict() {
    let url = Url::parse("https://news.example/a").expect("a URL");
    let page =
        PageText { html: KOREAN, url: Some(&url), content_type: None, zone: &TimeZone::UTC, headers: &[], site: None };
    let (blocks, parts) = blocks(&page, Forest::bundled());
    assert!(blocks.iter().all(|block| (0.0..=1.0).contains(&block.likely) && block.part < parts.len()));
    let kept: Vec<&str> = blocks.iter().filter(|block| block.kept).map(|block| block.text.as_str()).collect();
    assert!(kept.iter().any(|text| text.starts_with("정부 부처가")), "{kept:?}");
    assert!(!kept.iter().any(|text| text.contains("All rights reserved")), "{kept:?}");
}

#[test]
fn every_statement_about_use_is_kept_raw_with_its_place() {
    let html = r#"<html><head><title>A title of some length</title>
        <meta name="robots" content="index, follow, max-image-preview:large"><meta name="Robots" content="noai, noimageai">
        <meta name="tdm-reservation" content="1"><meta name="content-usage" content="train-ai=n">
        <link rel="license" type="application/rsl+xml" href="https://n.example/rsl.xml">
        <link rel="stylesheet license" href="/terms"><script type="application/rsl+xml"> &lt;rsl/> </script></head>
        <body><p>text</p><a rel="license noopener" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a></body></html>"#;
    let headers = [
        ("X-Robots-Tag", "banwatch: noindex, noai"),
        ("tdm-policy", "https://n.example/policy.json"),
        ("Content-Usage", "train-ai=n, search=y"),
        ("link", "<https://n.example/rsl.xml>; rel=\"license\"; type=\"application/rsl+xml\""),
        ("link", "</style.css>; rel=preload"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page = PageText { html, url: None, content_type: None, zone: &TimeZone::UTC, headers: &headers, site: None };
    let found: Vec<String> =
        extract(&page).rights.into_iter().map(|s| format!("{} {}: {}", s.kind, s.place, s.raw)).collect();
    assert_eq!(
        found,
        [
            "x_robots_tag x-robots-tag: banwatch: noindex, noai",
            "tdm_reservation tdm-policy: https://n.example/policy.json",
            "content_usage content-usage: train-ai=n, search=y",
            "rsl_licence link: <https://n.example/rsl.xml>; rel=\"license\"; type=\"application/rsl+xml\"",
            "robots_meta meta robots: noai, noimageai",
            "tdm_reservation meta tdm-reservation: 1",
            "content_usage meta content-usage: train-ai=n",
            "rsl_licence link: https://n.example/rsl.xml",
            "licence link: /terms",
            "rsl_licence script: &lt;rsl/>",
            "licence a: https://creativecommons.org/licenses/by/4.0/",
        ]
    );
}
