//! A record while its fields are read.

use std::borrow::Cow;

use super::record::{LONGEST_MILLIS, LeftOut, Named, Record};
use crate::cost::quoted::quoted;
use crate::ingest::split_system;
use crate::nix::{Digest, StorePath};

/// What a column of a table, or a member of an object, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Path,
    Attribute,
    Name(Named),
    System,
    Duration(Unit),
    Start,
    Stop,
    Status,
    Type,
    Busy,
    /// Taken from another build.
    Propagated,
    Cached,
    Other,
}

/// A time since the epoch beyond this, in the year 5138, is no number of seconds.
const LATEST: f64 = 1e11;

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
}

impl Unit {
    const fn millis(self) -> f64 {
        match self {
            Self::Milliseconds => 1.0,
            Self::Seconds => 1_000.0,
            Self::Minutes => 60_000.0,
            Self::Hours => 3_600_000.0,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
        }
    }

    /// By the name of a column: the unit, alone or after what is measured.
    fn of(word: &str) -> Option<Self> {
        let word = ["buildtime", "build", "duration", "elapsed", "time"]
            .into_iter()
            .find_map(|what| word.strip_prefix(what))
            .unwrap_or(word);
        match word {
            "ms" | "msec" | "msecs" | "millis" | "milliseconds" => Some(Self::Milliseconds),
            "s" | "sec" | "secs" | "second" | "seconds" => Some(Self::Seconds),
            "min" | "mins" | "minute" | "minutes" => Some(Self::Minutes),
            "h" | "hour" | "hours" => Some(Self::Hours),
            _ => None,
        }
    }
}

impl Column {
    /// By its name, whatever its case, underscores, dashes and blanks: psql writes `drvpath` for Hydra's drvPath.
    pub(super) fn of(name: &str) -> Self {
        let word: String =
            name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
        match word.as_str() {
            "drvpath" | "drv" | "derivationpath" | "derivation" => Self::Path,
            "attribute" | "attr" | "job" => Self::Attribute,
            "name" => Self::Name(Named::Any),
            "nixname" | "drvname" => Self::Name(Named::Derivation),
            "derivationname" => Self::Name(Named::Short),
            "pname" => Self::Name(Named::Pname),
            "system" => Self::System,
            "starttime" => Self::Start,
            "stoptime" => Self::Stop,
            "status" | "buildstatus" => Self::Status,
            "type" => Self::Type,
            "busy" => Self::Busy,
            "propagatedfrom" => Self::Propagated,
            "iscachedbuild" => Self::Cached,
            word => Unit::of(word).map_or(Self::Other, Self::Duration),
        }
    }

    /// Whether it says what was built.
    pub(super) const fn is_name(self) -> bool {
        matches!(self, Self::Path | Self::Attribute | Self::Name(_))
    }
}

/// The fields of a record; empty where it has none.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft<'t> {
    path: Cow<'t, str>,
    attribute: Cow<'t, str>,
    name: Cow<'t, str>,
    named: Option<Named>,
    pub(super) system: Cow<'t, str>,
    duration: Option<(f64, Unit)>,
    start: Option<f64>,
    stop: Option<f64>,
    /// Whether it has fields for a time at all, filled or not.
    timed: bool,
    left_out: Option<LeftOut>,
}

impl<'t> Draft<'t> {
    /// Takes a field; an empty one is one that is not there. `Err` tells what was expected.
    pub(super) fn set(&mut self, column: Column, text: Cow<'t, str>) -> Result<(), String> {
        let text = trimmed(text);
        self.timed |= matches!(column, Column::Duration(_) | Column::Start | Column::Stop);
        if text.is_empty() {
            return Ok(());
        }
        match column {
            Column::Path => self.path = text,
            Column::Attribute => self.attribute = text,
            Column::Name(named) => {
                self.name = text;
                self.named = Some(named);
            }
            Column::System if !is_system(&text) => {
                return Err(format!("expected a system such as x86_64-linux, found '{}'", quoted(&text)));
            }
            Column::System => self.system = text,
            Column::Duration(unit) => {
                let amount = number(&text)
                    .ok_or_else(|| format!("expected a number of {}, found '{}'", unit.as_str(), quoted(&text)))?;
                if self.duration.is_some_and(|(_, known)| known != unit) {
                    return Err(format!("expected one unit, found {} beside another", unit.as_str()));
                }
                self.duration = Some((amount, unit));
            }
            Column::Start | Column::Stop => {
                let seconds = number(&text)
                    .ok_or_else(|| format!("expected seconds since the epoch, found '{}'", quoted(&text)))?;
                if seconds > LATEST {
                    let found = quoted(&text);
                    return Err(format!("expected seconds since the epoch, found '{found}': are these milliseconds?"));
                }
                let field = if column == Column::Start { &mut self.start } else { &mut self.stop };
                *field = Some(seconds);
            }
            Column::Status => match number(&text) {
                Some(0.0) => {}
                Some(_) => self.leave_out(LeftOut::Failed),
                None => return Err(format!("expected a status of Hydra, a number, found '{}'", quoted(&text))),
            },
            Column::Busy if !is_false(&text) => self.leave_out(LeftOut::Unfinished),
            Column::Cached if !is_false(&text) => self.leave_out(LeftOut::Cached),
            Column::Type => match text.as_ref() {
                "0" => {}
                "1" => self.leave_out(LeftOut::Cached),
                _ => {
                    let found = quoted(&text);
                    return Err(format!("expected a type of Hydra, 0 (built) or 1 (substituted), found '{found}'"));
                }
            },
            Column::Propagated => self.leave_out(LeftOut::Cached),
            Column::Busy | Column::Cached | Column::Other => {}
        }
        Ok(())
    }

    fn leave_out(&mut self, reason: LeftOut) {
        self.left_out = Some(self.left_out.map_or(reason, |known| known.min(reason)));
    }

    /// The unit of its duration, where it has one.
    pub(super) fn unit(&self) -> Option<Unit> {
        self.duration.map(|(_, unit)| unit)
    }

    /// The record, or why it is left out. `Err` tells what was expected.
    pub(super) fn finish(&self, system: u32, file: u32) -> Result<Result<Record, LeftOut>, String> {
        let mut record = Record {
            path: Digest::NONE,
            attribute: self.attribute.as_ref().into(),
            name: self.name.as_ref().into(),
            named: self.named.unwrap_or(Named::Any),
            system,
            millis: 0,
            file,
        };
        if !self.path.is_empty() {
            let (digest, name) = derivation(&self.path).ok_or_else(|| {
                format!("expected the path of a derivation, <hash>-<name>.drv, found '{}'", quoted(&self.path))
            })?;
            (record.path, record.name, record.named) = (digest, name.into(), Named::Derivation);
        } else if record.name.starts_with('/') {
            let path = record.name.rsplit('/').next().unwrap_or_default();
            let path = StorePath::from_base_name(path.as_bytes())
                .map_err(|error| format!("'{}': {}", quoted(&record.name), quoted(error)))?;
            (record.path, record.name, record.named) = match path.name.strip_suffix(".drv") {
                Some(name) => (path.digest, name.into(), Named::Derivation),
                None => (Digest::NONE, path.name.into(), Named::Derivation),
            };
        }
        if record.name.is_empty() && record.attribute.is_empty() {
            return Err("expected the name of what was built, found none".to_owned());
        }
        if !self.timed {
            return Err("expected seconds, or startTime and stopTime, found neither".to_owned());
        }
        if let Some(reason) = self.left_out {
            return Ok(Err(reason));
        }
        let millis = match (self.duration, self.start, self.stop) {
            (Some((amount, unit)), ..) => rounded(amount * unit.millis(), amount, unit)?,
            (None, Some(0.0), _) => return Ok(Err(LeftOut::Cached)),
            (None, Some(start), Some(stop)) if stop < start => {
                return Err(format!(
                    "expected a stop after the start, found {} before {}",
                    quoted(stop),
                    quoted(start)
                ));
            }
            (None, Some(start), Some(stop)) => rounded((stop - start) * 1_000.0, stop - start, Unit::Seconds)?,
            (None, ..) => return Ok(Err(LeftOut::Unfinished)),
        };
        record.millis = millis;
        Ok(if millis == 0 { Err(LeftOut::Zero) } else { Ok(record) })
    }
}

/// An attribute, and the system that stands before or behind it.
pub(super) fn attribute_and_system(text: &str) -> (&str, Option<&str>) {
    split_system(text)
}

fn derivation(path: &str) -> Option<(Digest, &str)> {
    let base = path.rsplit('/').next()?;
    let path = StorePath::from_base_name(base.as_bytes()).ok()?;
    Some((path.digest, path.name.strip_suffix(".drv")?))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Whether a text can be a system: what stands behind a decimal comma cannot.
fn is_system(text: &str) -> bool {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_of_word)
}

fn is_false(text: &str) -> bool {
    matches!(text, "0" | "f" | "false")
}

fn rounded(millis: f64, amount: f64, unit: Unit) -> Result<u64, String> {
    if !millis.is_finite() || millis < 0.0 || millis > LONGEST_MILLIS as f64 {
        return Err(format!("expected {} from 0 to ten years, found {}", unit.as_str(), quoted(amount)));
    }
    Ok(millis.round() as u64)
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
