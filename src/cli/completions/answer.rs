//! Answers to the scripts.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;
use clap_complete::CompleteEnv;

use super::scripts::{SHELLS, VARIABLE};
use super::values::with_values;
use crate::cli::{Cli, NAME};

/// Answers what can follow the words that were typed, where a script asks; `None` where it does not. What goes
/// wrong is told to nobody: it would stand in the middle of the line that is typed.
pub(in crate::cli) fn answer(arguments: &[OsString]) -> Option<ExitCode> {
    let shell = std::env::var_os(VARIABLE)?;
    // set by somebody else
    SHELLS.completer(shell.to_str()?)?;
    let words: Arc<[OsString]> = arguments.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let completer = CompleteEnv::with_factory(|| with_values(Cli::command(), &words))
        .var(VARIABLE)
        .bin(NAME)
        .completer(NAME)
        .shells(SHELLS);
    let folder = std::env::current_dir().ok();
    match completer.try_complete(arguments.iter().cloned(), folder.as_deref()) {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        Err(_) => Some(ExitCode::from(2)),
    }
}
