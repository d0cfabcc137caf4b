//! stub for checking
use crate::model::*;
pub const VERSION: &str = "0";
pub struct PageText<'a> {
    pub html: &'a str,
    pub url: Option<&'a url::Url>,
    pub content_type: Option<&'a str>,
    pub zone: &'a jiff::tz::TimeZone,
    pub headers: &'a [(String, String)],
}
pub fn extract(_: &PageText<'_>) -> Extract {
    unimplemented!()
}
