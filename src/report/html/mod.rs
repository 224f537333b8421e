//! Pages: one self-contained HTML file a report, to look at.

mod assets;
mod cell;
mod cost;
mod data;
mod diff;
mod farm;
mod frontier;
mod gantt;
mod heavy;
mod hubs;
mod impact;
mod markup;
mod page;
mod picture;
mod rank;
mod rebuilt;
mod spurious;
mod table;
#[cfg(test)]
mod tests;
mod variants;
mod waves;
mod waves_plan;
mod waves_rows;

pub use cell::{Cell, Kind};
pub use farm::{Farm, FarmTime};
pub use frontier::Frontier;
pub use gantt::Gantt;
pub use markup::{BEGINNING, write_page};
pub use page::{Fact, Page, Pictured, Section};
pub use picture::{Area, Bars, Icicle, Measure, Picture, Series, Slice, Treemap};
pub use rank::RankPage;
pub use spurious::SpuriousPage;
pub use table::{Column, Table};
pub use variants::{Variant, Variants};
