//! The model case in three languages, what fools a keyword matcher, and faults of the lexicon.
use super::*;
use crate::model::{Action, EventMention, Judgement, Precision, TimeSource, Topic};
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn judge(title: &str, body: &str, zone: &str) -> Judgement {
    let zone = TimeZone::get(zone).unwrap();
    let published = Stamp {
        instant: "2026-07-03T12:00:00Z".parse().unwrap(),
        offset_seconds: Some(0),
        precision: Precision::Second,
        source: TimeSource::Feed,
        raw: String::new(),
    };
    let lang = crate::text::lang::detect(body).lang;
    Lexicon::embedded().judge(&TopicInput { title, body, lang, published: Some(&published), zone: Some(&zone) })
}

fn of(judgement: &Judgement, topic: Topic) -> EventMention {
    judgement.event_mentions.iter().find(|m| m.kind == topic).cloned().unwrap()
}

fn ids(entities: &[crate::model::Entity]) -> Vec<&str> {
    entities.iter().filter_map(|e| e.id.as_deref()).collect()
}

fn check_model_case(title: &str, body: &str, zone: &str) {
    let judgement = judge(title, body, zone);
    assert_eq!(judgement.topics, [Topic::VendorBan, Topic::DistillationAllegation], "{:?}", judgement.reasons);
    let ban = of(&judgement, Topic::VendorBan);
    assert_eq!(ban.action, Action::Ban);
    assert_eq!((ids(&ban.actor), ids(&ban.target)), (vec!["alibaba"], vec!["anthropic"]));
    assert!(ids(&ban.products).contains(&"claude-code"), "{:?}", ban.products);
    assert_eq!(ban.effective.map(|d| d.0).as_deref(), Some("2026-07-10"));
    assert_eq!(ban.announced.map(|d| d.0).as_deref(), Some("2026-07-03"));
    assert_eq!(ban.instead.as_deref(), Some("qoder"));
    assert_eq!(ban.scope.as_deref(), Some("employees"));
    assert_eq!(ban.cited, ["zhidongxi", "internal source"]);
    let claim = of(&judgement, Topic::DistillationAllegation);
    assert_eq!(claim.action, Action::Allege);
    assert_eq!((ids(&claim.actor), ids(&claim.target)), (vec!["anthropic"], vec!["alibaba"]));
    assert_eq!(claim.announced.map(|d| d.0).as_deref(), Some("2026-06-10"));
    let values: Vec<u64> = claim.figures.iter().map(|f| f.value.round() as u64).collect();
    assert_eq!(values, [25_000, 28_000_000]);
    assert_eq!(claim.period.from.map(|d| d.0).as_deref(), Some("2026-04-22"));
    assert_eq!(claim.period.to.map(|d| d.0).as_deref(), Some("2026-06-05"));
}

#[test]
fn the_model_case_in_english() {
    check_model_case(
        "Alibaba bans Claude Code for its staff",
        "On July 3 Alibaba told employees in a notice that Claude Code is banned from July 10, Zhidongxi reported, citing an internal source. \
         The tool is now high-risk software, and Sonnet, Opus and Haiku are to be deleted too.\n\nStaff should use Qoder instead.\n\n\
         Anthropic alleged in a letter of June 10 to the Senate banking committee that Alibaba ran a distillation attack on Claude with about \
         25,000 fake accounts and over 28 million exchanges between April 22 and June 5.",
        "Asia/Seoul",
    );
}

#[test]
fn the_model_case_in_korean() {
    check_model_case(
        "알리바바, 사내 클로드 코드 사용 금지",
        "알리바바가 3일 임직원에게 오는 10일부터 클로드 코드 사용을 금지한다고 알렸다고 즈둥시가 내부 소식통을 인용해 보도했다. \
         회사는 대신 큐오더를 쓰라고 안내했다.\n\n\
         앤트로픽은 지난달 10일 상원 은행위원회에 보낸 서한에서 알리바바가 가짜 계정 약 2만5천 개로 4월 22일부터 6월 5일까지 클로드와 2천800만 건이 넘는 대화를 나누며 \
         증류 공격을 벌였다고 주장했다.",
        "Asia/Seoul",
    );
}

#[test]
fn the_model_case_in_chinese() {
    check_model_case(
        "阿里巴巴全面禁用Claude Code",
        "据智东西援引内部人士报道，阿里巴巴7月3日通知员工，自7月10日起禁止使用Claude Code，建议改用Qoder。\n\n\
         Anthropic在6月10日致参议院银行委员会的信函中指控阿里巴巴在4月22日至6月5日期间用约2.5万个虚假账户与Claude进行超过2,800萬次交互，实施蒸馏攻击。",
        "Asia/Shanghai",
    );
}

#[test]
fn look_alikes_are_off_topic() {
    let cases = [
        (
            "Building blocks of a chatbot",
            "The team describes the building blocks of its chatbot and a blockchain ledger.",
        ),
        ("공장 소식", "회사는 새 기계를 들였다.\n\n저작권자 ⓒ 신문. 무단 전재 및 재배포 금지, AI 학습 및 활용 금지"),
        ("위스키 증류소 탐방", "이 증류소는 증류주를 20년째 만든다는 의혹 없는 명가다."),
        ("메타버스 행사", "메타버스 행사장에서 휴대전화 사용을 금지했다."),
        ("杂志封面", "本期封面是新手机，账号误封已经申诉。"),
        ("模型压缩教程", "本文介绍知识蒸馏，用教师模型训练学生模型。"),
        ("ChatGPT outage", "ChatGPT was down; an outage blocked users for an hour."),
    ];
    for (title, body) in cases {
        let judgement = judge(title, body, "UTC");
        assert!(judgement.topics.is_empty(), "{title}: {:?}", judgement.reasons);
    }
}

#[test]
fn a_judge_who_blocks_a_ban_lifts_it() {
    let body = "A federal judge on Thursday blocked the Pentagon's designation of Anthropic as a supply chain risk.";
    let judgement = judge("Judge blocks Pentagon ban on Anthropic", body, "America/New_York");
    let mention = of(&judgement, Topic::VendorBan);
    assert_eq!(mention.action, Action::Lift);
    assert_eq!(ids(&mention.target), ["anthropic"]);
}

#[test]
fn the_day_is_the_feeds_own() {
    let body = "The ministry banned DeepSeek on all government devices today, with immediate effect.";
    let mention = of(&judge("Ministry bans DeepSeek", body, "Pacific/Kiritimati"), Topic::VendorBan);
    assert_eq!(mention.announced.map(|d| d.0).as_deref(), Some("2026-07-04"));
}

fn fault(text: &str) -> LexiconFault {
    Lexicon::load(&[("words.toml", text)]).unwrap_err()
}

#[test]
fn a_fault_names_file_and_line() {
    let unknown = fault("[[entity]]\nid = \"a\"\ntype = \"vendor\"\nen = [\"A\"]\ncolour = \"red\"\n");
    assert_eq!((unknown.file.as_str(), unknown.line), ("words.toml", 5));
    let twice = "[[entity]]\nid = \"a\"\ntype = \"vendor\"\nen = [\"Same\"]\n[[entity]]\nid = \"b\"\ntype = \"vendor\"\nen = [\"same\"]\n";
    assert_eq!(fault(twice).line, 8);
    assert!(Lexicon::load(&[("w", &format!("{twice}ambiguous = [\"same\"]\n"))]).is_ok());
    assert_eq!(fault("[[cue]]\nclass = \"veto\"\nen = []\n").line, 3);
    assert_eq!(fault("[[cue]]\nclass = \"veto\"\naction = \"ban\"\nen = [\"x\"]\n").line, 2);
}

#[test]
fn the_version_follows_the_content() {
    assert_eq!(Lexicon::embedded().version().len(), 12);
    let one = Lexicon::load(&[("w", "[[cue]]\nclass = \"veto\"\nen = [\"x\"]\n")]).unwrap();
    let two = Lexicon::load(&[("w", "[[cue]]\nclass = \"veto\"\nen = [\"y\"]\n")]).unwrap();
    assert_ne!(one.version(), two.version());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn evidence_and_entities_are_the_bodys_own_text(words in proptest::collection::vec(
        prop_oneof![Just("OpenAI"), Just("禁止使用"), Just("딥시크 사용 금지"), Just("ﬁ"), Just("蒸馏攻击指控"), Just("가짜 계정 2만5천 개"), Just(". "), Just("。"), Just("\n\n"), Just("July 10 "), Just("e\u{301}")], 0..30)) {
        let body = words.join(" ");
        let chars: Vec<char> = body.chars().collect();
        let judgement = judge("", &body, "UTC");
        for evidence in judgement.event_mentions.iter().flat_map(|m| &m.evidence) {
            prop_assert_eq!(chars[evidence.start..evidence.end].iter().collect::<String>(), evidence.text.clone());
        }
        for entity in &judgement.entities {
            prop_assert_eq!(chars[entity.start..entity.end].iter().collect::<String>(), entity.name.clone());
        }
    }
}
