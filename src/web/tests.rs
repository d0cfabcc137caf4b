//! The pages and the API over a small world in memory.
use super::*;
use crate::export::fakes::{World, article, feed};
use crate::model::HostCourtesy;
use crate::model::{Article, ArticleId, CopyVerdict, FeedStatus, Lang, Outcome, Relation, Topic};
use crate::store::{HubStanding, HubState};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

const BYTES_MAX: usize = 4 << 20;

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn faces(world: World) -> Faces {
    let world = Arc::new(world);
    Faces { store: world.clone(), index: world, policies: Arc::default(), own_machine: true, live: None }
}

async fn ask(faces: &Faces, method: Method, address: &str) -> Reply {
    let request = Request::builder().method(method).uri(address).body(Body::empty()).unwrap();
    let response = router(faces.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, BYTES_MAX).await.unwrap().to_vec()).unwrap();
    Reply { status: parts.status, headers: parts.headers, body }
}

async fn get(world: World, address: &str) -> Reply {
    ask(&faces(world), Method::GET, address).await
}

/// Every string a stranger can choose is an attack.
fn evil() -> Article {
    let attack =
        r#"</title><script>alert(1)</script><img src=x onerror=alert(1)>"><svg/onload=alert(1)>' onmouseover='x"#;
    let mut article = article("javascript:alert(document.domain)");
    article.extract.title = Some(attack.to_owned());
    article.extract.body = attack.to_owned();
    article.extract.byline = Some(attack.to_owned());
    article.extract.site = Some(attack.to_owned());
    article.extract.rights[0].raw = attack.to_owned();
    article.judgement.reasons = vec![attack.to_owned()];
    let mention = &mut article.judgement.event_mentions[0];
    mention.actor[0].name = attack.to_owned();
    mention.scope = Some(attack.to_owned());
    mention.cited = vec![attack.to_owned()];
    article.placement.story = attack.into();
    article
}

fn assert_harmless(reply: &Reply) {
    for bad in ["<script", "<img", "<svg", "href=\"javascript", "' onmouseover", "onload=alert(1)>"] {
        assert!(!reply.body.contains(bad), "{bad} in {}", reply.body);
    }
}

#[tokio::test]
async fn nothing_a_stranger_wrote_becomes_markup() {
    let id = evil().id;
    let mut sick = feed("javascript:alert(1)", FeedStatus::Live);
    sick.spec.title = "<script>alert(1)</script>".to_owned();
    sick.spec.note = Some("<img src=x onerror=alert(1)>".to_owned());
    sick.hub = Some(HubStanding {
        hub: "javascript:alert(1)".to_owned(),
        topic: "<script>alert(1)</script>".to_owned(),
        state: HubState::Denied,
        lease_until: None,
        proven: false,
        last_delivery: None,
        note: Some("denied: <img src=x onerror=alert(1)>".to_owned()),
    });
    sick.state.last_error = Some("\"><svg/onload=alert(1)>".to_owned());
    let world = || World { feeds: vec![sick.clone()], ..World::of(vec![evil()]) };
    let story =
        percent_encoding::utf8_percent_encode(evil().placement.story.as_str(), percent_encoding::NON_ALPHANUMERIC)
            .to_string();
    for address in [
        "/".to_owned(),
        format!("/article/{id}"),
        format!("/story/{story}"),
        "/feeds".to_owned(),
        "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&match=any".to_owned(),
        "/?q=%22%3E%3Csvg/onload%3Dalert(1)%3E".to_owned(),
        "/%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
    ] {
        let reply = get(world(), &address).await;
        assert!(reply.body.contains("<main"), "{address}: {}", reply.body);
        assert_harmless(&reply);
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    for address in ["/", "/feeds", "/nowhere", "/api/v1/search?limit=0", "/healthz", "/assets/style.css"] {
        let reply = get(World::default(), address).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{address}: {policy}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert!(!reply.header("cache-control").is_empty(), "{address}");
        assert!(!reply.body.contains("style=\"") && !reply.body.contains("<style"), "the policy forbids inline style");
    }
}

#[tokio::test]
async fn marks_are_shown_where_they_are() {
    let reply = get(World::of(vec![article("https://n.example/1")]), "/?q=%EA%B8%88%EC%A7%80").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.contains("<mark>알리바바</mark>가 클로드"), "{}", reply.body);
    assert!(reply.body.contains("Understood as <code>all of: ban</code>"));
    assert!(reply.body.contains(r#"href="https://n.example/1" rel="noopener noreferrer nofollow""#));
    assert!(reply.body.contains(r#"<h3 lang="ko">"#));
}

#[tokio::test]
async fn the_article_page_tells_who_did_what_and_shows_the_sentence() {
    let article = article("https://n.example/1");
    let reply = get(World::of(vec![article.clone()]), &format!("/article/{}", article.id)).await;
    for wanted in [
        r#"<mark id="e1">알리바바가 클로드 코드 사용을 금지했다.<sup>1</sup></mark>"#,
        "<strong>bans</strong>",
        "announced <time>2026-07-03</time>",
        "in force <time>2026-07-10</time>",
        "25,000 accounts",
        "Zhidongxi <span class=\"quiet\">citing</span> internal source",
        "href=\"#e1\"",
        "/story/story1",
        "무단 전재 금지",
        "lexicon 3",
        "2026-07-03 09:00 +09:00",
    ] {
        assert!(reply.body.contains(wanted), "{wanted} in {}", reply.body);
    }
}

#[tokio::test]
async fn copies_are_folded_under_their_leader() {
    let leader = article("https://n.example/1");
    let mut copy = article("https://m.example/1");
    copy.copy =
        CopyVerdict { relation: Relation::Copy, copy_of: Some(leader.id.clone()), related_to: None, why: Vec::new() };
    let reply = get(World::of(vec![leader, copy]), "/story/story1").await;
    assert!(reply.body.contains("<summary>1 copy</summary>"), "{}", reply.body);
    assert!(reply.body.contains("2026-07-03</h2>"));
    assert!(reply.body.contains("alibaba bans anthropic"));
}

#[tokio::test]
async fn filters_and_options_reach_the_index() {
    let world = Arc::new(World::of(vec![article("https://n.example/1")]));
    let faces =
        Faces { store: world.clone(), index: world.clone(), policies: Arc::default(), own_machine: true, live: None };
    let address =
        "/api/v1/search?q=ban&match=any&lang=zh,en&topic=vendor_ban&tier=loose&fold=story&sort=newest&limit=7";
    let reply = ask(&faces, Method::GET, address).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["total"], 0);
    let asked = world.asked.lock().unwrap();
    let request = asked.first().unwrap();
    assert_eq!(request.langs, [Lang::Zh, Lang::En]);
    assert_eq!(request.topics, [Topic::VendorBan]);
    assert_eq!((request.limit, request.cursor.as_deref()), (7, None));
    assert_eq!(format!("{:?} {:?} {:?}", request.tier, request.fold, request.sort), "Loose Story Newest");
}

#[tokio::test]
async fn an_answer_has_the_shape_of_the_format_and_pages_by_cursor() {
    let world = || World::of((0..3).map(|n| article(&format!("https://n.example/{n}"))).collect());
    let first = get(world(), "/api/v1/search?q=a&limit=2").await;
    assert!(first.header("content-type").starts_with("application/json"));
    let answer = first.json();
    for key in ["hits", "total", "loose", "parsed", "expanded", "problems", "coverage", "next"] {
        assert!(answer.get(key).is_some(), "{key}");
    }
    for key in
        ["id", "source_id", "title", "url", "lang", "published", "site", "topics", "story", "score", "tier", "why"]
    {
        assert!(answer["hits"][0].get(key).is_some(), "{key}");
    }
    assert_eq!(answer["hits"][0]["snippet"]["marks"][0], serde_json::json!([0, 4]));
    let next = answer["next"].as_str().unwrap();
    let second = get(world(), &format!("/api/v1/search?q=a&limit=2&cursor={next}")).await.json();
    assert_eq!((second["hits"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    let misspelt = get(world(), "/api/v1/search?q=a&langs=ko").await.json();
    assert_eq!(misspelt["problems"][0]["code"], "unknown_parameter");
}

#[tokio::test]
async fn api_faults_are_problem_documents() {
    let brackets = format!("/api/v1/search?q={}", "(".repeat(1_000));
    let long = format!("/api/v1/search?q={}", "a".repeat(60_000));
    for (address, status, parameter) in [
        ("/api/v1/search?q=%22open", 400, "q"),
        (brackets.as_str(), 400, "q"),
        (long.as_str(), 400, "q"),
        ("/api/v1/search?q=a&as_of=2026-07-01", 400, "as_of"),
        ("/api/v1/search?q=a&limit=101", 400, "limit"),
        ("/api/v1/search?q=a&cursor=nonsense", 400, "cursor"),
        ("/api/v1/search?q=a&lang=klingon", 400, "lang"),
        ("/api/v1/articles/none", 404, ""),
        ("/api/v1/none", 404, ""),
    ] {
        let reply = get(World::of(vec![article("https://n.example/1")]), address).await;
        assert_eq!(reply.status.as_u16(), status, "{address}");
        assert_eq!(reply.header("content-type"), "application/problem+json", "{address}");
        let problem = reply.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["parameter"].as_str().unwrap_or_default(), parameter);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    let syntax = get(World::default(), "/api/v1/search?q=a+%22open").await.json();
    assert_eq!(syntax["problems"][0]["at"][0], 2, "{syntax}");
}

#[tokio::test]
async fn a_refused_query_stays_in_the_box_with_its_place() {
    let reply = get(World::default(), "/?q=a+%22open").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    for wanted in ["value=\"a &#34;open\"", "The query cannot be read", "<code>a <mark>", "match=any"] {
        assert!(reply.body.contains(wanted), "{wanted} in {}", reply.body);
    }
    let plain = get(World::default(), "/?q=a+%22open&match=any").await;
    assert_eq!(plain.status, StatusCode::OK, "plain text has no syntax errors");
}

#[tokio::test]
async fn unknown_withdrawn_busy_and_wrong_method_each_have_a_page() {
    for (address, status) in [("/nowhere", 404), ("/article/none", 404), ("/story/none", 404), ("/?limit=x", 400)] {
        let reply = get(World::default(), address).await;
        assert_eq!(reply.status.as_u16(), status, "{address}");
        assert!(reply.body.contains("Go to the search page"), "{address}");
    }
    let mut withdrawn = World::of(vec![article("https://n.example/1")]);
    withdrawn.documents[0].deleted = true;
    let address = format!("/article/{}", ArticleId::of("https://n.example/1"));
    let reply = get(withdrawn, &address).await;
    assert_eq!(reply.status, StatusCode::GONE);
    assert!(reply.body.contains("withdrawn by its source") && reply.body.contains("2026-07-03 02:00 UTC"));
    let shown = get(World::of(vec![article("https://n.example/1")]), &address).await.body;
    assert!(shown.contains("Last checked") && shown.contains("2026-07-03 07:00 UTC"), "and when it is looked at next");
    let busy = get(World { busy: true, ..World::default() }, "/feeds").await;
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
    let posted = ask(&faces(World::default()), Method::POST, "/feeds").await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(posted.body.contains("can only be read"));
}

#[tokio::test]
async fn health_says_whether_store_and_index_answer() {
    let well = get(World::of(vec![article("https://n.example/1")]), "/healthz").await;
    assert_eq!((well.status, &well.json()["change_seq"]), (StatusCode::OK, &Value::from(1)));
    let sick = get(World { busy: true, ..World::default() }, "/healthz").await;
    assert_eq!((sick.status, &sick.json()["change_seq"]), (StatusCode::SERVICE_UNAVAILABLE, &Value::Null));
}

#[tokio::test]
async fn feeds_are_sorted_by_what_needs_a_person_and_live_counts_are_shown() {
    struct Worker;
    impl Live for Worker {
        fn tally(&self) -> Tally {
            let mut tally = Tally::default();
            tally.count(&Outcome::OffTopic);
            tally
        }
        fn courtesy(&self) -> Vec<HostCourtesy> {
            let host = "paper.example".to_owned();
            vec![HostCourtesy { host, requests: 8, not_modified: 6, ..HostCourtesy::default() }]
        }
    }
    let mut failing = feed("https://bad.example/rss", FeedStatus::Live);
    failing.state.last_error = Some("no answer within 30 s".to_owned());
    let mut empty = feed("https://empty.example/rss", FeedStatus::Live);
    empty.state.last_ok = Some(jiff::Timestamp::UNIX_EPOCH);
    empty.state.last_entries = Some(0);
    empty.state.adopted = Some("https://elsewhere.example/rss".to_owned());
    let feeds = vec![feed("https://off.example/rss", FeedStatus::Disabled), empty, failing];
    let world = World { feeds, ..World::default() };
    let faces = Faces { live: Some(Arc::new(Worker)), ..faces(world) };
    let reply = ask(&faces, Method::GET, "/feeds").await;
    let place = |text: &str| reply.body.find(text).unwrap_or_else(|| panic!("{text} in {}", reply.body));
    assert!(place("no answer within 30 s") < place("https://off.example/rss"));
    assert!(place("no answer within 30 s") < place("answers, but holds no entry"));
    assert!(place("answers, but holds no entry") < place("https://off.example/rss"));
    assert!(place("moved to https://elsewhere.example/rss") > 0 && place("75 %") > place("paper.example"));
    assert!(place("Since this worker started") < place("<dt>off topic</dt>"));
    let json = ask(&faces, Method::GET, "/api/v1/feeds").await.json();
    let standings: Vec<&str> =
        json["feeds"].as_array().unwrap().iter().map(|f| f["standing"].as_str().unwrap()).collect();
    assert_eq!(standings, ["disabled", "quiet", "failing"]);
    assert_eq!(
        (&json["feeds"][1]["quiet"], &json["hosts"][0]["requests"]),
        (&"answers, but holds no entry".into(), &8.into())
    );
    assert_eq!(json["outcomes"]["stored"], 1);
    let alone = Faces { live: None, ..faces };
    let json = ask(&alone, Method::GET, "/api/v1/feeds").await.json();
    assert_eq!(json["hosts"][0]["host"], "stored.example", "without a worker here, as the last one left it");
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_ever_under_its_hash() {
    let page = get(World::default(), "/").await;
    let (_, rest) = page.body.split_once("href=\"/assets/style.css?v=").unwrap();
    let (hash, _) = rest.split_once('"').unwrap();
    let style = get(World::default(), &format!("/assets/style.css?v={hash}")).await;
    assert!(style.header("cache-control").contains("immutable"));
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(style.header("etag"), format!("\"{hash}\""));
}

#[tokio::test]
async fn serving_stops_when_told_and_a_taken_port_is_named() {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let taken = bind(addr).await.unwrap_err();
    assert!(taken.to_string().contains(&addr.to_string()), "{taken}");
    serve(faces(World::default()), listener, std::future::ready(())).await.unwrap();
}

#[tokio::test]
async fn coverage_shows_where_nothing_could_have_been_found() {
    let page = get(World::default(), "/feeds").await.body;
    assert!(page.contains("1,200 ok, 2 failed, 3,600 new") && page.contains("nothing could have been found</span>"));
    let day = |text: &str| page.find(text).expect("a day");
    assert!(day("<time>2026-07-03") < day("<time>2026-07-02"), "the newest first");
    let api = get(World::default(), "/api/v1/coverage").await;
    let told: serde_json::Value = serde_json::from_str(&api.body).unwrap();
    let want = serde_json::json!({"day": "2026-07-03", "lang": "ko", "polls_ok": 0, "polls_failed": 2, "feeds_ok": 0, "entries_new": 0, "gap": true});
    assert_eq!(told["days"][1], want);
}
