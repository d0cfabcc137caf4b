#![no_main]
use banwatch::parse::{FeedContext, parse};
use jiff::tz::TimeZone;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let zone = TimeZone::UTC;
    let once = parse(bytes, &FeedContext::new(&zone));
    // The same bytes give the same keys, or every poll would bring "new" entries.
    assert_eq!(once, parse(bytes, &FeedContext::new(&zone)));
});
