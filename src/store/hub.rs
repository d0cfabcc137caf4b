//! What the store keeps of subscriptions at hubs (WebSub).
use crate::model::FeedId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What we want of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubMode {
    Subscribe,
    Unsubscribe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubState {
    /// Not verified yet.
    Waiting,
    /// The hub has asked, and was told that we mean it; until the lease ends.
    Active,
    /// The hub or the publisher does not want us.
    Denied,
    /// Given up, by us.
    Left,
}

/// One feed at one hub, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSubscription {
    /// The unguessable last part of the callback address; it names the subscription.
    pub token: String,
    pub feed: FeedId,
    pub hub: String,
    pub topic: String,
    /// The address the hub was given.
    pub callback: String,
    pub state: HubState,
    pub goal: HubMode,
    /// A request for the goal is out, and the hub has not asked yet whether we mean it.
    pub asked: bool,
    /// Requests since the last one that was verified.
    pub attempts: u32,
    pub lease_until: Option<Timestamp>,
    /// When the next request goes out; None: none.
    pub due: Option<Timestamp>,
    /// It has delivered, and no poll since has found what it did not deliver.
    pub proven: bool,
    pub note: Option<String>,
}

impl HubSubscription {
    /// Verified, wanted, and its lease still runs.
    pub fn delivers(&self, now: Timestamp) -> bool {
        self.state == HubState::Active
            && self.goal == HubMode::Subscribe
            && self.lease_until.is_some_and(|until| until > now)
    }
}

/// What feed health shows of it: nothing that would let a reader speak for the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HubStanding {
    pub hub: String,
    pub topic: String,
    pub state: HubState,
    pub lease_until: Option<Timestamp>,
    pub proven: bool,
    pub last_delivery: Option<Timestamp>,
    pub note: Option<String>,
}
