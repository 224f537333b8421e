use std::collections::BTreeMap;

use super::super::{aterm, fixtures};
use super::*;

const DIR: &str = "/nix/store";

/// The six texts in which the fixtures stand: the shape of 2.8 is Nix's own.
const SHAPES: [&str; 6] = ["nix-2.8", "nix-2.18", "nix-2.23", "nix-2.30", "nix-2.32", "nix-2.33"];

/// The derivations of a shape by absolute path, each as its JSON text.
fn shape(name: &str) -> BTreeMap<String, Vec<u8>> {
    let text = std::fs::read(fixtures::path(&format!("formats/json/{name}.json"))).unwrap();
    let mut all: Map<String, Value> = serde_json::from_slice(&text).unwrap();
    if let Some(Value::Object(inner)) = all.remove("derivations") {
        all = inner;
    }
    all.into_iter()
        .map(|(path, value)| {
            let path = if path.starts_with('/') { path } else { format!("{DIR}/{path}") };
            (path, serde_json::to_vec_pretty(&value).unwrap())
        })
        .collect()
}

#[test]
fn every_shape_says_what_the_derivation_says() {
    let mut texts = fixtures::derivations();
    texts.retain(|path, _| !path.ends_with("-bytes.drv")); // no UTF-8, so no JSON
    for name in SHAPES {
        let shape = shape(name);
        assert!(shape.keys().eq(texts.keys()), "{name}");
        for (path, text) in &texts {
            let drv_name = path[DIR.len() + 34..].strip_suffix(".drv").unwrap();
            let mut told = parse(&shape[path], DIR, drv_name).unwrap_or_else(|e| panic!("{name}: {path}: {e}"));
            told.sort();
            let printed = aterm::print(&told);
            assert_eq!(String::from_utf8_lossy(&printed), String::from_utf8_lossy(text), "{name}: {path}");
        }
    }
}

/// A derivation around one output.
fn with_output(output: &str) -> String {
    format!(
        r#"{{"args":[],"builder":"b","env":{{}},"inputs":{{"drvs":{{}},"srcs":[]}},"outputs":{{"out":{output}}},"system":"s"}}"#
    )
}

#[test]
fn outputs() {
    /// `algorithm hash path`, or what is wrong.
    fn check(output: &str, expect: &str) {
        let found = match parse(with_output(output).as_bytes(), DIR, "x") {
            Ok(derivation) => {
                let [out] = derivation.outputs.as_slice() else { panic!("{output}") };
                [&out.algorithm, &out.hash, &out.path].map(|text| String::from_utf8_lossy(text)).join(" ")
            }
            Err(error) => {
                assert_eq!(error.offset, with_output("»").find('»').unwrap(), "{output}: {error}");
                error.message
            }
        };
        assert_eq!(found, expect, "{output}");
    }
    check("{}", "  ");
    check(r#"{"path":"/nix/store/p"}"#, "  /nix/store/p");
    check(r#"{"path":"p"}"#, "  /nix/store/p");
    check(r#"{"path":null}"#, "  ");
    check(r#"{"hashAlgo":"r:sha256"}"#, "r:sha256  ");
    check(r#"{"hashAlgo":"sha256","method":"nar"}"#, "r:sha256  ");
    check(r#"{"hashAlgo":"sha256","method":"recursive"}"#, "r:sha256  ");
    check(r#"{"hashAlgo":"sha256","method":"flat"}"#, "sha256  ");
    check(r#"{"hashAlgo":"sha256","method":"text"}"#, "text:sha256  ");
    check(r#"{"hashAlgo":"sha1","method":"git"}"#, "git:sha1  ");
    check(r#"{"hashAlgo":"git:sha1"}"#, "git:sha1  ");
    check(r#"{"hashAlgo":"text:sha256"}"#, "text:sha256  ");
    check(r#"{"hashAlgo":"r:sha256","impure":true}"#, "r:sha256 impure ");
    check(r#"{"hashAlgo":"sha256","method":"nar","impure":true}"#, "r:sha256 impure ");
    check(r#"{"hashAlgo":"sha256","method":"nar","impure":false}"#, "r:sha256  ");

    // sha256, sha1 and md5 of nothing, in each encoding; the paths are those of the real
    // `nix-store --print-fixed-path` (2.8.0 knows no git, so that one is by the rule alone)
    let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let nar = format!("r:sha256 {sha256} /nix/store/d6q30mlzfljh7ha1b1m6fnifi34qr99p-x");
    check(&format!(r#"{{"hash":"{sha256}","hashAlgo":"r:sha256"}}"#), &nar);
    check(&format!(r#"{{"hash":"{}","hashAlgo":"r:sha256"}}"#, sha256.to_uppercase()), &nar);
    check(r#"{"hash":"0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73","hashAlgo":"r:sha256"}"#, &nar);
    check(r#"{"hash":"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","method":"nar"}"#, &nar);
    check(
        r#"{"hash":"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","method":"flat"}"#,
        &format!("sha256 {sha256} /nix/store/9zicq1m4wy4bv50xa4l1jk4kpyy41kih-x"),
    );
    let sha1 = "git:sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709 /nix/store/w6av5fw9i9xc2xl2f5pr046bfh47qhc8-x";
    check(r#"{"hash":"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=","method":"git"}"#, sha1);
    // 32 characters: a sha1 in base 32 is as long as an md5 in base 16, and the algorithm decides
    check(r#"{"hash":"143xibwh31h9bvxzalr0sjvbbvpa6ffs","hashAlgo":"git:sha1"}"#, sha1);
    let md5 = "md5 d41d8cd98f00b204e9800998ecf8427e /nix/store/v4hm49i7f7fmjvrmdcda7qrcizb2ckkn-x";
    check(r#"{"hash":"d41d8cd98f00b204e9800998ecf8427e","hashAlgo":"md5"}"#, md5);
    check(r#"{"hash":"3y8bwfr609h3lh9ch0izcqq7fl","hashAlgo":"md5"}"#, md5);

    check(r#"{"path":""}"#, "output 'out': an empty path");
    check(r#"{"hash":"aa"}"#, "output 'out': a hash without an algorithm");
    check(r#"{"method":"nar"}"#, "output 'out': a method without a hash algorithm");
    check(r#"{"impure":true}"#, "output 'out': a method without a hash algorithm");
    check(
        r#"{"hash":"d41d8cd98f00b204e9800998ecf8427e","hashAlgo":"sha256"}"#,
        "output 'out': a hash that is no sha256 in base 16 or base 32",
    );
    check(r#"{"hash":"sha256-AAAA","method":"nar"}"#, "output 'out': a hash that is no sha256 in base 64");
    check(r#"{"hash":"sha256-###","method":"nar"}"#, "output 'out': a hash that is no sha256 in base 64");
    check(r#"{"hash":"sha3-AAAA","method":"nar"}"#, "output 'out': an unknown hash algorithm 'sha3'");
    check(r#"{"hashAlgo":"x:sha256"}"#, "output 'out': a hash algorithm with an unknown method: 'x:sha256'");
    check(
        r#"{"hashAlgo":"sha256","method":"tar"}"#,
        "output 'out': an unknown method 'tar'; expected flat, nar, text or git",
    );
    check(r#"{"hashAlgo":"r:sha256","method":"flat"}"#, "output 'out': 'method' contradicts 'hashAlgo'");
    check(r#"{"hash":"sha256-AAAA","hashAlgo":"sha1"}"#, "output 'out': 'hash' contradicts 'hashAlgo'");
    check(
        &format!(r#"{{"hash":"{sha256}","hashAlgo":"sha256","impure":true}}"#),
        "output 'out': impure, and yet with a hash",
    );
}

#[test]
fn inputs() {
    fn check(inputs: &str, expect: &str) {
        let text = format!(r#"{{"args":[],"builder":"b","env":{{}},"outputs":{{}},"system":"s",{inputs}}}"#);
        let found = match parse(text.as_bytes(), DIR, "x") {
            Ok(derivation) => {
                let text = String::from_utf8(aterm::print(&derivation)).unwrap();
                let start = text.find("[],").unwrap() + "[],".len();
                text[start..text.len() - r#","s","b",[],[])"#.len()].to_owned()
            }
            Err(error) => error.message,
        };
        assert_eq!(found, expect, "{inputs}");
    }
    check(r#""inputDrvs":{},"inputSrcs":[]"#, "[],[]");
    check(r#""inputDrvs":{"/s/a.drv":["out"]},"inputSrcs":["/s/b"]"#, r#"[("/s/a.drv",["out"])],["/s/b"]"#);
    check(r#""inputDrvs":{"a.drv":["out"]},"inputSrcs":["b"]"#, r#"[("/nix/store/a.drv",["out"])],["/nix/store/b"]"#);
    check(
        r#""inputs":{"srcs":["b"],"drvs":{"a.drv":{"outputs":["out"]}}}"#,
        r#"[("/nix/store/a.drv",["out"])],["/nix/store/b"]"#,
    );
    check(
        r#""inputs":{"srcs":[],"drvs":{"/a":{"dynamicOutputs":{"o":{"dynamicOutputs":{"p":{"dynamicOutputs":{},"outputs":["q"]}},"outputs":["r"]}},"outputs":["s"]}}}"#,
        r#"[("/a",(["s"],[("o",(["r"],[("p",["q"])]))]))],[]"#,
    );
    let neither = "expected either 'inputs' or 'inputDrvs' and 'inputSrcs'";
    check(r#""name":"x""#, neither);
    check(r#""inputDrvs":{}"#, neither);
    check(r#""inputSrcs":[]"#, neither);
    check(r#""inputs":{"drvs":{},"srcs":[]},"inputSrcs":[],"inputDrvs":{}"#, neither);
    check(r#""inputs":{"drvs":{}}"#, "'inputs' without 'srcs' or 'drvs'");
    check(r#""inputs":{"drvs":{},"srcs":[],"x":0}"#, "unknown key 'x' in 'inputs'; expected 'srcs' and 'drvs'");
    check(
        r#""inputs":{"srcs":[],"drvs":{"a":{"output":[]}}}"#,
        "unknown key 'output' of an input; expected 'outputs' and 'dynamicOutputs'",
    );
    let deep = |n: usize| {
        let (open, close) = (r#"{"outputs":[],"dynamicOutputs":{"o":"#.repeat(n), "}}".repeat(n));
        format!(r#""inputs":{{"srcs":[],"drvs":{{"a":{open}{{"outputs":[]}}{close}}}}}"#)
    };
    check(&deep(17), "dynamic derivations nest more than 16 deep");
    check(&deep(60), "dynamic derivations nest more than 16 deep");
    check(&deep(10_000), "dynamic derivations nest more than 16 deep");
}

#[test]
fn structured_attributes() {
    fn check(parts: &str, expect: &[(&str, &str)]) {
        let text = format!(
            r#"{{"args":[],"builder":"","inputs":{{"drvs":{{}},"srcs":[]}},"outputs":{{}},"system":"",{parts}}}"#
        );
        let derivation = parse(text.as_bytes(), DIR, "x").unwrap();
        let expect: Vec<_> = expect.iter().map(|(k, v)| (k.as_bytes().into(), v.as_bytes().into())).collect();
        assert_eq!(derivation.environment, expect, "{parts}");
    }
    check(
        r#""env":{"out":"o"},"structuredAttrs":{"b": [1, 2.5], "a":"\u0007ü"}"#,
        &[("out", "o"), ("__json", "{\"a\":\"\\u0007ü\",\"b\":[1,2.5]}")],
    );
    check(r#""env":{"__json":"{}"},"structuredAttrs":{"b":1}"#, &[("__json", "{}")]);
    // the order of keys is not fixed: a tool that reads and writes JSON may change it
    check(r#""structuredAttrs":{"b":1},"env":{"__json":"{}"}"#, &[("__json", "{}")]);
    check(r#""env":{},"structuredAttrs":null"#, &[]);
}

/// A whole derivation with `»` before what is wrong, which is where the offset must point.
#[track_caller]
fn check_error(marked: &str, expect: &str) {
    let text = marked.replacen('»', "", 1);
    let error = parse(text.as_bytes(), DIR, "x").expect_err(marked);
    assert_eq!(error.message, expect, "{marked}");
    let at = error.offset.min(text.len());
    assert_eq!(Some(at), marked.find('»'), "{}»{}", String::from_utf8_lossy(&text.as_bytes()[..at]), &text[at..]);
}

#[test]
fn errors_point_at_what_is_wrong() {
    let unknown = |version: &str| {
        format!("unknown version {version} of the derivation format; versions 3, 4 and those without a number are read")
    };
    check_error(r#"{"version":»5}"#, &unknown("5"));
    check_error(r#"{"version" : »5 , "a":0}"#, &unknown("5"));
    check_error(r#"{"version":»2,"a":[{}]}"#, &unknown("2"));
    check_error(r#"{"name":"ü\"}","version":»"4"}"#, &unknown("\"4\""));
    check_error("{\n  \"name\": \"ünï🦀\",\n  \"version\": »5\n}\n", &unknown("5"));
    check_error("{\r\n\"name\": {\"ü\": [\"\\\\\"]}, \"version\": »4.0\r\n}", &unknown("4.0"));

    let string = |found: &str| format!("invalid type: {found}, expected a string");
    let value = |found: &str| string(found) + ", as in every version of the format up to 4";
    check_error(r#"{"env":{"a":»{"b":1}}}"#, &value("map"));
    check_error(r#"{"env":{"a": »["b"]}}"#, &value("sequence"));
    check_error(r#"{"env":{"a":»12}}"#, &value("integer `12`"));
    check_error("{\n\"env\":{\"ü\":\"🦀\",\n\"a\":\n »null}}", &value("null"));
    check_error(r#"{"env":»[]}"#, "invalid type: sequence, expected an object of strings");
    check_error(r#"{"env":»"a"}"#, "invalid type: string \"a\", expected an object of strings");
    check_error(r#"{"builder":»true}"#, &string("boolean `true`"));
    check_error(r#"{"system":»-1.5}"#, &string("floating point `-1.5`"));
    check_error(r#"{"args":»{}}"#, "invalid type: map, expected an array of strings");
    check_error(r#"{"args":["a",»3,"b"]}"#, "invalid type: integer `3`, expected string");
    check_error(r#"{"args":["a",»3]}"#, "invalid type: integer `3`, expected string");
    check_error(r#"{"inputSrcs":»"a"}"#, "invalid type: string \"a\", expected an array of store paths");
    check_error(r#"{"inputDrvs":»[]}"#, "invalid type: sequence, expected an object of input derivations");
    let used = "expected an array of output names, or an object with 'outputs' and 'dynamicOutputs'";
    check_error(r#"{"inputDrvs":{"a":»"out"}}"#, &format!("invalid type: string \"out\", {used}"));
    check_error(r#"{"inputDrvs":{"a":»null}}"#, &format!("invalid type: null, {used}"));
    check_error(r#"{"inputDrvs":{"a":[»null]}}"#, "invalid type: null, expected an output name");
    check_error(r#"{"outputs":{"out":»"path"}}"#, "invalid type: string \"path\", expected an output: an object");
    check_error(r#"{"outputs":{"out":{"path":»1}}}"#, &string("integer `1`"));
    check_error(r#"{"structuredAttrs":»[1]}"#, "invalid type: sequence, expected a map");
    check_error(r#"»"derivation""#, "invalid type: string \"derivation\", expected a derivation: an object");
    check_error("»[]", "invalid type: sequence, expected a derivation: an object");

    let twice = |key: &str, object: &str| format!("'{key}' stands twice in {object}");
    check_error(r#"{"args":[],»"args":[]}"#, &twice("args", "a derivation: an object"));
    check_error(r#"{"x":{},»"x" : []}"#, &twice("x", "a derivation: an object"));
    check_error(r#"{"env":{"a":"","b":"",»"a":""}}"#, &twice("a", "an object of strings"));
    check_error("{\"env\":{\"b\":\"\",\"a\":\"\",\n»\"b\":\"\"}}", &twice("b", "an object of strings"));
    check_error(r#"{"env":{"c":"","a":"","b":"",»"a":""}}"#, &twice("a", "an object of strings"));
    check_error(r#"{"outputs":{"o":{},»"o":{}}}"#, &twice("o", "an object of outputs"));
    check_error(r#"{"outputs":{"o":{"path":"a",»"path":"b"}}}"#, &twice("path", "an output: an object"));
    check_error(r#"{"inputDrvs":{"a":[],»"a":[]}}"#, &twice("a", "an object of input derivations"));
    check_error(r#"{"inputDrvs":{"a":{"outputs":[],»"outputs":[]}}}"#, &twice("outputs", "an input"));
    check_error(r#"{"inputs":{"srcs":[],»"srcs":[]}}"#, &twice("srcs", "an object with 'srcs' and 'drvs'"));

    check_error(r#"{"inputs":{»"x":[]}}"#, "unknown key 'x' in 'inputs'; expected 'srcs' and 'drvs'");
    check_error(r#"{"inputs":»{"drvs":{}}}"#, "'inputs' without 'srcs' or 'drvs'");
    check_error(r#"{"outputs":{"a":{},"out":»{"hash":"x"} } }"#, "output 'out': a hash without an algorithm");
    check_error(" \n »{}", "a derivation without 'outputs'");
    for key in ["outputs", "system", "builder", "args", "env"] {
        let mut rest: Map<_, _> = serde_json::from_str(&with_output("{}")).unwrap();
        rest.remove(key);
        check_error(&format!("»{}", Value::Object(rest)), &format!("a derivation without '{key}'"));
    }

    // what is no JSON at all
    check_error("»", "EOF while parsing a value");
    check_error("{»", "EOF while parsing an object");
    check_error("{\n\"a»\n", "control character (\\u0000-\\u001F) found while parsing a string");
    check_error("{\"args\":[\"ü»", "EOF while parsing a string");
    check_error("{\"args\":[\"a\"»", "EOF while parsing a list");
    check_error("»\u{feff}{}", "expected value");
    check_error("{\"args\":[»x]}", "expected value");
    check_error("{\"ü\":1\n»\"b\":2}", "expected `,` or `}`");
    check_error("{\"ü\":1\n, »}", "trailing comma");
    check_error(&format!("{}\n\n »x", with_output("{}")), "trailing characters");
    check_error("{\"args\":[\"\\»q\"]}", "invalid escape");
}

#[test]
fn bytes_that_are_no_utf8() {
    let text = b"{\"name\":\"\xc3\xbc\",\n\"args\":[\"a\xff\"]}";
    let error = parse(text, DIR, "x").unwrap_err();
    assert_eq!((error.offset, error.message.as_str()), (24, "invalid unicode code point"));
}

#[test]
fn no_truncation_is_a_derivation() {
    for name in SHAPES {
        let shape = shape(name);
        let text = shape.values().max_by_key(|text| text.len()).unwrap();
        for end in 0..text.len() {
            let error = parse(&text[..end], DIR, "x").unwrap_err();
            assert!(error.offset <= end, "{name} {end}: {error}");
        }
    }
}
