//! Evaluating a side of a diff.

mod by_nix;
