//! Sentences of Korean, Chinese and English text, as half-open scalar ranges without surrounding space.

/// A sentence longer than this is cut: pages without punctuation must not make rules look across a whole page.
const SENTENCE_CHARS_MAX: usize = 1200;

/// Words before a full stop that does not end a sentence.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "inc", "corp", "co", "ltd", "sen", "rep", "gov", "gen", "vs", "st", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "u.s", "u.k", "u.n", "e.g", "i.e",
];

pub(super) fn sentences(text: &str) -> Vec<(usize, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < chars.len() {
        let next = after_end(&chars, at).filter(|_| ends(&chars, at)).unwrap_or(at + 1);
        if next > at + 1 || ends(&chars, at) || next - start >= SENTENCE_CHARS_MAX {
            push(&chars, (start, next), &mut found);
            start = next;
        }
        at = next;
    }
    push(&chars, (start, chars.len()), &mut found);
    found
}

fn push(chars: &[char], (mut start, mut end): (usize, usize), out: &mut Vec<(usize, usize)>) {
    while start < end && chars[start].is_whitespace() {
        start += 1;
    }
    while end > start && chars[end - 1].is_whitespace() {
        end -= 1;
    }
    if start < end {
        out.push((start, end));
    }
}

fn ends(chars: &[char], at: usize) -> bool {
    match chars[at] {
        '\n' | '。' | '！' | '？' => true,
        '!' | '?' => after_end(chars, at).is_some_and(|n| chars.get(n).is_none_or(|c| c.is_whitespace())),
        '.' => {
            let next = after_end(chars, at).unwrap_or(at + 1);
            let spaced = chars.get(next).is_none_or(|c| c.is_whitespace());
            spaced && !is_abbreviation(chars, at)
        }
        _ => false,
    }
}

/// Where the sentence ends when quotes and brackets close after the mark.
fn after_end(chars: &[char], at: usize) -> Option<usize> {
    let mut next = at + 1;
    while chars.get(next).is_some_and(|c| matches!(c, '"' | '\'' | '”' | '’' | '」' | '』' | ')' | '）')) {
        next += 1;
    }
    Some(next)
}

fn is_abbreviation(chars: &[char], at: usize) -> bool {
    let start = chars[..at].iter().rposition(|c| !(c.is_ascii_alphabetic() || *c == '.')).map_or(0, |i| i + 1);
    let word: String = chars[start..at].iter().collect::<String>().to_ascii_lowercase();
    (word.len() == 1 && word.chars().all(|c| c.is_ascii_alphabetic())) || ABBREVIATIONS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, want: &[&str]) {
        let chars: Vec<char> = text.chars().collect();
        let got: Vec<String> = sentences(text).into_iter().map(|(a, b)| chars[a..b].iter().collect()).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn three_languages() {
        check("The U.S. agency said no. It left.", &["The U.S. agency said no.", "It left."]);
        check("회사는 막았다. 이유는 없다.\n\n끝", &["회사는 막았다.", "이유는 없다.", "끝"]);
        check("他说：“不行。”后来又说行。", &["他说：“不行。”", "后来又说行。"]);
        check("Version 2.5 came out.", &["Version 2.5 came out."]);
    }

    proptest! {
        #[test]
        fn ranges_are_ordered_and_inside(text in ".{0,200}") {
            let n = text.chars().count();
            let mut last = 0;
            for (a, b) in sentences(&text) {
                prop_assert!(last <= a && a < b && b <= n);
                last = b;
            }
        }
    }
}
