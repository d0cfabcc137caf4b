//! From a probability per block to the blocks that are kept.
use super::Blocks;

/// Inside the article's own part of the page a block stays when it is at least this likely; outside it takes more.
const INSIDE_MIN: f32 = 0.3;
const OUTSIDE_MIN: f32 = 0.65;
/// So that a block without a word still weighs something.
const WORDS_EXTRA: f32 = 0.2;

/// Keeps the blocks that maximise the expected F1 over all choices of one part of the page (the article's own): inside it
/// likely blocks, outside it only those that are very likely.
pub(in crate::extract) fn choose(page: &Blocks, likely: &[f32]) -> Vec<bool> {
    let mut sums = vec![Sums::default(); page.parts.len()];
    let (mut outside, mut gold) = (Sums::default(), 0.0);
    for (block, p) in page.list.iter().zip(likely) {
        let words = block.measure.words + WORDS_EXTRA;
        gold += p * words;
        if *p >= INSIDE_MIN {
            sums[block.parent].inside(p * words, words);
        }
        if *p >= OUTSIDE_MIN {
            sums[block.parent].outside(p * words, words);
            outside.outside(p * words, words);
        }
    }
    for at in (1..sums.len()).rev() {
        let (sum, up) = (sums[at], page.parts[at].up);
        sums[up].add(&sum);
    }
    let expected = |sum: &Sums| {
        let (right, kept) =
            (sum.right + outside.outside_right - sum.outside_right, sum.kept + outside.outside_kept - sum.outside_kept);
        2.0 * right / (kept + gold).max(f32::MIN_POSITIVE)
    };
    // Of equal parts the innermost, which comes last.
    let best = (0..sums.len()).max_by(|a, b| expected(&sums[*a]).total_cmp(&expected(&sums[*b]))).unwrap_or(0);
    let mut within = vec![false; page.parts.len()];
    for at in best..page.parts.len() {
        within[at] = at == best || (at > best && within[page.parts[at].up]);
    }
    let kept = page
        .list
        .iter()
        .zip(likely)
        .map(|(block, p)| *p >= if within[block.parent] { INSIDE_MIN } else { OUTSIDE_MIN });
    kept.collect()
}

#[derive(Clone, Copy, Default)]
struct Sums {
    right: f32,
    kept: f32,
    outside_right: f32,
    outside_kept: f32,
}

impl Sums {
    fn inside(&mut self, right: f32, kept: f32) {
        self.right += right;
        self.kept += kept;
    }

    fn outside(&mut self, right: f32, kept: f32) {
        self.outside_right += right;
        self.outside_kept += kept;
    }

    fn add(&mut self, other: &Sums) {
        self.inside(other.right, other.kept);
        self.outside(other.outside_right, other.outside_kept);
    }
}
