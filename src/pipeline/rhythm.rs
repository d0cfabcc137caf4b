//! How often a feed is asked: from its own rhythm, never sooner than anybody asks. Pure: tested with tables.
use super::retry;
use crate::model::{Entry, FeedId, FeedState, Skips, TimeSource, Validators};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// No feed is asked more often than this, however much it brings.
const INTERVAL_SECONDS_MIN: u64 = 300;
/// Polls per usual gap between entries: an entry is then seen after an eighth of the gap on average.
const POLLS_PER_GAP: u64 = 4;
/// Newest entries the rhythm is read from.
const GAP_ENTRIES_MAX: usize = 20;
/// With fewer, one late entry would decide.
const GAP_ENTRIES_MIN: usize = 3;
/// Polls in a row that each bring something: at the right rhythm four of them have odds of 1 in 400.
const NEWS_IN_ROW: u32 = 4;
/// Feeds are spread over this part of their interval.
const JITTER_PART: u64 = 10;
/// After so many 304s in a row, and a day, the document is read once without validators: some servers answer 304 for ever.
const UNCHANGED_IN_ROW_MAX: u32 = 24;
const FULL_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Polls that must lead to the same new address before it is asked instead.
const MOVED_HITS: u32 = 3;

/// What is sent with the next request. The hash of the body stays, so that equal bytes still count as unchanged.
pub(super) fn validators(state: &FeedState, now: Timestamp) -> Validators {
    let stale = state.last_full.is_none_or(|full| now.duration_since(full) >= FULL_AFTER);
    if state.validators_lie || (state.unchanged_in_row >= UNCHANGED_IN_ROW_MAX && stale) {
        return Validators { body_hash: state.validators.body_hash.clone(), ..Validators::default() };
    }
    state.validators.clone()
}

/// The same validators with other entries: they vouch for nothing. Another pair of them is believed again.
pub(super) fn lies(state: &FeedState, received: &Validators, entries: &str) -> bool {
    let pair = |validators: &Validators| (validators.etag.clone(), validators.last_modified.clone());
    if pair(received) != pair(&state.validators) {
        return false;
    }
    let named = received.etag.is_some() || received.last_modified.is_some();
    state.validators_lie || (named && state.entries_hash.as_deref().is_some_and(|before| before != entries))
}

/// Tells two documents apart by the entries they hold, whatever their order and text.
pub(super) fn entries_hash(entries: &[Entry]) -> String {
    let mut keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut hash = Sha256::new();
    for key in keys {
        hash.update(key.as_bytes());
        hash.update([0]);
    }
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(16);
    digits
}

/// What a good document teaches. `state` is the one before it; `newest_entry` is left to the caller.
pub(super) fn learn(state: &FeedState, entries: &[Entry], now: Timestamp) -> FeedState {
    let hash = entries_hash(entries);
    let first = state.entries_hash.is_none();
    let news = !first && state.entries_hash.as_ref() != Some(&hash);
    let dated: Vec<Timestamp> = entries.iter().filter_map(published).collect();
    let undated = dated.is_empty() && !entries.is_empty();
    let observed = state.last_new.filter(|_| news).and_then(|last| seconds_between(last, now));
    FeedState {
        gap_seconds: gap_seconds(dated, now).or_else(|| blend(state.gap_seconds, observed)),
        last_new: if news || (first && undated) { Some(now) } else { state.last_new },
        // On the first poll everything is new, which says nothing about the rhythm.
        news_in_row: if news { state.news_in_row.saturating_add(1) } else { 0 },
        entries_hash: Some(hash),
        unchanged_in_row: 0,
        last_full: Some(now),
        ..state.clone()
    }
}

fn published(entry: &Entry) -> Option<Timestamp> {
    entry.published.as_ref().filter(|stamp| stamp.source != TimeSource::Fetch).map(|stamp| stamp.instant)
}

/// The mean over the newer half of the newest entries: bursts and dates without a clock would make a median 0, and one
/// entry that is kept at the top for years would rule a mean of all.
fn gap_seconds(mut published: Vec<Timestamp>, now: Timestamp) -> Option<u64> {
    published.retain(|at| *at <= now);
    published.sort_unstable_by(|a, b| b.cmp(a));
    published.truncate(GAP_ENTRIES_MAX);
    if published.len() < GAP_ENTRIES_MIN {
        return None;
    }
    let gaps = (published.len() / 2).max(GAP_ENTRIES_MIN - 1);
    let span = seconds_between(*published.get(gaps)?, *published.first()?)?;
    Some(span / gaps as u64).filter(|gap| *gap > 0)
}

/// Without dates: the times at which something new was found, the latest weighing a quarter.
fn blend(known: Option<u64>, observed: Option<u64>) -> Option<u64> {
    match (known, observed) {
        (Some(known), Some(observed)) => Some((known * 3 + observed) / 4),
        (known, observed) => known.or(observed),
    }
}

fn seconds_between(from: Timestamp, to: Timestamp) -> Option<u64> {
    u64::try_from(to.duration_since(from).as_secs()).ok()
}

/// Seconds between polls. `base` holds until a rhythm is known. Silence stretches it, steady news shortens it.
pub(super) fn interval_seconds(state: &FeedState, base: u32, now: Timestamp) -> u32 {
    let silence = state.last_heard(now).and_then(|heard| seconds_between(heard, now)).unwrap_or(0);
    let gap = state.gap_seconds.unwrap_or(u64::from(base) * POLLS_PER_GAP).max(silence / 2);
    let halvings = (state.news_in_row / NEWS_IN_ROW).min(6);
    let interval = ((gap / POLLS_PER_GAP) >> halvings).clamp(INTERVAL_SECONDS_MIN, retry::WAIT_SECONDS_MAX);
    u32::try_from(interval).unwrap_or(u32::MAX)
}

/// The later of the interval and what is asked for, and a little more, so that feeds do not all come at once.
pub(super) fn next_due(feed: &FeedId, state: &FeedState, asked: Option<u64>, now: Timestamp) -> Timestamp {
    let wait = retry::feed_ok(state.interval_seconds, asked);
    open_from(feed, state.skips, retry::after(now, wait + jitter_seconds(feed, state.interval_seconds)))
}

/// A feed whose hub delivers is still asked, this many times less often and this often at the least: hubs fail silently.
const PUSHED_FACTOR: u32 = 4;
const PUSHED_SECONDS_MAX: u32 = 6 * 3_600;

/// The interval itself stays the feed's own. Never sooner than without the hub.
pub(super) fn relax(feed: &FeedId, state: &mut FeedState, now: Timestamp) {
    let interval_seconds = state.interval_seconds.saturating_mul(PUSHED_FACTOR).min(PUSHED_SECONDS_MAX);
    let relaxed = FeedState { interval_seconds, ..state.clone() };
    state.next_due = state.next_due.max(Some(next_due(feed, &relaxed, None, now)));
}

/// The time itself, or the first hour the feed leaves open after it; there, feeds that wait for one hour are spread over
/// ten minutes.
pub(super) fn open_from(feed: &FeedId, skips: Skips, at: Timestamp) -> Timestamp {
    match skips.opens_after(at) {
        None => at,
        Some(start) => retry::after(start, jitter_seconds(feed, 6_000)),
    }
}

/// What the hours and days left out ask for by themselves: a feed that closes all of them is asked once a day.
pub(super) fn skips_wait(skips: Skips) -> Option<u64> {
    skips.closes_all().then_some(retry::WAIT_SECONDS_MAX)
}

/// Always the same for a feed: FNV-1a of its id.
pub(super) fn jitter_seconds(feed: &FeedId, interval_seconds: u32) -> u64 {
    let hash =
        feed.as_str().bytes().fold(2_166_136_261u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    u64::from(hash) % (u64::from(interval_seconds) / JITTER_PART).max(1)
}

/// Counts where permanent redirects lead; a good answer from anywhere else starts the count again.
pub(super) fn follow(state: &mut FeedState, moved: Option<String>) {
    state.moved_hits = match (&moved, &state.moved_to) {
        (None, _) => 0,
        (Some(to), Some(before)) if to == before => state.moved_hits.saturating_add(1),
        (Some(_), _) => 1,
    };
    state.moved_to = moved;
    if state.moved_hits >= MOVED_HITS {
        state.adopted = state.moved_to.take();
        state.moved_hits = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Precision, Stamp};

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + hours * 3600).unwrap()
    }

    fn entry(key: &str, published: Option<Timestamp>) -> Entry {
        Entry {
            key: key.into(),
            url: None,
            title: None,
            title_markup: None,
            summary: None,
            content: None,
            author: None,
            rights: Vec::new(),
            published: published.map(|instant| Stamp {
                instant,
                offset_seconds: Some(0),
                precision: Precision::Second,
                source: TimeSource::Feed,
                raw: String::new(),
            }),
            updated: None,
            links: Vec::new(),
        }
    }

    /// Entries every `gap` hours up to `newest`.
    fn every(gap: i64, newest: i64) -> Vec<Entry> {
        (0..30).map(|n| entry(&n.to_string(), Some(at(newest - n * gap)))).collect()
    }

    fn learned(entries: &[Entry], newest: i64, now: i64) -> FeedState {
        FeedState { newest_entry: Some(at(newest)), ..learn(&FeedState::default(), entries, at(now)) }
    }

    #[test]
    fn the_interval_follows_the_feed_between_five_minutes_and_a_day() {
        let cases = [
            ("hourly", every(1, 0), 0, 900),
            ("daily", every(24, 0), 0, 21_600),
            ("weekly: at most a day", every(168, 0), 0, 86_400),
            ("half a day of silence changes nothing for a daily feed", every(24, 0), 12, 21_600),
            ("two weeks of silence", every(1, 0), 14 * 24, 86_400),
            ("no dates: the base", vec![entry("a", None)], 0, 1_800),
            ("two dates say too little", every(1, 0).drain(..2).collect(), 0, 1_800),
            ("all of one moment", every(0, 0), 0, 1_800),
            ("nothing at all", Vec::new(), 0, 1_800),
        ];
        for (name, entries, now, want) in cases {
            let newest = if entries.is_empty() { -1 } else { 0 };
            assert_eq!(interval_seconds(&learned(&entries, newest, now), 1_800, at(now)), want, "{name}");
        }
        let minutes: Vec<Entry> =
            (0..30).map(|n| entry(&n.to_string(), Some(at(0) - SignedDuration::from_mins(n)))).collect();
        assert_eq!(interval_seconds(&learned(&minutes, 0, 0), 1_800, at(0)), 300, "never below five minutes");
    }

    #[test]
    fn a_feed_whose_hub_delivers_is_asked_less_often_within_bounds() {
        let feed = FeedId::of("https://a.example/rss");
        for (interval, due_in, least, most) in [
            (300, 300, 1_200, 1_320),
            (1_800, 7_200 + 900, 8_100, 8_100),
            (7_200, 7_200, 21_600, 23_760),
            (86_400, 86_400, 86_400, 86_400),
        ] {
            let due = at(0) + SignedDuration::from_secs(due_in);
            let mut state = FeedState { interval_seconds: interval, next_due: Some(due), ..FeedState::default() };
            relax(&feed, &mut state, at(0));
            let wait = state.next_due.unwrap().duration_since(at(0)).as_secs();
            assert!((least..=most).contains(&wait) && state.interval_seconds == interval, "{interval}: {wait}");
        }
    }

    #[test]
    fn hours_and_days_a_feed_closes_are_waited_out() {
        let feed = FeedId::of("https://a.example/rss");
        let skips = |hours: &[u32], days: &[&str]| {
            let mut skips = Skips::default();
            hours.iter().for_each(|hour| skips.add_hour(&hour.to_string()));
            days.iter().for_each(|day| skips.add_day(day));
            skips
        };
        let all: Vec<u32> = (0..24).collect();
        let week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        // 2026-07-03 is a Friday.
        let cases = [
            ("nothing is closed", skips(&[], &[]), "2026-07-03T05:30:00Z", "2026-07-03T05:30:00Z"),
            ("an open hour", skips(&[6], &[]), "2026-07-03T05:59:59Z", "2026-07-03T05:59:59Z"),
            ("a closed hour", skips(&[5], &[]), "2026-07-03T05:30:00Z", "2026-07-03T06:00:00Z"),
            ("over midnight", skips(&[22, 23, 24, 1], &[]), "2026-07-03T22:00:00Z", "2026-07-04T02:00:00Z"),
            (
                "a closed weekend",
                skips(&[0], &["saturday", " Sunday "]),
                "2026-07-04T08:00:00Z",
                "2026-07-06T01:00:00Z",
            ),
            ("one hour a week", skips(&all[1..], &week[1..]), "2026-07-06T01:00:00Z", "2026-07-13T00:00:00Z"),
            ("all hours", skips(&all, &[]), "2026-07-03T05:30:00Z", "2026-07-03T05:30:00Z"),
            ("all days", skips(&[], &week), "2026-07-03T05:30:00Z", "2026-07-03T05:30:00Z"),
            ("no hours at all", skips(&[25, 99], &["Someday"]), "2026-07-03T05:30:00Z", "2026-07-03T05:30:00Z"),
        ];
        for (name, skips, due, opens) in cases {
            let (due, opens): (Timestamp, Timestamp) = (due.parse().unwrap(), opens.parse().unwrap());
            let late = open_from(&feed, skips, due).duration_since(opens).as_secs();
            assert!((0..600).contains(&late), "{name}: {late} s after {opens}");
            assert!(skips.is_open(open_from(&feed, skips, due)), "{name}");
        }
        assert_eq!(skips_wait(skips(&all, &[])), Some(86_400), "closed for ever: once a day");
        assert_eq!((skips_wait(skips(&[], &week)), skips_wait(skips(&all[1..], &[]))), (Some(86_400), None));
    }

    #[test]
    fn dates_in_the_future_do_not_hurry_us() {
        let mut entries = every(24, 0);
        entries.extend((1..20).map(|n| entry(&format!("f{n}"), Some(at(n * 1000)))));
        assert_eq!(learn(&FeedState::default(), &entries, at(0)).gap_seconds, Some(86_400));
    }

    #[test]
    fn an_entry_kept_for_years_does_not_slow_us_down() {
        let mut entries: Vec<Entry> = every(2, 0).drain(..5).collect();
        entries.push(entry("pinned", Some(at(-99_999))));
        assert_eq!(learn(&FeedState::default(), &entries, at(0)).gap_seconds, Some(7_200));
    }

    #[test]
    fn polls_that_keep_bringing_something_come_closer_and_one_that_does_not_ends_it() {
        let mut state = FeedState::default();
        let mut intervals = Vec::new();
        for n in 0..13 {
            let entries = [entry(&n.to_string(), None)];
            state = learn(&state, &entries, at(n));
            intervals.push(interval_seconds(&state, 1_800, at(n)));
        }
        assert_eq!(intervals[..3], [1_800, 900, 900], "news every hour, without dates");
        assert_eq!((intervals[4], intervals[12]), (450, 300));
        let same = learn(&state, &[entry("12", None)], at(13));
        assert_eq!((same.news_in_row, same.last_new), (0, Some(at(12))));
    }

    #[test]
    fn nobody_comes_sooner_than_asked_and_nobody_later_than_a_day() {
        let feed = FeedId::of("https://a.example/rss");
        for (interval, asked, least, most) in [
            (300, None, 300, 330),
            (1_800, Some(600), 1_800, 1_980),
            (1_800, Some(7_200), 7_200, 7_380),
            (86_400, None, 86_400, 86_400),
            (300, Some(999_999), 86_400, 86_400),
        ] {
            let state = FeedState { interval_seconds: interval, ..FeedState::default() };
            let wait = next_due(&feed, &state, asked, at(0)).duration_since(at(0)).as_secs();
            assert!((least..=most).contains(&wait), "{interval} {asked:?}: {wait}");
        }
    }

    #[test]
    fn a_thousand_feeds_do_not_come_at_once() {
        let mut per_minute = [0; 3];
        for n in 0..1_000 {
            let feed = FeedId::of(&format!("https://{n}.example/rss"));
            let jitter = jitter_seconds(&feed, 1_800);
            assert_eq!(jitter, jitter_seconds(&feed, 1_800), "no chance in it");
            per_minute[usize::try_from(jitter / 60).unwrap()] += 1;
        }
        assert!(per_minute.iter().all(|feeds| (250..=420).contains(feeds)), "{per_minute:?}");
    }

    #[test]
    fn servers_that_say_304_for_ever_are_asked_plainly_once_a_day() {
        let stored = Validators {
            etag: Some("\"a\"".to_owned()),
            last_modified: None,
            body_hash: Some("h".to_owned()),
            from: None,
        };
        let state = |unchanged_in_row, last_full: Option<i64>| FeedState {
            validators: stored.clone(),
            unchanged_in_row,
            last_full: last_full.map(at),
            ..FeedState::default()
        };
        for (unchanged, full, plain) in
            [(0, None, false), (23, Some(0), false), (24, Some(0), true), (24, Some(2), false), (99, None, true)]
        {
            let sent = validators(&state(unchanged, full), at(24));
            assert_eq!(sent.etag.is_none(), plain, "{unchanged} {full:?}");
            assert_eq!(sent.body_hash, stored.body_hash);
        }
        let lying = FeedState { validators_lie: true, ..state(0, Some(24)) };
        assert_eq!(validators(&lying, at(24)).etag, None);
    }

    #[test]
    fn the_same_validators_with_other_entries_are_a_lie() {
        let pair = |etag: Option<&str>| Validators { etag: etag.map(str::to_owned), ..Validators::default() };
        let state = |etag, lie| FeedState {
            validators: pair(etag),
            entries_hash: Some("1".to_owned()),
            validators_lie: lie,
            ..FeedState::default()
        };
        for (stored, before, received, entries, want) in [
            (Some("a"), false, Some("a"), "2", true),
            (Some("a"), false, Some("a"), "1", false),
            (Some("a"), false, Some("b"), "2", false),
            (None, false, None, "2", false),
            (Some("a"), true, Some("a"), "1", true),
            (Some("a"), true, Some("b"), "2", false),
        ] {
            assert_eq!(
                lies(&state(stored, before), &pair(received), entries),
                want,
                "{stored:?} {received:?} {entries}"
            );
        }
    }

    #[test]
    fn a_new_address_is_adopted_after_three_hits_in_a_row() {
        let steps = [
            (Some("x"), None),
            (Some("x"), None),
            (None, None),
            (Some("x"), None),
            (Some("y"), None),
            (Some("x"), None),
            (Some("x"), None),
            (Some("x"), Some("x")),
            (None, Some("x")),
            (Some("z"), Some("x")),
            (Some("z"), Some("x")),
            (Some("z"), Some("z")),
        ];
        let mut state = FeedState::default();
        for (at, (moved, adopted)) in steps.into_iter().enumerate() {
            follow(&mut state, moved.map(str::to_owned));
            assert_eq!(state.adopted.as_deref(), adopted, "step {at}");
        }
    }
}
