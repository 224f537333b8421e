//! Two builds compared: against a naive reading, on real programs, with the real Nix, and where it hurts.

mod archives;
mod command;
mod naive;
mod programs;
