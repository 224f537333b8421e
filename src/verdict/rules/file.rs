//! Rules as they stand in a file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::conditions::{Conditions, OfNode, Patterns};
use super::rule::{Case, Rule, Rules};
use crate::ingest::FileError;
use crate::reach::Treatment;
use crate::verdict::{Grade, Verdict};

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file cannot be read, is no TOML of rules, or a rule in it says what no rule can.
    #[error(transparent)]
    File(#[from] FileError),
    /// Two files have a rule of one id, or one has that of a rule that comes with the program.
    #[error("two rules are called '{0}'; call yours by another name ('nix-ripple rules' shows all)")]
    Twice(String),
    /// Every rule is asked about every input.
    #[error("{0} rules; no more than {MOST_RULES} are taken")]
    TooMany(usize),
}

/// How many rules there may be, in all files together.
pub(super) const MOST_RULES: usize = 10_000;

/// How many words the conditions of a rule may have, with the lists that they name.
const MOST_WORDS: usize = 100_000;

/// The languages of modules; see [`crate::nix::language_of`].
const LANGUAGES: [&str; 6] = ["python", "perl", "ruby", "lua", "ocaml", "php"];

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    id: String,
    summary: String,
    verdict: Verdict,
    grade: Option<Grade>,
    remedy: Option<Remedy>,
    assumes: String,
    exceptions: String,
    overestimates: String,
    underestimates: String,
    flags: Case,
    spares: Case,
    keys: Option<Vec<String>>,
    any_key: Option<Vec<String>>,
    #[serde(default)]
    check: bool,
    carried_by: Option<Vec<Verdict>>,
    #[serde(default)]
    input: Node,
    #[serde(default)]
    consumer: Node,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Node {
    pname: Option<Vec<String>>,
    not_pname: Option<Vec<String>>,
    name: Option<Vec<String>>,
    not_name: Option<Vec<String>>,
    language: Option<Vec<String>>,
    setup_hook: Option<bool>,
    only_inputs: Option<Vec<String>>,
    no_inputs: Option<Vec<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Remedy {
    Drop,
    Detach,
    Split,
    None,
}

/// How deep lists may name lists.
const DEEPEST: u32 = 16;

/// Reads rules; errors name `file`.
pub(super) fn parse(text: &str, file: &Path) -> Result<Rules, RulesError> {
    let malformed = |message: String| RulesError::from(FileError::malformed(file, message));
    let read: File = toml::from_str(text).map_err(|error| malformed(error.to_string().trim_end().to_owned()))?;
    let mut rules: Vec<Rule> = Vec::new();
    for entry in read.rule {
        let id = entry.id.clone();
        let fault = |message: String| malformed(format!("rule '{id}': {message}"));
        if rules.iter().any(|rule| rule.id == id) {
            return Err(fault("there is another rule of this id; give each its own".to_owned()));
        }
        if rules.len() >= MOST_RULES {
            return Err(malformed(format!("there are more than {MOST_RULES} rules")));
        }
        rules.push(rule(entry, &read.lists).map_err(fault)?);
    }
    Ok(Rules { rules, lists: read.lists })
}

impl Entry {
    /// Its conditions, by the names of their fields.
    fn as_written(&self) -> BTreeMap<String, Vec<String>> {
        let words = |words: &[Verdict]| words.iter().map(|verdict| verdict.as_str().to_owned()).collect();
        let yes = |answer: bool| vec![answer.to_string()];
        let own = [
            ("keys".to_owned(), self.keys.clone()),
            ("any-key".to_owned(), self.any_key.clone()),
            ("check".to_owned(), self.check.then(|| yes(true))),
            ("carried-by".to_owned(), self.carried_by.as_deref().map(words)),
        ];
        let of_node = |which: &str, node: &Node| {
            [
                ("pname", node.pname.clone()),
                ("not-pname", node.not_pname.clone()),
                ("name", node.name.clone()),
                ("not-name", node.not_name.clone()),
                ("language", node.language.clone()),
                ("setup-hook", node.setup_hook.map(yes)),
                ("only-inputs", node.only_inputs.clone()),
                ("no-inputs", node.no_inputs.clone()),
            ]
            .map(|(field, words)| (format!("{which}.{field}"), words))
        };
        let all = own.into_iter().chain(of_node("input", &self.input)).chain(of_node("consumer", &self.consumer));
        all.filter_map(|(field, words)| Some((field, words?))).collect()
    }
}

fn rule(entry: Entry, lists: &BTreeMap<String, Vec<String>>) -> Result<Rule, String> {
    let kebab = |id: &str| {
        !id.is_empty()
            && id
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
    };
    if !kebab(&entry.id) {
        return Err("its id is not in kebab case (small letters, digits, dashes between words)".to_owned());
    }
    let grade = match (entry.verdict, entry.grade) {
        (Verdict::Affects, _) => {
            return Err("no rule says 'affects'; \"unknown\" holds back what others say".to_owned());
        }
        (Verdict::Unknown, None) => None,
        (Verdict::Unknown, Some(_)) => return Err("what is unknown has no grade".to_owned()),
        (_, Some(grade)) if grade <= Grade::Inferred => Some(grade),
        (_, Some(_)) => return Err("a rule is at most inferred; more takes evidence".to_owned()),
        (_, None) => return Err("its grade is missing: suspected or inferred".to_owned()),
    };
    let remedy = match (entry.verdict, entry.remedy) {
        (Verdict::Unknown, Some(_)) => return Err("what is unknown has no remedy".to_owned()),
        (verdict, None) => verdict.remedy(),
        (_, Some(Remedy::None)) => None,
        (_, Some(Remedy::Drop)) => Some(Treatment::Drop),
        (_, Some(Remedy::Detach)) => Some(Treatment::Detach),
        (_, Some(Remedy::Split)) => Some(Treatment::Split),
    };
    let when = entry.as_written();
    let patterns = |words: Option<Vec<String>>, field: &str| -> Result<Option<Patterns>, String> {
        let Some(words) = words else { return Ok(None) };
        if words.is_empty() {
            return Err(format!("{field} is an empty list, which nothing fits; leave it out"));
        }
        let mut all = Vec::new();
        words.iter().try_for_each(|word| expand(word, lists, 0, &mut all))?;
        if all.is_empty() {
            return Err(format!("{field} names lists that are empty, which nothing fits"));
        }
        let of_pnames = field.ends_with("pname") || field.ends_with("inputs");
        if let Some(word) = all.iter().find(|word| of_pnames && word.chars().any(char::is_uppercase)) {
            return Err(format!("{field}: '{word}' fits nothing, for pnames are compared in lower case"));
        }
        for word in all.iter().filter_map(|word| word.strip_prefix("language:")) {
            if !field.ends_with("inputs") {
                return Err(format!("{field}: a language stands among only-inputs and no-inputs alone"));
            }
            known_language(word)?;
        }
        Patterns::new(&all).map(Some).map_err(|message| format!("{field}: {message}"))
    };
    let of_node = |node: Node, which: &str| -> Result<OfNode, String> {
        let field = |name: &str| format!("{which}.{name}");
        if node.language.as_ref().is_some_and(Vec::is_empty) {
            return Err(format!("{} is an empty list, which nothing fits; leave it out", field("language")));
        }
        node.language.iter().flatten().try_for_each(|word| known_language(word))?;
        Ok(OfNode {
            pname: patterns(node.pname, &field("pname"))?,
            not_pname: patterns(node.not_pname, &field("not-pname"))?,
            name: patterns(node.name, &field("name"))?,
            not_name: patterns(node.not_name, &field("not-name"))?,
            language: node.language,
            setup_hook: node.setup_hook,
            only_inputs: patterns(node.only_inputs, &field("only-inputs"))?,
            no_inputs: patterns(node.no_inputs, &field("no-inputs"))?,
        })
    };
    let conditions = Conditions {
        keys: patterns(entry.keys, "keys")?,
        any_key: patterns(entry.any_key, "any-key")?,
        check: entry.check,
        carried_by: entry.carried_by,
        input: of_node(entry.input, "input")?,
        consumer: of_node(entry.consumer, "consumer")?,
    };
    if conditions.carried_by.as_ref().is_some_and(Vec::is_empty) {
        return Err("carried-by is an empty list, which nothing fits; leave it out".to_owned());
    }
    if conditions.asks_nothing() {
        return Err("it has no condition, and would fit everything".to_owned());
    }
    if conditions.carried_by.is_some()
        && (conditions.keys.is_some() || conditions.any_key.is_some() || conditions.check)
    {
        return Err(
            "what comes along is named by no key: carried-by goes with neither keys, any-key nor check".to_owned()
        );
    }
    Ok(Rule {
        id: entry.id,
        summary: entry.summary,
        verdict: entry.verdict,
        grade,
        remedy,
        assumes: entry.assumes,
        exceptions: entry.exceptions,
        overestimates: entry.overestimates,
        underestimates: entry.underestimates,
        flags: entry.flags,
        spares: entry.spares,
        when,
        conditions,
    })
}

fn known_language(word: &str) -> Result<(), String> {
    if LANGUAGES.contains(&word) {
        Ok(())
    } else {
        Err(format!("'{word}' is no language: expected {}", LANGUAGES.join(", ")))
    }
}

/// A word, or all words of the list that it stands for.
fn expand(word: &str, lists: &BTreeMap<String, Vec<String>>, depth: u32, all: &mut Vec<String>) -> Result<(), String> {
    let Some(list) = word.strip_prefix('@') else {
        all.push(word.to_owned());
        return if all.len() > MOST_WORDS {
            Err(format!("its lists have more than {MOST_WORDS} words"))
        } else {
            Ok(())
        };
    };
    if depth >= DEEPEST {
        return Err(format!("the list '{list}' names itself, or lists are named {DEEPEST} deep"));
    }
    let words = lists.get(list).ok_or_else(|| format!("there is no list '{list}' in [lists]"))?;
    words.iter().try_for_each(|word| expand(word, lists, depth + 1, all))
}
