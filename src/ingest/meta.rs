//! What `meta` of an evaluation says: where a package stands, and who cares for it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The parts of `meta` that are kept. What has another shape than nixpkgs gives it is passed over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Meta {
    /// File and line.
    pub(crate) position: Option<String>,
    /// Each as `@handle` where there is one, else by name, else by address.
    pub(crate) maintainers: Vec<String>,
    /// Each by its short name, else by its handle.
    pub(crate) teams: Vec<String>,
}

impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // meta, list of people, person, name: what lies deeper is of no interest
        let Loose::Object(fields) = (Depth { left: 4, keys: Some(&KEYS) }).deserialize(deserializer)? else {
            return Ok(Self::default());
        };
        let mut meta = Self::default();
        for (key, value) in fields {
            match (key.as_str(), value) {
                ("position", Loose::Text(position)) => meta.position = Some(position),
                ("maintainers", value) => meta.maintainers = value.all(maintainer),
                ("teams", value) => meta.teams = value.all(team),
                _ => {}
            }
        }
        Ok(meta)
    }
}

/// People as `meta.maintainers` and `meta.teams` have them: a list, or one alone.
#[derive(Debug)]
pub(crate) struct People(Loose);

impl People {
    pub(crate) fn maintainers(self) -> Vec<String> {
        self.0.all(maintainer)
    }

    pub(crate) fn teams(self) -> Vec<String> {
        self.0.all(team)
    }
}

impl<'de> Deserialize<'de> for People {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        (Depth { left: 3, keys: None }).deserialize(deserializer).map(Self)
    }
}

/// The keys of `meta` that are read.
const KEYS: [&str; 3] = ["position", "maintainers", "teams"];

fn maintainer(fields: &[(String, Loose)]) -> Option<String> {
    let handle = text(fields, "github").map(|handle| format!("@{}", handle.trim_start_matches('@')));
    handle.or_else(|| text(fields, "name")).or_else(|| text(fields, "email"))
}

fn team(fields: &[(String, Loose)]) -> Option<String> {
    ["shortName", "githubTeam", "github"].into_iter().find_map(|key| text(fields, key))
}

/// The text of a field that has any.
fn text(fields: &[(String, Loose)], key: &str) -> Option<String> {
    fields.iter().find_map(|(known, value)| match value {
        Loose::Text(text) if known == key && !text.is_empty() => Some(text.clone()),
        _ => None,
    })
}

/// JSON of any shape.
#[derive(Debug)]
enum Loose {
    Text(String),
    List(Vec<Loose>),
    Object(Vec<(String, Loose)>),
    Other,
}

impl Loose {
    /// The people of a list, or the one who stands alone; a plain text is a name.
    fn all(self, named: fn(&[(String, Loose)]) -> Option<String>) -> Vec<String> {
        let items = if let Self::List(items) = self { items } else { vec![self] };
        let name = |item| match item {
            Self::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Self::Object(fields) => named(&fields),
            Self::List(_) | Self::Other => None,
        };
        items.into_iter().filter_map(name).collect()
    }
}

/// Reads JSON down to a depth, of the outermost object only some keys.
#[derive(Debug, Clone, Copy)]
struct Depth {
    left: u32,
    keys: Option<&'static [&'static str]>,
}

impl Depth {
    fn below(self) -> Self {
        Self { left: self.left.saturating_sub(1), keys: None }
    }
}

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Loose;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose, D::Error> {
        if self.left == 0 {
            return IgnoredAny::deserialize(deserializer).map(|_| Loose::Other);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Loose;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.below())? {
            items.push(item);
        }
        Ok(Loose::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if self.keys.is_some_and(|keys| !keys.contains(&key.as_ref())) {
                map.next_value::<IgnoredAny>()?;
            } else {
                let value = map.next_value_seed(self.below())?;
                fields.push((key.into_owned(), value));
            }
        }
        Ok(Loose::Object(fields))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose::Other)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }
    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(meta: &str, maintainers: &[&str], teams: &[&str]) {
        let read: Meta = serde_json::from_str(meta).unwrap_or_else(|error| panic!("{meta}: {error}"));
        assert_eq!((read.maintainers, read.teams), (owned(maintainers), owned(teams)), "{meta}");
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn people_of_every_shape() {
        check(
            r#"{"maintainers":[{"email":"a@x.org","github":"ann","githubId":1,"name":"Ann"},
                {"name":"Bob","email":"b@x.org"},{"email":"c@x.org"},"Dan <d@x.org>",
                {"github":"","name":"Eve"},{"github":null,"name":"Fay"},{"github":"@gil"}]}"#,
            &["@ann", "Bob", "c@x.org", "Dan <d@x.org>", "Eve", "Fay", "@gil"],
            &[],
        );
        check(r#"{"maintainers":{"github":"ann"},"teams":{"shortName":"Python"}}"#, &["@ann"], &["Python"]);
        check(r#"{"maintainers":"ann","teams":"python"}"#, &["ann"], &["python"]);
        check(
            r#"{"teams":[{"shortName":"Rust","github":"rust-team","members":[{"github":"ann"}],"scope":"all"},
                {"githubTeam":"gnome"},{"github":"kde"},"c",{"members":[]}]}"#,
            &[],
            &["Rust", "gnome", "kde", "c"],
        );
    }

    #[test]
    fn other_shapes_are_passed_over() {
        for meta in ["null", "5", "-5", "0.5", "true", "[]", "[{\"maintainers\":[\"a\"]}]", "\"text\"", "{}"] {
            check(meta, &[], &[]);
        }
        check(r#"{"maintainers":null,"teams":false}"#, &[], &[]);
        check(
            r#"{"maintainers":[null,5,[],[["a"]],{},{"github":{"x":[1]}},""],"teams":[[{"shortName":"a"}]]}"#,
            &[],
            &[],
        );
        // deeper than any reader that recurses would go
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        check(&format!(r#"{{"maintainers":[{{"github":{deep},"name":"Ann"}},{deep}],"other":{deep}}}"#), &["Ann"], &[]);
    }

    #[test]
    fn positions() {
        let position = |meta: &str| serde_json::from_str::<Meta>(meta).unwrap().position;
        assert_eq!(position(r#"{"a":{"b":1},"position":"a.nix:1"}"#).as_deref(), Some("a.nix:1"));
        assert_eq!(position(r#"{"position":5}"#), None);
    }
}
