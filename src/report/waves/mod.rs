//! Waves as text.

mod dot;
mod page;
mod plan;
mod security;
