//! Derivations as expressions of Nix's language.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::recipe::Recipe;
use crate::nix::string_literal;

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
        if !special.contains(&key) && !outputs.contains(key) {
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
    for (path, used) in &derivation.input_derivations {
        let names = list(used.names.iter().map(|name| bytes_literal(name)));
        builder.extend_from_slice(b"    ");
        builder.extend(bytes_literal(path));
        builder.extend_from_slice(b" = { outputs = ");
        builder.extend(names);
        builder.extend_from_slice(b"; };\n");
    }
    let sources = derivation.input_sources.iter().map(|path| path.as_ref());
    let sources: BTreeSet<&[u8]> = sources.chain(recipe.salt.iter().map(String::as_bytes)).collect();
    for path in sources {
        builder.extend_from_slice(b"    ");
        builder.extend(bytes_literal(path));
        builder.extend_from_slice(b" = { path = true; };\n");
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
