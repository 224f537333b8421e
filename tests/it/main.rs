//! What nix-ripple promises, held from outside: through the library's public interface and the
//! built program.

mod cli;
mod graph_traits;
mod layering;
mod readme;
mod robust;
mod support;
