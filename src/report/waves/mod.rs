//! Waves as text.

mod dot;
mod major;
mod page;
mod plan;
mod security;
mod status;
