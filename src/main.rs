//! The command line of nix-ripple.
fn main() {}
