//! Pages: one self-contained HTML file a report, to look at.

mod assets;
mod cell;
mod data;
mod impact;
mod markup;
mod page;
mod picture;
mod rebuilt;
mod table;

pub use cell::{Cell, Kind};
pub use markup::write_page;
pub use page::{Fact, Page, Pictured, Section};
pub use picture::{Area, Picture, Treemap};
pub use table::{Column, Table};
