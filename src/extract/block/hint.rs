//! What class names, ids and roles say of an element, in the words that site builders of all languages share.
use aho_corasick::{AhoCorasick, MatchKind};
use scraper::node::Element;
use std::sync::LazyLock;

/// Of the attributes of one element; longer ones are utility classes without end.
const ATTRIBUTE_BYTES_MAX: usize = 400;

/// One bit each, in the order of [`WORDS`].
pub(super) const HINTS: usize = 17;

/// Groups of words inside class names, ids, roles and itemprops; a name may be of several groups.
const WORDS: [(&str, &[&str]); HINTS] = [
    ("body", &["articlebody", "article-body", "article_body", "artibody", "article-content", "article__content", "articlecontent", "article_content", "article-text", "articletext", "article_txt", "entry-content", "entrycontent", "post-content", "post_content", "postcontent", "post-body", "post_body", "postbody", "story-body", "story_body", "storybody", "storytext", "story-content", "story-news", "news_body", "newsbody", "news-body", "news_content", "news-content", "newscontent", "newsct_article", "dic_area", "article_view", "articleview", "news_view", "view_cont", "viewcontent", "view-content", "content-body", "content_body", "contentbody", "body-content", "main-content", "rich_media_content", "js_content", "rm_txt", "trs_editor", "ucap-content", "detail-content", "detail_content", "left_zw", "text-content", "rich-text", "richtext", "article_main", "main_article"]),
    ("content", &["article", "content", "entry", "post", "story", "text", "txt", "main", "detail", "cont", "read", "paragraph", "body", "artical"]),
    ("comment", &["comment", "reply", "cmt", "disqus", "discuss", "feedback", "review", "livere"]),
    ("related", &["relat", "recommend", "recirc", "readmore", "read-more", "read_more", "morenews", "more-", "_more", "also", "suggest", "outbrain", "taboola", "guess", "xgwz", "xgyd", "linked", "teaser", "promo-list", "next", "prev"]),
    ("share", &["share", "social", "sns", "follow", "tool", "btn", "button", "util", "print", "fontsize", "font-size", "qrcode", "ewm", "weixin", "bdshare"]),
    ("side", &["side", "rail", "aside", "widget", "right-", "rightcol", "col-right", "right_", "sub-col", "secondary", "sub_", "complementary"]),
    ("promo", &["promo", "advert", "adsbygoogle", "-ad-", "ad-", "ads", "_ad", "ad_", "banner", "sponsor", "subscri", "newsletter", "signup", "sign-up", "paywall", "donat", "member", "cta", "dfp", "guanggao", "appdown", "download", "app-"]),
    ("foot", &["foot", "copyright", "legal", "disclaim", "bottom", "colophon", "contentinfo", "statement", "declare", "license"]),
    ("nav", &["nav", "menu", "breadcrumb", "gnb", "lnb", "snb", "crumb", "location", "toolbar", "tab", "search", "skip", "pagination", "pager", "page-num", "channel"]),
    ("rank", &["rank", "hot", "popular", "most", "trend", "best", "top10", "list", "ticker", "headline-", "latest", "flash", "live", "issue", "clickrank", "paihang"]),
    ("caption", &["caption", "credit", "photo", "img", "image", "figure", "gallery", "video", "player", "media", "slide", "pic", "desc", "cutline", "audio", "embed", "tweet", "twitter", "instagram"]),
    ("author", &["author", "byline", "by-line", "bio", "reporter", "journalist", "writer", "editor", "profile", "contributor", "avatar", "source", "laiyuan", "zuozhe"]),
    ("meta", &["meta", "info", "date", "time", "publish", "dateline", "posted", "timestamp", "stamp", "category", "tags", "tag-", "tag_", "keyword", "label", "topic", "kicker", "byte", "count", "views"]),
    ("title", &["title", "headline", "subject", "tit", "heading"]),
    ("summary", &["summary", "dek", "standfirst", "lead", "lede", "intro", "excerpt", "abstract", "subtitle", "sub-title", "subtit", "sub_tit", "highlight", "key-point", "keypoint", "takeaway", "zhaiyao", "daodu", "digest"]),
    ("notice", &["cookie", "consent", "gdpr", "privacy", "popup", "modal", "overlay", "dialog", "alert", "notice", "login", "register", "tooltip", "toast", "hidden", "hide", "sr-only", "screen-reader", "visually"]),
    ("aside_box", &["box", "pullquote", "pull-quote", "factbox", "infobox", "sidebar", "callout", "inset", "faq", "table-of-contents", "toc", "correction", "footnote", "reference", "note"]),
];

static MATCHER: LazyLock<(AhoCorasick, Vec<u8>)> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let mut groups = Vec::new();
    for (group, (_, words)) in WORDS.iter().enumerate() {
        for word in *words {
            patterns.push(*word);
            groups.push(u8::try_from(group).expect("there are few groups"));
        }
    }
    let matcher = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(patterns)
        .expect("the words are constant");
    (matcher, groups)
});

/// The groups an element's names fall into, one bit each.
pub(super) fn hints(element: &Element) -> u32 {
    let (matcher, groups) = &*MATCHER;
    let mut bits = 0;
    for key in ["class", "id", "itemprop", "role", "data-component", "data-testid", "aria-label"] {
        let Some(value) = element.attr(key) else { continue };
        let value = value.get(..value.floor_char_boundary(ATTRIBUTE_BYTES_MAX)).unwrap_or(value);
        for found in matcher.find_overlapping_iter(value) {
            bits |= 1 << groups.get(found.pattern().as_usize()).copied().unwrap_or_default();
        }
    }
    bits
}
