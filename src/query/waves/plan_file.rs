//! A plan, read back from its file.

use std::path::Path;

use serde::Deserialize;

use super::report::PlannedOn;
use super::wish::{Pin, Wish, thousandths};
use crate::graph::Graph;
use crate::ingest::FileError;
use crate::query::REPORT_VERSION;

/// What `waves --format json` prints, as far as later steps need it.
#[derive(Debug, Clone, PartialEq)]
pub struct WavePlan {
    /// What it was planned on.
    pub closure: PlannedOn,
    /// The bumps, in the order in which they were given, each with the number of its wave, from 1.
    pub bumps: Vec<(Wish, usize)>,
    /// Builds of each wave, as they were planned.
    pub derivations: Vec<u64>,
    /// Whether remedies were counted in.
    pub remedied: bool,
}

#[derive(Deserialize)]
struct Plan {
    version: u32,
    closure: PlannedOn,
    bumps: Vec<Bump>,
    waves: Vec<Wave>,
    chosen: Option<Chosen>,
}

#[derive(Deserialize)]
struct Bump {
    name: String,
    selectors: Vec<String>,
    #[serde(default)]
    only: bool,
    from: Option<String>,
    to: Option<String>,
    group: Option<String>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    security: bool,
    #[serde(default)]
    pin: Vec<String>,
    weight: Option<f64>,
    wave: usize,
}

#[derive(Deserialize)]
struct Wave {
    number: usize,
    derivations: u64,
}

#[derive(Deserialize)]
struct Chosen {
    without_remedies: Option<serde::de::IgnoredAny>,
}

impl WavePlan {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no plan.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name.
    ///
    /// # Errors
    /// When it is no plan, or contradicts itself.
    pub fn parse(text: &str, file: &Path) -> Result<Self, FileError> {
        let malformed = |message: String| {
            FileError::malformed(file, format!("{message}; expected a plan as 'waves --format json' prints it"))
        };
        let plan: Plan = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        if plan.version != REPORT_VERSION {
            return Err(malformed(format!("a plan of version {}, not {REPORT_VERSION}", plan.version)));
        }
        let waves = plan.waves.len();
        if let Some((at, wave)) = (1..).zip(&plan.waves).find(|(at, wave)| *at != wave.number) {
            return Err(malformed(format!("wave {} stands where wave {at} should", wave.number)));
        }
        if waves == 0 {
            return Err(malformed("there is no wave".to_owned()));
        }
        for bump in &plan.bumps {
            if bump.selectors.is_empty() {
                return Err(malformed(format!("the bump '{}' has no selector", bump.name)));
            }
            if !(1..=waves).contains(&bump.wave) {
                return Err(malformed(format!("the bump '{}' is in wave {} of {waves}", bump.name, bump.wave)));
            }
        }
        if let Some(empty) = (1..=waves).find(|number| plan.bumps.iter().all(|bump| bump.wave != *number)) {
            return Err(malformed(format!("wave {empty} has no bump")));
        }
        Ok(Self {
            closure: plan.closure,
            derivations: plan.waves.iter().map(|wave| wave.derivations).collect(),
            remedied: plan.chosen.is_some_and(|chosen| chosen.without_remedies.is_some()),
            bumps: plan
                .bumps
                .into_iter()
                .map(|bump| (bump.wave, bump))
                .map(|(wave, bump)| (bump.wish(), wave))
                .collect(),
        })
    }

    /// What to note where a closure is not the one that was planned on.
    #[must_use]
    pub fn differs(&self, graph: &Graph) -> Option<String> {
        let closure = PlannedOn::of(graph);
        (closure.digest != self.closure.digest).then(|| {
            format!(
                "the closure is not the one that was planned on ({} derivations, then {}): waves are told as they would \
                 be of this one",
                closure.derivations, self.closure.derivations
            )
        })
    }

    /// How many waves it has.
    #[must_use]
    pub fn waves(&self) -> usize {
        self.derivations.len()
    }
}

impl Bump {
    fn wish(self) -> Wish {
        let pin = match self.pin.as_slice() {
            [] => Pin::Nothing,
            [all] if all == "*" => Pin::All,
            _ => Pin::These(self.pin),
        };
        let weight = thousandths(self.weight.unwrap_or(1.0)).unwrap_or_default();
        let Self { name, selectors, only, from, to, group, after, security, .. } = self;
        Wish { name, selectors, only, from, to, group, after, security, pin, weight }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSURE: &str = r#"{"derivations": 1, "attributes": 1, "digest": "d"}"#;

    fn parse(version: u32, bumps: &str, waves: &str) -> Result<WavePlan, String> {
        let text = format!(
            r#"{{"version": {version}, "closure": {CLOSURE}, "bumps": [{bumps}], "waves": [{waves}], "more": 1}}"#
        );
        WavePlan::parse(&text, Path::new("plan.json")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_plan() {
        let plan = parse(
            1,
            r#"{"name": "b", "selectors": ["x", "y"], "wave": 2, "only": true, "pin": ["*"], "weight": 1.0},
               {"name": "a", "selectors": ["a"], "wave": 1, "pin": ["b"], "after": ["b"]}"#,
            r#"{"number": 1, "derivations": 3}, {"number": 2, "derivations": 4}"#,
        )
        .unwrap();
        assert_eq!((plan.waves(), plan.remedied), (2, false));
        let [(b, 2), (a, 1)] = plan.bumps.as_slice() else { panic!("{plan:?}") };
        assert_eq!((b.selectors.join(" "), b.only, &b.pin), ("x y".to_owned(), true, &Pin::All));
        assert_eq!((a.after.join(" "), &a.pin), ("b".to_owned(), &Pin::These(vec!["b".to_owned()])));
    }

    #[test]
    fn what_is_no_plan() {
        let bump = |wave: u32| format!(r#"{{"name": "a", "selectors": ["a"], "wave": {wave}}}"#);
        let wave = |number: u32| format!(r#"{{"number": {number}, "derivations": 1}}"#);
        let end = "; expected a plan as 'waves --format json' prints it";
        for (version, bumps, waves, expect) in [
            (2, bump(1), wave(1), "plan.json: a plan of version 2, not 1"),
            (1, bump(2), wave(1), "plan.json: the bump 'a' is in wave 2 of 1"),
            (1, bump(1), wave(2), "plan.json: wave 2 stands where wave 1 should"),
            (1, bump(1), format!("{},{}", wave(1), wave(2)), "plan.json: wave 2 has no bump"),
        ] {
            assert_eq!(parse(version, &bumps, &waves).unwrap_err(), format!("{expect}{end}"));
        }
        let error =
            WavePlan::parse("{\"version\": 1,\n \"waves\": 1}", Path::new("plan.json")).unwrap_err().to_string();
        assert!(error.starts_with("plan.json: ") && error.contains("line 2"), "{error}");
    }
}
