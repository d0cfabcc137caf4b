use super::*;
use proptest::prelude::*;

fn texts(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|t| t.text.as_str()).collect()
}

#[test]
fn grams_cross_spaces_and_keep_words_whole() {
    assert_eq!(texts(&grams("사용 금지")), ["사", "사용", "용금", "금지", "지"]);
    assert_eq!(texts(&grams("챗GPT-4를")), ["챗", "gpt", "4", "를"]);
    let at: Vec<usize> = grams("Claude Code를").iter().map(|t| t.position).collect();
    assert_eq!(at, [0, 6, 10]);
    assert_eq!(grams("GPT-4"), {
        let mut same = grams("GPT4");
        same[1].start += 1;
        same[1].end += 1;
        same
    });
}

#[test]
fn words_follow_the_script() {
    assert_eq!(texts(&words("distilling outputs")), ["distil", "output"]);
    assert_eq!(texts(&words("OpenAI's")), ["openai"]);
    assert_eq!(texts(&words("AI가 금지했다")), ["ai", "금지"]);
    assert_eq!(texts(&words("产品和服务")), ["产品", "和", "服务"]);
    assert_eq!(words("蒸餾"), words("蒸馏"));
}

#[test]
fn short_words_are_words_of_their_own() {
    let has = |text: &str, word: &str| analyse(text).short_words.iter().any(|w| w == word);
    assert!(has("사용을 금지했다", "금지"));
    assert!(has("阿里巴巴禁止员工", "阿里"));
    assert!(has("딥시크發 정보유출", "딥시크"));
    assert!(!has("产品和服务", "和服"));
    assert!(!has("东京都政府", "京都"));
    assert!(!has("한국인이란 무엇인가", "이란"));
}

#[test]
fn shapes_say_how_to_look() {
    assert_eq!(shape("—"), Shape::Empty);
    assert_eq!(shape("[Bans]"), Shape::Stem("ban".to_owned()));
    assert_eq!(shape("이란"), Shape::Short("이란".to_owned()));
    assert_eq!(shape("禁"), Shape::Single('禁'));
    assert_eq!(shape("알리바바"), Shape::Row);
    assert_eq!(shape("GPT-4"), Shape::Row);
}

proptest! {
    #[test]
    fn offsets_always_lie_in_the_text(text in any::<String>()) {
        let chars = text.chars().count();
        let analysis = analyse(&text);
        for tokens in [&analysis.words, &analysis.grams] {
            for token in tokens {
                prop_assert!(token.start < token.end && token.end <= chars, "{token:?} in {text:?}");
            }
            prop_assert!(tokens.windows(2).all(|pair| pair[0].position <= pair[1].position));
        }
    }

    #[test]
    fn mixed_scripts_keep_their_offsets(text in "[가-힣一-龥a-zＡ-Ｚ0-9 　・.ﬁ㈱]{0,40}") {
        let chars = text.chars().count();
        for token in grams(&text).into_iter().chain(words(&text)) {
            prop_assert!(token.start < token.end && token.end <= chars);
        }
    }
}
