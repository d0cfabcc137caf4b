//! A text as hashed shingles, and the numbers in it with their surroundings.
use crate::text::normalize;
use std::collections::BTreeMap;

/// Words per shingle in spaced scripts, characters in Korean and Chinese (measured: n = 4 and n = 5).
const WORDS: usize = 4;
const CHARS: usize = 5;
/// Longer bodies are compared by their beginning: 20,000 shingles are about 100,000 characters.
const SHINGLES_MAX: usize = 20_000;
/// One hash in sixteen is sampled ...
const SAMPLE_BELOW: u64 = u64::MAX / 16;
/// ... but never fewer than this many, so that short texts find each other.
const SAMPLE_FLOOR: usize = 24;

#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    /// Sorted, each once.
    pub(super) shingles: Vec<u64>,
    pub(super) sample: Vec<u64>,
    /// A number's surroundings (digits masked) → the number.
    pub(super) slots: BTreeMap<u64, u64>,
}

pub(super) fn sketch(body: &str) -> Sketch {
    let tokens = tokens(body);
    let n = if tokens.cjk { CHARS } else { WORDS };
    let hashes: Vec<u64> = tokens.list.iter().map(|token| hash(token.as_bytes())).collect();
    let mut shingles: Vec<u64> = hashes.windows(n.min(hashes.len()).max(1)).take(SHINGLES_MAX).map(combine).collect();
    shingles.sort_unstable();
    shingles.dedup();
    let mut sample: Vec<u64> = shingles.iter().copied().filter(|h| *h < SAMPLE_BELOW).collect();
    if sample.len() < SAMPLE_FLOOR {
        // Sorted hashes are random: the smallest are as good a sample as any, and both texts choose the same.
        sample = shingles.iter().copied().take(SAMPLE_FLOOR).collect();
    }
    Sketch { slots: slots(&tokens.list, n), shingles, sample }
}

/// Share of the smaller text's shingles that the other has too.
pub(super) fn containment(a: &Sketch, b: &Sketch) -> f64 {
    let smaller = a.shingles.len().min(b.shingles.len());
    if smaller == 0 {
        return 0.0;
    }
    let (mut i, mut j, mut shared) = (0, 0, 0usize);
    while i < a.shingles.len() && j < b.shingles.len() {
        match a.shingles[i].cmp(&b.shingles[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    shared as f64 / smaller as f64
}

/// `(same, different)`: slots of both texts that hold the same number, and that hold another.
pub(super) fn compare_slots(a: &Sketch, b: &Sketch) -> (usize, usize) {
    let both = a.slots.iter().filter_map(|(slot, number)| b.slots.get(slot).map(|other| number == other));
    both.fold((0, 0), |(same, different), equal| if equal { (same + 1, different) } else { (same, different + 1) })
}

struct Tokens {
    list: Vec<String>,
    cjk: bool,
}

/// Words; in a text that is mostly Hangul or Han, single characters (numbers stay whole).
fn tokens(body: &str) -> Tokens {
    let folded: String =
        body.lines().filter(|line| !is_boilerplate(line)).map(|line| normalize::fold_text(line) + "\n").collect();
    let letters = folded.chars().filter(|c| c.is_alphabetic()).count();
    let cjk = folded.chars().filter(|c| is_cjk(*c)).count() * 2 > letters;
    let mut list = Vec::new();
    let mut word = String::new();
    let flush = |word: &mut String, list: &mut Vec<String>| {
        if !word.is_empty() {
            list.push(std::mem::take(word));
        }
    };
    for c in folded.chars() {
        let splits = cjk && is_cjk(c);
        let turns = word.chars().last().is_some_and(|last| last.is_numeric() != c.is_numeric());
        if !c.is_alphanumeric() || splits || turns {
            flush(&mut word, &mut list);
        }
        if splits {
            list.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.push(c);
        }
    }
    flush(&mut word, &mut list);
    Tokens { list, cjk }
}

/// Lines that re-publishers add or drop: rights lines, reporter lines, editors.
fn is_boilerplate(line: &str) -> bool {
    const MARKS: [&str; 14] = [
        "무단",
        "재배포",
        "기자 =",
        "ⓒ",
        "©",
        "Copyright",
        "All rights reserved",
        "责任编辑",
        "責任編輯",
        "编辑：",
        "编辑:",
        "原标题",
        "来源：",
        "转载",
    ];
    line.chars().count() < 120
        && (MARKS.iter().any(|mark| line.contains(mark)) || line.contains('@') && line.chars().count() < 60)
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{AC00}'..='\u{D7A3}' | '\u{3400}'..='\u{9FFF}' | '\u{3041}'..='\u{30FF}')
}

/// Keyed by the masked tokens around the number; a key that occurs twice says nothing and is left out.
fn slots(tokens: &[String], n: usize) -> BTreeMap<u64, u64> {
    let is_number = |token: &String| token.chars().all(char::is_numeric);
    let masked: Vec<u64> = tokens.iter().map(|t| if is_number(t) { 0 } else { hash(t.as_bytes()) }).collect();
    let mut found: BTreeMap<u64, Option<u64>> = BTreeMap::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| is_number(token)).take(SHINGLES_MAX) {
        let from = at.saturating_sub(n);
        let to = (at + n + 1).min(tokens.len());
        let number = hash(tokens[at].as_bytes());
        found.entry(combine(&masked[from..to])).and_modify(|value| *value = None).or_insert(Some(number));
    }
    found.into_iter().filter_map(|(slot, number)| Some((slot, number?))).collect()
}

/// FNV-1a with a final mix: stable across machines and versions, unlike the standard library's hasher.
fn hash(bytes: &[u8]) -> u64 {
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)))
}

fn combine(hashes: &[u64]) -> u64 {
    mix(hashes.iter().fold(0x9e37_79b9_7f4a_7c15, |h, x| (h.rotate_left(5) ^ x).wrapping_mul(0x0100_0000_01b3)))
}

/// The finaliser of splitmix64: every input bit reaches every output bit, so that sampling by value is fair.
fn mix(mut h: u64) -> u64 {
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}
