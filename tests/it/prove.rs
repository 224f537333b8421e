//! Experiments by the real Nix: `prove`, judged by planted cases (`testdata/minipkgs/planted.nix`).

mod judge;
mod label;
mod planted;
mod ranked;
mod traced;
