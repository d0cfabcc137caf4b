//! The latest leaders, searchable by sampled shingle.
use super::shingle::{Sketch, compare_slots, containment, sketch};
use crate::model::{ArticleId, ClusterItem, CopyVerdict, Relation};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, VecDeque};

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Texts dated further apart are not compared.
    pub days: i64,
    /// Leaders kept; the oldest go first.
    pub leaders_max: usize,
    /// A shingle in more leaders than this is boilerplate and finds nobody.
    pub postings_max: usize,
    pub candidates_max: usize,
    /// Sampled shingles two texts must share to be compared.
    pub shared_min: usize,
    /// Containment from which a text is another's.
    pub copy_at: f64,
    /// Containment from which it is worth saying that two texts are related.
    pub related_at: f64,
}

impl Default for Limits {
    /// Sampling, floor, posting cap and window as measured on generated news edits; the two thresholds likewise.
    fn default() -> Self {
        Self {
            days: 30,
            leaders_max: 200_000,
            postings_max: 60,
            candidates_max: 8,
            shared_min: 2,
            copy_at: 0.55,
            related_at: 0.30,
        }
    }
}

struct Leader {
    id: ArticleId,
    published: Option<Timestamp>,
    sketch: Sketch,
    entities: BTreeSet<String>,
    corrects: bool,
}

pub struct Window {
    limits: Limits,
    leaders: VecDeque<Leader>,
    /// Serial number of the first leader in the queue.
    first: u64,
    postings: HashMap<u64, Vec<u64>>,
}

impl Window {
    pub fn new(limits: Limits) -> Self {
        Self { limits, leaders: VecDeque::new(), first: 0, postings: HashMap::new() }
    }

    /// How this text relates to the leaders seen so far. Changes nothing.
    pub fn judge(&self, item: &ClusterItem) -> CopyVerdict {
        let sketch = sketch(&item.body);
        let at = published(item);
        let best = self
            .candidates(&sketch)
            .into_iter()
            .filter(|leader| self.is_near(leader, at))
            .map(|leader| (containment(&sketch, &leader.sketch), leader))
            // The earliest leader wins among equals, so that arrival order alone decides.
            .fold(
                None,
                |best: Option<(f64, &Leader)>, next| {
                    if best.is_none_or(|(c, _)| next.0 > c) { Some(next) } else { best }
                },
            );
        match best {
            Some((share, leader)) if share >= self.limits.related_at => self.relate(item, &sketch, (share, leader)),
            _ => CopyVerdict { relation: Relation::None, copy_of: None, related_to: None, why: Vec::new() },
        }
    }

    fn relate(&self, item: &ClusterItem, sketch: &Sketch, (share, leader): (f64, &Leader)) -> CopyVerdict {
        let (same, different) = compare_slots(sketch, &leader.sketch);
        let entities: BTreeSet<String> = item.entities.iter().cloned().collect();
        let other_names = !entities.is_empty() && !leader.entities.is_empty() && entities.is_disjoint(&leader.entities);
        let mut why = vec![format!("{:.0}% of the shorter text's shingles are in {}", share * 100.0, leader.id)];
        let relation = if share < self.limits.copy_at {
            Relation::Rewrite
        } else if other_names {
            why.push("names other organisations".to_owned());
            Relation::Template
        } else if different > 0 && different * 2 > same {
            why.push(format!("{different} of {} numbers in the same places differ", same + different));
            Relation::Update
        } else if is_correction(&item.title) && !leader.corrects {
            Relation::Correction
        } else {
            Relation::Copy
        };
        let leader_id = Some(leader.id.clone());
        match relation {
            Relation::Copy | Relation::Correction => {
                CopyVerdict { relation, copy_of: leader_id, related_to: None, why }
            }
            Relation::Update | Relation::Template => {
                CopyVerdict { relation, copy_of: None, related_to: leader_id, why }
            }
            Relation::Rewrite | Relation::Original | Relation::None => {
                CopyVerdict { relation, copy_of: None, related_to: None, why }
            }
        }
    }

    /// Adds the text as a leader, unless it is a copy. Called once its verdict is stored, in the order of storing.
    pub fn insert(&mut self, item: &ClusterItem, verdict: &CopyVerdict) {
        if verdict.copy_of.is_some() {
            return;
        }
        let sketch = sketch(&item.body);
        let serial = self.first + self.leaders.len() as u64;
        for hash in &sketch.sample {
            let posting = self.postings.entry(*hash).or_default();
            // One beyond the cap is kept as the mark of "too common".
            if posting.len() <= self.limits.postings_max {
                posting.push(serial);
            }
        }
        let entities = item.entities.iter().cloned().collect();
        self.leaders.push_back(Leader {
            id: item.id.clone(),
            published: published(item),
            sketch,
            entities,
            corrects: is_correction(&item.title),
        });
        self.expire();
    }

    /// The leader finds nobody any more. It keeps its place, because places are counted; its text goes.
    pub fn forget(&mut self, id: &ArticleId) {
        let Some(at) = self.leaders.iter().position(|leader| leader.id == *id) else { return };
        let serial = self.first + at as u64;
        if let Some(leader) = self.leaders.get_mut(at) {
            let sketch = std::mem::take(&mut leader.sketch);
            leader.id = ArticleId(String::new());
            leader.entities.clear();
            self.unpost(&sketch, serial);
        }
    }

    fn unpost(&mut self, sketch: &Sketch, serial: u64) {
        for hash in &sketch.sample {
            if let Some(posting) = self.postings.get_mut(hash) {
                posting.retain(|posted| *posted != serial);
                if posting.is_empty() {
                    self.postings.remove(hash);
                }
            }
        }
    }

    /// Leaders sharing enough sampled shingles, most shared first.
    fn candidates(&self, sketch: &Sketch) -> Vec<&Leader> {
        let mut shared: HashMap<u64, usize> = HashMap::new();
        let postings = sketch.sample.iter().filter_map(|hash| self.postings.get(hash));
        for serial in postings.filter(|posting| posting.len() <= self.limits.postings_max).flatten() {
            *shared.entry(*serial).or_default() += 1;
        }
        let mut ranked: Vec<(usize, u64)> =
            shared.into_iter().filter(|(_, n)| *n >= self.limits.shared_min).map(|(serial, n)| (n, serial)).collect();
        ranked.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        ranked
            .into_iter()
            .take(self.limits.candidates_max)
            .filter_map(|(_, serial)| self.leaders.get(serial.checked_sub(self.first)? as usize))
            .collect()
    }

    /// By its own date, never by the newest seen: one article dated in the future must not empty the window.
    fn is_near(&self, leader: &Leader, at: Option<Timestamp>) -> bool {
        leader.published.zip(at).is_none_or(|(a, b)| a.duration_since(b).abs().as_hours() <= self.limits.days * 24)
    }

    fn expire(&mut self) {
        while self.leaders.len() > self.limits.leaders_max {
            let Some(leader) = self.leaders.pop_front() else { return };
            self.unpost(&leader.sketch, self.first);
            self.first += 1;
        }
    }
}

fn published(item: &ClusterItem) -> Option<Timestamp> {
    item.published.as_ref().map(|stamp| stamp.instant)
}

fn is_correction(title: &str) -> bool {
    const MARKS: [&str; 8] = ["정정", "바로잡습니다", "更正", "勘误", "勘誤", "Correction", "CORRECTED", "Corrected"];
    MARKS.iter().any(|mark| title.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Lang;

    fn item(id: &str, title: &str, body: &str) -> ClusterItem {
        ClusterItem {
            id: id.into(),
            lang: Lang::En,
            title: title.to_owned(),
            body: body.to_owned(),
            published: None,
            site: None,
            topics: Vec::new(),
            event_mentions: Vec::new(),
            entities: Vec::new(),
        }
    }

    const WIRE: &str = "The ministry told every school in the province to stop using the Orion chatbot from Monday.\n\
        A circular seen by reporters says 1,240 classrooms must remove the program from shared computers and report back.\n\
        Teachers said the notice came without warning and that lesson plans would have to be rewritten by hand.";

    fn verdicts(items: &[ClusterItem]) -> Vec<CopyVerdict> {
        let mut window = Window::new(Limits::default());
        items
            .iter()
            .map(|item| {
                let verdict = window.judge(item);
                window.insert(item, &verdict);
                verdict
            })
            .collect()
    }

    #[test]
    fn a_retitled_truncated_reprint_is_a_copy_of_the_leader() {
        let cut: String = WIRE.lines().take(2).map(|line| line.to_owned() + "\n").collect();
        let got = verdicts(&[
            item("a", "Schools told", WIRE),
            item("b", "Ban", &cut),
            item("c", "Other", &format!("{WIRE}\nⓒ Paper")),
        ]);
        assert_eq!(got[1].copy_of, Some("a".into()));
        assert_eq!(got[2].copy_of, Some("a".into()), "never chained through b");
    }

    #[test]
    fn a_forgotten_leader_has_no_copies_and_the_others_keep_theirs() {
        let mut window = Window::new(Limits { leaders_max: 3, ..Limits::default() });
        let other = "The port authority closed the eastern quay for two weeks after divers found cracks in its piers.\n\
            Ferries leave from the western quay until then and the harbour master expects delays in the morning.";
        let mut put = |id: &str, body: &str| {
            let item = item(id, "Title", body);
            let verdict = window.judge(&item);
            window.insert(&item, &verdict);
            if id == "b" {
                window.forget(&"a".into());
                window.forget(&"unknown".into());
            }
            verdict.copy_of
        };
        assert_eq!((put("a", WIRE), put("b", other)), (None, None));
        assert_eq!(put("c", WIRE), None, "its leader was withdrawn");
        assert_eq!((put("d", WIRE), put("e", other)), (Some("c".into()), Some("b".into())));
        // The place of the forgotten one is the first to go.
        assert_eq!(put("f", "Snow fell on the hills above the town for the first time in nine years on Sunday."), None);
        assert_eq!((put("g", WIRE), put("h", other)), (Some("c".into()), Some("b".into())));
    }

    #[test]
    fn changed_numbers_make_an_update_and_a_correction_says_so() {
        let update = WIRE.replace("1,240", "2,905");
        let got = verdicts(&[
            item("a", "Schools told", WIRE),
            item("b", "Schools told", &update),
            item("c", "Correction: schools", WIRE),
        ]);
        assert_eq!((got[1].relation, &got[1].related_to), (Relation::Update, &Some("a".into())));
        assert_eq!((got[2].relation, &got[2].copy_of), (Relation::Correction, &Some("a".into())));
    }

    #[test]
    fn an_article_from_the_future_hides_no_copy_and_years_part_texts() {
        let at = |item: ClusterItem, instant: &str| ClusterItem {
            published: crate::text::date::parse(instant, &jiff::tz::TimeZone::UTC, crate::model::TimeSource::Import),
            ..item
        };
        let got = verdicts(&[
            at(item("a", "Schools told", WIRE), "2026-07-03T00:00:00Z"),
            at(
                item("b", "Misdated", "Another text about the weather in the hills and the price of apples."),
                "2099-01-01T00:00:00Z",
            ),
            at(item("c", "Schools told", WIRE), "2026-07-04T00:00:00Z"),
            at(item("d", "Schools told again", WIRE), "2027-07-04T00:00:00Z"),
        ]);
        assert_eq!(got[2].copy_of, Some("a".into()));
        assert_eq!(got[3].copy_of, None);
    }

    #[test]
    fn scripts_fold_and_other_texts_stay_apart() {
        let hant = "數位發展部要求公務機關自週一起停用該款聊天機器人，並在本月底前完成清查與移除作業。";
        let hans = "数位发展部要求公务机关自周一起停用该款聊天机器人，并在本月底前完成清查与移除作业。";
        let got = verdicts(&[item("a", "一", hant), item("b", "二", hans), item("c", "三", WIRE)]);
        assert_eq!(got[1].copy_of, Some("a".into()));
        assert_eq!(got[2].relation, Relation::None);
    }
}
