//! The operator's own rules by site: leave that was given, or restraint beyond what is asked.
use super::{Permit, Reason};
use crate::model::RightsSignal;
use std::collections::BTreeMap;
use url::Url;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePolicy {
    pub show: Permit,
    /// On what ground; never empty for full text.
    pub why: String,
    /// File and line.
    pub place: String,
}

/// By host; a rule holds for the hosts below its own too, and the nearest one wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies(BTreeMap<String, SitePolicy>);

impl Policies {
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Gives the rule back that this host already has.
    pub fn add(&mut self, host: &str, policy: SitePolicy) -> Option<SitePolicy> {
        self.0.insert(host.to_ascii_lowercase(), policy)
    }

    pub fn of(&self, url: &str) -> Option<&SitePolicy> {
        // What has no host has no site.
        let host = Url::parse(url).ok()?.host_str()?.to_owned();
        let mut rest = Some(host.as_str());
        while let Some(name) = rest {
            if let Some(policy) = self.0.get(name) {
                return Some(policy);
            }
            rest = name.split_once('.').map(|(_, parent)| parent);
        }
        None
    }
}

impl SitePolicy {
    pub(super) fn reason(&self) -> Reason {
        Reason {
            signal: RightsSignal {
                kind: "site_policy".to_owned(),
                raw: format!(
                    "show = {:?}{}{}",
                    self.show.as_str(),
                    if self.why.is_empty() { "" } else { ", " },
                    self.why
                ),
                place: self.place.clone(),
            },
            means: "the operator's rule for this site".to_owned(),
        }
    }
}
