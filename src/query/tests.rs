use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, understood: &str) {
    match parse(text) {
        Ok(query) => assert_eq!(explain(&query), understood),
        Err(problems) => panic!("{text}: {problems:?}"),
    }
}

#[track_caller]
fn refuse(text: &str, code: &str, at: (usize, usize)) {
    let problem = parse(text).expect_err(text).remove(0);
    assert_eq!((problem.code.as_str(), problem.at), (code, at), "{}", problem.message);
}

#[test]
fn queries_mean_what_they_say() {
    check("금지 \"Claude Code\"", "금지 AND \"Claude Code\"");
    check("딥시크 OR DeepSeek -주가", "딥시크 OR (DeepSeek AND NOT 주가)");
    check("(a OR b) AND NOT (c d)", "(a OR b) AND NOT (c AND d)");
    check("title:(ban OR 금지) body:\"x y\"", "(title:ban OR title:금지) AND body:\"x y\"");
    check("lang:KO script:hant topic:vendor_ban", "lang:ko AND script:Hant AND topic:vendor_ban");
    check("vendor:딥시크 after:2026-07 before:2026-7-10", "vendor:딥시크 AND after:2026-07-01 AND before:2026-07-10");
    check("product:\"Claude Code\"", "product:\"claude code\"");
    check("GPT-4 28,000", "GPT-4 AND 28,000");
    check("a|b", "a OR b");
}

#[test]
fn east_asian_forms_mean_the_same() {
    check("금지\u{3000}차단", "금지 AND 차단");
    check("“클로드 코드” 「深度求索」", "\"클로드 코드\" AND \"深度求索\"");
    check("ｌａｎｇ：ｋｏ （금지 ＯＲ 차단）", "lang:ko AND (금지 OR 차단)");
    check("封禁，下架。禁用", "封禁 AND 下架 AND 禁用");
    check("[단독]삼성 OpenAI: 계정", "단독 AND 삼성 AND OpenAI: AND 계정");
    check("【단독】 title:distill＊", "단독 AND title:distill*");
    check("＂Claude Code＂", "\"Claude Code\"");
}

#[test]
fn what_is_not_searched_is_said() {
    let notes = |text: &str| parse(text).map(|q| q.notes.into_iter().map(|n| (n.code, n.at)).collect::<Vec<_>>());
    assert_eq!(notes("금지 & 차단"), Ok(vec![("not_searchable".to_owned(), (3, 4))]));
    assert_eq!(notes("titel:금지"), Ok(vec![("unknown_field".to_owned(), (0, 6))]));
    assert_eq!(notes("금지 차단"), Ok(vec![]));
}

#[test]
fn faults_are_placed() {
    refuse("", "empty", (0, 0));
    refuse("금지 OR", "operand_missing", (3, 5));
    refuse("OR 금지", "operand_missing", (0, 2));
    refuse("(금지", "unclosed_bracket", (0, 1));
    refuse("금지)", "unopened_bracket", (2, 3));
    refuse("()", "empty_group", (0, 1));
    refuse("금지 \"차단", "unclosed_quote", (3, 6));
    refuse("금지」", "unopened_quote", (2, 3));
    refuse("*", "unsupported", (0, 1));
    refuse("- *", "dangling_minus", (0, 1));
    refuse("dis*till", "unsupported", (0, 8));
    refuse("d*", "bad_prefix", (0, 2));
    refuse("a GPT-4*", "bad_prefix", (2, 8));
    refuse("a NEAR/5 b", "unsupported", (2, 6));
    refuse("lang:korean", "bad_value", (5, 11));
    refuse("after:2026-13-01", "bad_value", (6, 16));
    refuse("lang: ko", "no_value", (0, 5));
    refuse("lang:(ko)", "no_value", (0, 5));
}

#[test]
fn limits_hold() {
    let clock = std::time::Instant::now();
    refuse(&"(".repeat(5_000), "too_long", (2_000, 5_000));
    refuse(&"(".repeat(2_000), "too_deep", (32, 33));
    refuse(&format!("{}a", "-".repeat(1_000)), "too_deep", (32, 33));
    refuse(&vec!["a"; 201].join(" OR "), "too_many_terms", (1_000, 1_001));
    refuse(&"a".repeat(1 << 20), "too_long", (2_000, 1 << 20));
    assert!(clock.elapsed().as_millis() < 500, "slow: {:?}", clock.elapsed());
}

#[test]
fn plain_text_never_fails() {
    assert_eq!(parse_any("(a OR \"b").expr, Expr::Any("(a OR \"b".to_owned()));
    assert_eq!(parse_any(&"가".repeat(3_000)).notes.len(), 1);
}

proptest! {
    #[test]
    fn every_text_is_answered(text in prop_oneof![any::<String>(), "[-a금禁(): \"“”「」|*~,　OR]{0,60}"]) {
        let chars = text.chars().count();
        parse_any(&text);
        let problems = match parse(&text) {
            Ok(query) => {
                prop_assert!(!explain(&query).is_empty());
                query.notes
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                problems
            }
        };
        for problem in problems {
            prop_assert!(problem.at.0 <= problem.at.1 && problem.at.1 <= chars, "{problem:?}");
        }
    }
}
