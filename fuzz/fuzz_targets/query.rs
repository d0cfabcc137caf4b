#![no_main]
use banwatch::query;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(understood) = query::parse(text) {
        // What the answer says was understood must mean the same when it is typed.
        let shown = query::explain(&understood);
        assert!(query::parse(&shown).is_ok(), "{shown}");
    }
});
