//! The store in one SQLite file: a single write connection, readers beside it (WAL).
mod columns;
mod open;

mod feeds;
mod hubs;
mod polls;

mod entries;
mod group;
mod revisits;
mod settle;

mod articles;
mod revisions;

mod counts;
mod coverage;
mod hosts;
mod site_lines;

#[cfg(test)]
mod tests;

pub use open::OpenMode;

use super::{
    ArticleHead, ArticleRecord, Claim, ClaimedFeed, Clustered, CoverageDay, Enqueued, FeedHealth, HubSubscription,
    PendingEntry, PendingRevisit, PollRecord, Result, Revisit, SeenRights, Settlement, Store, StoreCounts, StoryRecord,
};
use crate::model::{ArticleId, Document, Entry, FeedId, FeedSpec, FeedState, HostCourtesy, Hosts, SiteLine, StoryId};
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqlitePool;
use tokio::sync::mpsc;

/// Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    /// One connection: SQLite has one writer, and waiting here is fair where waiting on its file lock is not.
    /// Absent in a store opened for reading.
    write: Option<SqlitePool>,
    /// Where polls and outcomes wait for a commit; absent likewise.
    line: Option<mpsc::Sender<group::Waiting>>,
    read: SqlitePool,
}

#[async_trait]
impl Store for SqliteStore {
    async fn sync_catalogue(&self, specs: &[FeedSpec], now: Timestamp) -> Result<()> {
        feeds::sync_catalogue(self, specs, now).await
    }

    async fn claim_feeds(&self, claim: &Claim<'_>) -> Result<Vec<ClaimedFeed>> {
        feeds::claim_due(self, claim).await
    }

    async fn claim_feed(&self, id: &FeedId, claim: &Claim<'_>) -> Result<Option<ClaimedFeed>> {
        feeds::claim_one(self, id, claim).await
    }

    async fn record_poll(&self, poll: &PollRecord, entries: &[Entry]) -> Result<Enqueued> {
        group::record_poll(self, poll, entries).await
    }

    async fn postpone(&self, feed: &FeedId, state: &FeedState, now: Timestamp) -> Result<()> {
        feeds::postpone(self, feed, state, now).await
    }

    async fn next_feed_due(&self) -> Result<Option<Timestamp>> {
        feeds::next_due(self).await
    }

    async fn feeds(&self) -> Result<Vec<FeedSpec>> {
        feeds::all(self).await
    }

    async fn feed_health(&self, now: Timestamp) -> Result<Vec<FeedHealth>> {
        counts::feed_health(self, now).await
    }

    async fn coverage(&self, now: Timestamp) -> Result<Vec<CoverageDay>> {
        coverage::coverage(self, now).await
    }

    async fn hub_key(&self, fresh: &str) -> Result<String> {
        hubs::key(self, fresh).await
    }

    async fn record_hub(&self, subscription: &HubSubscription, now: Timestamp) -> Result<()> {
        hubs::record(self, subscription, now).await
    }

    async fn hub_subscription(&self, token: &str) -> Result<Option<HubSubscription>> {
        hubs::one(self, token).await
    }

    async fn hub_subscriptions(&self, feed: Option<&FeedId>) -> Result<Vec<HubSubscription>> {
        hubs::all(self, feed).await
    }

    async fn hubs_due(&self, now: Timestamp, limit: usize) -> Result<Vec<HubSubscription>> {
        hubs::due(self, now, limit).await
    }

    async fn claim_entries(
        &self,
        claim: &Claim<'_>,
        busy_hosts: &[String],
        per_host: usize,
    ) -> Result<Vec<PendingEntry>> {
        entries::claim(self, claim, entries::HostRules { busy: busy_hosts, per_host }).await
    }

    async fn next_entry_due(&self) -> Result<Option<Timestamp>> {
        entries::next_due(self).await
    }

    async fn settle(&self, settlement: &Settlement) -> Result<Option<u64>> {
        group::settle(self, settlement).await
    }

    async fn claim_revisits(&self, claim: &Claim<'_>) -> Result<Vec<PendingRevisit>> {
        revisits::claim(self, claim).await
    }

    async fn next_revisit_due(&self) -> Result<Option<Timestamp>> {
        revisits::next_due(self).await
    }

    async fn record_revisit(&self, revisit: &Revisit) -> Result<Option<u64>> {
        revisits::record(self, revisit).await
    }

    async fn release_leases(&self) -> Result<()> {
        entries::release_leases(self).await
    }

    async fn learn_site_lines(&self, lines: &[SiteLine], now: Timestamp) -> Result<()> {
        site_lines::learn(self, lines, now).await
    }

    async fn site_lines(&self) -> Result<Vec<SiteLine>> {
        site_lines::all(self).await
    }

    async fn head(&self, id: &ArticleId) -> Result<Option<ArticleHead>> {
        articles::head(&mut *self.reader().await?, id).await
    }

    async fn head_by_url(&self, url: &str) -> Result<Option<ArticleHead>> {
        articles::head_by_url(&mut *self.reader().await?, url).await
    }

    async fn article(&self, id: &ArticleId) -> Result<Option<ArticleRecord>> {
        articles::record(self, id).await
    }

    async fn rights(&self, ids: &[ArticleId]) -> Result<Vec<Vec<SeenRights>>> {
        revisits::rights_of(self, ids).await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Document>> {
        articles::changes(self, after, limit).await
    }

    async fn change_seq(&self) -> Result<u64> {
        articles::change_seq(self).await
    }

    async fn indexed_state(&self, after: Option<&ArticleId>, limit: usize) -> Result<Vec<(ArticleId, u64)>> {
        articles::indexed_state(self, after, limit).await
    }

    async fn clustered(&self, after: u64, limit: usize) -> Result<Vec<(u64, Clustered)>> {
        articles::clustered(self, after, limit).await
    }

    async fn story(&self, id: &StoryId) -> Result<Option<StoryRecord>> {
        articles::story(self, id).await
    }

    async fn keep_hosts(&self, hosts: &Hosts, now: Timestamp) -> Result<()> {
        hosts::keep(self, hosts, now).await
    }

    async fn hosts(&self, now: Timestamp) -> Result<Hosts> {
        hosts::all(self, now).await
    }

    async fn courtesy(&self) -> Result<Vec<HostCourtesy>> {
        hosts::courtesy(self).await
    }

    async fn counts(&self) -> Result<StoreCounts> {
        counts::counts(self).await
    }

    async fn close(&self) {
        self.close_all().await;
    }
}
