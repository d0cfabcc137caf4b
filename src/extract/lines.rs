//! HTML to paragraphs, and the cleaning of what presses put between and under them.
use crate::model::RightsSignal;
use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use regex::{Regex, RegexSet};
use scraper::{Html, Node, node::Element};
use std::collections::HashSet;
use std::sync::LazyLock;

/// A line of furniture is short; the same words inside prose stay.
const FURNITURE_CHARS_MAX: usize = 160;
/// With those of headers, meta elements and links.
const RIGHTS_MAX: usize = 40;

const SKIPPED: [&str; 13] = [
    "script",
    "style",
    "noscript",
    "template",
    "figcaption",
    "button",
    "svg",
    "form",
    "select",
    "iframe",
    "textarea",
    "head",
    "nav",
];
const INLINE: [&str; 29] = [
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
    "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "wbr",
];

/// The visible text of a document, one string a paragraph (list item, quote, table row).
pub(super) fn paragraphs(html: &Html) -> Vec<String> {
    paragraphs_in(html.tree.root(), &HashSet::new())
}

/// The same of one element, without the elements that are `dropped`.
pub(super) fn paragraphs_in(root: NodeRef<'_, Node>, dropped: &HashSet<NodeId>) -> Vec<String> {
    let (mut out, mut line, mut skipping) = (Vec::new(), String::new(), 0usize);
    let skips = |id: NodeId, element: &Element| SKIPPED.contains(&element.name()) || dropped.contains(&id);
    for edge in root.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) if skipping == 0 => line.push_str(text),
                Node::Element(element) if skips(node.id(), element) => skipping += 1,
                Node::Element(element) => boundary(element, &mut line, &mut out),
                _ => {}
            },
            Edge::Close(node) => match node.value() {
                Node::Element(element) if skips(node.id(), element) => skipping = skipping.saturating_sub(1),
                Node::Element(element) => boundary(element, &mut line, &mut out),
                _ => {}
            },
        }
    }
    flush(&mut line, &mut out);
    out
}

fn boundary(element: &Element, line: &mut String, out: &mut Vec<String>) {
    let name = element.name();
    if name == "td" || name == "th" {
        line.push(' ');
    } else if !INLINE.contains(&name) {
        flush(line, out);
    }
}

fn flush(line: &mut String, out: &mut Vec<String>) {
    let text = one_line(line);
    if !text.is_empty() {
        out.push(text);
    }
    line.clear();
}

/// White space collapsed; U+3000 at the start of Chinese paragraphs is indentation.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut apart = false;
    for c in text.chars().filter(|c| !matches!(c, '\u{200B}' | '\u{FEFF}' | '\u{AD}')) {
        if c.is_whitespace() {
            apart = !out.is_empty();
        } else {
            if std::mem::take(&mut apart) {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out
}

/// Rights lines, kept apart as rights signals.
static RIGHTS: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"무단\s*(전재|복제|배포|사용)|재배포\s*(를\s*)?금지|AI\s*학습\s*(및\s*활용\s*)?(이용\s*)?금지|저작권자",
        r"(?i)^(ⓒ|©|\(c\)|copyright\b|copyrights?\s*[ⓒ©])",
        r"(?i)all rights reserved",
        r"版权所有|版權所有|未经授权.{0,12}(转载|使用)|未經.{0,12}(轉載|使用)|禁止转载|禁止轉載|请勿转载|請勿轉載|转载请注明|轉載請註明",
    ])
    .expect("the patterns are constant")
});

/// Furniture of the presses: dropped.
static FURNITURE: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"(?i)^[^.!?。]{0,40}[\w.+-]+@[\w-]+(\.[\w-]+)+[)）\]】]?\.?$",
        // Editors and sources.
        r"^[(（【\[]?\s*(责任编辑|責任編輯|责编|責編|原标题|原標題|编辑|編輯|校对|审核|審核|核稿|来源|來源|文章来源|撰文|作者|文|采写|制图)\s*[:：/／|｜].{0,60}$",
        r"^[(（【\[]?[^。，,.]{0,12}(记者|記者|编辑|編輯)\s*[|｜/／:：]?\s*\p{Han}{2,4}([、 ]\p{Han}{2,4}){0,3}\s*[）)】\]]?$",
        r"^(记者|記者)?\s*[^。，]{0,12}[/／](综合|綜合|[^。，]{2,6})?(报道|報導|報道)$",
        r"^(영상\s*(취재|편집|디자인)|촬영\s*기자|영상편집|그래픽|취재지원|편집)\s*[:：/=]",
        r"^\(?영상\s*취재\s*:",
        // What else to read.
        r"^(관련\s*기사|연관\s*기사|많이 본 (뉴스|기사)|추천\s*기사|기사\s*제보|좋아요|구독하기|공유하기|댓글|인쇄|글자크기)",
        r"^(相关阅读|相关新闻|相關新聞|延伸閱讀|延伸阅读|推荐阅读|扫一扫|分享到|打印|举报|点击进入专题|更多新聞)",
        r"^(更多|看更多|查看更多)[^。，]{0,12}(报导|報導|新聞|新闻|报道|內容|内容)$",
        r"(?i)^(read more|share this|sign up for|subscribe now|related (articles?|stories|content)?|more (on|from) this|recommended|continue reading|story continues)\b[^.]{0,40}$",
        // Invitations and advertising.
        r"(?i)^\W*(advertisement|advert|ad|광고|广告|廣告|sponsored)\W*$",
        r"제보를? (기다립니다|받습니다)|당신의 제보|^[▷\[【]?\s*(전화|카카오톡|이메일|메일|홈페이지)\s*[:\]】]?\s*[^.다]{0,40}$|채널\s*추가|기사제보 및 보도자료",
        r"^\[?편집자\s?주\]?|단말기로 .{0,30}서비스된 기사",
        r"請繼續往下閱讀|请继续往下|点击(上方|下方|左上角)?.{0,6}(蓝字|关注)|关注.{0,24}公众号|长按.{0,10}二维码|扫码(关注|下载|加入)|打开APP|立即訂閱|下載.{0,8}APP|不用抽",
        r"(观点|觀點|立场|立場).{0,14}(不代表|仅代表|僅代表)|(不代表|仅代表|僅代表).{0,20}(观点|觀點|立场|立場)|经.{0,12}授权(发布|转载)|广告声明|免责声明|免責聲明|特别声明",
        r"(?i)^[-—– ]*(end|完|끝)[-—– .]*$",
        // Captions and credits.
        r"^[(（【\[]?\s*(图源|圖源|图片来源|圖片來源|资料图|資料照|图|圖|攝影|摄影|照片|示意图|示意圖)\s*[:：/／|｜]",
        r"[（(【\[](图|圖)[/／:：][^）)]{1,30}[）)】\]]$|(图源|圖源)[:：][^。]{1,24}$|供图[）)]?$|翻攝自?[^。]{0,20}$",
        r"(记者|記者|通讯员)?\s*\p{Han}{2,4}\s?(攝|摄)[）)】]?[。.]?$",
        r"[다요임함]\.?\s*[(\[/=<]?\s*(사진\s*[=:/]?\s*)?(연합뉴스|뉴시스|뉴스1|로이터|AP|AFP|EPA|게티이미지\S{0,6}|[가-힣]{2,4} 기자|\S{2,12} 제공|\S{2,8} ?DB|\S{1,12} ?(캡처|갈무리))\s*[)\]>]?$",
        r"[\[(](사진|자료)\s*[=:].{1,30}[\])]$|/\s*사진\s*[=:]?\s*\S{2,12}( 기자)?$|\[사진 ?= ?[^\]]{1,30}\]",
        r"(?i)\((AP|AFP|Reuters|Getty( Images)?|Image:?)[^)]{0,40}\)$|^(photo|image|picture|credit)s?( by| credit| courtesy)?\s*:|\| (getty|ap photo|reuters|afp)\b.{0,30}$",
    ])
    .expect("the patterns are constant")
});

/// A line that begins with a mark is a caption; several marks make a list, and a pair around it the name of a speaker.
fn is_marked_caption(line: &str) -> bool {
    let Some(mark) = line.chars().next().filter(|c| "▲△▼▽◀▶↑↓".contains(*c)) else { return false };
    line.chars().filter(|c| *c == mark).count() == 1 && !line.ends_with('▶')
}

/// What portals hang on the last paragraph.
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s*(返回搜狐，查看更多|返回搜狐,查看更多|【?点击查看更多】?|（?責任編輯[:：][^）]{2,8}）?|\(?责任编辑[:：]\s?\S{2,8}\)?|（編輯[:：][^）]{2,10}）\d{0,8})\s*$")
        .expect("the pattern is constant")
});

static EMAIL_TAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s*[(（\[]?[\w.+-]+@[\w-]+(\.[\w-]+)+[)）\]]?\s*$").expect("the pattern is constant")
});

/// Joins what is the article's own text; rights lines go to `rights`.
pub(super) fn body(lines: Vec<String>, title: Option<&str>, rights: &mut Vec<RightsSignal>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        let short = is_short(&line);
        let heads_with_title = kept.is_empty() && title == Some(line.as_str());
        if short && RIGHTS.is_match(&line) {
            note_rights(&line, rights);
        } else if heads_with_title || (short && (is_marked_caption(&line) || FURNITURE.is_match(&line))) {
            continue;
        } else {
            let line = without_tail(line);
            if !line.is_empty() && kept.last() != Some(&line) {
                kept.push(line);
            }
        }
    }
    kept.join("\n\n")
}

/// A look for the signs of each tail saves most lines the search for it.
fn without_tail(line: String) -> String {
    let line = if line.contains('@') { EMAIL_TAIL.replace(&line, "").into_owned() } else { line };
    if line.contains(['狐', '击', '辑', '輯']) { TAIL.replace(&line, "").into_owned() } else { line }
}

/// Rights lines stand at the foot of the page as often as in the text.
pub(super) fn rights_around(visible: &[String], rights: &mut Vec<RightsSignal>) {
    for line in visible.iter().filter(|line| is_short(line) && RIGHTS.is_match(line)) {
        note_rights(line, rights);
    }
}

fn is_short(line: &str) -> bool {
    line.chars().take(FURNITURE_CHARS_MAX + 1).count() <= FURNITURE_CHARS_MAX
}

fn note_rights(line: &str, rights: &mut Vec<RightsSignal>) {
    if rights.len() < RIGHTS_MAX && rights.iter().all(|known| known.raw != line) {
        rights.push(RightsSignal { kind: "footer".to_owned(), raw: line.to_owned(), place: "text".to_owned() });
    }
}
