//! Words of Han text, by ICU's dictionary (compiled into the crate).
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use std::sync::LazyLock;

static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// Characters that stand between words; the dictionary's longest match glues them to what follows (和服|务).
const LINKING: &[char] = &[
    '和', '与', '及', '或', '对', '将', '被', '把', '在', '从', '向', '于', '是', '为', '有', '的', '了', '以', '让',
    '给',
];

/// Words of a run of Han characters, half-open, in characters of the run.
pub(super) fn segments(chars: &[char]) -> Vec<(usize, usize)> {
    let mut found = by_dictionary(chars);
    for index in 1..found.len() {
        let (Some((start, end)), Some((_, next_end))) = (found.get(index - 1).copied(), found.get(index).copied())
        else {
            continue;
        };
        if is_glued(chars, start, end, next_end)
            && let Some(pair) = found.get_mut(index - 1..=index)
        {
            pair.copy_from_slice(&[(start, start + 1), (start + 1, next_end)]);
        }
    }
    found
}

/// `和服` + `务`: a linking character, and the rest makes a word with the single character after it.
fn is_glued(chars: &[char], start: usize, end: usize, next_end: usize) -> bool {
    end - start == 2
        && next_end - end == 1
        && chars.get(start).is_some_and(|c| LINKING.contains(c))
        && chars.get(start + 1..next_end).is_some_and(|rest| by_dictionary(rest).len() == 1)
}

fn by_dictionary(chars: &[char]) -> Vec<(usize, usize)> {
    let mut text = Vec::with_capacity(chars.len());
    // UTF-16 places → characters: ideographs past U+FFFF take two units.
    let mut at_unit = Vec::with_capacity(chars.len() + 1);
    for (index, c) in chars.iter().enumerate() {
        text.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        at_unit.resize(text.len(), index);
    }
    at_unit.push(chars.len());
    let mut start = 0;
    let ends = SEGMENTER.segment_utf16(&text).filter_map(|unit| at_unit.get(unit).copied());
    let mut words = Vec::new();
    for end in ends.filter(|end| *end > 0) {
        if end > start {
            words.push((start, end));
        }
        start = end;
    }
    words
}
