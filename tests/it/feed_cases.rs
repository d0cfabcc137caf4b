//! What must be survived in feed bytes: each case is a class of faults over our own fixtures, not one instance of it.
use banwatch::model::{FeedDocument, FeedFormat, ListingRule, TimeSource};
use banwatch::parse::{FeedContext, parse};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use url::Url;

/// The bound of the product is one second; a debug build on a busy machine gets room.
const TIME_MAX: Duration = Duration::from_secs(5);
const FETCHED_AT: &str = "2026-07-06T12:00:00Z";

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/feeds").join(name)).unwrap()
}

/// What is known besides the bytes.
#[derive(Clone, Copy, Default)]
struct Beside<'a> {
    content_type: Option<&'a str>,
    listing: Option<&'a ListingRule>,
    only: Option<&'a str>,
}

fn with(bytes: &[u8], beside: Beside<'_>) -> FeedDocument {
    let url = Url::parse("https://host.example/feed").unwrap();
    let zone = TimeZone::get("Asia/Seoul").unwrap();
    let Beside { content_type, listing, only } = beside;
    let context = FeedContext {
        url: Some(&url),
        content_type,
        zone: &zone,
        fetched_at: Some(FETCHED_AT.parse::<Timestamp>().unwrap()),
        listing,
        only,
    };
    let started = Instant::now();
    let document = parse(bytes, &context);
    assert!(started.elapsed() < TIME_MAX, "{:?} for {} bytes", started.elapsed(), bytes.len());
    document
}

fn read(bytes: &[u8]) -> FeedDocument {
    with(bytes, Beside::default())
}

fn titles(document: &FeedDocument) -> Vec<String> {
    document.entries.iter().map(|entry| entry.title.clone().unwrap_or_default()).collect()
}

fn has(document: &FeedDocument, code: &str) -> bool {
    document.problems.iter().any(|problem| problem.code == code)
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>"
    )
}

#[test]
fn authors_in_any_brackets_cost_no_item() {
    let marks =
        ["（a@b.example）", "\u{a0}a@b.example", "【a@b.example】", "<a@b.example>", "(", "a@b.example (", "@", "()"];
    for mark in marks {
        for tag in ["author", "dc:creator", "managingEditor", "itunes:author"] {
            let item = format!("<item><title>금지</title><{tag}>홍길동 기자{mark}</{tag}></item>");
            assert_eq!(titles(&read(rss(&item).as_bytes())), ["금지"], "{tag} {mark}");
            assert_eq!(titles(&read(rss(&format!("<{tag}>홍길동{mark}</{tag}>{item}")).as_bytes())), ["금지"]);
        }
    }
}

#[test]
fn deep_nesting_is_survived_in_every_place() {
    for tag in ["media:group", "div", "item", "outline", "a:b"] {
        let deep = format!("<{tag}>").repeat(5_000);
        for text in [
            rss(&format!("<item><title>x</title>{deep}</item>")),
            rss(&format!("{deep}<item><title>x</title></item>")),
            rss(&format!("<item><description><![CDATA[{deep}]]></description></item>")),
            deep.clone(),
        ] {
            read(text.as_bytes());
        }
    }
    let nested =
        rss(&format!("<item><title>x</title><description><![CDATA[{}]]></description></item>", "<div>".repeat(50_000)));
    assert_eq!(titles(&read(nested.as_bytes())), ["x"]);
    let rule = ListingRule { item: "li".to_owned(), title: None, link: None, date: None };
    let page = format!("<html>{}<li><a href=/1>one and more</a>", "<div>".repeat(50_000));
    let document = with(page.as_bytes(), Beside { listing: Some(&rule), ..Beside::default() });
    assert!(has(&document, "listing_cut"), "{:?}", document.problems);
    // Items inside items, each holding the rest of the page.
    let rule =
        ListingRule { item: "li, ul".to_owned(), title: Some(".t".to_owned()), link: Some("b".to_owned()), date: None };
    let nested = "<ul><li>".repeat(120) + &"<li><a href=/1>one and more</a>".repeat(20_000);
    with(nested.as_bytes(), Beside { listing: Some(&rule), ..Beside::default() });
}

/// Every encoding, said or not, in every place: the right title comes out.
#[test]
fn encodings_are_told_from_bytes_labels_and_headers() {
    use encoding_rs::{BIG5, EUC_KR, GB18030, SHIFT_JIS, UTF_8};
    let body = |declaration: &str, title: &str| {
        let rest = format!("가람일보 소식 {title} ").repeat(if title.starts_with('노') { 3 } else { 0 });
        format!(
            "{declaration}<rss><channel><item><title>{title}</title><description>{rest}</description></item></channel></rss>"
        )
    };
    let korean = "노바챗 사용 금지";
    for label in ["euc-kr", "EUC-KR", "ks_c_5601-1987", "cp949", "ms949", "uhc", "x-windows-949"] {
        for before in ["", "\r\n\r\n", &" ".repeat(100)] {
            let declaration = format!("{before}<?xml version=\"1.0\"{}encoding=\"{label}\"?>", " ".repeat(60));
            let bytes = EUC_KR.encode(&body(&declaration, korean)).0.into_owned();
            assert_eq!(titles(&read(&bytes)), [korean], "{label}");
        }
    }
    for (encoding, label, title) in [
        (EUC_KR, "euc-kr", korean),
        (GB18030, "gbk", "市府宣布禁用诺瓦聊天"),
        (BIG5, "big5", "市府宣布禁用諾瓦聊天"),
        (SHIFT_JIS, "shift_jis", "チャットの使用を禁止"),
    ] {
        let bytes = encoding.encode(&body("<?xml version='1.0'?>", title)).0.into_owned();
        let content_type = format!("application/rss+xml; charset={label}");
        assert_eq!(
            titles(&with(&bytes, Beside { content_type: Some(&content_type), ..Beside::default() })),
            [title],
            "{label}"
        );
        // The label lies: the bytes are UTF-8.
        let lie = body(&format!("<?xml version='1.0' encoding='{label}'?>"), title);
        assert_eq!(
            titles(&with(
                UTF_8.encode(&lie).0.as_ref(),
                Beside { content_type: Some(&content_type), ..Beside::default() }
            )),
            [title]
        );
    }
    for declared in ["", "<?xml version='1.0' encoding='UTF-16'?>", "<?xml version='1.0' encoding='UTF-8'?>"] {
        let text = body(declared, korean);
        for (little, mark) in [(true, true), (true, false), (false, true), (false, false)] {
            let units = mark.then_some(0xFEFF_u16).into_iter().chain(text.encode_utf16());
            let bytes: Vec<u8> = units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect();
            assert_eq!(titles(&read(&bytes)), [korean], "little {little}, mark {mark}, {declared}");
        }
    }
}

#[test]
fn one_bad_byte_is_one_sign_and_no_item() {
    for bad in [0x80_u8, 0xC3, 0xF5, 0xFF] {
        let mut bytes =
            rss("<item><title>금지 ? 철회</title></item><item><title>둘째 소식</title></item>").into_bytes();
        let at = bytes.iter().rposition(|b| *b == b'?').unwrap();
        bytes[at] = bad;
        let document = read(&bytes);
        assert_eq!(titles(&document), ["금지 \u{FFFD} 철회", "둘째 소식"], "{bad:x}");
        assert!(has(&document, "bad_bytes"));
    }
}

#[test]
fn noise_before_the_feed_is_passed_over() {
    let feed = "<?xml version='1.0' encoding='utf-8'?><rss><channel><item><title>금지</title></item></channel></rss>";
    for noise in [
        "\n\n\t ",
        "\u{FEFF}",
        "\u{FEFF}\n",
        "<br />\n<b>Warning</b>: include(a.php): failed to open stream in <b>/srv/x.php</b> on line <b>3</b><br />\n",
        "PHP Notice:  Undefined index: id in /srv/x.php on line 9\n",
        "<!-- cached 2026-07-06 -->\n",
        "\0\0",
    ] {
        assert_eq!(titles(&read(format!("{noise}{feed}").as_bytes())), ["금지"], "{noise:?}");
        assert_eq!(titles(&read(format!("{noise}{feed}\n<!-- 0.2 s --><script>x</script>").as_bytes())), ["금지"]);
    }
}

#[test]
fn versions_and_foreign_vocabularies_hide_no_item() {
    for root in [
        "<rss",
        "<rss version=''",
        "<rss version='0.91'",
        "<rss version='0.93'",
        "<rss version='2.01'",
        "<rss version='9'",
        "<RSS VERSION='2.0'",
    ] {
        for space in ["", " xmlns='http://backend.userland.com/rss2'", " xmlns='http://my.example/'", " xmlns=''"] {
            let text = format!("{root}{space}><channel><item><title>금지</title></item></channel></rss>");
            assert_eq!(titles(&read(text.as_bytes())), ["금지"], "{root}{space}");
        }
    }
}

/// Cut anywhere, a feed gives the entries before the cut, unchanged.
#[test]
fn a_cut_keeps_what_was_whole() {
    for name in ["garam.rss", "lumen.atom", "north.rdf", "news-sitemap.xml"] {
        let bytes = fixture(name);
        let whole = read(&bytes);
        for at in (0..bytes.len()).step_by(7) {
            let cut = read(&bytes[..at]);
            assert!(cut.entries.len() <= whole.entries.len());
            for (got, want) in cut.entries.iter().zip(&whole.entries) {
                assert_eq!(got.key, want.key, "{name} cut at {at}");
            }
            if cut.entries.len() < whole.entries.len() {
                assert!(!cut.problems.is_empty(), "{name} cut at {at} says nothing");
            }
        }
    }
}

#[test]
fn a_page_instead_of_a_feed_is_named_with_what_it_suggests() {
    for page in [
        "<!DOCTYPE html><html><head><title>Login</title><link rel='alternate' type='application/rss+xml' href='/real.xml'></head><body>x</body></html>",
        "<html><link rel=alternate type=application/atom+xml href=/real.xml><form>login</form>",
    ] {
        let document = read(page.as_bytes());
        assert_eq!((document.format, document.entries.len()), (FeedFormat::Html, 0));
        let problem = document.problems.iter().find(|problem| problem.code == "html_not_feed").unwrap();
        assert_eq!(problem.at.as_deref(), Some("https://host.example/real.xml"));
    }
}

#[test]
fn keys_are_the_same_in_every_parse_and_after_an_edit() {
    for name in
        ["garam.rss", "garam-euckr.rss", "lumen.atom", "north.rdf", "kite.json", "news-sitemap.xml", "roundup.rss"]
    {
        let keys = |bytes: &[u8]| read(bytes).entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>();
        let bytes = fixture(name);
        assert!(!keys(&bytes).is_empty(), "{name}");
        assert_eq!(keys(&bytes), keys(&bytes), "{name}");
    }
    assert_eq!(
        read(&fixture("garam.rss")).entries.iter().map(|e| &e.key).collect::<Vec<_>>(),
        read(&fixture("garam-euckr.rss")).entries.iter().map(|e| &e.key).collect::<Vec<_>>(),
    );
    let bare = rss("<item><description>only this text</description></item>");
    assert_eq!(read(bare.as_bytes()), read(bare.as_bytes()));
}

#[test]
fn dates_are_read_in_the_zone_of_the_feed_and_nonsense_becomes_the_fetch() {
    let date = |text: &str| {
        let document = read(rss(&format!("<item><link>/1</link><pubDate>{text}</pubDate></item>")).as_bytes());
        let stamp = document.entries[0].published.clone();
        (stamp.as_ref().map(|s| s.to_text()), stamp.map(|s| (s.source, s.raw)), has(&document, "date_absurd"))
    };
    for (text, want) in [
        ("Mon, 06 Jul 2026 09:10:00 KST", "2026-07-06T09:10:00+09:00"),
        ("2026-07-06 09:10:00", "2026-07-06T09:10:00+09:00"),
        ("2026.07.06 09:10", "2026-07-06T09:10:00+09:00"),
        ("2026年7月6日 09:10", "2026-07-06T09:10:00+09:00"),
        ("2026년 7월 6일 오전 9시 10분", "2026-07-06T09:10:00+09:00"),
        ("1783296600", "2026-07-06T00:10:00Z"),
        ("3시간 전", "2026-07-06T18:00:00+09:00"),
        ("2小时前", "2026-07-06T19:00:00+09:00"),
    ] {
        assert_eq!(date(text).0.as_deref(), Some(want), "{text}");
        assert!(!date(text).2);
    }
    for text in [
        "Wed, 02 Oct 20245 13:00:00 GMT",
        "1970-01-01T00:00:00Z",
        "0",
        "0000-00-00 00:00:00",
        "2090-01-01T00:00:00Z",
        "2026-07-09",
        "2026-13-45",
    ] {
        let (shown, stamp, absurd) = date(text);
        assert_eq!((shown.as_deref(), absurd), (Some(FETCHED_AT), true), "{text}");
        assert_eq!(stamp, Some((TimeSource::Fetch, text.to_owned())));
    }
    assert_eq!(date("soon"), (None, None, false));
    // Within two days: a zone left out, or a scheduled piece.
    assert!(!date("2026-07-07 23:00").2);
}

#[test]
fn entities_expand_to_nothing() {
    let lol: String = (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let text = format!(
        "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY l0 \"lol\">{lol}<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY % p SYSTEM \"http://127.0.0.1:1/\">%p;]>\
         <rss><channel><item><title>&l9; &x; 금지</title></item></channel></rss>"
    );
    let document = read(text.as_bytes());
    assert_eq!(titles(&document), ["&l9; &x; 금지"]);
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn packed_bytes_are_unpacked_within_a_bound() {
    let bytes = fixture("news-sitemap.xml");
    assert_eq!(read(&packed(&bytes)), read(&bytes));
    let bomb = packed(&vec![b' '; 60 << 20]);
    let document = read(&bomb);
    assert!(has(&document, "too_large") && document.entries.is_empty(), "{:?}", document.problems);
    let whole = packed(&fixture("garam.rss"));
    let cut = read(&whole[..whole.len() - 40]);
    assert!(has(&cut, "gzip_broken"), "{:?}", cut.problems);
}

#[test]
fn site_maps_and_their_index_are_read() {
    let map = read(&fixture("news-sitemap.xml"));
    assert_eq!(
        (map.format, titles(&map)),
        (FeedFormat::Sitemap, vec!["Council bans Novachat & two others".to_owned(), String::new()])
    );
    assert_eq!(map.entries[0].published.as_ref().unwrap().to_text(), "2026-07-06T06:00:00+02:00");
    assert_eq!(map.entries[1].updated.as_ref().unwrap().to_text(), "2026-07-05");
    let only = with(&fixture("news-sitemap.xml"), Beside { only: Some("/news/"), ..Beside::default() });
    assert_eq!(only.entries.len(), 1);
    let none = with(&fixture("news-sitemap.xml"), Beside { only: Some("/nowhere/"), ..Beside::default() });
    assert!(none.entries.is_empty() && has(&none, "only_matches_none"));
    let index = read(&fixture("sitemap-index.xml"));
    let urls: Vec<_> = index.children.iter().map(|child| child.url.rsplit('/').next().unwrap()).collect();
    assert_eq!((index.entries.len(), urls), (0, vec!["news.xml", "2025.xml", "undated.xml"]));
    assert_eq!(index.problems, []);
}

#[test]
fn a_listing_page_gives_its_items() {
    let rule = ListingRule {
        item: ".board li".to_owned(),
        title: Some("strong".to_owned()),
        link: None,
        date: Some(".date".to_owned()),
    };
    let list = |bytes: &[u8], rule: &ListingRule| with(bytes, Beside { listing: Some(rule), ..Beside::default() });
    let document = list(&fixture("board.html"), &rule);
    assert_eq!(document.format, FeedFormat::Listing);
    assert_eq!(titles(&document), ["노바챗 서비스 국내 차단 명령", "생성형 AI 이용 지침 & 해설"]);
    let shown: Vec<_> = document.entries.iter().map(|e| e.published.as_ref().unwrap().to_text()).collect();
    assert_eq!(shown, ["2026-07-06", "2026-07-06T18:00:00+09:00"]);
    assert_eq!(document.entries[0].url.as_deref(), Some("https://host.example/board/view?id=31"));
    // The item may be the link itself; the picture's link and the headline's are one entry.
    let links = ListingRule { item: "a[href*='view?id=']".to_owned(), title: None, link: None, date: None };
    let by_link = list(&fixture("board.html"), &links);
    assert_eq!(titles(&by_link), titles(&document));
    assert_eq!(by_link.entries[0].key, document.entries[0].key);
    // In an old encoding; and a site that changed its markup is an alarm, not an empty feed.
    let old = encoding_rs::EUC_KR
        .encode(&String::from_utf8(fixture("board.html")).unwrap().replace("utf-8", "euc-kr"))
        .0
        .into_owned();
    assert_eq!(titles(&list(&old, &rule)), titles(&document));
    let moved = ListingRule { item: ".gone".to_owned(), ..rule.clone() };
    assert!(has(&list(&fixture("board.html"), &moved), "listing_empty"));
    // The page became a feed: it is read as one.
    assert_eq!(list(&fixture("garam.rss"), &rule).entries.len(), 4);
}

#[test]
fn a_digest_is_taken_apart_and_an_essay_is_not() {
    let document = read(&fixture("roundup.rss"));
    let urls: Vec<_> = document.entries.iter().map(|entry| entry.url.as_deref().unwrap()).collect();
    assert_eq!(
        urls,
        [
            "https://lumen.example/posts/1",
            "https://garam.example/news/101",
            "https://north.example/a/1",
            "https://kite.example/1",
            "https://roundup.example/essay"
        ]
    );
    assert_eq!(document.entries[0].title.as_deref(), Some("Harbour council bans Novachat from staff devices"));
    assert_eq!(document.entries[3].published.as_ref().unwrap().to_text(), "2026-07-06T05:00:00Z");
    assert!(has(&document, "digest_split"));
}

const FIXTURES: [&str; 9] = [
    "garam.rss",
    "garam-euckr.rss",
    "lumen.atom",
    "north.rdf",
    "kite.json",
    "news-sitemap.xml",
    "sitemap-index.xml",
    "roundup.rss",
    "board.html",
];

/// Pieces that turn one state of a reader into another.
const PIECES: [&[u8]; 16] = [
    b"<",
    b">",
    b"&",
    b"\"",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<item>",
    b"</item>",
    b"<entry>",
    b"</title>",
    b"\xff\xfe",
    b"\0",
    b"<!DOCTYPE x [",
    b"&#0;&#xD800;",
];

/// `PROPTEST_CASES` makes the run as long as one likes.
fn mutations() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(mutations()))]
    #[test]
    fn mutated_feeds_are_survived(
        which in 0..FIXTURES.len(),
        edits in proptest::collection::vec((any::<u16>(), any::<u16>(), 0..20usize, any::<u8>()), 1..10),
    ) {
        let mut bytes = fixture(FIXTURES[which]);
        for (at, length, kind, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = usize::from(at) % bytes.len();
            let end = (at + usize::from(length) % 64).min(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..end)),
                2 => bytes.truncate(at),
                3 => { let part = bytes[at..end].to_vec(); bytes.splice(at..at, part.repeat(8)); }
                n => { bytes.splice(at..at, PIECES[(n - 4) % PIECES.len()].iter().copied()); }
            }
        }
        let rule = ListingRule { item: "li".to_owned(), title: Some("strong".to_owned()), link: None, date: Some(".date".to_owned()) };
        let document = with(&bytes, Beside { listing: (which == FIXTURES.len() - 1).then_some(&rule), ..Beside::default() });
        let again = with(&bytes, Beside { listing: (which == FIXTURES.len() - 1).then_some(&rule), ..Beside::default() });
        prop_assert_eq!(&document, &again);
        let mut keys: Vec<_> = document.entries.iter().map(|entry| &entry.key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), document.entries.len());
        let is_line = |text: &Option<String>| text.as_ref().is_none_or(|text| !text.contains(['\n', '\r', '\0']));
        prop_assert!(document.entries.iter().all(|entry| is_line(&entry.title) && is_line(&entry.title_markup)));
    }
}
