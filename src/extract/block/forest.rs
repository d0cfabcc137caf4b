//! The judge of blocks: gradient-boosted decision trees, trained by `scripts/train-blocks` and kept as text beside this file.
//!
//! A line per tree, a word per split: `feature<threshold?yes:no`, where `yes` and `no` are `=value` or the number of a
//! split of the same tree. The values add up to the log-odds that the block is text of the article.
use super::feature::FEATURES;
use std::sync::LazyLock;

static BUNDLED: LazyLock<Forest> =
    LazyLock::new(|| Forest::parse(include_str!("blocks.forest")).expect("the forest is checked by a test"));

/// Trained decision trees.
#[derive(Debug)]
pub struct Forest {
    splits: Vec<Split>,
    /// Where each tree begins in `splits`.
    roots: Vec<u32>,
}

#[derive(Debug)]
struct Split {
    feature: u16,
    threshold: f32,
    yes: Branch,
    no: Branch,
}

#[derive(Clone, Copy, Debug)]
enum Branch {
    Leaf(f32),
    Split(u32),
}

impl Forest {
    /// The forest that is part of the program.
    pub fn bundled() -> &'static Forest {
        &BUNDLED
    }

    /// How likely each block is text of the article, 0 to 1.
    pub(in crate::extract) fn judge(&self, rows: &[[f32; FEATURES]]) -> Vec<f32> {
        rows.iter().map(|row| 1.0 / (1.0 + (-self.sum(row)).exp())).collect()
    }

    fn sum(&self, row: &[f32; FEATURES]) -> f32 {
        self.roots.iter().map(|root| self.leaf(*root, row)).sum()
    }

    /// Splits point forward only, so this ends.
    fn leaf(&self, root: u32, row: &[f32; FEATURES]) -> f32 {
        let mut at = root;
        loop {
            let split = &self.splits[at as usize];
            let value = row[usize::from(split.feature)];
            match if value <= split.threshold { split.yes } else { split.no } {
                Branch::Leaf(value) => return value,
                Branch::Split(next) => at = next,
            }
        }
    }

    /// Reads a forest; the error names the tree and the word.
    pub fn parse(text: &str) -> Result<Forest, String> {
        let mut lines = text.lines();
        let head = format!("blocks 1 features {FEATURES} trees ");
        let trees =
            lines.next().and_then(|line| line.strip_prefix(&head)).ok_or("the head does not fit the features")?;
        let mut forest = Forest { splits: Vec::new(), roots: Vec::new() };
        for (number, line) in lines.enumerate() {
            let root = u32::try_from(forest.splits.len()).map_err(|_| "too many splits")?;
            forest.roots.push(root);
            for word in line.split(' ') {
                let next = u32::try_from(forest.splits.len()).map_err(|_| "too many splits")?;
                let split = Split::parse(word, root, next).ok_or_else(|| format!("tree {number}: {word}"))?;
                forest.splits.push(split);
            }
            let all = u32::try_from(forest.splits.len()).map_err(|_| "too many splits")?;
            let is_inside =
                |branch: &Branch| matches!(branch, Branch::Leaf(_)) || matches!(branch, Branch::Split(at) if *at < all);
            if !forest.splits.iter().all(|split| is_inside(&split.yes) && is_inside(&split.no)) {
                return Err(format!("tree {number}: a branch leads nowhere"));
            }
        }
        if trees.parse() == Ok(forest.roots.len()) { Ok(forest) } else { Err("trees are missing".to_owned()) }
    }
}

impl Split {
    /// A branch leads to a later split of the same tree.
    fn parse(word: &str, root: u32, own: u32) -> Option<Split> {
        let (feature, rest) = word.split_once('<')?;
        let (threshold, branches) = rest.split_once('?')?;
        let (yes, no) = branches.split_once(':')?;
        let branch = |text: &str| match text.strip_prefix('=') {
            Some(value) => value.parse().ok().map(Branch::Leaf),
            None => text.parse().ok().map(|at: u32| at + root).filter(|at| *at > own).map(Branch::Split),
        };
        let feature: u16 = feature.parse().ok().filter(|at| usize::from(*at) < FEATURES)?;
        Some(Split { feature, threshold: threshold.parse().ok()?, yes: branch(yes)?, no: branch(no)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forest_is_whole_and_faults_are_named() {
        assert!(BUNDLED.roots.len() >= 50);
        let head = format!("blocks 1 features {FEATURES} trees 1\n");
        let one = Forest::parse(&format!("{head}0<0.5?=-1:1 1<2?=0:=3\n")).expect("a tree");
        let mut row = [0.0; FEATURES];
        assert_eq!(one.sum(&row), -1.0);
        (row[0], row[1]) = (1.0, 9.0);
        assert_eq!(one.sum(&row), 3.0);
        for broken in ["0<0.5?=-1:0", "0<0.5?=-1:7", "999<0.5?=1:=2", "nonsense"] {
            assert!(Forest::parse(&format!("{head}{broken}\n")).is_err(), "{broken}");
        }
        assert!(Forest::parse("blocks 1 features 3 trees 1\n").is_err());
    }
}
