//! The machines that build.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::quoted::quoted;
use crate::ingest::FileError;

/// A build farm: kinds of machines, in the order in which they were named.
///
/// A farm from a file is TOML, one `[[machine]]` for each kind:
///
/// ```toml
/// [[machine]]
/// name = "big"
/// count = 4                              # machines of this kind; 1 without
/// systems = ["x86_64-linux"]
/// features = ["big-parallel", "kvm"]     # what they can do; nothing without
/// mandatory-features = []                # they build only what requires all of these, and can do them, too
/// slots = 2                              # builds at the same time on each; 1 without
/// speed = 1.5                            # 1 without; a build takes its time divided by this
/// ```
///
/// A machine for `x86_64-linux` builds for `i686-linux` too, as Nix's `extra-platforms` has it; other
/// systems that a machine can build for must be named. What Nix does itself (`builtin`) runs everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Farm {
    machines: Vec<Machine>,
    local: bool,
}

/// Machines of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// What they are called.
    pub name: String,
    /// How many there are.
    pub count: u32,
    /// The systems they build for; `None` for every system.
    pub systems: Option<BTreeSet<String>>,
    /// What they can do.
    pub features: Features,
    /// They build only what requires all of these, and can do them, too.
    pub mandatory: BTreeSet<String>,
    /// Builds at the same time on each.
    pub slots: u32,
    /// A build takes its time divided by this, rounded up to a millisecond.
    pub speed: f64,
}

/// What machines can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Features {
    /// These.
    These(BTreeSet<String>),
    /// Everything but these.
    AllBut(BTreeSet<String>),
}

impl Features {
    fn have(&self, feature: &str) -> bool {
        match self {
            Self::These(these) => these.contains(feature),
            Self::AllBut(these) => !these.contains(feature),
        }
    }
}

/// More slots than any farm has.
const MOST_SLOTS: u64 = 1_000_000;

/// Every build asks what of these can build it.
const MOST_KINDS: usize = 1_000;

/// Speeds beyond this, or below its inverse, are slips.
const MOST_SPEED: f64 = 1_000.0;

/// What builders that are kept for it can do.
const BIG: &str = "big-parallel";

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(default)]
    machine: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default = "one")]
    count: u32,
    systems: Vec<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    mandatory_features: Vec<String>,
    #[serde(default = "one")]
    slots: u32,
    #[serde(default = "normal")]
    speed: f64,
}

const fn one() -> u32 {
    1
}

const fn normal() -> f64 {
    1.0
}

impl Farm {
    /// One machine with as many slots, which builds everything, as `nix-build -j` has it. With `big` so many more
    /// builders, of one slot each: then those build everything, and the others all but what requires
    /// `big-parallel`. Both are taken as between 1 and a million.
    #[must_use]
    pub fn builders(slots: u32, big: Option<u32>) -> Self {
        let machine = |name: &str, count, slots, lacks: &[&str]| Machine {
            name: name.to_owned(),
            count,
            systems: None,
            features: Features::AllBut(lacks.iter().map(|&feature| feature.to_owned()).collect()),
            mandatory: BTreeSet::new(),
            slots,
            speed: 1.0,
        };
        let bounded = |slots: u32| slots.clamp(1, MOST_SLOTS as u32);
        let slots = bounded(slots);
        match big.map(bounded) {
            None => Self { machines: vec![machine("builder", 1, slots, &[])], local: true },
            Some(big) => {
                Self { machines: vec![machine("builder", slots, 1, &[BIG]), machine(BIG, big, 1, &[])], local: false }
            }
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML of machines, or describes machines that cannot be; with the place.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name.
    ///
    /// # Errors
    /// As of [`Farm::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, FileError> {
        let malformed = |message: String| FileError::malformed(file, message);
        let read: File = toml::from_str(text).map_err(|error| malformed(told(&error, text)))?;
        if read.machine.is_empty() {
            return Err(malformed("no machine; expected at least one [[machine]]".to_owned()));
        }
        if read.machine.len() > MOST_KINDS {
            return Err(malformed(format!(
                "{} kinds of machines, expected at most {MOST_KINDS}; give equal ones a 'count'",
                read.machine.len()
            )));
        }
        let mut names = BTreeSet::new();
        let mut machines = Vec::with_capacity(read.machine.len());
        for (number, entry) in (1..).zip(read.machine) {
            let name = if entry.name.is_empty() { format!("number {number}") } else { quoted(&entry.name) };
            let machine = entry.machine().and_then(|machine| {
                let is_new = names.insert(machine.name.clone());
                is_new.then_some(machine).ok_or_else(|| "another has this name; expected names of their own".to_owned())
            });
            let of_file = |message: String| malformed(format!("machine '{name}': {message}"));
            machines.push(machine.map_err(of_file)?);
        }
        let farm = Self { machines, local: false };
        if farm.slots() > MOST_SLOTS {
            return Err(malformed(format!("{} slots in all, expected at most {MOST_SLOTS}", farm.slots())));
        }
        Ok(farm)
    }

    /// The kinds of machines.
    #[must_use]
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// How many builds run at the same time at most.
    #[must_use]
    pub fn slots(&self) -> u64 {
        self.machines.iter().map(|machine| u64::from(machine.count) * u64::from(machine.slots)).sum()
    }

    /// Whether it is one machine that builds for itself, as `nix-build -j` does; machines that are given
    /// builds otherwise.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local
    }
}

/// Where a text is no farm, and why.
fn told(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let found = text.lines().nth(line).unwrap_or_default().trim();
    format!("line {}, column {}: {}; found '{}'", line + 1, column + 1, quoted(error.message()), quoted(found))
}

impl Entry {
    /// What it describes, or what is wrong with it.
    fn machine(self) -> Result<Machine, String> {
        if self.name.trim().is_empty() {
            return Err("expected a name".to_owned());
        }
        for (key, number) in [("count", self.count), ("slots", self.slots)] {
            if number == 0 {
                return Err(format!("{key} = 0; expected at least 1"));
            }
        }
        if !(1.0 / MOST_SPEED..=MOST_SPEED).contains(&self.speed) {
            let (found, least) = (quoted(self.speed), 1.0 / MOST_SPEED);
            return Err(format!("speed = {found}; expected from {least} to {MOST_SPEED}"));
        }
        if self.systems.is_empty() {
            return Err("systems = []; expected at least one, such as \"x86_64-linux\"".to_owned());
        }
        let words = |key: &str, words: Vec<String>| -> Result<BTreeSet<String>, String> {
            match words.iter().find(|word| word.is_empty() || word.contains(char::is_whitespace)) {
                Some(word) => Err(format!("{key}: '{}'; expected a word each", quoted(word))),
                None => Ok(words.into_iter().collect()),
            }
        };
        Ok(Machine {
            systems: Some(words("systems", self.systems)?),
            features: Features::These(words("features", self.features)?),
            mandatory: words("mandatory-features", self.mandatory_features)?,
            name: self.name,
            count: self.count,
            slots: self.slots,
            speed: self.speed,
        })
    }
}

impl Machine {
    /// Whether they build what is for this system and requires these features.
    #[must_use]
    pub fn builds(&self, system: &str, features: &[&str]) -> bool {
        let for_system = |systems: &BTreeSet<String>| {
            system == "builtin"
                || systems.contains(system)
                || (system == "i686-linux" && systems.contains("x86_64-linux"))
        };
        let can = |feature: &str| self.features.have(feature) || self.mandatory.contains(feature);
        self.systems.as_ref().is_none_or(for_system)
            && features.iter().all(|feature| can(feature))
            && self.mandatory.iter().all(|must| features.contains(&must.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Farm, String> {
        Farm::parse(text, Path::new("farm.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_is_ordinary() {
        let farm = parse("[[machine]]\nname = 'a'\nsystems = ['x86_64-linux']").unwrap();
        let machine = &farm.machines()[0];
        assert_eq!((machine.count, machine.slots, machine.speed, farm.slots()), (1, 1, 1.0, 1));
        assert!(machine.builds("x86_64-linux", &[]) && machine.builds("i686-linux", &[]));
        assert!(machine.builds("builtin", &[]) && !machine.builds("builtin", &["kvm"]));
        assert!(!machine.builds("x86_64-linux", &["big-parallel"]) && !machine.builds("aarch64-linux", &[]));
    }

    #[test]
    fn features() {
        let text = "[[machine]]\nname = 'a'\nsystems = ['i686-linux', 'aarch64-linux']\nfeatures = ['kvm', 'benchmark']\n\
                    mandatory-features = ['big-parallel']\ncount = 3\nslots = 4\nspeed = 2";
        let farm = parse(text).unwrap();
        let machine = &farm.machines()[0];
        assert_eq!((farm.slots(), machine.speed, farm.is_local()), (12, 2.0, false));
        assert!(machine.builds("aarch64-linux", &["big-parallel"]));
        assert!(machine.builds("i686-linux", &["benchmark", "big-parallel", "kvm"]));
        assert!(!machine.builds("aarch64-linux", &[]) && !machine.builds("aarch64-linux", &["kvm"]));
        assert!(!machine.builds("aarch64-linux", &["big-parallel", "nixos-test"]));
        assert!(!machine.builds("x86_64-linux", &["big-parallel"]));
    }

    #[test]
    fn builders() {
        let all = ["aarch64-darwin", "builtin", ""].map(|system| (system, vec!["big-parallel", "kvm"]));
        let farm = Farm::builders(20, None);
        assert!(farm.is_local() && farm.slots() == 20 && farm.machines().len() == 1);
        assert!(all.iter().all(|(system, features)| farm.machines()[0].builds(system, features)));
        let farm = Farm::builders(20, Some(4));
        assert!(!farm.is_local() && farm.slots() == 24);
        let [small, big] = farm.machines() else { panic!("{farm:?}") };
        assert!(all.iter().all(|(system, features)| big.builds(system, features) && !small.builds(system, features)));
        assert!(small.builds("x86_64-linux", &["kvm"]) && big.builds("x86_64-linux", &[]));
        assert_eq!([Farm::builders(0, Some(0)).slots(), Farm::builders(u32::MAX, None).slots()], [2, 1_000_000]);
    }

    #[test]
    fn what_is_no_farm_is_told_with_its_place() {
        let with = |lines: &str| format!("[[machine]]\nname = 'a'\nsystems = ['x']\n{lines}\n");
        let many = "[[machine]]\nname = 'a'\nsystems = ['x']\n".repeat(1_001);
        for (text, expect) in [
            (String::new(), "farm.toml: no machine; expected at least one [[machine]]"),
            (many, "farm.toml: 1001 kinds of machines, expected at most 1000; give equal ones a 'count'"),
            ("[[machine]]\nsystems = ['x']".to_owned(), "missing field `name`"),
            ("[[machine]]\nname = 'a'".to_owned(), "missing field `systems`"),
            ("[[machines]]".to_owned(), "line 1, column 3"),
            ("machine = 3".to_owned(), "line 1"),
            ("[[machine]".to_owned(), "line 1"),
            (with("cores = 3"), "unknown field `cores`"),
            (with("cores = 3"), "line 4, column 1"),
            (with("mandatory_features = []"), "unknown field `mandatory_features`"),
            (with("count = -1"), "line 4, column 9"),
            (with("slots = 'two'"), "line 4, column 9"),
            (with(&format!("{} = 1", "k".repeat(9_000))), "line 4, column 1: unknown field `kkk"),
            (with(&format!("slots = '{}'", "k".repeat(9_000))), "line 4, column 9: invalid type"),
            (with(&format!("slots = 1{}", "0".repeat(9_000))), "line 4, column 9"),
            (with(&format!("speed = 1{}.0", "0".repeat(300))), "machine 'a': speed = 1000000"),
            (with(&format!("features = ['{}']", "k ".repeat(9_000))), "machine 'a': features: 'k k"),
            (with("count = 0"), "machine 'a': count = 0; expected at least 1"),
            (with("slots = 0"), "machine 'a': slots = 0; expected at least 1"),
            (with("speed = 0"), "machine 'a': speed = 0; expected from 0.001 to 1000"),
            (with("speed = -2.5"), "machine 'a': speed = -2.5; expected from"),
            (with("speed = nan"), "speed = NaN; expected from"),
            (with("speed = inf"), "speed = inf; expected from"),
            (with("features = ['a b']"), "machine 'a': features: 'a b'; expected a word each"),
            (with("mandatory-features = ['']"), "machine 'a': mandatory-features: ''; expected a word each"),
            (with("count = 1001\nslots = 1000"), "farm.toml: 1001000 slots in all, expected at most 1000000"),
            (with("[[machine]]\nname = 'a'\nsystems = ['y']"), "machine 'a': another has this name"),
            ("[[machine]]\nname = ''\nsystems = ['x']".to_owned(), "machine 'number 1': expected a name"),
            ("[[machine]]\nname = 'a'\nsystems = []".to_owned(), "machine 'a': systems = []; expected at least one"),
        ] {
            let error = parse(&text).expect_err(&text);
            assert!(error.lines().count() == 1 && error.len() < 300, "{error}");
            assert!(error.starts_with("farm.toml: ") && error.contains(expect), "{text}: {error}");
        }
    }
}
