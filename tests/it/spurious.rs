//! Spurious inputs: the figures against editing the graph and counting again, the forms of the answer, and what
//! it takes to live with it.

mod costs;
mod figures;
mod living;
mod shape;
