//! Addresses: one canonical form to store and fetch, and one key under which the variants of a story's address meet.
use url::Url;

/// Longer than any address browsers and news sites use (about 2,000); beyond it lies abuse.
pub const URL_BYTES_MAX: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    #[error("address longer than {URL_BYTES_MAX} bytes")]
    TooLong,
    #[error("not an address: {0}")]
    Invalid(#[from] url::ParseError),
    #[error("scheme {0:?} is not http or https")]
    Scheme(String),
}

/// Query parameters that say where a reader came from, never what is shown. Lower case; `*` at the end is a prefix.
const TRACKING: &[&str] = &[
    "utm_*",
    "pk_*",
    "mtm_*",
    "hsa_*",
    "at_*",
    "ns_*",
    "guce_*",
    "vero_*",
    "oly_*",
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "ymclid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "_ga",
    "_gl",
    "spm",
    "scm",
    "cmpid",
    "cmp",
    "ncid",
    "icid",
    "ito",
    "xtor",
    "s_cid",
    "smid",
    "smtyp",
    "wt.mc_id",
    "wt_mc",
    "wt_zmc",
    "ref_src",
    "ref_url",
    "guccounter",
    "__twitter_impression",
    "amp_js_v",
    "amp_gsa",
    "usqp",
    "tblci",
    "kakao_from",
    "share_token",
    "share_medium",
    "share_source",
    "share_from",
    "vd_source",
    "spm_id_from",
    "from_spmid",
];

/// Resolved, http(s), without fragment, user info, default port and tracking parameters. The rest stays as written.
pub fn canonical(raw: &str, base: Option<&Url>) -> Result<Url, UrlFault> {
    let raw = raw.trim();
    if raw.len() > URL_BYTES_MAX {
        return Err(UrlFault::TooLong);
    }
    let mut url = match (base, raw.strip_prefix("//")) {
        (None, Some(rest)) => Url::parse(&format!("https://{rest}"))?,
        (None, None) => Url::parse(raw)?,
        (Some(base), _) => base.join(raw)?,
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlFault::Scheme(url.scheme().to_owned()));
    }
    url.set_fragment(None);
    // These only fail on URLs without a host, and http(s) URLs have one.
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    debug_assert!(cleared.is_ok(), "http addresses have a host");
    drop_tracking(&mut url);
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(UrlFault::TooLong);
    }
    Ok(url)
}

/// Identity: without scheme, www/m/amp hosts, trailing slash and AMP marks. Never fetched, only compared.
pub fn key(url: &Url) -> String {
    let host = host_key(url);
    let path = url.path().trim_end_matches('/');
    let path = ["/amp", ".amp", "/amp.html"].iter().find_map(|mark| path.strip_suffix(mark)).unwrap_or(path);
    let path = path.strip_prefix("/amp/").map_or_else(|| path.to_owned(), |rest| format!("/{rest}"));
    let mut key = format!("{}{}", bare_host(&host), upper_escapes(path.trim_end_matches('/')));
    let kept: Vec<&str> =
        url.query().unwrap_or_default().split('&').filter(|pair| !is_amp(pair) && !pair.is_empty()).collect();
    if !kept.is_empty() {
        key.push('?');
        key.push_str(&upper_escapes(&kept.join("&")));
    }
    key
}

/// `host`, or `host:port` when the port is not the scheme's own: the unit of politeness.
pub fn host_key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn drop_tracking(url: &mut Url) {
    let Some(query) = url.query() else { return };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
    let kept = kept.join("&");
    url.set_query((!kept.is_empty()).then_some(kept.as_str()));
}

fn is_tracking(pair: &str) -> bool {
    let name = name_of(pair);
    TRACKING.iter().any(|entry| match entry.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *entry,
    })
}

fn is_amp(pair: &str) -> bool {
    matches!(name_of(pair).as_str(), "amp") || pair.eq_ignore_ascii_case("outputtype=amp")
}

fn name_of(pair: &str) -> String {
    pair.split('=').next().unwrap_or_default().to_ascii_lowercase()
}

/// Takes the host's variants off while a registrable name remains: `m.com` stays.
fn bare_host(host: &str) -> &str {
    const VARIANTS: [&str; 5] = ["www.", "m.", "amp.", "mobile.", "mobile-"];
    let mut bare = host;
    while let Some(rest) = VARIANTS.iter().find_map(|v| bare.strip_prefix(v)).filter(|rest| rest.contains('.')) {
        bare = rest;
    }
    bare
}

/// `%ea` and `%EA` are the same byte.
fn upper_escapes(text: &str) -> String {
    let mut left = 0;
    text.chars()
        .map(|c| {
            if c == '%' {
                left = 2;
                return c;
            }
            let inside = left > 0;
            left = if inside { left - 1 } else { 0 };
            if inside { c.to_ascii_uppercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clean(raw: &str) -> String {
        let base = Url::parse("https://news.example.com/feed/rss.xml").unwrap();
        canonical(raw, Some(&base)).map_or_else(|fault| format!("{fault:?}"), |url| url.to_string())
    }

    #[test]
    fn addresses_are_resolved_and_cleaned() {
        for (raw, want) in [
            ("/a/1?id=7&utm_source=rss&UTM_Medium=x#top", "https://news.example.com/a/1?id=7"),
            ("http://u:p@Example.com:80/x?fbclid=1", "http://example.com/x"),
            ("//cdn.example.com/y", "https://cdn.example.com/y"),
            (" https://example.com/?b=2&a=1 \n", "https://example.com/?b=2&a=1"),
            ("https://example.com/뉴스?q=금지", "https://example.com/%EB%89%B4%EC%8A%A4?q=%EA%B8%88%EC%A7%80"),
            ("javascript:alert(1)", "Scheme(\"javascript\")"),
            ("data:text/html,x", "Scheme(\"data\")"),
        ] {
            assert_eq!(clean(raw), want);
        }
        assert_eq!(clean(&format!("/{}", "x".repeat(URL_BYTES_MAX))), "TooLong");
        assert!(canonical("not an address", None).is_err());
        assert_eq!(canonical("//a.example/x", None).unwrap().as_str(), "https://a.example/x");
    }

    #[test]
    fn variants_of_one_story_share_a_key() {
        let same = [
            "https://www.example.com/a/1",
            "http://m.example.com/a/1/",
            "https://amp.example.com/a/1",
            "https://example.com/a/1/amp",
            "https://example.com/amp/a/1",
            "https://example.com/a/1?outputType=amp",
            "https://example.com/a/1?amp=1",
        ];
        for raw in same {
            assert_eq!(key(&Url::parse(raw).unwrap()), "example.com/a/1", "{raw}");
        }
        assert_ne!(
            key(&Url::parse("https://example.com/a?id=1").unwrap()),
            key(&Url::parse("https://example.com/a?id=2").unwrap())
        );
        assert_eq!(key(&Url::parse("https://m.com/").unwrap()), "m.com");
    }

    #[test]
    fn a_host_key_has_only_a_strange_port() {
        assert_eq!(host_key(&Url::parse("https://example.com:443/").unwrap()), "example.com");
        assert_eq!(host_key(&Url::parse("http://127.0.0.1:8080/").unwrap()), "127.0.0.1:8080");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(raw in "[a-z/?&=%#:@.가-힣 _]{0,60}") {
            let base = Url::parse("https://example.com/x/").unwrap();
            if let Ok(once) = canonical(&raw, Some(&base)) {
                prop_assert_eq!(canonical(once.as_str(), None).unwrap(), once);
            }
        }
    }
}
