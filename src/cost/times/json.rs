//! Build times out of JSON.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::draft::{Column, Draft, Unit};
use super::error::FORMS;
use super::record::Named;
use super::{Misfit, Sink, line_of};
use crate::cost::quoted::quoted;

/// Reads an array of objects, objects one after another (JSON Lines), or an object of names with seconds.
pub(super) fn read(text: &str, sink: &mut Sink) -> Result<(), Misfit> {
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value.map_err(|error| syntax(text, text, &error))?.get();
        if value.starts_with('[') {
            let entries: Vec<&RawValue> = serde_json::from_str(value).map_err(|error| syntax(text, value, &error))?;
            for entry in entries {
                object(text, entry.get(), false, sink)?;
            }
        } else {
            object(text, value, true, sink)?;
        }
    }
    Ok(())
}

/// The line on which a part of a text begins.
fn line(text: &str, part: &str) -> u64 {
    let offset = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    line_of(text.as_bytes().get(..offset).unwrap_or_default())
}

fn misfit(text: &str, part: &str, message: String) -> Misfit {
    Misfit { line: line(text, part), message }
}

fn syntax(text: &str, part: &str, error: &serde_json::Error) -> Misfit {
    let line = line(text, part) + (error.line() as u64).saturating_sub(1);
    Misfit { line, message: format!("expected JSON: {}", quoted(error)) }
}

/// Takes an object: one record, or (`plain`) names with seconds.
fn object(text: &str, value: &str, plain: bool, sink: &mut Sink) -> Result<(), Misfit> {
    if !value.starts_with('{') {
        return Err(misfit(text, value, format!("expected an object, found {}", kind(value))));
    }
    let Members(members) = serde_json::from_str(value).map_err(|error| syntax(text, value, &error))?;
    let is_record = members.iter().any(|(key, value)| value.starts_with('"') && Column::of(key).is_name());
    if is_record || !plain {
        return record(text, value, members, sink);
    }
    for (name, value) in members {
        let seconds: Vec<&RawValue> = if value.starts_with('[') {
            serde_json::from_str(value).map_err(|error| syntax(text, value, &error))?
        } else {
            vec![serde_json::from_str(value).map_err(|error| syntax(text, value, &error))?]
        };
        for seconds in seconds {
            let seconds = seconds.get();
            if !is_number(seconds) {
                let (name, found) = (quoted(name), kind(seconds));
                let message = format!("'{name}': expected seconds, or a list of them, found {found}; expected {FORMS}");
                return Err(misfit(text, value, message));
            }
            let mut draft = Draft::default();
            let taken = draft
                .set(Column::Name(Named::Any), Cow::Borrowed(name.as_ref()))
                .and_then(|()| draft.set(Column::Duration(Unit::Seconds), Cow::Borrowed(seconds)))
                .and_then(|()| sink.take(&draft));
            taken.map_err(|message| misfit(text, seconds, format!("'{}': {message}", quoted(&name))))?;
        }
    }
    Ok(())
}

fn record<'t>(text: &str, whole: &str, members: Vec<(Cow<'t, str>, &'t str)>, sink: &mut Sink) -> Result<(), Misfit> {
    let mut draft = Draft::default();
    let mut seen: Vec<(Column, String)> = Vec::new();
    for (key, value) in members {
        let column = Column::of(&key);
        if column != Column::Other && !matches!(column, Column::Duration(_)) {
            if let Some((_, before)) = seen.iter().find(|(known, _)| *known == column) {
                let message = format!("expected one member of a meaning, found '{before}' and '{}'", quoted(&key));
                return Err(misfit(text, value, message));
            }
            seen.push((column, quoted(&key)));
        }
        let field = match value.as_bytes().first() {
            _ if column == Column::Other => continue,
            Some(b'n') => Cow::Borrowed(""),
            Some(b'"') => {
                let Text(field) = serde_json::from_str(value).map_err(|error| syntax(text, value, &error))?;
                field
            }
            Some(b'{' | b'[') => {
                return Err(misfit(
                    text,
                    value,
                    format!("'{}': expected a text or a number, found {}", quoted(&key), kind(value)),
                ));
            }
            _ => Cow::Borrowed(value),
        };
        draft.set(column, field).map_err(|message| misfit(text, value, format!("'{}': {message}", quoted(&key))))?;
    }
    sink.take(&draft).map_err(|message| misfit(text, whole, message))
}

fn is_number(value: &str) -> bool {
    value.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// What a value is, in words.
fn kind(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// A text that is borrowed where it can be.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// The members of an object in their order, also those of one name.
struct Members<'t>(Vec<(Cow<'t, str>, &'t str)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut all = Vec::new();
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    all.push((key, value.get()));
                }
                Ok(Members(all))
            }
        }

        deserializer.deserialize_map(All)
    }
}
