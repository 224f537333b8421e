//! Why each input is there: its roles, and what comes along with it.

mod effective;
mod list;
mod roles;

pub use effective::{EffectiveInput, EffectiveInputs};
pub use list::{DependencyList, Offsets};
pub use roles::{Role, RoleSet};
