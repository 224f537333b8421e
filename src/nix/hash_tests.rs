//! Everything that can be recomputed of the fixtures must be what the real Nix wrote.

use super::super::fixtures;
use super::super::store_path::StorePath;
use super::*;

const DIR: &str = "/nix/store";

/// Name of a derivation, without `.drv`, from its path.
fn drv_name(path: &str) -> &str {
    StorePath::from_absolute(path.as_bytes()).unwrap().1.name.strip_suffix(".drv").unwrap()
}

fn own_digest(path: &str, text: &[u8], derivation: &Derivation<'_>) -> Digest {
    let inputs = derivation.input_derivations.iter().map(|(path, _)| path);
    let references = inputs.chain(&derivation.input_sources).map(|path| std::str::from_utf8(path).unwrap());
    derivation_digest(DIR, &format!("{}.drv", drv_name(path)), text, references)
}

fn digest_of(path: &str) -> Digest {
    StorePath::from_absolute(path.as_bytes()).unwrap().1.digest
}

/// Hash modulo and outputs of every fixture, by derivation path; inputs before consumers.
fn expect_all(texts: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Expected> {
    let mut done: BTreeMap<String, Expected> = BTreeMap::new();
    while done.len() < texts.len() {
        let before = done.len();
        for (path, text) in texts {
            let derivation = aterm::parse(text).unwrap();
            let known = |input: &[u8]| done.get(std::str::from_utf8(input).unwrap()).map(|expected| &expected.modulo);
            if !done.contains_key(path)
                && let Ok(expected) = expect(&derivation, DIR, drv_name(path), known)
            {
                done.insert(path.clone(), expected);
            }
        }
        assert!(done.len() > before, "fixtures depend on something that is not there");
    }
    done
}

#[test]
fn derivations_have_the_paths_that_nix_gave_them() {
    for (path, text) in fixtures::derivations() {
        let derivation = aterm::parse(&text).unwrap();
        assert_eq!(own_digest(&path, &text, &derivation), digest_of(&path), "{path}");
    }
}

#[test]
fn outputs_have_the_paths_that_nix_gave_them() {
    let texts = fixtures::derivations();
    let expected = expect_all(&texts);
    let (mut known, mut unknown) = (0, 0);
    for (path, text) in &texts {
        let derivation = aterm::parse(text).unwrap();
        assert_eq!(derivation.outputs.len(), expected[path].outputs.len());
        for (output, digest) in derivation.outputs.iter().zip(&expected[path].outputs) {
            let name = std::str::from_utf8(&output.name).unwrap();
            let want = digest.map(|d| format!("{DIR}/{}-{}", d.as_str(), output_path_name(drv_name(path), name)));
            assert_eq!(output.path, want.clone().unwrap_or_default().as_bytes(), "{path} {name}");
            match want {
                Some(want) => {
                    known += 1;
                    let in_env = derivation.variable(name.as_bytes());
                    assert!(in_env == Some(want.as_bytes()), "{path} {name}");
                }
                None => unknown += 1,
            }
        }
    }
    assert!(known >= 30 && unknown >= 8, "{known} {unknown}");
}

#[test]
fn placeholders_are_those_that_nix_wrote() {
    let texts = fixtures::derivations();
    let parsed: BTreeMap<&str, Derivation<'_>> =
        texts.iter().map(|(path, text)| (path.as_str(), aterm::parse(text).unwrap())).collect();
    let (mut own, mut upstream) = (0, 0);
    for (path, derivation) in &parsed {
        for output in &derivation.outputs {
            let name = std::str::from_utf8(&output.name).unwrap();
            if matches!(output.kind(), Some(OutputKind::Floating | OutputKind::Impure)) {
                let environment = derivation.variable(b"__json").or_else(|| derivation.variable(name.as_bytes()));
                let placeholder = own_placeholder(name);
                let at = memchr::memmem::find(environment.unwrap(), placeholder.as_bytes());
                // structured attributes do not name their outputs' paths
                assert!(at.is_some() || derivation.variable(b"__json").is_some(), "{path} {name}");
                own += usize::from(at.is_some());
            }
        }
        for (input, used) in &derivation.input_derivations {
            let input = std::str::from_utf8(input).unwrap();
            for name in &used.names {
                let output = parsed[input].outputs.iter().find(|output| output.name == *name).unwrap();
                let name = std::str::from_utf8(name).unwrap();
                let stands = match output.path.as_ref() {
                    b"" => upstream_placeholder(digest_of(input), drv_name(input), name).into_bytes(),
                    path => path.to_vec(),
                };
                let mentioned = |text: &[u8]| memchr::memmem::find(text, &stands).is_some();
                assert!(derivation.environment.iter().any(|(_, value)| mentioned(value)), "{path}: {input}!{name}");
                upstream += usize::from(output.path.is_empty());
            }
        }
    }
    assert!(own >= 5 && upstream >= 6, "{own} {upstream}");
}

#[test]
fn sources_fetched_in_two_ways_are_one_to_their_consumers() {
    let texts = fixtures::derivations();
    let expected = expect_all(&texts);
    let check = |name: &str| {
        let twins: Vec<_> = texts.keys().filter(|path| drv_name(path) == name).collect();
        let [one, other] = twins.as_slice() else { panic!("{twins:?}") };
        assert_eq!(expected[*one].modulo, expected[*other].modulo);
        assert_eq!(expected[*one].outputs, expected[*other].outputs);
    };
    check("source.tar.gz");
    check("twin-1.0");
}

#[test]
fn what_is_deferred() {
    let texts = fixtures::derivations();
    let expected = expect_all(&texts);
    let check = |name: &str, expect: bool| {
        let path = texts.keys().find(|path| drv_name(path) == name).unwrap();
        assert_eq!(matches!(expected[path].modulo, Modulo::Deferred(_)), expect, "{name}");
    };
    check("plain-1.0", false);
    check("ca-1.0", true);
    check("after-ca-1.0", true);
    check("after-after-ca-1.0", true);
    check("fixed-from-ca", false);
    check("after-fixed-from-ca", false);
    check("impure", true);
}

#[test]
fn unknown_inputs_are_named() {
    let texts = fixtures::derivations();
    let find = |name: &str| texts.iter().find(|(path, _)| drv_name(path) == name).unwrap();
    let derivation = aterm::parse(find("uses-one").1).unwrap();
    assert_eq!(expect(&derivation, DIR, "uses-one", |_| None).unwrap_err(), find("many-2.0").0.as_bytes());
    let no_outputs = Modulo::Fixed(BTreeMap::new());
    let error = expect(&derivation, DIR, "uses-one", |_| Some(&no_outputs)).unwrap_err();
    assert_eq!(error, format!("{}!dev", find("many-2.0").0).as_bytes());
}

#[test]
fn every_changed_byte_is_noticed() {
    // one derivation of each size and kind is enough: each costs a hash a byte
    let texts = fixtures::derivations();
    for name in ["plain-1.0", "many-2.0", "flat-sha256", "after-ca-1.0", "sources", "bytes"] {
        let (path, text) = texts.iter().find(|(path, _)| drv_name(path) == name).unwrap();
        let mut text = text.clone();
        let mut parsed = 0;
        for at in 0..text.len() {
            text[at] ^= 1;
            if let Ok(derivation) = aterm::parse(&text)
                && derivation.input_derivations.iter().all(|(path, _)| path.is_ascii())
                && derivation.input_sources.iter().all(|path| path.is_ascii())
            {
                parsed += 1;
                assert_ne!(own_digest(path, &text, &derivation), digest_of(path), "{path} {at}");
            }
            text[at] ^= 1;
        }
        assert!(parsed * 2 > text.len(), "{name}: {parsed}");
    }
}

#[test]
fn fixed_paths() {
    let check = |algorithm: &str, hash: &str, expect: &str| {
        assert_eq!(fixed_output_digest(DIR, "x", algorithm, hash).as_str(), expect, "{algorithm}");
    };
    // as `nix-store --print-fixed-path` of Nix 2.8.0 prints them
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    check("r:sha256", empty, "d6q30mlzfljh7ha1b1m6fnifi34qr99p");
    check("sha256", empty, "9zicq1m4wy4bv50xa4l1jk4kpyy41kih");
    check("md5", "d41d8cd98f00b204e9800998ecf8427e", "v4hm49i7f7fmjvrmdcda7qrcizb2ckkn");
    // as `builtins.toFile "x" ""` of Nix 2.8.0 names it
    check("text:sha256", empty, "gakslir528a29f7ppaf28ip8rdwqcnss");
    assert_eq!(output_path_name("x", "out"), "x");
    assert_eq!(output_path_name("x", "dev"), "x-dev");
}
