//! What may be done with an article's words: the one place that turns statements about use into an answer.
//!
//! Pure: statements as recorded and the operator's rule for the site in, a ruling with its reasons out. What each
//! statement means stands in `docs/adr/0009-rights-signals.md`; the table here is that page in code.
mod curtail;
mod policy;
mod signal;

#[cfg(test)]
mod tests;

pub use curtail::{OPENING_CHARS, Quote, curtail, shorten};
pub use policy::{Policies, SitePolicy};

use crate::model::RightsSignal;
use serde::{Deserialize, Serialize};
use signal::Reading;
use std::fmt::Write as _;

/// Scalars of one article's words that count as a quotation: a few sentences. Search pages show 160.
pub const QUOTATION_CHARS_MAX: usize = 400;

/// A quotation is at most one part in so many of its article: a flash of one sentence quoted whole would be a reprint.
pub const QUOTATION_PART: usize = 2;

/// Reasons kept with a ruling: a page that repeats its statement on every line adds nothing.
pub const REASONS_MAX: usize = 8;

/// How much of the source's own words may be given, from none to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// Not even the headline; what banwatch found out itself, and the address, stay.
    Nothing,
    /// Headline, byline, dates and address.
    Metadata,
    /// And short quotations.
    Quotation,
    FullText,
}

/// What is about to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A page or terminal that only the operator's own machine reaches.
    OwnPage,
    /// A page that others can open.
    PublicPage,
    /// A digest to a subscriber.
    Send,
    /// A data set, whose reader may mine or train on it.
    Export,
    /// An answer to a program.
    Api,
    /// The operator's own search, which keeps and shows nobody anything.
    Index,
}

/// What is known of one article: its statements that hold now, and the operator's rule for its site.
#[derive(Clone, Copy, Debug)]
pub struct ArticleRights<'a> {
    pub signals: &'a [RightsSignal],
    pub policy: Option<&'a SitePolicy>,
}

/// The answer, with the statements that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    pub permit: Permit,
    /// Scalars of a quotation; smaller than `QUOTATION_CHARS_MAX` where the site names a number.
    pub quotation_chars_max: usize,
    /// Empty when nothing is said that bears on this use.
    pub reasons: Vec<Reason>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    #[serde(flatten)]
    pub signal: RightsSignal,
    /// What it was taken to mean.
    pub means: String,
}

pub fn permit(rights: &ArticleRights<'_>, use_: Use) -> Ruling {
    if use_ == Use::Index {
        return Ruling::of(Permit::FullText);
    }
    if let Some(policy) = rights.policy {
        return Ruling { reasons: vec![policy.reason()], ..Ruling::of(policy.show) };
    }
    let readings: Vec<(Reading, &RightsSignal)> = rights
        .signals
        .iter()
        .flat_map(|signal| signal::read(signal).into_iter().map(move |reading| (reading, signal)))
        .collect();
    let open = readings.iter().find(|(reading, _)| *reading == Reading::Open).copied();
    let mut ruling = Ruling::of(use_.unsaid());
    if let Some((reading, signal)) = open.filter(|_| ruling.permit < Permit::FullText) {
        ruling = Ruling { reasons: vec![Reason::of(reading, signal)], ..Ruling::of(Permit::FullText) };
    }
    for (reading, signal) in readings {
        // A licence is given on top of a copyright, never on top of a prohibition.
        if reading == Reading::Copyright && open.is_some() {
            continue;
        }
        if let Some(cap) = reading.cap(use_) {
            ruling.lower(cap, reading, signal);
        }
    }
    ruling
}

impl Permit {
    pub const ALL: [Permit; 4] = [Permit::Nothing, Permit::Metadata, Permit::Quotation, Permit::FullText];

    pub fn as_str(self) -> &'static str {
        match self {
            Permit::Nothing => "nothing",
            Permit::Metadata => "metadata",
            Permit::Quotation => "quotation",
            Permit::FullText => "full_text",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permit| permit.as_str() == name)
    }
}

impl Use {
    /// What holds while nothing is said. A data set may hold the text: mining is free until it is reserved (Directive
    /// 2019/790, art. 4), and the file stays with whoever asked for it.
    fn unsaid(self) -> Permit {
        match self {
            Use::OwnPage | Use::Export | Use::Index => Permit::FullText,
            Use::PublicPage | Use::Send | Use::Api => Permit::Quotation,
        }
    }
}

impl Ruling {
    fn of(permit: Permit) -> Self {
        Self { permit, quotation_chars_max: QUOTATION_CHARS_MAX, reasons: Vec::new() }
    }

    fn lower(&mut self, cap: Permit, reading: Reading, signal: &RightsSignal) {
        if let Reading::MaxSnippet(chars) = reading {
            self.quotation_chars_max = self.quotation_chars_max.min(chars);
        }
        if cap < self.permit {
            self.permit = cap;
            self.reasons.clear();
        }
        if cap == self.permit && self.reasons.len() < REASONS_MAX {
            self.reasons.push(Reason::of(reading, signal));
        }
    }

    /// Whether anything of the text is kept back.
    pub fn withholds(&self) -> bool {
        self.permit < Permit::FullText
    }

    /// For a page or a cell: what is given, and the statements that say so.
    pub fn words(&self) -> String {
        let mut words = match self.permit {
            Permit::Nothing => "nothing of its words",
            Permit::Metadata => "headline and address only",
            Permit::Quotation => "a quotation only",
            Permit::FullText => "full text",
        }
        .to_owned();
        if self.reasons.is_empty() && self.withholds() {
            words.push_str(": nothing is said that permits more");
        }
        for (number, Reason { signal, means }) in self.reasons.iter().enumerate() {
            let lead = if number == 0 { ":" } else { ";" };
            write!(words, "{lead} {means} ({}: {}, {})", signal.kind, signal.raw, signal.place)
                .expect("writing to a String does not fail");
        }
        words
    }
}

impl Reason {
    fn of(reading: Reading, signal: &RightsSignal) -> Self {
        Self { signal: signal.clone(), means: reading.words() }
    }
}
