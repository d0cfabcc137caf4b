#![no_main]
use banwatch::fetch::Robots;

libfuzzer_sys::fuzz_target!(|input: (&[u8], &str)| {
    let robots = Robots::parse(input.0);
    assert_eq!(robots.allowed("banwatch", input.1), robots.allowed("banwatch", input.1));
});
