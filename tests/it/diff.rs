//! `nix-ripple diff`, judged from outside: by the real Nix, by undoing edits one by one in closures
//! at random, by a real day of nixpkgs, and on sides that do not fit.

mod answer;
mod by_nix;
mod costs;
mod day;
mod generated;
mod many;
mod messages;
mod model;
mod random;
mod rules;
mod sides;
mod spurious;
