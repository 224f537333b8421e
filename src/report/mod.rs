//! Reports as text: tables for people, JSON and CSV for programs, markdown for pull requests, dot
//! for pictures.

mod candidates;
mod channels;
mod compare;
mod config;
mod cost;
mod diff;
mod dot;
mod evidence;
mod expense;
mod explained;
pub mod export;
pub mod html;
mod impact;
mod inputs;
mod levels;
mod markdown;
mod overlay;
mod package_rank;
mod paint;
mod probe;
mod prove;
mod rank;
mod references;
mod remaining;
mod remedied;
mod render;
mod rows;
mod rules;
mod spurious;
mod table;
mod units;
mod waves;
mod why;
mod words;

pub use compare::ComparePage;
pub use config::{ConfigFile, ConfigReport, ConfigSetting};
pub use diff::DiffPage;
pub use prove::ProofReport;
pub use render::{Format, Render, RenderError, render};
pub use table::Layout;
pub(crate) use table::printable;
