//! Organisations that the lexicon does not know, recognised by how their names are built. A guess: it never gets an id.
use regex::Regex;
use std::sync::LazyLock;

/// Names longer than this are sentences.
const NAME_CHARS_MAX: usize = 40;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant checked by tests")
}

static EN: LazyLock<Regex> = LazyLock::new(|| {
    let ends = "University|Bank|Ministry|Authority|Agency|Commission|Council|Insurance|Group|Holdings|Systems|Labs?|AI|Technologies|Corporation|Company|School District|Unified|Court|Department|Office|Institute|Hospital|Mobile|Motors|Electronics|Airlines|Securities|Software|Studios?|Intelligence|Networks?|Centre|Center|Board";
    regex(&format!(
        r"\b(?:(?:Ministry|Department|Office|University|Bank|Court|Council|Centre|Center|Board) (?:of|for) (?:the )?[A-Z][\w'-]*(?:(?: and| of| for)? [A-Z][\w'-]*)*|[A-Z][\w'&-]*(?: (?:[A-Z][\w'&-]*|&)){{0,3}} (?:{ends}))\b"
    ))
});
static KO: LazyLock<Regex> = LazyLock::new(|| {
    let ends = "대학교|대학|대|은행|위원회|교육청|개발청|보호청|경찰청|청|부|처|연구원|연구소|법원|그룹|전자|증권|보험|카드|랩|AI|공사|공단|병원|모바일|테크|소프트|클라우드|컴퍼니|시스템즈|원";
    regex(&format!(r"(?:^|[\s'‘“(])((?:[가-힣A-Za-z]{{1,10}})(?:{ends}))(?:은|는|이|가|도|의|측)(?:\s|$)"))
});
static ZH: LazyLock<Regex> = LazyLock::new(|| {
    let ends = "大学|大學|银行|銀行|公司|集团|集團|法院|委员会|委員會|市政府|政府|医院|醫院|证券|證券|科技|智能|智慧|电信|電信|资讯|研究院|数据局|资安署|部|局|署|厅|廳|处|處";
    regex(&format!(r"(?:^|[，。、；：“”\s]|据|由|向|美国|中国|韩国|日本|台湾)([\p{{Han}}A-Za-z]{{2,8}}?(?:{ends}))"))
});

/// Words that look like the beginning of a name and are none.
const NOT_NAMES: &[&str] = &[
    "The",
    "On",
    "At",
    "For",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "A",
    "In",
    "An",
    "But",
    "And",
    "After",
    "이번",
    "일부",
    "대부",
    "정부",
    "내부",
    "외부",
    "전부",
    "全部",
    "内部",
    "外部",
    "局部",
    "该公司",
    "本公司",
    "两家公司",
];

/// In the order of the text.
pub(super) fn organisations(sentence: &str) -> Vec<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for c in EN.captures_iter(sentence).chain(KO.captures_iter(sentence)).chain(ZH.captures_iter(sentence)) {
        let Some(name) = c.get(1).or_else(|| c.get(0)) else { continue };
        let text = name.as_str();
        let text = without_openers(text);
        if !NOT_NAMES.contains(&text) && text.chars().count() <= NAME_CHARS_MAX {
            found.push((name.start(), text.to_owned()));
        }
    }
    found.sort();
    found.into_iter().map(|(_, name)| name).collect()
}

/// "On Monday Lakeshore Bank" without its first two words.
fn without_openers(mut text: &str) -> &str {
    while let Some(rest) = NOT_NAMES.iter().find_map(|w| text.strip_prefix(w)?.strip_prefix(' ')) {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_by_their_endings() {
        let cases: &[(&str, &str)] = &[
            ("On Monday Lakeshore Bank told its staff", "Lakeshore Bank"),
            ("the Ministry of Transport has ruled", "Ministry of Transport"),
            ("지난주 가온대학교는 사용을 금지했다", "가온대학교"),
            ("据悉，海松银行要求员工", "海松银行"),
        ];
        for (text, name) in cases {
            assert_eq!(organisations(text).first().map(String::as_str), Some(*name), "{text}");
        }
        assert!(organisations("nothing here is a name").is_empty());
    }
}
