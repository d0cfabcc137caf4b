//! Feeds, pages and robots.txt as text, then as bytes in the site's encoding.
use super::world::{Declared, Format, Page, Site, World};
use encoding_rs::{Encoding, UTF_8};
use jiff::{Timestamp, civil};
use serde_json::json;

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Characters the encoding lacks become numeric references, which XML and HTML both read.
pub(super) fn encode(site: &Site, text: &str) -> Vec<u8> {
    let encoding = Encoding::for_label(site.encoding.as_bytes()).unwrap_or(UTF_8);
    encoding.encode(text).0.into_owned()
}

pub(super) fn feed(world: &World, site: &Site, bases: &[String]) -> (&'static str, Vec<u8>) {
    let items: Vec<(&Page, String)> =
        world.listed(site).map(|page| (page, format!("{}{}", base_of(world, bases, &page.site), page.path))).collect();
    match site.format {
        Format::Rss => ("application/rss+xml", encode(site, &rss(site, &items))),
        Format::Rdf => ("application/rdf+xml", encode(site, &rdf(site, &items))),
        Format::Atom => ("application/atom+xml", encode(site, &atom(site, &items))),
        // JSON is UTF-8 by its own rule, whatever the site's pages are.
        Format::Json => ("application/feed+json", json_feed(site, &items)),
    }
}

fn base_of<'a>(world: &World, bases: &'a [String], id: &str) -> &'a str {
    let at = world.sites.iter().position(|site| site.id == id);
    at.and_then(|at| bases.get(at)).map_or("", String::as_str)
}

fn declaration(site: &Site) -> String {
    match site.declared {
        Declared::Header => "<?xml version=\"1.0\"?>".to_owned(),
        Declared::Both | Declared::Meta => format!("<?xml version=\"1.0\" encoding=\"{}\"?>", site.encoding),
    }
}

fn instant(page: &Page) -> Option<Timestamp> {
    let text = page.published.as_deref()?;
    // A day alone has no instant: read as its midnight in UTC.
    text.parse().ok().or_else(|| {
        let day: civil::Date = text.parse().ok()?;
        Some(day.in_tz("UTC").ok()?.timestamp())
    })
}

fn rss(site: &Site, items: &[(&Page, String)]) -> String {
    let items: String = items
        .iter()
        .map(|(page, url)| {
            let date = instant(page).map_or(String::new(), |at| {
                format!("<pubDate>{}</pubDate>", at.strftime("%a, %d %b %Y %H:%M:%S +0000"))
            });
            let (title, url) = (escape(&page.title), escape(url));
            format!("<item><title>{title}</title><link>{url}</link><guid>{url}</guid>{date}</item>\n")
        })
        .collect();
    let head = declaration(site);
    let name = escape(&site.name);
    format!(
        "{head}<rss version=\"2.0\"><channel><title>{name}</title><link>/</link><description>{name}</description>\n{items}</channel></rss>"
    )
}

fn rdf(site: &Site, items: &[(&Page, String)]) -> String {
    let items: String = items
        .iter()
        .map(|(page, url)| {
            let date = instant(page).map_or(String::new(), |at| format!("<dc:date>{at}</dc:date>"));
            let (title, url) = (escape(&page.title), escape(url));
            format!("<item rdf:about=\"{url}\"><title>{title}</title><link>{url}</link>{date}</item>\n")
        })
        .collect();
    let head = declaration(site);
    let name = escape(&site.name);
    format!(
        "{head}<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel rdf:about=\"/\"><title>{name}</title><link>/</link><description>{name}</description></channel>\n{items}</rdf:RDF>"
    )
}

fn atom(site: &Site, items: &[(&Page, String)]) -> String {
    let items: String = items
        .iter()
        .map(|(page, url)| {
            let at = instant(page).unwrap_or(Timestamp::UNIX_EPOCH);
            let (title, url) = (escape(&page.title), escape(url));
            format!("<entry><id>{url}</id><title>{title}</title><link href=\"{url}\"/><published>{at}</published><updated>{at}</updated></entry>\n")
        })
        .collect();
    let head = declaration(site);
    let name = escape(&site.name);
    format!(
        "{head}<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:feed:{}</id><title>{name}</title><updated>2026-07-12T00:00:00Z</updated>\n{items}</feed>",
        site.id
    )
}

fn json_feed(site: &Site, items: &[(&Page, String)]) -> Vec<u8> {
    let items: Vec<_> = items
        .iter()
        .map(|(page, url)| {
            let mut item = json!({"id": url, "url": url, "title": page.title, "content_text": ""});
            if let Some(at) = instant(page) {
                item["date_published"] = json!(at.to_string());
            }
            item
        })
        .collect();
    json!({"version": "https://jsonfeed.org/version/1.1", "title": site.name, "items": items}).to_string().into_bytes()
}

pub(super) fn page(world: &World, site: &Site, page: &Page) -> Vec<u8> {
    let title = escape(&page.title);
    let name = escape(&site.name);
    let meta = match site.declared {
        Declared::Header => String::new(),
        Declared::Both | Declared::Meta => format!("<meta charset=\"{}\">", site.encoding),
    };
    let date = page.published.as_deref().unwrap_or_default();
    let shown: String = date.chars().take(16).collect::<String>().replace('T', " ");
    let ld = json!({"@context": "https://schema.org", "@type": "NewsArticle", "headline": page.title, "datePublished": date});
    let ld = if site.json_ld {
        let ld = ld.to_string().replace('<', "\\u003c");
        format!("<meta property=\"og:title\" content=\"{title}\"><script type=\"application/ld+json\">{ld}</script>")
    } else {
        String::new()
    };
    let body: String = page.paragraphs.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect();
    let related: String = world
        .listed(site)
        .filter(|other| other.id != page.id && other.site == site.id)
        .take(4)
        .map(|other| format!("<li><a href=\"{}\">{}</a></li>", escape(&other.path), escape(&other.title)))
        .collect();
    let byline = page.byline.as_deref().map_or(String::new(), |who| format!("<p class=\"byline\">{}</p>", escape(who)));
    let (home, more, footer) = furniture(&page.lang, &name);
    let lang = &page.lang;
    let text = format!(
        "<!DOCTYPE html><html lang=\"{lang}\"><head>{meta}<title>{title} - {name}</title><meta property=\"og:site_name\" content=\"{name}\">{ld}</head><body>\
         <nav><a href=\"/\">{home}</a> <a href=\"/login\">Login</a></nav>\
         <main><article><h1>{title}</h1><p class=\"date\">{shown}</p>{byline}<div class=\"article-body\">\n{body}</div></article></main>\
         <aside><h2>{more}</h2><ul>{related}</ul></aside><footer>{footer}</footer></body></html>"
    );
    encode(site, &text)
}

/// Words around the article: home, related links, footer.
fn furniture(lang: &str, name: &str) -> (&'static str, &'static str, String) {
    match lang {
        "ko" => ("홈", "많이 본 기사", format!("저작권자 © {name}. 무단 전재 및 재배포 금지, AI 학습 및 활용 금지")),
        "zh-Hans" => ("首页", "相关阅读", format!("责任编辑：值班编辑　{name}版权所有")),
        "zh-Hant" => ("首頁", "相關新聞", format!("責任編輯：值班編輯　{name}版權所有")),
        _ => ("Home", "Most read", format!("© {name}. All rights reserved.")),
    }
}
