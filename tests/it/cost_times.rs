//! Build times: which records tell of which derivation, and what the rest is taken to take, against searches that are
//! not clever.

mod files;
mod matching;
mod model;
mod naive;
mod program;
mod random;
mod validation;
