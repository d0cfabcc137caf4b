//! One web document as fetched.
use super::CaptureRef;
use jiff::Timestamp;

#[derive(Clone, Debug)]
pub struct Page {
    /// As asked for.
    pub url: String,
    /// After redirects.
    pub final_url: String,
    pub status: u16,
    /// Lower-case names, in the order received; repeated names stay repeated.
    pub headers: Vec<(String, String)>,
    /// Content-decoded, at most the configured cap.
    pub body: Vec<u8>,
    pub fetched_at: Timestamp,
    pub capture: Option<CaptureRef>,
}

impl Page {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn content_type(&self) -> Option<&str> {
        self.header("content-type")
    }
}
