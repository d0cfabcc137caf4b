//! Names of people out of what stands where a name should.
use super::bare;
use regex::Regex;
use std::sync::LazyLock;

const NAME_CHARS_MAX: usize = 48;
const NAMES_MAX: usize = 8;
/// "Posted by: By …".
const LABELS_MAX: usize = 3;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^\W*(?:(?:this )?(?:article|post|story)?\s*(?:written|posted|published|reviewed|authored|words|story|article|report(?:ed)?|edited)\s+by\b|authors?\b\s*[:：]?|by\b|from\b|글\s*[:：=]|취재\s*[:：=]|기자\s*[:：=]|(?:本报|本報|本台|特约|特約|见习|實習)?(?:记者|記者)(?:[:：/／|｜\s]|$)|(?:作者|撰文者?|文字?|采写|採訪|采访|編譯|编译|整理)\s*[:：/／|｜]|撰文\s)\s*[:：/|｜]?\s*",
    )
});
/// What follows a name: times, places, other roles, counts.
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\s*(?:[|｜•·–—]\s*\D{0,3}\d|\b(?:updated|published|posted|last modified|reviewed by|medically reviewed|edited by|fact.checked|photograph|is an?\s|min(?:ute)?s? read|read time|follow|share|leave a comment)\b|\s[|｜•]\s|\s[-–—]\s|\bon\s+\w+\s+\d|\d{4}[-./年]|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d|[／/|｜]|(?:综合|綜合)?(?:报道|報道|報導|报导)$|摄$|攝$).*$",
    )
});
static BRACKETS: LazyLock<Regex> = LazyLock::new(|| regex(r"\s*[(（\[【<][^)）\]】>]{0,60}[)）\]】>]"));
static MAIL: LazyLock<Regex> = LazyLock::new(|| regex(r"\s*[\w.+-]+@[\w.-]*"));
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\s*(?:(?:시민|선임|수석|인턴|전문|객원|편집|사진|영상|온라인|디지털|본지|스포츠|경제|정치|사회|문화|의학|환경|과학|국제|대학생|명예|대)?\s?(?:기자|특파원|논설위원|편집위원|칼럼니스트|에디터|앵커|아나운서|리포터|PD|피디|통신원|평론가|작가|교수|연구원|대표|편집장|국장|부장|팀장|위원)(?:님)?)$",
    )
});
static SPLIT: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\s*(?:,|、|，|;|；|·|・|&|／|\s+and\s+|\s+with\s+|\s와\s|\s및\s)\s*"));

/// Names out of one text; none when it holds no name.
pub(super) fn read(raw: &str) -> Vec<String> {
    let Some(text) = plain(raw) else { return Vec::new() };
    if is_body(&text) && !text.contains([',', '、']) {
        let whole = one(&text);
        return if is_name(&whole) { vec![whole] } else { Vec::new() };
    }
    let mut names: Vec<String> = Vec::new();
    for part in SPLIT.split(text.trim()).take(NAMES_MAX) {
        let name = one(part);
        if is_name(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The text as written when it joins names by a word, which says more than a list.
pub(super) fn joined(raw: &str, names: &[String]) -> Option<String> {
    let text = plain(raw)?;
    let rest = names.iter().fold(text.clone(), |rest, name| rest.replacen(name.as_str(), "", 1));
    let is_pair = names.len() == 2 && matches!(rest.trim(), "and" | "&" | "with");
    is_pair.then(|| text.trim().to_owned())
}

/// Without labels, mail, times and remarks.
fn plain(raw: &str) -> Option<String> {
    let mut text = raw.trim().to_owned();
    if text.contains("://") || (text.starts_with('@') && text.contains('.')) {
        return None;
    }
    for _ in 0..LABELS_MAX {
        text = LABEL.replace(&text, "").trim().to_owned();
    }
    text = MAIL.replace_all(&text, "").into_owned();
    text = TAIL.replace(&text, "").into_owned();
    let open = BRACKETS.replace_all(&text, "").into_owned();
    // Brackets around everything, or a by-name in the middle of a Latin name.
    let keeps = open.trim().is_empty() || (text.is_ascii() && !text.trim_end().ends_with(')'));
    Some(if keeps { text } else { open })
}

/// One name: the role behind it and the place before it go.
fn one(part: &str) -> String {
    let mut name = part.rsplit_once('=').map_or(part, |(_, after)| after).trim().to_owned();
    let bare_name = ROLE.replace(&name, "").trim().to_owned();
    let had_role = bare_name != name;
    if !bare_name.is_empty() {
        name = bare_name;
    }
    // "샘플일보 홍길동": the person stands last.
    if had_role
        && let Some((_, last)) = name.rsplit_once(char::is_whitespace)
        && last.chars().all(is_hangul)
        && (2..=4).contains(&last.chars().count())
    {
        name = last.to_owned();
    }
    name.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '’' | ')' | '\'')))
        .trim_end_matches("'s")
        .to_owned()
}

fn is_name(name: &str) -> bool {
    const NONE: [&str; 67] = [
        "admin",
        "administrator",
        "author",
        "authors",
        "editor",
        "editors",
        "staff",
        "guest",
        "user",
        "webmaster",
        "unknown",
        "none",
        "null",
        "n/a",
        "by",
        "root",
        "noreply",
        "undefined",
        "true",
        "false",
        "default",
        "sign in",
        "no comments",
        "leave a comment",
        "log in",
        "login",
        "subscribe",
        "read more",
        "menu",
        "search",
        "contributor",
        "published",
        "updated",
        "last updated",
        "about the author",
        "written by",
        "contact us",
        "about us",
        "share",
        "follow",
        "posted",
        "written",
        "관리자",
        "편집국",
        "편집부",
        "온라인뉴스팀",
        "기자",
        "시민",
        "취재",
        "인턴",
        "객원",
        "전문",
        "오늘의",
        "구독",
        "담당",
        "기사",
        "다른",
        "뉴스",
        "原创",
        "关注",
        "關注",
        "记者",
        "記者",
        "作者",
        "编辑",
        "編輯",
        "佚名",
    ];
    let lower = name.to_lowercase();
    let count = name.chars().count();
    let words = name.split_whitespace().count();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let is_code = name.contains(['{', '}', '$', '<', '/', '_'])
        || (name.contains('.')
            && !name.contains(' ')
            && name.matches('.').count() >= 2
            && name.is_ascii()
            && count > 8);
    (2..=NAME_CHARS_MAX).contains(&count)
        && words <= 7
        && letters >= 2
        && digits < 4
        && !is_code
        && !NONE.contains(&lower.as_str())
        && !name.contains(['?', '!', '。', '…', ':', '：', '|', '"'])
}

pub(super) fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// The site's own name, or a body's.
pub(super) fn is_site(name: &str, site: Option<&str>) -> bool {
    let (name, site) = (bare(name), site.map(bare).unwrap_or_default());
    !site.is_empty()
        && (name == site
            || (name.starts_with(&site)
                && name.chars().count() <= site.chars().count() + 6
                && site.chars().count() >= 3))
}

pub(super) fn is_body(name: &str) -> bool {
    const ENDS: [&str; 35] = [
        "일보",
        "신문",
        "뉴스",
        "방송",
        "닷컴",
        "경제",
        "타임스",
        "타임즈",
        "투데이",
        "매일",
        "시보",
        "저널",
        "데일리",
        "신문사",
        "통신",
        "미디어",
        "뉴스팀",
        "취재팀",
        "편집국",
        "한국일보",
        "新闻",
        "新聞",
        "日报",
        "日報",
        "晚报",
        "晚報",
        "网",
        "網",
        "通讯社",
        "通訊社",
        "电视台",
        "電視台",
        "编辑部",
        "編輯部",
        "中心",
    ];
    const WORDS: [&str; 20] = [
        "team",
        "staff",
        "editorial",
        "inc",
        "llc",
        "ltd",
        "news",
        "media",
        "group",
        "company",
        "press",
        "desk",
        "editors",
        "editor",
        "blog",
        "services",
        "admin",
        "university",
        "foundation",
        "newsroom",
    ];
    let lower = name.to_lowercase();
    ENDS.iter().any(|end| name.ends_with(end))
        || lower.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
        || (!name.contains(' ') && name.contains('.') && lower.is_ascii())
}

/// A login name written as one: hyphens and capitals are set.
pub(super) fn spoken(name: &str) -> String {
    let is_login = name.is_ascii()
        && !name.contains(' ')
        && name.chars().filter(|c| matches!(c, '-' | '_' | '.')).count() == 1
        && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_' | '.'));
    if !is_login {
        return name.to_owned();
    }
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}
