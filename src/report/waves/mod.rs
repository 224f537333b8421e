//! Waves as text.

mod dot;
mod major;
mod page;
pub(super) mod plan;
mod security;
mod status;
