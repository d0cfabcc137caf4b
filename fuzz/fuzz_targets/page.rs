#![no_main]
use banwatch::extract::{PageText, extract};
use jiff::tz::TimeZone;

libfuzzer_sys::fuzz_target!(|html: &str| {
    let zone = TimeZone::UTC;
    let found = extract(&PageText { html, url: None, content_type: None, zone: &zone, headers: &[] });
    assert!(found.problems.iter().all(|problem| problem.code != "extractor_panicked"), "a caught panic is a finding too");
});
