//! What every backend must do, as the contract of `Store` says it. Each check takes an empty store.
//!
//! A backend's tests call `check_all` with a way to open a fresh store; a failing check panics with its place.
mod articles;
mod entries;
mod feeds;
mod hosts;
mod hubs;
mod revisits;
mod samples;
mod settle;
mod sites;

use super::Store;
use std::sync::Arc;

/// Runs every check, each on a store of its own.
pub(super) async fn check_all(open: impl AsyncFn() -> Arc<dyn Store>) {
    feeds::check_all(&open).await;
    hubs::check_all(&open).await;
    entries::check_all(&open).await;
    settle::check_all(&open).await;
    articles::check_all(&open).await;
    revisits::check_all(&open).await;
    hosts::check_all(&open).await;
    sites::check_all(&open).await;
}

pub(super) use samples::{Samples, at, claim_of};
