//! The bundled world of `banwatch demo`, worlds made from a folder of labelled pages, and their loopback server.
pub mod real;
mod render;
pub mod server;
#[cfg(test)]
mod tests;
pub mod world;

pub use world::{Page, Site, World, WorldError};
