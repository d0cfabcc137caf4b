//! banwatch: watches Korean, Chinese and English feeds for bans of AI vendors and distillation allegations.
//!
//! `ARCHITECTURE.md` has the map and the invariants.
pub mod model;

pub mod catalogue;
pub mod dedupe;
pub mod extract;
pub mod parse;
pub mod query;
pub mod rights;
pub mod story;
pub mod text;
pub mod topic;

pub mod net;

pub mod fetch;
pub mod index;
pub mod store;

pub mod desk;

pub mod alert;
pub mod export;
pub mod pipeline;

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod web;
