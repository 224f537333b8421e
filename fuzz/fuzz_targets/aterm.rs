//! `cargo +nightly fuzz run aterm fuzz/corpus/aterm testdata/formats/drvs testdata/invalid`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nix_ripple::nix::fuzz::aterm(data));
