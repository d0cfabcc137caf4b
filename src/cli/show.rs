//! Progress on the terminal, and tables.
use crate::pipeline::{Progress, Snapshot, UNREACHED_ALARM};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

/// How often the line on the terminal changes.
const REFRESH: Duration = Duration::from_millis(250);

/// A line for the person at the terminal. A log or terminal that is gone must not stop the work: `eprintln!` would panic.
pub(super) fn tell(line: impl std::fmt::Display) {
    use std::io::Write as _;
    // Nobody is left to be told that telling failed.
    drop(writeln!(std::io::stderr(), "banwatch: {line}"));
}

/// Runs the work; on a terminal, with a running count of outcomes on standard error.
pub(super) async fn while_working<T>(progress: &Progress, work: impl Future<Output = T>) -> T {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {wide_msg}").expect("a fixed template"));
    let mut tick = tokio::time::interval(REFRESH);
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return done;
            }
            _ = tick.tick() => {
                bar.set_message(line(&progress.snapshot()));
                bar.tick();
            }
        }
    }
}

fn line(snapshot: &Snapshot) -> String {
    let outcomes: Vec<String> = snapshot.outcomes.0.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let looks = match snapshot.revisits.total() {
        0 => String::new(),
        all => format!(" · revisited {all}, {} edited", snapshot.revisits.0.get("revision").copied().unwrap_or(0)),
    };
    let unreached =
        if snapshot.polls_unreached >= UNREACHED_ALARM { " · NO FEED CAN BE REACHED: is the network up?" } else { "" };
    let alarm = snapshot.alarm.as_deref().map(|why| format!(" · STANDING STILL: {why}")).unwrap_or_default();
    format!(
        "polls {} ({} unchanged, {} failed) · entries {} read, {} new · {}{looks} · indexed {}{unreached}{alarm}",
        snapshot.polls,
        snapshot.polls_unchanged,
        snapshot.polls_failed,
        snapshot.entries_read,
        snapshot.entries_new,
        outcomes.join(", "),
        snapshot.indexed.documents
    )
}

/// The outcomes of a finished run, one a line, with their sum.
pub(super) fn outcome_table(snapshot: &Snapshot) -> String {
    let mut out = String::new();
    let mut row = |name: &str, count: u64| writeln!(out, "{name:<28}{count:>8}").expect("writing to a String");
    row("polls", snapshot.polls);
    row("  unchanged", snapshot.polls_unchanged);
    row("  failed", snapshot.polls_failed);
    row("entries new or changed", snapshot.entries_new);
    for (name, count) in &snapshot.outcomes.0 {
        row(&format!("  {name}"), *count);
    }
    row("outcomes in all", snapshot.outcomes.total());
    for (name, count) in &snapshot.revisits.0 {
        row(&format!("revisited: {name}"), *count);
    }
    row("indexed", snapshot.indexed.documents);
    out
}
