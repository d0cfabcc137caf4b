pub struct Captures;
pub struct Captured;
pub struct CaptureLimits;
#[derive(Debug, thiserror::Error)]
#[error("capture")]
pub struct CaptureFault;
