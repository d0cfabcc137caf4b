//! Every way out of the process: what may be reached, and the one HTTP client.
mod connect;
mod guard;

pub use connect::{ConnectFault, Connector, Names, Options, SystemNames, blocked_by};
pub use guard::{Blocked, Guard, GuardFault};
