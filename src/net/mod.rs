//! Every way out of the process.
/// Why an address may not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} may not be reached: {why}")]
pub struct Blocked {
    pub host: String,
    pub why: String,
}
