//! `cargo +nightly fuzz run json fuzz/corpus/json testdata/formats/json testdata/invalid`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nix_ripple::nix::fuzz::json(data));
