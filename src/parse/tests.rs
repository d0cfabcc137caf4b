use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn read(bytes: &[u8]) -> FeedDocument {
    let url = Url::parse("https://news.example.com/feed/").unwrap();
    let zone = TimeZone::get("Asia/Seoul").unwrap();
    parse(bytes, &FeedContext { url: Some(&url), ..FeedContext::new(&zone) })
}

fn codes(document: &FeedDocument) -> Vec<&str> {
    document.problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn titles(document: &FeedDocument) -> Vec<&str> {
    document.entries.iter().map(|entry| entry.title.as_deref().unwrap_or("-")).collect()
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>채널</title>{items}</channel></rss>"
    )
}

#[test]
fn an_rss_item_is_read_whole() {
    let items = "<item><title><![CDATA[알리바바, <b>클로드</b> 금지 &amp; 철회]]></title><link>/a/1?utm_source=rss</link>\
        <guid isPermaLink='false'>id-1</guid><pubDate>Fri, 03 Jul 2026 14:20:00 +0900</pubDate>\
        <author>홍길동기자（a@b.example）</author><description>&lt;p&gt;첫&lt;/p&gt;&lt;p&gt;둘&lt;/p&gt;</description>\
        <content:encoded><![CDATA[<p>본문</p>]]></content:encoded><enclosure url='/x.mp3' type='audio/mpeg'/></item>";
    let document = read(rss(&format!("<ttl>30</ttl>{items}")).as_bytes());
    assert_eq!(
        (document.format, document.title.as_deref(), document.wait_minutes),
        (FeedFormat::Rss, Some("채널"), Some(30))
    );
    let entry = &document.entries[0];
    assert_eq!(entry.title.as_deref(), Some("알리바바, 클로드 금지 & 철회"));
    assert_eq!(entry.url.as_deref(), Some("https://news.example.com/a/1"));
    assert_eq!(entry.published.as_ref().unwrap().to_text(), "2026-07-03T14:20:00+09:00");
    assert_eq!(entry.author.as_deref(), Some("홍길동기자（a@b.example）"));
    assert_eq!((entry.summary.as_deref(), entry.content.as_deref()), (Some("첫 둘"), Some("<p>본문</p>")));
    assert_eq!(entry.links.iter().filter(|link| link.rel.as_deref() == Some("enclosure")).count(), 1);
    assert_eq!(document.problems, []);
}

#[test]
fn an_atom_entry_is_read_whole() {
    let text = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/x/'><title>T</title><entry>\
        <title type='html'>A &amp;lt;b&amp;gt; &lt;i>c&lt;/i></title><id>tag:1</id><link rel='self' href='self'/><link href='one?fbclid=2'/>\
        <published>2026-07-03T05:20:00Z</published><updated>2026-07-03</updated>\
        <author><email>e@x.example</email><name>Kim</name><uri>u</uri></author><summary>a &lt; b</summary>\
        <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>x &amp; y</p><title>no</title></div></content>\
        <source><title>other</title><id>tag:2</id></source></entry></feed>";
    let document = read(text.as_bytes());
    let entry = &document.entries[0];
    assert_eq!((titles(&document), document.format), (vec!["A <b> c"], FeedFormat::Atom));
    assert_eq!(entry.url.as_deref(), Some("https://a.example/x/one"));
    assert_eq!((entry.author.as_deref(), entry.summary.as_deref()), (Some("Kim"), Some("a < b")));
    assert!(entry.content.as_deref().unwrap().contains("<p>x &amp; y</p><title>no</title>"));
    assert_eq!(entry.updated.as_ref().unwrap().to_text(), "2026-07-03");
    assert_eq!(document.problems, []);
}

#[test]
fn every_dialect_gives_entries() {
    for (text, format) in [
        ("<rss><channel><item><title>a</title></item></channel></rss>", FeedFormat::Rss),
        (
            "<rss version='2.0' xmlns='http://x.example/'><channel><item><title>a</title></item></channel></rss>",
            FeedFormat::Rss,
        ),
        (
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel/><item><title>a</title></item></rdf:RDF>",
            FeedFormat::Rdf,
        ),
        (
            "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>a</title></entry></feed>",
            FeedFormat::Atom,
        ),
        ("<x:feed xmlns:x='http://y.example/'><x:entry><x:title>a</x:title></x:entry></x:feed>", FeedFormat::Atom),
        ("<CHANNEL><ITEM HREF='http://a.example/'><TITLE>a</TITLE></ITEM></CHANNEL>", FeedFormat::Rss),
        (
            "<br />\n<b>Warning</b>: mysql\n<?xml version='1.0'?><rss><channel><item><title>a</title></item></channel></rss>",
            FeedFormat::Rss,
        ),
        (
            "<urlset xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>http://a.example/</loc><news:news><news:title>a</news:title></news:news></url></urlset>",
            FeedFormat::Sitemap,
        ),
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":1,\"title\":\"a\",\"url\":\"/1\"}]}",
            FeedFormat::JsonFeed,
        ),
    ] {
        let document = read(text.as_bytes());
        assert_eq!((titles(&document), document.format), (vec!["a"], format), "{text}");
    }
}

#[test]
fn broken_markup_keeps_its_items() {
    let three = |middle: &str| rss(&format!("<item><title>a</title></item>{middle}<item><title>c</title></item>"));
    for (middle, titles_wanted, fault) in [
        ("<item><title>AT&T bans X</title></item>", vec!["a", "AT&T bans X", "c"], None),
        ("<item><title>b</b></item>", vec!["a", "b", "c"], Some("mismatched_tag")),
        ("<item><title>b<link>http://x.example/</link></item>", vec!["a", "b", "c"], Some("mismatched_tag")),
        (
            "<item><title>b</title><description><p>x<br><ul><li>y</description>",
            vec!["a", "b", "c"],
            Some("mismatched_tag"),
        ),
        ("<item><title>1 < 2 <3</title></item>", vec!["a", "1 < 2 <3", "c"], None),
        ("<item><title>&x;&lol;</title></item>", vec!["a", "&x;&lol;", "c"], None),
    ] {
        let document = read(three(middle).as_bytes());
        assert_eq!(titles(&document), titles_wanted, "{middle}");
        if let Some(code) = fault {
            assert!(codes(&document).contains(&code), "{middle}");
        }
    }
}

#[test]
fn a_cut_feed_keeps_whole_entries_only() {
    let whole = rss("<item><title>a</title><guid>1</guid></item><item><title>b</title><guid>2</guid></item>");
    let at = whole.find("<guid>2").unwrap() + 5;
    let document = read(&whole.as_bytes()[..at]);
    assert_eq!(titles(&document), ["a"]);
    assert!(codes(&document).contains(&"truncated"));
    assert_eq!(document.entries[0], read(whole.as_bytes()).entries[0]);
}

#[test]
fn a_cdata_section_without_end_swallows_nothing() {
    let open = rss("<item><title><![CDATA[a</title><guid>1</guid></item><item><title>b</title><guid>2</guid></item>");
    let document = read(open.as_bytes());
    assert_eq!((titles(&document), codes(&document)), (vec!["a", "b"], vec!["truncated", "no_link"]));
    let at_the_end = rss("<item><title>a</title><link>/1</link><description><![CDATA[<p>text");
    let cut = at_the_end.split("</channel>").next().unwrap();
    assert_eq!(titles(&read(cut.as_bytes())), ["a"]);
    // Nobody knows which entry this is.
    let nameless = rss("<item><title>a</title><description><![CDATA[<p>text");
    assert!(read(nameless.split("</channel>").next().unwrap().as_bytes()).entries.is_empty());
}

#[test]
fn a_title_is_kept_as_given_beside_its_text() {
    let one = |feed: &str| {
        let entry = read(feed.as_bytes()).entries.remove(0);
        (entry.title.unwrap(), entry.title_markup)
    };
    let atom = |namespace: &str, title: &str| {
        format!("<feed xmlns='{namespace}' xml:base='https://b.example/'><entry>{title}</entry></feed>")
    };
    let (old, new) = ("http://purl.org/atom/ns#", "http://www.w3.org/2005/Atom");
    let xhtml = "<title type='xhtml' xml:base='c/'><div xmlns='http://www.w3.org/1999/xhtml'>AI <a href='d'>ban</a> &#38;</div></title>";
    let link = "AI <a href=\"https://b.example/c/d\">ban</a> &amp;";
    assert_eq!(one(&atom(new, xhtml)), ("AI ban &".to_owned(), Some(link.to_owned())));
    assert_eq!(one(&atom(old, xhtml)).1, Some(format!("<div>{link}</div>")));
    assert_eq!(one(&atom(new, "<title type='html'>Q&amp;A</title>")), ("Q&A".to_owned(), Some("Q&amp;A".to_owned())));
    for plain in ["<title>금지 &amp; 철회</title>", "<title><![CDATA[OpenAI: 계정]]></title>", "<title>AT&T</title>"]
    {
        assert_eq!(one(&rss(&format!("<item>{plain}</item>"))).1, None, "{plain}");
    }
}

#[test]
fn what_is_no_feed_says_so() {
    let page = "<!DOCTYPE html><html><head><title>Login</title><link rel=alternate type=\"application/rss+xml\" href=\"/rss.xml\"></head><body><p>hi<p></body>";
    let document = read(page.as_bytes());
    assert_eq!((document.format, codes(&document)), (FeedFormat::Html, vec!["html_not_feed"]));
    assert_eq!(document.problems[0].at.as_deref(), Some("https://news.example.com/rss.xml"));
    for (text, code) in
        [("", "empty"), ("hello", "not_a_feed"), ("{\"a\":", "json_broken"), ("{\"a\":1}", "not_a_feed")]
    {
        assert!(codes(&read(text.as_bytes())).contains(&code), "{text}");
    }
    // A feed that has no items has no problem.
    assert_eq!(read(rss("").as_bytes()).problems, []);
}

#[test]
fn keys_come_from_what_stays() {
    let key = |item: &str| read(rss(item).as_bytes()).entries[0].key.clone();
    assert_eq!(
        key("<item><title>a</title><guid>1</guid></item>"),
        key("<item><title>edited</title><guid> 1 </guid></item>")
    );
    assert_eq!(
        key("<item><title>a</title><link>/1</link></item>"),
        key("<item><title>b</title><link>/1?utm_id=3</link></item>")
    );
    assert_eq!(key("<item><title>only</title></item>"), key("<item><title>only</title></item>"));
    assert_ne!(key("<item><title>a</title></item>"), key("<item><title>b</title></item>"));
    let twice = "<item><title>a</title><guid>1</guid></item>";
    let other = "<item><title>b</title><guid>1</guid></item>";
    let document = read(rss(&format!("{twice}{twice}{other}")).as_bytes());
    assert_eq!((titles(&document), codes(&document)), (vec!["a", "b"], vec!["no_link", "entry_twice"]));
    assert_ne!(document.entries[0].key, document.entries[1].key);
}

#[test]
fn packed_titles_are_unpacked() {
    for attributes in ["type='application/octet-stream'", "mode='base64'"] {
        let text = format!("<feed><entry><id>1</id><title {attributes}>\n6riI 7KeA</title></entry></feed>");
        assert_eq!(titles(&read(text.as_bytes())), ["금지"]);
    }
}

#[test]
fn links_that_run_code_are_not_links() {
    let document = read(rss("<item><title>a</title><link>javascript:alert(1)</link></item>").as_bytes());
    assert_eq!((document.entries[0].url.as_deref(), document.entries[0].links.len()), (None, 0));
    assert_eq!(codes(&document), ["no_link"]);
}

#[test]
fn line_breaks_do_not_reach_titles() {
    let document = read(rss("<item><title>hi&#13;&#10;Bcc: x@example.org</title></item>").as_bytes());
    assert_eq!(titles(&document), ["hi Bcc: x@example.org"]);
}

#[test]
fn an_unreadable_date_is_named() {
    let document =
        read(rss("<item><link>/1</link><pubDate>Wed, 02 Oct 20245 13:00:00 GMT</pubDate></item>").as_bytes());
    assert_eq!((document.entries[0].published.clone(), codes(&document)), (None, vec!["date_unreadable"]));
}

#[test]
fn the_syndication_module_asks_for_patience() {
    let text = "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency></channel></rss>";
    assert_eq!(read(text.as_bytes()).wait_minutes, Some(30));
}

#[test]
fn hours_and_days_to_skip_are_read() {
    let skips = |inner: &str| {
        let text = format!("<rss><channel>{inner}<item><title>x</title></item></channel></rss>");
        let document = read(text.as_bytes());
        assert_eq!(titles(&document), ["x"]);
        (document.skips.hours, document.skips.days)
    };
    let hours = "<skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>";
    let days = "<skipDays><day>Sunday</day><day>MONDAY</day><day>Caturday</day></skipDays>";
    assert_eq!(skips(&format!("{hours}{days}")), (1 | 1 << 23, 1 | 1 << 6));
    assert_eq!(skips("<hour>3</hour><day>Monday</day><skipHours><day>Monday</day></skipHours>"), (0, 0));
}

#[test]
fn hubs_are_read_off_every_format() {
    let (hub, topic) = ("https://hub.example/?a=1&b=2", "https://a.example/feed");
    let links =
        "<link rel='hub' href='https://hub.example/?a=1&amp;b=2'/><link rel='self' href='https://a.example/feed'/>";
    let of_entry = "<entry><id>1</id><link rel='hub' href='https://entry.example/'/></entry>";
    let documents = [
        format!("<feed xmlns='http://www.w3.org/2005/Atom'>{links}{of_entry}</feed>"),
        format!("<rss xmlns:atom='http://www.w3.org/2005/Atom'><channel>{}<link>https://a.example/</link></channel></rss>", links.replace("<link", "<atom:link")),
        r#"{"items":[],"feed_url":"https://a.example/feed","hubs":[{"type":"rssCloud","url":"https://x.example/"},{"type":"WebSub","url":"https://hub.example/?a=1&b=2"},7]}"#.to_owned(),
    ];
    for document in documents {
        let offer = read(document.as_bytes()).hub;
        assert_eq!(
            (offer.hubs.as_slice(), offer.topic.as_deref()),
            ([hub.to_owned()].as_slice(), Some(topic)),
            "{document}"
        );
    }
    let none = "<rss><channel><link rel='hub' href='ftp://hub.example/'/><link rel='hub'/></channel></rss>";
    assert!(read(none.as_bytes()).hub.is_none());
}

#[test]
fn ten_thousand_entries_are_all_read() {
    let items: String = (0..10_000).map(|n| format!("<item><guid>{n}</guid></item>")).collect();
    assert_eq!(read(rss(&items).as_bytes()).entries.len(), 10_000);
}

/// Shapes that make quadratic or recursive readers stall or die. The bound leaves room for a debug build on a busy machine.
#[test]
fn hostile_shapes_take_linear_time() {
    const LIMIT: Duration = Duration::from_secs(5);
    let item = |inner: &str, times: usize| rss(&format!("<item><title>x</title>{}</item>", inner.repeat(times)));
    for text in [
        item("<media:group>", 50_000),
        "<a ".repeat(100_000),
        "<a b=\"".repeat(50_000),
        "<a \">\" ".repeat(50_000),
        "<!--".repeat(100_000),
        "<!DOCTYPE [".repeat(50_000),
        "<![CDATA[".repeat(50_000),
        "<?x ".repeat(100_000),
        "</a".repeat(100_000),
        "<item>".repeat(50_000),
        "<item><title>".repeat(20_000),
        rss(&format!("<item><title>{}</title></item>", "&lt;a \"> ".repeat(30_000))),
        rss(&format!("<item><title>{}</title></item>", "&lt;script>".repeat(30_000))),
        rss(&format!("<item><description>{}</description></item>", "<p><br>".repeat(30_000))),
        rss(&format!("<item><title>{}</title></item>", "<sitemapindex>".repeat(30_000))),
        rss(&format!("<item><title>{}</title></item>", "&lt;sitemapindex>".repeat(30_000))),
        rss(&format!(
            "<item><description>{}</description></item>",
            "<a href='/a'>an article of today</a>".repeat(20_000)
        )),
        "&".repeat(500_000),
        format!("{{\"items\":{}", "[".repeat(100_000)),
    ] {
        let start = Instant::now();
        read(text.as_bytes());
        assert!(start.elapsed() < LIMIT, "{:?} for {:?}", start.elapsed(), text.get(..40));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
    }

    #[test]
    fn markup_soup_is_survived(parts in proptest::collection::vec(prop::sample::select(vec![
        "<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&", "<", ">", "\"",
        "<entry>", "</entry>", "<link href='", "'/>", "<content type='xhtml'>", "</content>", "<author><name>", "금지", "<feed xmlns='http://www.w3.org/2005/Atom'>",
    ]), 0..40)) {
        let text = parts.concat();
        let document = read(text.as_bytes());
        // Nothing is made up: every title comes out of the text, and the same bytes give the same document.
        prop_assert!(document.entries.iter().filter_map(|e| e.title.as_ref()).all(|t| t.len() <= text.len()));
        prop_assert_eq!(&document, &read(text.as_bytes()));
    }

    #[test]
    fn entries_survive_a_bad_byte(at in 0usize..400, byte in any::<u8>()) {
        let items: String = (0..4).map(|n| format!("<item><title>제목 {n}</title><guid>g{n}</guid></item>")).collect();
        let mut bytes = rss(&items).into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        prop_assert!(read(&bytes).entries.len() >= 2);
    }
}

#[test]
fn what_a_feed_says_of_use_goes_to_its_entries() {
    let rss = r#"<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://web.resource.org/cc/"
        xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"><channel><title>f</title>
        <item><title>a</title><link>https://n.example/a</link><dc:rights> (c)  a desk </dc:rights>
          <cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/></item>
        <item><title>b</title><link>https://n.example/b</link></item>
        <creativeCommons:license>https://creativecommons.org/licenses/by-nc/4.0/</creativeCommons:license>
        <copyright>&#169; 예시신문 <title>never the title</title></channel></rss>"#;
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title><rights type="html">&lt;b&gt;© N&lt;/b&gt;</rights><entry>
        <id>1</id><title>a</title><link href="https://n.example/a"/><link rel="license" href="https://n.example/terms"/>
        <rights>all kept</rights><source><rights>of another feed</rights></source></entry></feed>"#;
    let said = |text: &str| {
        let zone = TimeZone::UTC;
        let context = FeedContext::new(&zone);
        let signals = |entry: crate::model::Entry| {
            entry.rights.into_iter().map(|signal| format!("{}: {}", signal.place, signal.raw)).collect::<Vec<_>>()
        };
        parse(text.as_bytes(), &context).entries.into_iter().map(signals).collect::<Vec<_>>()
    };
    let of_feed = ["feed: https://creativecommons.org/licenses/by-nc/4.0/", "feed: © 예시신문"];
    let own = ["entry: https://creativecommons.org/licenses/by/4.0/", "entry: (c) a desk"];
    let mut first = said(rss).remove(0);
    first.sort();
    assert_eq!(first, [own[1], own[0], of_feed[0], of_feed[1]]);
    assert_eq!(said(rss)[1], of_feed);
    assert_eq!(said(atom)[0], ["entry: all kept", "entry: https://n.example/terms", "feed: <b>© N</b>"]);
}

#[test]
fn a_feed_without_an_address_is_read_against_the_one_it_names() {
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://n.example/f/atom"/><entry xml:base="x/">
        <id>1</id><title type="html">&lt;a href="t">금지&lt;/a></title><link href="1"/></entry><entry><id>2</id><link href="2"/></entry></feed>"#;
    let rss = r#"<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><atom:link rel="alternate" href="https://wrong.example/"/>
        <atom:link rel="self" href="https://n.example/f/rss"/><item><title>a</title><link>1</link></item></channel></rss>"#;
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","feed_url":"https://n.example/f/json","items":[{"id":1,"url":"1"}]}"#;
    let zone = TimeZone::UTC;
    let addresses = |text: &str, url: Option<&Url>| {
        let document = parse(text.as_bytes(), &FeedContext { url, ..FeedContext::new(&zone) });
        document.entries.into_iter().map(|entry| entry.url.unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(addresses(atom, None), ["https://n.example/f/x/1", "https://n.example/f/2"]);
    assert_eq!(
        (addresses(rss, None), addresses(json, None)),
        (vec!["https://n.example/f/1".into()], vec!["https://n.example/f/1".into()])
    );
    let title = parse(atom.as_bytes(), &FeedContext::new(&zone)).entries.swap_remove(0).title_markup;
    assert_eq!(title.as_deref(), Some("<a href=\"https://n.example/f/x/t\">금지</a>"));
    // Where the bytes came from says more than they do.
    let known = Url::parse("https://mirror.example/").unwrap();
    assert_eq!(addresses(rss, Some(&known)), ["https://mirror.example/1"]);
}
