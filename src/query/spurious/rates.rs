//! How often packages are bumped in a year.

use std::collections::BTreeMap;
use std::path::Path;

use super::bumps::{by_pname, year};
use crate::graph::Graph;
use crate::ingest::FileError;
use crate::nix::called;
use crate::query::entries::entries;
use crate::query::suggest;
use crate::reach::BumpGroup;

/// Bumps a year by pname; what is not named is bumped once.
///
/// A file of them is CSV with a line `pname,rate` for each, with or without these two words as a header and with
/// lines of comments (`#`); or one JSON object, pname to rate. Pnames are compared without case and without
/// the prefix of an interpreter.
#[derive(Debug, Clone, Default)]
pub struct BumpRates {
    /// As written, and how often; by what is compared.
    rates: BTreeMap<String, (String, f64)>,
}

/// More than one every five minutes is a slip.
const MOST: f64 = 100_000.0;

impl BumpRates {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is neither form, names a pname twice, or a rate is no number from 0 to 100,000.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name.
    ///
    /// # Errors
    /// As of [`BumpRates::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, FileError> {
        let malformed = |message: String| FileError::malformed(file, message);
        let pairs = if text.trim_start().starts_with('{') { of_json(text) } else { of_csv(text) };
        let mut rates = BTreeMap::new();
        for (place, pname, rate) in pairs.map_err(malformed)? {
            if pname.is_empty() {
                return Err(malformed(format!("{place}: the pname is missing")));
            }
            if !(0.0..=MOST).contains(&rate) {
                return Err(malformed(format!("{place}: expected bumps a year from 0 to 100,000, found {rate}")));
            }
            if let Some((known, _)) = rates.insert(called(&pname), (pname.clone(), rate)) {
                return Err(malformed(format!("{place}: '{pname}' has a rate already, as '{known}'")));
            }
        }
        Ok(Self { rates })
    }

    /// Bumps a year of a package, by its pname in lower case without prefixes of interpreters.
    #[must_use]
    pub fn of(&self, pname: &str) -> f64 {
        self.rates.get(pname).map_or(1.0, |&(_, rate)| rate)
    }

    /// A year of bumps: each package that is built as often as it is bumped.
    #[must_use]
    pub fn year(&self, graph: &Graph) -> Vec<BumpGroup> {
        year(&by_pname(graph), self)
    }

    /// The pnames that no built derivation of a graph has, each with the nearest names.
    #[must_use]
    pub fn unknown(&self, graph: &Graph) -> Vec<(String, Vec<String>)> {
        if self.rates.is_empty() {
            return Vec::new();
        }
        let known = by_pname(graph);
        let unknown = self.rates.iter().filter(|(pname, _)| !known.contains_key(*pname));
        unknown.map(|(_, (written, _))| (written.clone(), suggest::nearest(graph, written))).collect()
    }
}

/// Place, pname and rate of each.
type Pairs = Vec<(String, String, f64)>;

fn of_csv(text: &str) -> Result<Pairs, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut pairs = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        let place = format!("line {}", record.position().map_or(0, csv::Position::line));
        let (Some(pname), Some(rate), None) = (record.get(0), record.get(1), record.get(2)) else {
            return Err(format!("{place}: expected PNAME,RATE, found {} fields", record.len()));
        };
        if at == 0 && (pname, rate) == ("pname", "rate") {
            continue;
        }
        let number: f64 =
            rate.parse().map_err(|_| format!("{place}: expected a number of bumps a year, found '{rate}'"))?;
        pairs.push((place, pname.to_owned(), number));
    }
    Ok(pairs)
}

fn of_json(text: &str) -> Result<Pairs, String> {
    let entries =
        entries(text).map_err(|error| format!("{error}; expected an object of pnames with their bumps a year"))?;
    Ok(entries.into_iter().map(|(pname, rate)| (format!("'{pname}'"), pname, rate)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BumpRates, String> {
        BumpRates::parse(text, Path::new("rates")).map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms() {
        for text in [
            "pname,rate\n# weekly\nhypothesis, 52\npython3.6-Pillow,4.5\n",
            "hypothesis,52\npillow,4.5",
            r#"{"hypothesis": 52, "Pillow": 4.5}"#,
        ] {
            let rates = parse(text).unwrap();
            assert_eq!([rates.of("hypothesis"), rates.of("pillow"), rates.of("curl")], [52.0, 4.5, 1.0], "{text}");
        }
        assert_eq!(parse("").unwrap().of("curl"), 1.0);
    }

    #[test]
    fn what_is_no_rate_is_told_with_its_place() {
        for (text, expect) in [
            ("pname,rate\nx,often", "line 2: expected a number of bumps a year, found 'often'"),
            ("x,NaN", "line 1: expected bumps a year from 0 to 100,000, found NaN"),
            ("x,inf", "found inf"),
            ("x,-1", "found -1"),
            ("x,100001", "found 100001"),
            ("x", "line 1: expected PNAME,RATE, found 1 fields"),
            ("x,1,2", "found 3 fields"),
            (",1", "line 1: the pname is missing"),
            ("x,1\npython3-X,2", "line 2: 'python3-X' has a rate already, as 'x'"),
            (r#"{"x": 1, "x": 2}"#, "'x': 'x' has a rate already"),
            (r#"{"x": "1"}"#, "expected an object of pnames with their bumps a year"),
            (r#"{"x": -3}"#, "'x': expected bumps a year from 0"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with("rates: ") && error.contains(expect), "{text}: {error}");
        }
    }
}
