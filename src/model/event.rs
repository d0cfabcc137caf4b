//! What one article says happened: topics, event mentions, and the sentences that say so.
use super::lang::UnknownCode;
use serde::{Deserialize, Serialize};

/// Serde names are the public strings of FORMATS.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $text)] $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            pub fn parse(text: &str) -> Result<Self, UnknownCode> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err(UnknownCode { what: $what, value: text.to_owned() }),
                }
            }
        }
    };
}

word!(Topic, "topic", {
    VendorBan = "vendor_ban",
    DistillationAllegation = "distillation_allegation",
});

word!(
    /// The first six belong to vendor bans, the others to distillation allegations.
    Action, "action", {
        Ban = "ban", Restrict = "restrict", Suspend = "suspend", Remove = "remove", Propose = "propose", Lift = "lift",
        Allege = "allege", Admit = "admit", Deny = "deny", Investigate = "investigate", Sanction = "sanction", Legislate = "legislate",
    }
);

word!(Modality, "modality", {
    Asserted = "asserted", Reported = "reported", Proposed = "proposed", Denied = "denied", Rumoured = "rumoured",
});

word!(Status, "status", {
    Proposed = "proposed", Announced = "announced", InForce = "in_force", PartlyLifted = "partly_lifted", Lifted = "lifted",
    Expired = "expired", Denied = "denied", Alleged = "alleged", Admitted = "admitted", UnderInvestigation = "under_investigation",
    Sanctioned = "sanctioned",
});

/// `YYYY-MM-DD`, or `YYYY-MM` when no day is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub String);

/// An organisation, product or person in a role: canonical id (None when unknown) and the name as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entity {
    pub id: Option<String>,
    pub name: String,
}

/// An entity found in the body. Offsets: half-open, in Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitySpan {
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub start: usize,
    pub end: usize,
}

/// A sentence of the body. Offsets: half-open, in Unicode scalar values into the stored body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub text: String,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Full number: 2만5천 is 25000.
    pub value: f64,
    pub unit: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventMention {
    pub kind: Topic,
    pub action: Action,
    pub actor: Vec<Entity>,
    pub target: Vec<Entity>,
    pub products: Vec<Entity>,
    pub place: Option<String>,
    pub scope: Option<String>,
    pub reason: Option<String>,
    pub announced: Option<Date>,
    pub effective: Option<Date>,
    pub ends: Option<Date>,
    pub period: Period,
    pub figures: Vec<Figure>,
    pub instead: Option<String>,
    pub cited: Vec<String>,
    pub modality: Modality,
    pub status: Status,
    pub evidence: Vec<Evidence>,
    /// 0..=1.
    pub score: f64,
}

/// What an article is about, and why we think so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What the article reports.
    pub topics: Vec<Topic>,
    /// Only background: kept apart, never a reason to alert.
    pub mentions: Vec<Topic>,
    pub event_mentions: Vec<EventMention>,
    pub entities: Vec<EntitySpan>,
    pub reasons: Vec<String>,
}
