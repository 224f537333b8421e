//! What can be the value of an argument.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _};

use crate::cli::closure::default_closure;
use crate::cli::config::Config;
use crate::graph::Graph;
use crate::ingest::is_snapshot;
use crate::query::{complete_attribute, complete_selector, complete_system};

/// A way to go on with a word of a closure.
type Complete = fn(&Graph, &str) -> Vec<String>;

/// Tells every argument what its values are; `words` are what was typed.
pub(super) fn with_values(command: Command, words: &Arc<[OsString]>) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let command = command.mut_args(|argument| with_value(argument, words));
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |command| with_values(command, words)))
}

fn with_value(argument: Arg, words: &Arc<[OsString]>) -> Arg {
    let name = argument.get_value_names().and_then(|names| names.first()).map(|name| name.to_string());
    let from_closure = |argument: Arg, complete: Complete| {
        let words = Arc::clone(words);
        argument.add(ArgValueCompleter::new(move |word: &OsStr| candidates(&words, word, complete)))
    };
    match name.unwrap_or_default().as_str() {
        "SELECTOR" | "PKG" | "FROM" | "TO" => from_closure(argument, complete_selector),
        "ATTR" => from_closure(argument, complete_attribute),
        "SYSTEM" => from_closure(argument, complete_system),
        "DIR" => argument.value_hint(ValueHint::DirPath),
        "[N=]RESULTS" | "INPUT" | "PLAN" => argument.value_hint(ValueHint::AnyPath),
        _ => argument,
    }
}

/// What the closure knows; nothing where there is none that can be opened at once.
fn candidates(words: &[OsString], word: &OsStr, complete: Complete) -> Vec<CompletionCandidate> {
    let Some(word) = word.to_str() else { return Vec::new() };
    if let Some(file) = word.strip_prefix('@') {
        let files = PathCompleter::any().complete(OsStr::new(file));
        return files.into_iter().map(|file| file.add_prefix("@")).collect();
    }
    let graph = closure(words).filter(|path| is_snapshot(path)).and_then(|path| Graph::open(&path).ok());
    let found = graph.map(|graph| complete(&graph, word)).unwrap_or_default();
    let found = found.into_iter().filter(|name| !name.contains(char::is_control));
    found.map(CompletionCandidate::new).collect()
}

/// The closure that the command would read: the last that was typed, else the default.
fn closure(words: &[OsString]) -> Option<PathBuf> {
    let mut found = None;
    let mut typed = words_of(words);
    while let Some(word) = typed.next() {
        let joined = word.strip_prefix("--closure=").or_else(|| match word.strip_prefix("-c") {
            Some(rest) if !rest.is_empty() && !word.starts_with("--") => Some(rest.trim_start_matches('=')),
            _ => None,
        });
        let given = if matches!(word, "-c" | "--closure") { typed.next() } else { joined };
        found = given.filter(|given| !given.is_empty()).or(found);
    }
    let default = || {
        let ignored = words_of(words).any(|word| word == "--no-config");
        // a file of defaults that is wrong is for the command itself to tell
        let config = if ignored { Config::default() } else { Config::load().unwrap_or_default() };
        match default_closure(&config).as_slice() {
            [path] => Some(path.clone()),
            _ => None,
        }
    };
    found.map(|path| Path::new(path).to_path_buf()).or_else(default)
}

fn words_of(words: &[OsString]) -> impl Iterator<Item = &str> {
    words.iter().map(|word| word.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closures_of_what_was_typed() {
        let closure = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            closure(&words).map(|path| path.display().to_string())
        };
        for line in ["impact -c x cu", "impact -cx", "impact --closure=x", "-c y impact --closure x", "impact -c=x"] {
            assert_eq!(closure(line).as_deref(), Some("x"), "{line}");
        }
    }
}
