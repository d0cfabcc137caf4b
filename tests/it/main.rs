//! The one integration binary.
mod flow;
mod scripted;
mod tidy;
