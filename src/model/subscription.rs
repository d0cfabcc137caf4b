//! A subscription: a query, channels and a schedule. It has no matcher of its own.
use super::Owner;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub owner: Owner,
    pub name: String,
    /// In the one query language.
    pub query: String,
    /// URLs: `mailto:…`, `https://…`; delivered by later senders.
    pub channels: Vec<String>,
    /// Cron expression in the owner's zone.
    pub schedule: String,
    pub zone: String,
}
