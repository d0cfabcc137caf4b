//! robots.txt by RFC 9309: groups, longest match, `*` and `$`; an own parser, checked against the public cases.
use crate::model::RightsSignal;
use std::time::Duration;

/// Google and RFC 9309 read at least 500 KiB; what lies beyond is ignored.
pub(super) const ROBOTS_BYTES_MAX: usize = 500 << 10;
/// A longer delay would amount to a ban that the file does not state.
const CRAWL_DELAY_MAX: Duration = Duration::from_secs(60);
/// Wildcards in one pattern; each costs a scan of the path.
const WILDCARDS_MAX: usize = 32;

/// Statements about use kept of one file, and characters of one.
const STATEMENTS_MAX: usize = 16;
const STATEMENT_CHARS_MAX: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    groups: Vec<Group>,
    /// `License:` lines (RSL); they hold for the whole site.
    licences: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    /// Lower-case product tokens; `*` for all.
    agents: Vec<String>,
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
    /// `Content-Usage:` and `Content-Signal:` lines: kind and value as written.
    usage: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

impl Group {
    /// Allowing a folder's index page allows the folder's own address too, as Google reads it.
    fn add(&mut self, allow: bool, pattern: String) {
        if allow
            && let Some((folder, page)) = pattern.rsplit_once('/')
            && matches!(page, "index.html" | "index.htm")
        {
            self.rules.push(Rule { allow, pattern: format!("{folder}/$") });
        }
        self.rules.push(Rule { allow, pattern });
    }
}

impl Robots {
    pub fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..ROBOTS_BYTES_MAX).unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let mut groups: Vec<Group> = Vec::new();
        let (mut licences, mut naming) = (Vec::new(), false);
        for line in text.trim_start_matches('\u{FEFF}').split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default().trim();
            let Some((key, value)) = split(line) else { continue };
            match directive(key) {
                Directive::Agent => {
                    if !naming {
                        groups.push(Group::default());
                    }
                    naming = true;
                    if let Some(group) = groups.last_mut() {
                        group.agents.push(product(value));
                    }
                }
                Directive::Rule { allow } => {
                    naming = false;
                    if let Some(group) = groups.last_mut()
                        && !value.is_empty()
                    {
                        group.add(allow, normal(value));
                    }
                }
                Directive::Delay => {
                    naming = false;
                    let delay = value.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
                    if let (Some(group), Some(seconds)) = (groups.last_mut(), delay) {
                        group.crawl_delay = Some(Duration::from_secs_f64(seconds.min(CRAWL_DELAY_MAX.as_secs_f64())));
                    }
                }
                Directive::Usage(kind) => {
                    naming = false;
                    if let Some(group) = groups.last_mut().filter(|group| group.usage.len() < STATEMENTS_MAX) {
                        group.usage.push((kind, value.chars().take(STATEMENT_CHARS_MAX).collect()));
                    }
                }
                Directive::Licence if licences.len() < STATEMENTS_MAX => {
                    licences.push(value.chars().take(STATEMENT_CHARS_MAX).collect());
                }
                Directive::Licence | Directive::Other => {}
            }
        }
        Self { groups, licences }
    }

    /// `agent` is a product token (`banwatch`); `path` with its query, percent-encoded as in the request line.
    pub fn allowed(&self, agent: &str, path: &str) -> bool {
        let path = upper_escapes(if path.is_empty() { "/" } else { path });
        if path == "/robots.txt" {
            return true;
        }
        self.rule_for(agent, &path).is_none_or(|rule| rule.allow)
    }

    fn rule_for(&self, agent: &str, path: &str) -> Option<&Rule> {
        self.groups_for(agent)
            .flat_map(|group| &group.rules)
            .filter(|rule| matches(&rule.pattern, path))
            // Of equally long patterns the allowing one wins: true is greater than false.
            .max_by_key(|rule| (rule.pattern.len(), rule.allow))
    }

    /// What the file says of fetching this path and of using it; the verdict first. `host` names where it was read.
    pub(super) fn rights(&self, agent: &str, path: &str, host: &str) -> Vec<RightsSignal> {
        let signal = |kind: &str, raw: String| RightsSignal {
            kind: kind.to_owned(),
            raw,
            place: format!("robots.txt of {host}"),
        };
        let verdict = match self.rule_for(agent, &upper_escapes(path)) {
            None => "allowed: no rule applies".to_owned(),
            Some(Rule { allow: true, pattern }) => format!("allowed by Allow: {pattern}"),
            Some(Rule { allow: false, pattern }) => format!("forbidden by Disallow: {pattern}"),
        };
        let mut signals = vec![signal("robots_txt", verdict)];
        let usage = self.groups_for(agent).flat_map(|group| &group.usage);
        signals.extend(usage.map(|(kind, raw)| signal(kind, raw.clone())));
        signals.extend(self.licences.iter().map(|raw| signal("rsl_licence", raw.clone())));
        signals.truncate(STATEMENTS_MAX);
        signals
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub fn crawl_delay(&self, agent: &str) -> Option<Duration> {
        self.groups_for(agent).find_map(|group| group.crawl_delay)
    }

    /// All groups that name the agent; if none does, those for everybody.
    fn groups_for(&self, agent: &str) -> impl Iterator<Item = &Group> {
        let agent = agent.to_ascii_lowercase();
        let named = self.groups.iter().any(|group| group.agents.contains(&agent));
        self.groups
            .iter()
            .filter(move |group| group.agents.iter().any(|name| if named { *name == agent } else { name == "*" }))
    }
}

enum Directive {
    Agent,
    Rule {
        allow: bool,
    },
    Delay,
    /// Of a group, as a rule is (draft-ietf-aipref-attach; Cloudflare's content signals).
    Usage(&'static str),
    Licence,
    Other,
}

/// With the misspellings that big crawlers accept.
fn directive(key: &str) -> Directive {
    match key.to_ascii_lowercase().as_str() {
        "user-agent" | "useragent" | "user agent" => Directive::Agent,
        "allow" => Directive::Rule { allow: true },
        "disallow" | "dissallow" | "dissalow" | "disalow" | "diasllow" | "disallaw" => Directive::Rule { allow: false },
        "crawl-delay" | "crawldelay" => Directive::Delay,
        "content-usage" => Directive::Usage("content_usage"),
        "content-signal" => Directive::Usage("content_signal"),
        "license" => Directive::Licence,
        _ => Directive::Other,
    }
}

/// `key: value`; a missing colon is forgiven when there are just two words.
fn split(line: &str) -> Option<(&str, &str)> {
    if let Some((key, value)) = line.split_once(':') {
        return Some((key.trim(), value.trim()));
    }
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(key), Some(value), None) => Some((key, value)),
        _ => None,
    }
}

/// The product token of a User-Agent: its letters, `-` and `_`, before anything else; `*` stays.
pub(super) fn product(agent: &str) -> String {
    if agent.trim_start().starts_with('*') && agent.trim_start().chars().nth(1).is_none_or(char::is_whitespace) {
        return "*".to_owned();
    }
    agent
        .chars()
        .take_while(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_'))
        .collect::<String>()
        .to_ascii_lowercase()
}

/// A pattern's percent-encoding made that of a request line: non-ASCII bytes encoded, hex digits upper-case.
fn normal(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    for c in upper_escapes(pattern).chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            out.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    out
}

/// `%3a` → `%3A`; everything else as written.
fn upper_escapes(path: &str) -> String {
    let mut hex = 0;
    path.chars()
        .map(|c| match c {
            '%' => {
                hex = 2;
                c
            }
            c if hex > 0 && c.is_ascii_hexdigit() => {
                hex -= 1;
                c.to_ascii_uppercase()
            }
            c => {
                hex = 0;
                c
            }
        })
        .collect()
}

/// `*` stands for any run of characters, a final `$` for the end.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.take(WILDCARDS_MAX).collect();
    let Some((last, middle)) = parts.split_last() else { return !anchored || rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    if anchored { rest.ends_with(last) } else { rest.contains(last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_rfc() {
        let cases = [
            ("", "banwatch", "/x", true),
            ("user-agent: *\ndisallow: /", "banwatch", "/x", false),
            ("user-agent: *\ndisallow: /\nuser-agent: BanWatch/9.9\nallow: /", "banwatch", "/x", true),
            ("user-agent: *\ndisallow: /\nuser-agent: ban watch\nallow: /", "ban watch", "/x", false),
            ("user-agent: banwatching\ndisallow: /", "banwatch", "/x", true),
            ("user-agent: *\nuser-agent: other\nsitemap: /s\ndisallow: /x", "banwatch", "/x", false),
            ("USER-AGENT: banwatch\nDISALLOW: /X", "banwatch", "/x", true),
            ("disallow: /\nuser-agent: banwatch\nallow: /", "banwatch", "/x", true),
            ("user-agent banwatch\ndisallow /x", "banwatch", "/x", false),
            ("useragent: banwatch\ndisalow: /x", "banwatch", "/x", false),
            (
                "user-agent: banwatch\ndisallow: /\nuser-agent: a\nallow: /\nuser-agent: banwatch\nallow: /p/",
                "banwatch",
                "/p/1",
                true,
            ),
            ("user-agent: *\ndisallow: /\nallow: /d/index.html", "banwatch", "/d/", true),
            ("user-agent: *\ndisallow: /\nallow: /d/index.html", "banwatch", "/d/index.htm", false),
            ("user-agent: *\ndisallow: /\nallow: /$", "banwatch", "/", true),
            ("user-agent: *\ndisallow: /\nallow: /$", "banwatch", "/x", false),
            ("user-agent: *\ndisallow: /a%3ab", "banwatch", "/a%3Ab", false),
            ("user-agent: *\ndisallow: /%62", "banwatch", "/b", true),
            ("user-agent: *\ndisallow: /*/q*z$", "banwatch", "/a/b/quiz", false),
            ("user-agent: *\ndisallow: /*/q*z$", "banwatch", "/a/b/quizz/", true),
            ("user-agent: *\ndisallow: /?id=", "banwatch", "/?id=1", false),
            ("<html><body>not found</body></html>", "banwatch", "/x", true),
            ("user-agent: *\ndisallow: /a\nallow: /a/b", "banwatch", "/a/b/c", true),
            ("user-agent: *\ndisallow: /a\nallow: /a", "banwatch", "/a", true),
            ("user-agent: *\ndisallow: /*.php$", "banwatch", "/x/y.php", false),
            ("user-agent: *\ndisallow: /*.php$", "banwatch", "/x/y.php?q", true),
            ("user-agent: *\ndisallow: /뉴스", "banwatch", "/%EB%89%B4%EC%8A%A4/1", false),
            ("User-Agent: other\nUser-agent: banwatch\nDisallow: /p # private", "banwatch", "/p/1", false),
            ("user-agent: *\ndisallow:", "banwatch", "/x", true),
            ("\u{FEFF}user-agent: *\ndisallow: /x", "banwatch", "/x", false),
            ("user-agent: *\ndisallow: /x", "banwatch", "/robots.txt", true),
        ];
        for (robots, agent, path, allowed) in cases {
            assert_eq!(Robots::parse(robots.as_bytes()).allowed(agent, path), allowed, "{robots:?} {agent} {path}");
        }
    }

    #[test]
    fn statements_about_use_are_kept_raw_with_the_verdict() {
        let file = b"License: https://n.example/license.xml\nuser-agent: *\nContent-Signal: search=yes, ai-train=no\n\
                     user-agent: other\ndisallow: /\nuser-agent: banwatch\nContent-Usage: /a train-ai=n\nallow: /a";
        let said = |agent: &str, path: &str| {
            let signals = Robots::parse(file).rights(agent, path, "n.example");
            signals.into_iter().map(|s| format!("{}|{}", s.kind, s.raw)).collect::<Vec<_>>()
        };
        let licence = "rsl_licence|https://n.example/license.xml";
        let own = ["robots_txt|allowed by Allow: /a", "content_usage|/a train-ai=n", licence];
        assert_eq!(said("banwatch", "/a/1"), own);
        let all = ["robots_txt|allowed: no rule applies", "content_signal|search=yes, ai-train=no", licence];
        assert_eq!(
            said("somebody", "/a/1"),
            all,
            "the statement ends the list of agents: other's rules are not everybody's"
        );
        assert_eq!(said("other", "/a")[0], "robots_txt|forbidden by Disallow: /");
        assert_eq!(Robots::default().rights("x", "/", "n.example")[0].raw, "allowed: no rule applies");
        let many = Robots::parse("license: x\n".repeat(99).as_bytes());
        assert_eq!(many.rights("x", "/", "n.example").len(), STATEMENTS_MAX);
    }

    #[test]
    fn crawl_delay_is_read_and_capped() {
        let robots = Robots::parse(b"user-agent: *\ncrawl-delay: 2.5\nuser-agent: slow\ncrawl-delay: 99999");
        assert_eq!(robots.crawl_delay("banwatch"), Some(Duration::from_millis(2_500)));
        assert_eq!(robots.crawl_delay("slow"), Some(CRAWL_DELAY_MAX));
    }
}
