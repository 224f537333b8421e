//! An overlay as Nix.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use super::table::printable;
use crate::nix::string_literal;
use crate::query::{Overlay, PackageEdits, Place, Reference, Steps, Wanted, is_python};

/// What the edits are written with.
const PRELUDE: &str = include_str!("overlay.nix");

/// Words of the language, which are no names of attributes unless quoted.
const KEYWORDS: [&str; 11] = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with", "__curPos"];

const INDENT: &str = "  ";

impl Overlay {
    /// Writes the overlay, `final: prev: { … }`. Names are escaped: whatever a closure calls its
    /// packages, they stay names.
    ///
    /// # Errors
    /// When writing fails.
    pub fn nix(&self, out: &mut dyn Write) -> io::Result<()> {
        for warning in &self.warnings {
            writeln!(out, "# Not done: {}", comment(warning))?;
        }
        if self.edits.is_empty() {
            return writeln!(out, "final: prev: {{ }}");
        }
        write!(out, "final: prev:\nlet\n{PRELUDE}in\nchange prev {{\n{}}}", self.whole_set())?;
        let python = self.bindings(&Place::Python);
        if !python.is_empty() {
            let bindings = set(&python, 4);
            write!(
                out,
                "\n// {{\n  pythonPackagesExtensions = (prev.pythonPackagesExtensions or [ ]) ++ [\n    \
                 (self: super:\n      let\n        on = versions: edit: package:\n          \
                 if builtins.elem super.python.pythonVersion versions then edit package else package;\n      in\n      \
                 change super {{\n{bindings}      }})\n  ];\n}}"
            )?;
        }
        writeln!(out)
    }

    /// The bindings of the whole set: its own packages, and sets within it.
    fn whole_set(&self) -> String {
        let mut bindings = self.bindings(&Place::Top);
        let sets: BTreeSet<&Vec<String>> = self
            .edits
            .keys()
            .filter_map(|(place, _)| match place {
                Place::Set(path) => Some(path),
                _ => None,
            })
            .collect();
        for path in sets {
            // from the innermost set to the outermost
            let mut inner = self.bindings(&Place::Set(path.clone()));
            for (depth, name) in path.iter().enumerate().rev() {
                let text = set(&inner, depth + 2);
                let pad = INDENT.repeat(depth + 1);
                let function = format!("inSet (self: super: change super {{\n{text}{pad}}})");
                let binding = Binding { comments: Vec::new(), functions: vec![function] };
                inner = BTreeMap::from([(name.clone(), binding)]);
            }
            for (name, binding) in inner {
                bindings.entry(name).or_default().functions.extend(binding.functions);
            }
        }
        set(&bindings, 1)
    }

    fn bindings(&self, place: &Place) -> BTreeMap<String, Binding> {
        let own = self.edits.iter().filter(|((other, _), _)| other == place);
        own.map(|((_, name), edits)| (name.clone(), binding(place, edits))).collect()
    }
}

/// What an attribute is bound to: functions from package to package, applied in this order.
#[derive(Debug, Default)]
struct Binding {
    comments: Vec<String>,
    functions: Vec<String>,
}

fn binding(place: &Place, edits: &PackageEdits) -> Binding {
    let mut comments: Vec<String> = edits.positions.iter().chain(&edits.comments).cloned().collect();
    if !edits.instances.is_empty() {
        let instances = edits.instances.iter().cloned().collect::<Vec<_>>().join(", ");
        comments.push(format!("other instances, changed where overlays apply to them: {instances}"));
    }
    if edits.unnamed_instances > 0 {
        comments.push(format!("instances that no attribute names: {}", edits.unnamed_instances));
    }
    let mut versions_of: BTreeMap<&Steps, Vec<&str>> = BTreeMap::new();
    for (version, steps) in &edits.by_interpreter {
        versions_of.entry(steps).or_default().extend(version.as_deref());
    }
    let functions = versions_of.into_iter().map(|(steps, versions)| {
        let function = function(place, steps);
        // one without a version stands for all
        if edits.by_interpreter.contains_key(&None) || versions.is_empty() {
            return function;
        }
        let versions: Vec<String> = versions.into_iter().map(string_literal).collect();
        format!("on {} ({function})", list(&versions))
    });
    Binding { functions: functions.collect(), comments }
}

/// The steps as a function from package to package.
fn function(place: &Place, steps: &Steps) -> String {
    let mut functions = Vec::new();
    let removals = |removed: &BTreeMap<String, BTreeSet<Wanted>>| -> Vec<String> {
        let mut lists_of: BTreeMap<&BTreeSet<Wanted>, Vec<String>> = BTreeMap::new();
        for (list, wanted) in removed {
            lists_of.entry(wanted).or_default().push(string_literal(list));
        }
        let removal =
            |(wanted, lists): (_, Vec<String>)| format!("(remove {} {})", list(&lists), self::wanted(place, wanted));
        lists_of.into_iter().map(removal).collect()
    };
    let mut edits = removals(&steps.removed);
    for (name, packages) in &steps.added {
        let packages: Vec<String> = packages.iter().map(|package| reference(place, package)).collect();
        edits.push(format!("(add {} {})", string_literal(name), list(&packages)));
    }
    if !edits.is_empty() {
        functions.push(format!("edit {}", list(&edits)));
    }
    if steps.detached {
        functions.push(format!("detach {}", list(&removals(&steps.moved))));
    }
    if !steps.split.is_empty() {
        let lists: Vec<String> = steps.split.keys().map(|name| string_literal(name)).collect();
        let all: BTreeSet<Wanted> = steps.split.values().flatten().cloned().collect();
        functions.push(format!("split {} {}", list(&lists), wanted(place, &all)));
    }
    composed(&functions)
}

/// Functions applied one after the other, as one.
fn composed(functions: &[String]) -> String {
    match functions {
        [] => "package: package".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => {
            let called = |function: &String| match function.starts_with("package:") {
                true => format!("({function})"),
                false => function.clone(),
            };
            let apply = |inner: String, outer: &String| format!("{} ({inner})", called(outer));
            format!("package: {}", rest.iter().fold(format!("{} package", called(first)), apply))
        }
    }
}

fn wanted(place: &Place, all: &BTreeSet<Wanted>) -> String {
    let items: Vec<String> = all
        .iter()
        .map(|wanted| match wanted {
            Wanted::Name(name) => string_literal(name),
            Wanted::Package(package) => reference(place, package),
        })
        .collect();
    list(&items)
}

/// A package, as it is named from within this place.
fn reference(place: &Place, Reference(path): &Reference) -> String {
    let own = match (place, path.split_last()) {
        (Place::Set(set), Some((name, rest))) if rest == set => Some(name),
        (Place::Python, Some((name, [set]))) if is_python(set) => Some(name),
        _ => None,
    };
    match own {
        Some(name) => format!("self.{}", attribute(name)),
        None => format!("final.{}", path.iter().map(|part| attribute(part)).collect::<Vec<_>>().join(".")),
    }
}

/// Bindings, each with its comments, indented.
fn set(bindings: &BTreeMap<String, Binding>, depth: usize) -> String {
    let pad = INDENT.repeat(depth);
    let mut text = String::new();
    for (name, binding) in bindings {
        for line in &binding.comments {
            let _ = writeln!(text, "{pad}# {}", comment(line));
        }
        let _ = writeln!(text, "{pad}{} = {};", attribute(name), composed(&binding.functions));
    }
    text
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "[ ]".to_owned() } else { format!("[ {} ]", items.join(" ")) }
}

/// One line of a comment.
fn comment(text: &str) -> String {
    printable(text).into_owned()
}

/// An attribute's name, quoted unless it is a plain identifier.
fn attribute(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-'".contains(&byte))
        && !KEYWORDS.contains(&name);
    if plain { name.to_owned() } else { string_literal(name) }
}
