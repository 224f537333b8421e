//! Nix's own messages for what throws. `tryEval` keeps them to itself, and one run of
//! `nix-instantiate` tells one of them; `nix repl` tells many, for it goes on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::process::{Command, Stdio};

use rayon::prelude::*;

use super::message::message;
use super::walk::{Place, Walker};
use crate::ingest::expression::own_store;
use crate::nix::string_literal;

/// How many messages are asked for one by one, where `nix repl` tells none.
const ONE_BY_ONE: usize = 64;

/// How many places one process is asked for.
const AT_ONCE: usize = 1000;

/// What stands before a message, with the number of its place.
const MARK: &str = "nix-ripple-explains:";

/// Where no message is to be had.
const UNKNOWN: &str = "it throws, or an assertion fails (nix-instantiate -A tells which)";

/// Nix's message for each of these places, all of which throw.
pub(super) fn explain(walker: &Walker<'_>, places: &[Place]) -> Vec<String> {
    let mut messages: Vec<Option<String>> = vec![None; places.len()];
    for (places, messages) in places.chunks(AT_ONCE).zip(messages.chunks_mut(AT_ONCE)) {
        let told = repl(walker, places).unwrap_or_default();
        for (place, message) in told {
            if let Some(slot) = messages.get_mut(place) {
                *slot = Some(message);
            }
        }
    }
    let left: Vec<usize> = (0..places.len()).filter(|&i| messages.get(i).is_some_and(Option::is_none)).collect();
    let told: Vec<(usize, Option<String>)> = left
        .into_par_iter()
        .take(ONE_BY_ONE)
        .map(|i| (i, places.get(i).and_then(|place| walker.uncaught(place))))
        .collect();
    for (place, message) in told {
        if let Some(slot) = messages.get_mut(place) {
            *slot = message;
        }
    }
    messages.into_iter().map(|message| message.unwrap_or_else(|| UNKNOWN.to_owned())).collect()
}

/// By one process that is told a line for each. What it does not tell is left out.
fn repl(walker: &Walker<'_>, places: &[Place]) -> io::Result<BTreeMap<usize, String>> {
    // it keeps a history, which shall not be the user's
    let folder = tempfile::Builder::new().prefix("nix-ripple-").tempdir()?;
    let expression = folder.path().join("evaluate.nix");
    fs::write(&expression, super::EXPRESSION)?;
    let (roots, questions) = walker.questions(places);
    let questions: Vec<serde_json::Value> = serde_json::from_str(&questions)?;
    let mut lines = format!(":l {}\n", expression.display());
    for (i, question) in questions.iter().enumerate() {
        let mark = string_literal(&format!("{MARK}{i}"));
        lines.push_str(&format!("explain {mark} {}\n", string_literal(&question.to_string())));
    }
    let input = folder.path().join("input");
    fs::write(&input, lines)?;
    let mut command = Command::new("nix");
    command.args(["--extra-experimental-features", "nix-command", "repl"]);
    if let Some(store) = own_store(walker.session.store_root()) {
        command.arg("--store").arg(store);
    }
    command.args(walker.session.arguments(&[("mode", "explain"), ("roots", &roots)]));
    command.env("XDG_DATA_HOME", folder.path()).env("XDG_STATE_HOME", folder.path());
    command.env("NO_COLOR", "1").env("TERM", "dumb");
    let output = command.stdin(Stdio::from(File::open(&input)?)).stdout(Stdio::null()).output()?;
    Ok(messages(&String::from_utf8_lossy(&output.stderr)))
}

/// The messages behind their marks.
fn messages(talk: &str) -> BTreeMap<usize, String> {
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    let mut current: Option<(usize, String)> = None;
    let mut keep = |segment: Option<(usize, String)>| {
        if let Some((place, text)) = segment
            && text.contains("error:")
        {
            found.insert(place, message(&text));
        }
    };
    for line in talk.lines() {
        let mark = line.strip_prefix("trace: ").map(|rest| rest.trim_matches('"'));
        match (mark.and_then(|mark| mark.strip_prefix(MARK)), &mut current) {
            (Some(place), _) => keep(std::mem::replace(&mut current, place.parse().ok().map(|i| (i, String::new())))),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    keep(current);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_behind_marks() {
        let talk = "Welcome.\nerror: before\ntrace: nix-ripple-explains:0\nerror: one\n       two\n\
                    trace: nix-ripple-explains:1\ntrace: nix-ripple-explains:7\nwarning: x\nerror: seven\n";
        let found = messages(talk);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(0, "one two".to_owned()), (7, "seven".to_owned())]);
    }
}
