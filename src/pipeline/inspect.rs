//! Every step's result for one page, and why; stores nothing.
use super::read::{self, Guides, Reading};
use crate::model::Page;
use crate::rights::{self, ArticleRights, Policies, Use};
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
pub fn inspect(page: &Page, guides: Guides<'_>, zone: &TimeZone, policies: &Policies) -> Report {
    let mut steps = vec![fetch_step(page)];
    let outcome = match read::read(page, guides, zone) {
        Err(why) => {
            let outcome = crate::model::Outcome::Skipped(why).name();
            steps.push(Step { step: "extract", result: Value::Null, why: outcome.clone() });
            outcome
        }
        Ok(reading) => {
            steps.extend(reading_steps(page, &reading, policies));
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

fn reading_steps(page: &Page, reading: &Reading, policies: &Policies) -> Vec<Step> {
    let Shown { reading: shown, rights } = shown(page, reading, policies);
    let extract = &shown.read.found.extract;
    let found = &reading.read.found;
    let mut steps = vec![
        Step {
            step: "charset",
            result: json!(reading.read.encoding),
            why: "bytes, header and declaration weighed".to_owned(),
        },
        Step {
            step: "extract",
            result: json!({
                "title": extract.title, "characters": reading.read.found.extract.body.chars().count(), "published": extract.published, "modified": extract.modified,
                "byline": extract.byline, "site": extract.site, "truncated": extract.truncated, "rights": extract.rights,
                "problems": extract.problems, "next_page": found.leads.next_page.as_ref().map(url::Url::as_str),
                "edition": found.leads.edition.as_ref().map(|edition| format!("{} {}", edition.kind, edition.url)),
                "dropped": dropped_lines(reading),
            }),
            why: format!("method {}", extract.method),
        },
        rights,
        Step {
            step: "language",
            result: json!({"lang": extract.lang, "script": extract.script}),
            why: if extract.lang.is_watched() { "watched".to_owned() } else { "not watched".to_owned() },
        },
    ];
    if let Some(judgement) = &shown.judgement {
        steps.push(Step {
            step: "topics",
            result: json!({"topics": judgement.topics, "mentions": judgement.mentions, "event_mentions": judgement.event_mentions, "entities": judgement.entities}),
            why: judgement.reasons.join("; "),
        });
    }
    let identity =
        url::Url::parse(&page.final_url).map(|requested| read::identity(&requested, &reading.read.found.extract));
    steps.push(Step {
        step: "identity",
        result: json!({"url": identity.as_ref().map(url::Url::as_str).ok(), "content_hash": read::content_hash(&reading.read.found.extract)}),
        why: match &extract.canonical {
            Some(canonical) => format!("the page calls {canonical} canonical"),
            None => "the page names no canonical address".to_owned(),
        },
    });
    steps
}

/// A reading without the words that may not be shown, and the step that says so.
struct Shown {
    reading: Reading,
    rights: Step,
}

/// By what the page itself says: robots.txt and feed are not asked here.
fn shown(page: &Page, reading: &Reading, policies: &Policies) -> Shown {
    let mut reading = reading.clone();
    let known = ArticleRights { signals: &reading.read.found.extract.rights, policy: policies.of(&page.final_url) };
    let ruling = rights::permit(&known, Use::OwnPage);
    let mentions = reading.judgement.as_mut().map(|judgement| judgement.event_mentions.as_mut_slice());
    let passages = rights::curtail(&ruling, &mut reading.read.found.extract, mentions.unwrap_or_default());
    let rights = Step {
        step: "rights",
        result: json!({"permit": ruling.permit, "text": passages, "reasons": ruling.reasons}),
        why: ruling.words(),
    };
    Shown { reading, rights }
}

/// Every line that was taken out, and why.
fn dropped_lines(reading: &Reading) -> Vec<String> {
    let by_rule = reading.read.found.dropped.iter().map(|line| format!("{line} (the site's rule)"));
    let learnt = reading.dropped.iter().map(|line| {
        format!("{} (stood in {} of the last {} articles of {})", line.line, line.seen, line.of, line.host)
    });
    by_rule.chain(learnt).collect()
}
