//! Every step's result for one page, and why; stores nothing.
use super::read::{self, Guides, Reading};
use crate::model::Page;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub step: &'static str,
    pub result: Value,
    pub why: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub url: String,
    pub steps: Vec<Step>,
    /// What `process` would make of it, copies and stories aside.
    pub outcome: String,
}

/// Page in, report out. Pure but for the work itself.
pub fn inspect(page: &Page, guides: Guides<'_>, zone: &TimeZone) -> Report {
    let mut steps = vec![fetch_step(page)];
    let outcome = match read::read(page, guides, zone) {
        Err(why) => {
            let outcome = crate::model::Outcome::Skipped(why).name();
            steps.push(Step { step: "extract", result: Value::Null, why: outcome.clone() });
            outcome
        }
        Ok(reading) => {
            steps.extend(reading_steps(page, &reading));
            match &reading.judgement {
                None => format!("skipped.other_language ({})", reading.read.found.extract.lang),
                Some(judgement) if judgement.topics.is_empty() => "off_topic".to_owned(),
                Some(_) => "stored, or seen, copy or revision of what the store holds".to_owned(),
            }
        }
    };
    Report { url: page.final_url.clone(), steps, outcome }
}

fn fetch_step(page: &Page) -> Step {
    Step {
        step: "fetch",
        result: json!({"status": page.status, "bytes": page.body.len(), "content_type": page.content_type(), "final_url": page.final_url}),
        why: if page.final_url == page.url {
            "no redirect".to_owned()
        } else {
            format!("redirected from {}", page.url)
        },
    }
}

fn reading_steps(page: &Page, reading: &Reading) -> Vec<Step> {
    let found = &reading.read.found;
    let extract = &found.extract;
    let mut steps = vec![
        Step {
            step: "charset",
            result: json!(reading.read.encoding),
            why: "bytes, header and declaration weighed".to_owned(),
        },
        Step {
            step: "extract",
            result: json!({
                "title": extract.title, "characters": extract.body.chars().count(), "published": extract.published, "modified": extract.modified,
                "byline": extract.byline, "site": extract.site, "truncated": extract.truncated, "rights": extract.rights,
                "problems": extract.problems, "next_page": found.leads.next_page.as_ref().map(url::Url::as_str),
                "edition": found.leads.edition.as_ref().map(|edition| format!("{} {}", edition.kind, edition.url)),
                "dropped": dropped_lines(reading), "body": extract.body,
            }),
            why: format!("method {}", extract.method),
        },
        Step {
            step: "language",
            result: json!({"lang": extract.lang, "script": extract.script}),
            why: if extract.lang.is_watched() { "watched".to_owned() } else { "not watched".to_owned() },
        },
    ];
    if let Some(judgement) = &reading.judgement {
        steps.push(Step {
            step: "topics",
            result: json!({"topics": judgement.topics, "mentions": judgement.mentions, "event_mentions": judgement.event_mentions, "entities": judgement.entities}),
            why: judgement.reasons.join("; "),
        });
    }
    let identity = url::Url::parse(&page.final_url).map(|requested| read::identity(&requested, extract));
    steps.push(Step {
        step: "identity",
        result: json!({"url": identity.as_ref().map(url::Url::as_str).ok(), "content_hash": read::content_hash(extract)}),
        why: match &extract.canonical {
            Some(canonical) => format!("the page calls {canonical} canonical"),
            None => "the page names no canonical address".to_owned(),
        },
    });
    steps
}

/// Every line that was taken out, and why.
fn dropped_lines(reading: &Reading) -> Vec<String> {
    let by_rule = reading.read.found.dropped.iter().map(|line| format!("{line} (the site's rule)"));
    let learnt = reading.dropped.iter().map(|line| {
        format!("{} (stood in {} of the last {} articles of {})", line.line, line.seen, line.of, line.host)
    });
    by_rule.chain(learnt).collect()
}
