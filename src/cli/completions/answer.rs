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

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(words: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let mut command = with_values(Cli::command(), &words.clone().into());
        let last = words.len() - 1;
        let found = clap_complete::engine::complete(&mut command, words, last, None).unwrap();
        found.iter().map(|candidate| candidate.get_value().to_str().unwrap().to_owned()).collect()
    }

    /// Every command, option and value that the parser knows is offered.
    #[test]
    fn all_that_the_parser_knows() {
        let mut program = Cli::command();
        program.build();
        let mut counts = [0; 3];
        let mut left = vec![(vec![NAME.to_owned()], &program)];
        while let Some((path, command)) = left.pop() {
            let at = |last: &str| {
                let words: Vec<&str> = path.iter().map(String::as_str).chain([last]).collect();
                offered(&words)
            };
            let first = at("");
            for below in command.get_subcommands() {
                assert!(first.contains(&below.get_name().to_owned()), "{path:?}: {}", below.get_name());
                counts[0] += 1;
                if below.get_name() != "help" && !path.contains(&"help".to_owned()) {
                    left.push((path.iter().cloned().chain([below.get_name().to_owned()]).collect(), below));
                }
            }
            let options = at("--");
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let Some(long) = argument.get_long() else { continue };
                assert!(options.contains(&format!("--{long}")), "{path:?}: --{long}");
                counts[1] += 1;
                let values = argument.get_possible_values();
                if argument.get_action().takes_values() && !values.is_empty() {
                    let told = at(&format!("--{long}="));
                    for value in values {
                        assert!(told.contains(&format!("--{long}={}", value.get_name())), "{path:?}: {long}: {told:?}");
                        counts[2] += 1;
                    }
                }
            }
        }
        assert!(counts[0] > 20 && counts[1] > 200 && counts[2] > 100, "{counts:?}");
    }
}
