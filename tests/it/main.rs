//! What nix-ripple promises, held from outside: through the library's public interface and the
//! built program.

mod cli;
mod graph_traits;
mod layering;
mod needs;
mod robust;
mod support;
mod truth;
