//! Two closures at random, of which it is known what was edited: so each edit can be undone, and all
//! paths made afresh, as Nix would.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::Chance;

pub(super) const SYSTEMS: [&str; 2] = ["x86_64-linux", "aarch64-darwin"];

/// Keys under which inputs stand.
const LISTS: [&str; 3] = ["buildInputs", "nativeBuildInputs", "propagatedBuildInputs"];

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

impl Model {
    /// A closure of so many families, and another that differs from it by some edits. A family is one
    /// derivation, or one for each system. `named` of ten families have attributes.
    pub(super) fn random(chance: &mut Chance, families: usize, systems: usize, named: usize) -> Self {
        let mut model = Self { slots: Vec::new(), sources: Vec::new(), systems };
        for number in 0..1 + families / 6 {
            let before = 1 + number as u32;
            let after = if chance.below(8) == 0 { before + 1000 } else { before };
            model.sources.push(Source { name: format!("fix-{number}.patch"), content: [before, after] });
        }
        for family in 0..families {
            model.family(chance, family, named);
        }
        model.leave_out();
        model.first_names(chance, named);
        model
    }

    fn family(&mut self, chance: &mut Chance, family: usize, named: usize) {
        let one_in = |chance: &mut Chance, bound: usize| chance.below(bound) == 0;
        let fixed = family > 0 && one_in(chance, 4);
        let earlier = |chance: &mut Chance| family - 1 - chance.below(family.min(9));
        // another way to fetch the same
        let twin = (fixed && one_in(chance, 4))
            .then(|| (0..family).rev().find(|&other| self.slots[other * self.systems].fixed))
            .flatten();
        let mut base =
            Recipe { version: chance.below(3) as u32, flags: 0, inputs: Vec::new(), sources: BTreeSet::new() };
        if family > 0 {
            for _ in 0..chance.below(if fixed { 2 } else { 5 }) {
                let input = earlier(chance);
                let slot = &self.slots[input * self.systems];
                if base.inputs.iter().all(|&(known, _)| known != input) && slot.old.is_some() {
                    base.inputs.push((input, if slot.fixed { "src" } else { *chance.pick(&LISTS) }));
                }
            }
        }
        if one_in(chance, 4) {
            base.sources.insert(chance.below(self.sources.len()));
        }
        let added = !fixed && family > 2 && one_in(chance, 14);
        let removed = family > 0 && !added && one_in(chance, 24);
        let edit = chance.below(22);
        let (rehash, apart) = (one_in(chance, 8), one_in(chance, 5));
        let outputs = if !fixed && one_in(chance, 3) { vec!["out", "dev"] } else { vec!["out"] };
        let name = format!("a{family}");
        let set = if one_in(chance, 3) { format!("set.{name}") } else { name };
        let mut attributes = [BTreeSet::new(), BTreeSet::new()];
        if chance.below(10) < named && (!fixed || one_in(chance, 4)) {
            attributes = [BTreeSet::from([set.clone()]), BTreeSet::from([set.clone()])];
            if one_in(chance, 12) {
                attributes[0].insert(format!("alias{family}"));
                attributes[1].insert(format!("alias{family}"));
            }
            match if fixed { 30 } else { chance.below(30) } {
                0 => attributes[1] = BTreeSet::from([format!("renamed{family}")]),
                1 => drop(attributes[1].insert(format!("other{family}"))),
                2 => attributes[1].clear(),
                _ => {}
            }
        }
        let taken = (family > 0).then(|| earlier(chance));
        let other_source = chance.below(self.sources.len());
        for system in 0..self.systems {
            let at = |family: usize| family * self.systems + system;
            let place = |recipe: &Recipe| Recipe {
                inputs: recipe.inputs.iter().map(|&(input, key)| (at(input), key)).collect(),
                ..recipe.clone()
            };
            let old = (!added).then(|| place(&base));
            let mut new = (!removed).then(|| {
                let mut recipe = place(&base);
                recipe.inputs.retain(|&(input, _)| self.slots[input].new.is_some());
                recipe
            });
            let same_names = attributes[0] == attributes[1];
            if let Some(recipe) = new.as_mut().filter(|_| !(apart && system == 1)) {
                let taken = taken.map(at).filter(|&input| {
                    self.slots[input].new.is_some() && recipe.inputs.iter().all(|&(known, _)| known != input)
                });
                match if added { 4 * (edit % 2) } else { edit } {
                    // the version, and with it what is fetched
                    0 | 1 if same_names && !added => recipe.version += 10,
                    2 | 3 => recipe.flags += 1,
                    // what is fetched stays as it is, if it is fetched in another way
                    4 | 5 if !fixed => {
                        if let Some(input) = taken {
                            let key = if self.slots[input].fixed { "src" } else { *chance.pick(&LISTS) };
                            recipe.inputs.push((input, key));
                        }
                    }
                    6 if !recipe.inputs.is_empty() => drop(recipe.inputs.remove(0)),
                    7 if !fixed => {
                        let moved = recipe.inputs.iter_mut().find(|(_, key)| *key != "src");
                        if let Some((_, key)) = moved {
                            *key = LISTS[(LISTS.iter().position(|list| list == key).unwrap() + 1) % 3];
                        }
                    }
                    8 if !fixed => drop(recipe.sources.insert(other_source)),
                    9 if !fixed => recipe.sources.clear(),
                    _ => {}
                }
            }
            let number = self.slots.len();
            let number = twin.map_or(number, |twin| self.slots[at(twin)].twin);
            let content = |new: bool| {
                let changed = new && rehash && fixed;
                family as u32 * 100 + if changed { 7 } else { 1 }
            };
            let mut slot = Slot {
                pname: format!("{}{family}", if fixed { "s" } else { "p" }),
                system,
                fixed,
                twin: number,
                outputs: outputs.clone(),
                old,
                new,
                content: [content(false), content(true)],
                attributes: attributes.clone(),
            };
            if number != self.slots.len() {
                let other = self.slots[number].clone();
                (slot.pname, slot.content) = (other.pname, other.content);
                let version = |recipe: &Option<Recipe>| recipe.as_ref().map(|recipe| recipe.version);
                for (recipe, other) in [(&mut slot.old, &other.old), (&mut slot.new, &other.new)] {
                    if let (Some(recipe), Some(version)) = (recipe, version(other).or(version(&self.slots[number].old)))
                    {
                        recipe.version = version;
                    }
                }
            }
            if slot.old.is_none() {
                slot.attributes[0].clear();
            }
            if slot.new.is_none() {
                slot.attributes[1].clear();
            }
            self.slots.push(slot);
        }
    }

    /// Leaves out what is fetched for nobody, as a closure does.
    fn leave_out(&mut self) {
        for new in [false, true] {
            let mut used: BTreeSet<usize> = BTreeSet::new();
            for (at, slot) in self.slots.iter_mut().enumerate().rev() {
                if slot.fixed && slot.attributes[usize::from(new)].is_empty() && !used.contains(&at) {
                    *(if new { &mut slot.new } else { &mut slot.old }) = None;
                }
                used.extend(slot.recipe(new).iter().flat_map(|recipe| &recipe.inputs).map(|&(input, _)| input));
            }
        }
    }

    /// Gives an attribute to some that had none and stay as they are.
    fn first_names(&mut self, chance: &mut Chance, named: usize) {
        if named == 0 {
            return;
        }
        let (before, after) = (self.paths(&|_| false), self.paths(&|_| true));
        for family in 0..self.slots.len() / self.systems {
            let instances = family * self.systems..(family + 1) * self.systems;
            let same = instances.clone().all(|at| {
                let slot = &self.slots[at];
                slot.both() && slot.attributes.iter().all(BTreeSet::is_empty) && before.made[at] == after.made[at]
            });
            if same && chance.below(12) == 0 {
                for at in instances {
                    self.slots[at].attributes[1].insert(format!("first{family}"));
                }
            }
        }
    }
}
