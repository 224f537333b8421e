//! Derivations as expressions of Nix's language.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::error::ExperimentError;
use super::recipe::Recipe;
use crate::nix::{Derivation, string_literal};

/// Attributes that Nix wants to be true or false, though they stand as texts in the derivation.
const SWITCHES: [&[u8]; 3] = [b"__structuredAttrs", b"__contentAddressed", b"__impure"];

/// A derivation as an expression of Nix's language, `derivation { … }`: evaluated, it is the very same
/// derivation. `name` is what a refusal calls it. Linear in its text.
///
/// # Errors
/// When there is none: structured attributes that are no JSON object, dynamic derivations.
pub fn written(derivation: Derivation<'static>, name: &str) -> Result<Vec<u8>, ExperimentError> {
    Ok(expression(&Recipe::of(derivation, name)?))
}

/// A derivation as an expression that makes it again: `derivation { … }` with every text as it stands.
/// What it depends on is the context of its builder alone, where no text shows it.
pub(super) fn expression(recipe: &Recipe) -> Vec<u8> {
    let derivation = &recipe.derivation;
    let mut text = b"derivation {\n".to_vec();
    let outputs: BTreeSet<&[u8]> = derivation.outputs.iter().map(|output| output.name.as_ref()).collect();
    let special: [&[u8]; 4] = [b"builder", b"outputs", b"system", b"__json"];
    for (key, value) in &derivation.environment {
        let key = key.as_ref();
        // the paths of outputs are made by Nix
        if special.contains(&key) || outputs.contains(key) {
            continue;
        }
        if SWITCHES.contains(&key) {
            assign(&mut text, key, if value.is_empty() { b"false" } else { b"true" });
        } else {
            assign(&mut text, key, &bytes_literal(value));
        }
    }
    if let Some(structured) = &recipe.structured {
        assign(&mut text, b"__structuredAttrs", b"true");
        for (key, value) in structured {
            if !["builder", "outputs", "system"].contains(&key.as_str()) {
                let mut written = Vec::new();
                write_value(&mut written, value);
                assign(&mut text, key.as_bytes(), &written);
            }
        }
    }
    let named = recipe.structured.as_ref().map_or_else(
        || derivation.variable(b"outputs").map(words),
        |structured| structured.get("outputs").map(strings),
    );
    if let Some(named) = named {
        assign(&mut text, b"outputs", &list(named.iter().map(|name| bytes_literal(name))));
    }
    assign(&mut text, b"args", &list(derivation.arguments.iter().map(|argument| bytes_literal(argument))));
    assign(&mut text, b"system", &bytes_literal(&derivation.system));
    let mut builder = b"builtins.appendContext ".to_vec();
    builder.extend(bytes_literal(&derivation.builder));
    builder.extend_from_slice(b" {\n");
    // a derivation may be both: its outputs are used, and its file is
    let mut context: BTreeMap<&[u8], Vec<u8>> = BTreeMap::new();
    for (path, used) in &derivation.input_derivations {
        let said = context.entry(path.as_ref()).or_default();
        said.extend_from_slice(b"outputs = ");
        said.extend(list(used.names.iter().map(|name| bytes_literal(name))));
        said.extend_from_slice(b"; ");
    }
    let sources = derivation.input_sources.iter().map(|path| path.as_ref());
    let sources: BTreeSet<&[u8]> = sources.chain(recipe.salt.iter().map(String::as_bytes)).collect();
    for path in sources {
        context.entry(path).or_default().extend_from_slice(b"path = true; ");
    }
    for (path, said) in context {
        builder.extend_from_slice(b"    ");
        builder.extend(bytes_literal(path));
        builder.extend_from_slice(b" = { ");
        builder.extend(said);
        builder.extend_from_slice(b"};\n");
    }
    builder.extend_from_slice(b"  }");
    assign(&mut text, b"builder", &builder);
    text.push(b'}');
    text
}

fn assign(text: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    text.extend_from_slice(b"  ");
    text.extend(bytes_literal(key));
    text.extend_from_slice(b" = ");
    text.extend_from_slice(value);
    text.extend_from_slice(b";\n");
}

fn list(items: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut text = b"[ ".to_vec();
    for item in items {
        text.extend(item);
        text.push(b' ');
    }
    text.push(b']');
    text
}

fn words(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
}

fn strings(value: &Value) -> Vec<Vec<u8>> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| Some(item.as_str()?.as_bytes().to_vec())).collect()
}

/// Bytes as a string of the language; Nix's strings are bytes, and so are files of its language.
fn bytes_literal(bytes: &[u8]) -> Vec<u8> {
    let mut literal = b"\"".to_vec();
    for &byte in bytes {
        match byte {
            b'"' | b'\\' | b'$' => literal.extend([b'\\', byte]),
            b'\n' => literal.extend(b"\\n"),
            b'\r' => literal.extend(b"\\r"),
            b'\t' => literal.extend(b"\\t"),
            _ => literal.push(byte),
        }
    }
    literal.push(b'"');
    literal
}

/// A JSON value in the language; as deep as the parser of JSON lets it nest.
fn write_value(text: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => text.extend_from_slice(b"null"),
        Value::Bool(value) => text.extend(value.to_string().bytes()),
        // a number of JSON may be none of the language's
        Value::Number(number) => {
            text.extend_from_slice(b"(builtins.fromJSON ");
            text.extend(string_literal(&number.to_string()).bytes());
            text.push(b')');
        }
        Value::String(string) => text.extend(bytes_literal(string.as_bytes())),
        Value::Array(items) => {
            text.extend_from_slice(b"[ ");
            for item in items {
                write_value(text, item);
                text.push(b' ');
            }
            text.push(b']');
        }
        Value::Object(fields) => {
            text.extend_from_slice(b"{ ");
            // sorted, as Nix has them
            for (key, value) in fields.iter().collect::<BTreeMap<_, _>>() {
                text.extend(bytes_literal(key.as_bytes()));
                text.extend_from_slice(b" = ");
                write_value(text, value);
                text.extend_from_slice(b"; ");
            }
            text.push(b'}');
        }
    }
}
