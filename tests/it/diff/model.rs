//! Two closures at random, of which it is known what was edited: so each edit can be undone, and all
//! paths made afresh, as Nix would.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) const SYSTEMS: [&str; 2] = ["x86_64-linux", "aarch64-darwin"];

/// How a derivation is made, on one side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recipe {
    pub(super) version: u32,
    pub(super) flags: u32,
    /// Number of another derivation, key.
    pub(super) inputs: Vec<(usize, &'static str)>,
    /// Numbers of sources.
    pub(super) sources: BTreeSet<usize>,
}

/// A derivation, on both sides. It takes only such as have lower numbers.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) pname: String,
    pub(super) system: usize,
    /// Fixed-output; then `flags` is how it is fetched, and says nothing of what.
    pub(super) fixed: bool,
    /// What is fetched is also what this one fetches (with the same name).
    pub(super) twin: usize,
    pub(super) outputs: Vec<&'static str>,
    pub(super) old: Option<Recipe>,
    pub(super) new: Option<Recipe>,
    /// What is fetched, before and after.
    pub(super) content: [u32; 2],
    pub(super) attributes: [BTreeSet<String>; 2],
}

/// A file, and its content before and after.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) content: [u32; 2],
}

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) slots: Vec<Slot>,
    pub(super) sources: Vec<Source>,
    pub(super) systems: usize,
}

/// An edit with all its instances: kind, name, name before.
pub(super) type Edit = (&'static str, String, Option<String>);

/// An edit by the thing that was edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Node(usize),
    Source(usize),
}

pub(super) type Edits = BTreeMap<Edit, BTreeSet<Thing>>;

/// 32 digits of a store path.
fn digest(text: &str) -> String {
    let mut bytes = [0; 32];
    blake3::Hasher::new().update(text.as_bytes()).finalize_xof().fill(&mut bytes);
    bytes.iter().map(|byte| b"0123456789abcdfghijklmnpqrsvwxyz"[usize::from(byte & 31)] as char).collect()
}

impl Slot {
    pub(super) fn name(&self, recipe: &Recipe) -> String {
        format!("{}-1.{}{}", self.pname, recipe.version, if self.fixed { ".tar.gz" } else { "" })
    }

    pub(super) fn recipe(&self, new: bool) -> Option<&Recipe> {
        if new { self.new.as_ref() } else { self.old.as_ref() }
    }

    pub(super) fn both(&self) -> bool {
        self.old.is_some() && self.new.is_some()
    }

    pub(super) fn added(&self) -> bool {
        self.old.is_none()
    }
}

/// What one side, or a mixture of both, comes to.
pub(super) struct Paths {
    /// The digest of what each derivation makes; empty for what is not there.
    pub(super) made: Vec<String>,
}

impl Model {
    /// Whether a fixed-output derivation fetches something else.
    fn refetched(&self, node: usize) -> bool {
        let slot = &self.slots[node];
        let name = |new: bool| slot.recipe(new).map(|recipe| slot.name(recipe));
        slot.fixed && slot.both() && (slot.content[0] != slot.content[1] || name(false) != name(true))
    }

    /// Whether a derivation's recipe changed itself. Fixed-output derivations that fetch the same are
    /// one input.
    pub(super) fn itself(&self, node: usize) -> bool {
        let slot = &self.slots[node];
        let (Some(old), Some(new)) = (&slot.old, &slot.new) else { return false };
        let resolve = |recipe: &Recipe| {
            let inputs = recipe.inputs.iter().map(|&(input, key)| (self.slots[input].twin, key)).collect();
            Recipe { inputs, ..recipe.clone() }
        };
        !slot.fixed && resolve(old) != resolve(new)
    }

    fn users(&self, thing: Thing) -> impl Iterator<Item = usize> {
        self.slots.iter().enumerate().filter_map(move |(at, slot)| {
            let recipe = slot.new.as_ref()?;
            let uses = match thing {
                Thing::Node(node) => recipe.inputs.iter().any(|&(input, _)| input == node),
                Thing::Source(source) => recipe.sources.contains(&source),
            };
            (uses && !slot.fixed).then_some(at)
        })
    }

    /// The edits that should be told.
    pub(super) fn edits(&self) -> Edits {
        let mut edits = Edits::new();
        let mut edit = |kind, name: String, was, thing| {
            edits.entry((kind, name, was)).or_default().insert(thing);
        };
        let unedited = |thing| self.users(thing).any(|user| self.slots[user].both() && !self.itself(user));
        let (before, after) = (self.paths(&|_| false), self.paths(&|_| true));
        for (at, slot) in self.slots.iter().enumerate() {
            let Some(new) = &slot.new else { continue };
            let [attributes_before, attributes] = &slot.attributes;
            let (name, was) = (slot.name(new), slot.old.as_ref().map(|old| slot.name(old)));
            let thing = Thing::Node(at);
            if self.itself(at) {
                edit("recipe", name, was, thing);
            } else if self.refetched(at) && (unedited(thing) || !attributes.is_empty()) {
                edit("fetch", name, was, thing);
            } else if slot.added() && !slot.fixed && (!attributes.is_empty() || self.users(thing).next().is_none()) {
                edit("added", name, was, thing);
            } else if slot.both() && attributes_before.is_empty() && !attributes.is_empty() {
                assert_eq!(before.made[at], after.made[at], "only what stays as it is gets its first name");
                // unless another has the same path, and a name
                let known = self.slots.iter().zip(&before.made).any(|(other, made)| {
                    other.system == slot.system && !other.attributes[0].is_empty() && *made == before.made[at]
                });
                if known {
                    continue;
                }
                edit("named", name, was, thing);
            }
        }
        for (at, source) in self.sources.iter().enumerate() {
            if source.content[0] != source.content[1] && unedited(Thing::Source(at)) {
                edit("source", source.name.clone(), Some(source.name.clone()), Thing::Source(at));
            }
        }
        edits
    }

    /// Whether a thing that is used counts as the new one, when these edits are done: for a user
    /// whose recipe changed itself (or is new), that user's edit decides.
    fn renewed(&self, user: usize, thing: Thing, done: &dyn Fn(Thing) -> bool) -> bool {
        if self.slots[user].added() || self.itself(user) { done(Thing::Node(user)) } else { done(thing) }
    }

    /// All output paths, when these edits are done, and no others.
    pub(super) fn paths(&self, done: &dyn Fn(Thing) -> bool) -> Paths {
        let mut made: Vec<String> = Vec::new();
        for (at, slot) in self.slots.iter().enumerate() {
            let new = match (&slot.old, &slot.new) {
                (Some(_), Some(_)) => self.itself(at) && done(Thing::Node(at)),
                (old, _) => old.is_none(),
            };
            let Some(recipe) = slot.recipe(new) else {
                made.push(String::new());
                continue;
            };
            let text = if slot.fixed {
                self.fetched(at, slot.added() || done(Thing::Node(at)))
            } else {
                let input = |&(input, key): &(usize, &str)| {
                    let used = &self.slots[input];
                    let renewed = used.added() || self.renewed(at, Thing::Node(input), done);
                    let path = if used.fixed { self.fetched(input, renewed) } else { made[input].clone() };
                    format!("{key}={path}")
                };
                let source = |&source: &usize| self.source_path(source, self.renewed(at, Thing::Source(source), done));
                let inputs: Vec<String> = recipe.inputs.iter().map(input).collect();
                let sources: Vec<String> = recipe.sources.iter().map(source).collect();
                let (name, system) = (slot.name(recipe), SYSTEMS[slot.system]);
                digest(&format!("{name} {system} {} {inputs:?} {sources:?}", recipe.flags))
            };
            made.push(text);
        }
        Paths { made }
    }

    /// What a fixed-output derivation makes.
    fn fetched(&self, node: usize, new: bool) -> String {
        let slot = &self.slots[node];
        let new = slot.added() || (new && slot.new.is_some());
        digest(&format!("{} {}", slot.name(slot.recipe(new).unwrap()), slot.content[usize::from(new)]))
    }

    pub(super) fn source_path(&self, source: usize, new: bool) -> String {
        let source = &self.sources[source];
        let content = source.content[usize::from(new)];
        format!("/nix/store/{}-{}", digest(&format!("source {} {content}", source.name)), source.name)
    }

    /// Writes a side as `.drv` files, and its attributes as lines; gives the path of each derivation.
    pub(super) fn write(&self, new: bool, folder: &Path, attributes: &Path) -> Vec<Option<String>> {
        let paths = self.paths(&|_| new);
        let mut drvs: Vec<Option<String>> = Vec::new();
        let mut lines = String::new();
        std::fs::create_dir(folder).unwrap();
        for (at, slot) in self.slots.iter().enumerate() {
            let Some(recipe) = slot.recipe(new) else {
                drvs.push(None);
                continue;
            };
            let name = slot.name(recipe);
            let text = self.text(at, new, &paths, &drvs);
            let base = format!("{}-{name}.drv", digest(&text));
            std::fs::write(folder.join(&base), text).unwrap();
            let drv = format!("/nix/store/{base}");
            for attribute in &slot.attributes[usize::from(new)] {
                let outputs: BTreeMap<_, _> =
                    slot.outputs.iter().map(|&output| (output, output_path(&paths.made[at], &name, output))).collect();
                let line = serde_json::json!({
                    "attr": attribute, "attrPath": attribute.split('.').collect::<Vec<_>>(), "name": name,
                    "system": SYSTEMS[slot.system], "drvPath": drv, "outputs": outputs,
                });
                lines.push_str(&format!("{line}\n"));
            }
            drvs.push(Some(drv));
        }
        std::fs::write(attributes, lines).unwrap();
        drvs
    }

    fn text(&self, node: usize, new: bool, paths: &Paths, drvs: &[Option<String>]) -> String {
        let slot = &self.slots[node];
        let recipe = slot.recipe(new).unwrap();
        let name = slot.name(recipe);
        let quoted = |text: &str| format!("{text:?}");
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        let mut inputs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for &(input, key) in &recipe.inputs {
            let used = &self.slots[input];
            let used_name = used.name(used.recipe(new).unwrap());
            // as the environment does: by the output for developers
            let output = *used.outputs.last().unwrap();
            inputs.entry(drvs[input].as_deref().unwrap()).or_default().insert(quoted(output));
            let text = env.entry(key.to_owned()).or_default();
            *text = format!("{text} {}", output_path(&paths.made[input], &used_name, output)).trim_start().to_owned();
        }
        let sources: BTreeSet<String> = recipe.sources.iter().map(|&source| self.source_path(source, new)).collect();
        if !sources.is_empty() {
            env.insert("patches".to_owned(), Vec::from_iter(sources.iter().cloned()).join(" "));
        }
        env.insert("name".to_owned(), name.clone());
        env.insert("pname".to_owned(), slot.pname.clone());
        env.insert("version".to_owned(), format!("1.{}", recipe.version));
        env.insert("configureFlags".to_owned(), format!("--with={}", recipe.flags));
        if slot.fixed {
            env.insert("outputHash".to_owned(), format!("{:0>64x}", slot.content[usize::from(new)]));
            // no two are fetched by the same derivation
            env.insert("fetcher".to_owned(), format!("{}", node / self.systems));
        }
        env.insert("outputs".to_owned(), slot.outputs.join(" "));
        let hash = format!("{:0>64x}", slot.content[usize::from(new)]);
        let hash = if slot.fixed { format!("\"sha256\",{hash:?}") } else { "\"\",\"\"".to_owned() };
        let mut outputs = Vec::new();
        for output in BTreeSet::from_iter(&slot.outputs) {
            let path = output_path(&paths.made[node], &name, output);
            outputs.push(format!("({output:?},{path:?},{hash})"));
            env.insert((*output).to_owned(), path);
        }
        let inputs: Vec<String> = inputs
            .iter()
            .map(|(drv, used)| format!("({drv:?},[{}])", Vec::from_iter(used.iter().cloned()).join(",")))
            .collect();
        let sources: Vec<String> = sources.iter().map(|path| quoted(path)).collect();
        let env: Vec<String> = env.iter().map(|(key, value)| format!("({key:?},{value:?})")).collect();
        format!(
            "Derive([{}],[{}],[{}],{:?},\"/bin/sh\",[\"-e\"],[{}])",
            outputs.join(","),
            inputs.join(","),
            sources.join(","),
            SYSTEMS[slot.system],
            env.join(",")
        )
    }
}

fn output_path(made: &str, name: &str, output: &str) -> String {
    let end = if output == "out" { String::new() } else { format!("-{output}") };
    format!("/nix/store/{}-{name}{end}", digest(&format!("{made} {output}")))
}
