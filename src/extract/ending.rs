//! Whether a text ends where its article does: calls to pay or log in, and dots where a sentence should be.
use super::block::Measure;
use regex::{Regex, RegexSet};
use std::sync::LazyLock;

/// A call stands right under the text, or is its last lines.
const CALL_LINES: usize = 3;
/// A longer line speaks of paywalls, it is none.
const CALL_CHARS_MAX: usize = 160;
/// Dots at the end of a longer text are style.
const TEASER_WORDS_MAX: f32 = 300.0;

static CALLS: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"(구독자|유료\s?회원|유료\s?구독자|프리미엄\s?회원)\s?(전용|만\s?(볼|읽을|이용))",
        r"(기사|글|콘텐츠)(의)?\s?전문은.{0,40}(구독|로그인|회원|유료|가입)",
        r"(로그인|구독|가입|결제)\s?(후|하시면|하면|하셔야|해야)\s?.{0,20}(전문|전체|계속|이어서|나머지).{0,20}(수 있|보기|읽|이용)",
        r"(이어지는|남은)\s?(기사|내용|글).{0,30}(구독|로그인|결제|회원)",
        r"剩余\s?\d{0,3}\s?[%％字]?.{0,16}(付费|付費|订阅|訂閱|登录|登入|解锁|解鎖|购买)|剩餘\s?\d{0,3}\s?[%％字]?.{0,16}(付費|訂閱|登入|解鎖|購買)",
        r"(付费|付費|订阅|訂閱|登录|登入|购买|購買)(本文|全文)?(后|後|即可|以|才能|方可).{0,6}(阅读|閱讀|查看|继续|繼續|看全文|看完整|解锁|解鎖)",
        r"(加入|成为|成為|升级|升級|开通|開通).{0,8}(会员|會員|訂戶|订户).{0,16}(阅读|閱讀|全文|解锁|解鎖|看完整|繼續|继续)",
        r"(本文|全文|此文|文章|內容|内容).{0,6}(付费|付費|订户|訂戶|会员|會員|訂閱者|订阅者).{0,2}(专享|專享|限定|專屬|专属|独享|獨享|可[阅閱看])",
        r"(?i)\b(subscribe|sign up|register|log ?in|sign in)( now| today| or subscribe)? (to|and) (continue|keep|read|unlock|finish|view) ?(reading|the (full|rest)|this|more|full)?",
        r"(?i)\b(this|the full|the rest of (this|the)) (article|story|content|report) is (only |exclusively )?(available )?(for|to|reserved for) (our )?(paying |paid )?(subscribers|members)",
        r"(?i)\bto (continue|keep) reading,? .{0,30}(subscri|sign|log|register|member)",
        r"(?i)^(this is )?(a |an )?(subscriber|member)s?[- ](only|exclusive)\b",
    ])
    .expect("the patterns are constant")
});

/// A tail that says there is more elsewhere.
static MORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(\b(read more|continue reading|read the (full|rest|whole)[^.]{0,40}|full story|more\s?(»|→|>+))\W*|(기사\s?)?(더\s?보기|전문\s?보기|더\s?읽기|원문\s?보기)\W*|(阅读全文|閱讀全文|查看全文|阅读更多|閱讀更多|更多内容|更多內容|点击查看|繼續閱讀|继续阅读|看全文)\W*)$",
    )
    .expect("the pattern is constant")
});

/// The post "… appeared first on …" is what a blog's feed adds to a teaser and to a whole text.
static CREDIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^the post .{0,300} (appeared|first appeared) .{0,200}$").expect("the pattern is constant")
});

/// A feed's text whose last line leads to the rest of it. Such lines are furniture on a page, and here they are an answer.
pub(super) fn leads_on(lines: &[String]) -> bool {
    static BEGINS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^\W*(read more|continue reading|keep reading|full story)\b").expect("the pattern is constant")
    });
    let last = lines.iter().rev().find(|line| !CREDIT.is_match(line));
    last.is_some_and(|line| {
        let short = line.chars().take(CALL_CHARS_MAX + 1).count() <= CALL_CHARS_MAX;
        MORE.is_match(line) || (short && BEGINS.is_match(line))
    })
}

/// Why the text is not the whole article; None where nothing says so.
pub(super) fn cut_off(text: &[String], visible: &[String]) -> Option<String> {
    call(text, visible)
        .map(|line| format!("the text ends at a call: {line}"))
        .or_else(|| is_broken_off(text).then(|| "the text breaks off with dots".to_owned()))
}

/// The page asks to pay or to log in where the article's text ends.
fn call<'a>(text: &'a [String], visible: &'a [String]) -> Option<&'a str> {
    let last = text.iter().rev().take(CALL_LINES);
    let end = text.last().and_then(|end| visible.iter().rposition(|line| line == end));
    let under = end.map(|end| visible.iter().skip(end + 1).take(CALL_LINES)).into_iter().flatten();
    last.chain(under)
        .map(String::as_str)
        .find(|line| line.chars().take(CALL_CHARS_MAX + 1).count() <= CALL_CHARS_MAX && CALLS.is_match(line))
}

fn is_broken_off(text: &[String]) -> bool {
    let words: f32 = text.iter().map(|line| Measure::of(line, 0, 0).words).sum();
    words < TEASER_WORDS_MAX && text.last().is_some_and(|line| has_dots(line))
}

fn has_dots(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ']' | ')' | '）' | '】' | '>'));
    line.ends_with('…') || line.ends_with("...") || line.ends_with("‥")
}

/// The text ends as an article does: with a sentence, and without a word that the rest is elsewhere.
pub fn is_whole(body: &str) -> bool {
    let mut lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !CREDIT.is_match(line));
    let Some(last) = lines.next_back() else { return false };
    !has_dots(last) && !MORE.is_match(last) && !CALLS.is_match(last) && ends_a_sentence(last)
}

fn ends_a_sentence(line: &str) -> bool {
    let end = line.trim_end_matches(['"', '\'', '”', '’', '」', '』', ')', '）', '》', ']', '】']).chars().next_back();
    end.is_some_and(|c| matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '다' | '요' | '음' | '함' | '임'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn calls_under_the_text_are_seen_in_three_languages() {
        for line in [
            "이 기사는 구독자 전용입니다",
            "기사 전문은 유료회원만 볼 수 있습니다",
            "로그인 후 전체 기사를 읽을 수 있습니다",
            "剩余70%内容，付费后可阅读",
            "订阅后可阅读全文",
            "加入會員，解鎖全文",
            "本文為訂戶專享內容",
            "Subscribe to continue reading",
            "To continue reading, please subscribe or sign in",
            "This article is available to subscribers only.",
        ] {
            let text = lines("The first paragraph is free.\nThe second breaks here.");
            let visible =
                lines(&format!("menu\nThe first paragraph is free.\nThe second breaks here.\n{line}\nfooter"));
            assert!(cut_off(&text, &visible).is_some(), "{line}");
        }
    }

    #[test]
    fn an_article_about_paywalls_and_a_far_call_are_none() {
        let text = lines(
            "The paper put up a wall: subscribe to continue reading, it told readers on Monday, and many did not come back in the weeks after, as its own figures show, which it gave the regulator.\nOne.\nTwo.\nThe end.",
        );
        let visible = lines("The end.\nShare\nRelated\nMore\nSubscribe to continue reading our letters");
        assert_eq!(cut_off(&text, &visible), None);
        assert_eq!(cut_off(&lines("회사는 구독자 수를 밝혔다.\n订阅人数达到三万。"), &[]), None);
    }

    #[test]
    fn dots_count_at_the_end_of_a_short_text_only() {
        assert!(cut_off(&lines("정부가 챗봇을 금지했다.\n담당자는 자료가 밖으로…"), &[]).is_some());
        assert!(cut_off(&lines("A start [...]"), &[]).is_some());
        assert_eq!(cut_off(&lines(&format!("{}\nAnd so on ...", "A word. ".repeat(200))), &[]), None);
    }

    #[test]
    fn a_teaser_does_not_end_like_an_article() {
        for whole in [
            "He said so.",
            "금지했다.",
            "밝혔다",
            "他说：“不会。”",
            "So it is.\n\nThe post A ban appeared first on Press.",
        ] {
            assert!(is_whole(whole), "{whole}");
        }
        for teaser in [
            "He said …",
            "He said [...]",
            "He said. Read more",
            "금지했다. 더 보기",
            "他说。阅读全文 >>",
            "He said",
            "",
        ] {
            assert!(!is_whole(teaser), "{teaser}");
        }
    }
}
