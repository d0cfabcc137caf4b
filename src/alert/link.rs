//! Links to the outside come from strangers: only web addresses are ever made clickable.
use url::Url;

/// The address when it is http(s) with a host, else None (`javascript:`, `data:`, an import's key ...).
pub(crate) fn outbound(text: &str) -> Option<String> {
    // Unparsable is the same answer as "not a web address": it is shown as text.
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        let cases = [
            ("https://n.example/기사?a=1", true),
            ("http://n.example", true),
            ("javascript:alert(1)", false),
            ("JaVaScRiPt:alert(1)", false),
            (" \u{1}javascript:alert(1)", false),
            ("java\nscript:alert(1)", false),
            ("data:text/html,<script>alert(1)</script>", false),
            ("vbscript:x", false),
            ("//n.example/x", false),
            ("import:set:1", false),
            ("", false),
        ];
        for (text, is_link) in cases {
            assert_eq!(outbound(text).is_some(), is_link, "{text:?}");
        }
    }

    #[test]
    fn a_link_cannot_break_out_of_its_attribute_or_line() {
        let link = outbound("https://n.example/\"><script>\r\nX: y").unwrap();
        assert!(!link.contains(['"', '<', '>', '\r', '\n']), "{link}");
    }
}
