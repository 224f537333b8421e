use proptest::collection::vec;
use proptest::prelude::*;

use super::super::derivation::{Output, OutputKind};
use super::super::fixtures;
use super::*;

type Bytes = Cow<'static, [u8]>;

/// Any bytes, with those that are escaped more often than by chance.
fn bytes() -> impl Strategy<Value = Bytes> {
    let byte = prop_oneof![4 => any::<u8>(), 1 => proptest::sample::select(&b"\"\\\n\r\tnrt"[..])];
    // longer than the 32 bytes that are looked at eight at a time
    prop_oneof![3 => vec(byte.clone(), 0..12), 1 => vec(byte, 24..50)].prop_map(Cow::Owned)
}

fn output() -> impl Strategy<Value = Output<'static>> {
    let parts = prop_oneof![
        Just(("/nix/store/p", "", "")),
        Just(("/nix/store/p", "r:sha256", "00ff")),
        Just(("", "r:sha256", "")),
        Just(("", "", "")),
        Just(("", "sha256", "impure")),
    ];
    let known = (bytes(), parts).prop_map(|(name, (path, algorithm, hash))| Output {
        name,
        path: Cow::Borrowed(path.as_bytes()),
        algorithm: Cow::Borrowed(algorithm.as_bytes()),
        hash: Cow::Borrowed(hash.as_bytes()),
    });
    let any = (bytes(), bytes(), bytes(), bytes()).prop_map(|(name, path, algorithm, hash)| Output {
        name,
        path,
        algorithm,
        hash,
    });
    prop_oneof![known, any]
}

fn used() -> impl Strategy<Value = UsedOutputs<'static>> {
    let leaf = vec(bytes(), 0..3).prop_map(|names| UsedOutputs { names, dynamic: Vec::new() });
    leaf.prop_recursive(4, 12, 3, |inner| {
        (vec(bytes(), 0..3), vec((bytes(), inner), 0..3)).prop_map(|(names, dynamic)| UsedOutputs { names, dynamic })
    })
}

fn derivation() -> impl Strategy<Value = Derivation<'static>> {
    (
        vec(output(), 0..4),
        vec((bytes(), used()), 0..4),
        vec(bytes(), 0..3),
        (bytes(), bytes()),
        vec(bytes(), 0..3),
        vec((bytes(), bytes()), 0..6),
    )
        .prop_map(|(outputs, input_derivations, input_sources, (system, builder), arguments, environment)| {
            Derivation { outputs, input_derivations, input_sources, system, builder, arguments, environment }
        })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(derivation in derivation()) {
        let text = print(&derivation);
        let parsed = parse(&text).unwrap();
        prop_assert_eq!(&parsed, &derivation);
        prop_assert!(print(&parsed) == text);
        prop_assert_eq!(parsed, derivation);
    }

    #[test]
    fn any_bytes_do_not_panic(text: Vec<u8>, head in prop_oneof![Just(""), Just("Derive("), Just("DrvWithVersion(\"xp-dyn-drv\",")]) {
        let text = [head.as_bytes(), &text].concat();
        if let Err(error) = parse(&text) {
            prop_assert!(error.offset <= text.len());
        }
    }
}

/// A text in which everything stands that can.
const EVERYTHING: &[u8] = br#"DrvWithVersion("xp-dyn-drv",[("a","","",""),("out","/p","r:sha256","00")],[("/d",(["out"],[("o",(["p","q"],[("r",["s"])])),("t",[])])),("/e",["x"])],["/s","/t"],"sys","\"\\\n\r\t",["-c",""],[("k","v"),("","")])"#;

#[test]
fn every_truncation_fails() {
    let mut texts: Vec<_> = fixtures::derivations().into_values().collect();
    texts.push(EVERYTHING.to_vec());
    assert_eq!(print(&parse(EVERYTHING).unwrap()), EVERYTHING);
    for text in &texts {
        for end in 0..text.len() {
            let error = parse(&text[..end]).unwrap_err();
            // only the head is taken as a whole
            let expect = if text[..end].contains(&b'(') { (end, None) } else { (0, text[..end].first().copied()) };
            assert_eq!((error.offset, error.found), expect, "{error}: {}", text[..end].escape_ascii());
        }
    }
}

#[test]
fn no_changed_byte_panics() {
    let mut texts: Vec<_> = fixtures::derivations().into_values().filter(|text| text.len() < 700).take(8).collect();
    texts.push(EVERYTHING.to_vec());
    for mut text in texts {
        for at in 0..text.len() {
            let right = text[at];
            for wrong in *b"\"\\[](),x\0\xff" {
                text[at] = wrong;
                if let Ok(derivation) = parse(&text) {
                    assert_eq!(parse(&print(&derivation)).as_ref(), Ok(&derivation), "{at} {wrong}");
                }
            }
            text[at] = right;
        }
    }
}

#[test]
fn the_fixtures_are_printed_as_nix_wrote_them() {
    for (path, text) in fixtures::derivations() {
        let derivation = parse(&text).unwrap();
        assert!(print(&derivation) == text, "{path}");
        assert!(derivation.outputs.iter().all(|output| output.kind().is_some()), "{path}");
        let mut sorted = derivation.clone();
        sorted.sort();
        assert_eq!(sorted, derivation, "{path}: what Nix writes is sorted");
    }
}

#[test]
fn errors_say_where_and_what() {
    /// The text has `»` where the error is.
    fn check(marked: &str, expected: &str) {
        let text = marked.replacen('»', "", 1);
        let error = parse(text.as_bytes()).expect_err(marked);
        let at = marked.find('»').unwrap();
        assert_eq!((error.offset, error.expected), (at, expected), "{marked}");
        assert_eq!(error.found, text.as_bytes().get(at).copied(), "{marked}");
    }
    let head = "'Derive(' or 'DrvWithVersion('";
    check("»", head);
    check("»Derive", head);
    check("» Derive([],[],[],\"\",\"\",[],[])", head);
    check("»derive(", head);
    check("Derive(»", "'[' of a list");
    check("Derive([»", "'(' of an output");
    check("Derive([»\"out\"", "'(' of an output");
    check("Derive([(»out", "'\"' of a string");
    check("Derive([(\"out»", "'\"' at the end of a string");
    check("Derive([(\"out\\»", "'\"' at the end of a string");
    check("Derive([(\"out\\\"»", "'\"' at the end of a string");
    check("Derive([(\"out\"»)", "','");
    check("Derive([(\"\",\"\",\"\",\"\"»,", "')' of an output");
    check("Derive([(\"\",\"\",\"\",\"\")»;", "',' or ']' of a list");
    check("Derive([(\"\",\"\",\"\",\"\"),»]", "'(' of an output");
    check("Derive([]»)", "',' before the input derivations");
    check("Derive([],[»\"", "'(' of an input derivation");
    check("Derive([],[(\"a\",»\"b\"", "'[' of a list");
    check("Derive([],[(\"a\",»([\"b\"],[])", "'[' of a list");
    check("Derive([],[(\"a\",[\"b\"]»,", "')' of an input derivation");
    check("Derive([],[]»", "',' before the input sources");
    check("Derive([],[],[]»", "',' before the system");
    check("Derive([],[],[],\"\"»", "',' before the builder");
    check("Derive([],[],[],\"\",\"\"»", "',' before the arguments");
    check("Derive([],[],[],\"\",\"\",[\"ü\",»]", "'\"' of a string");
    check("Derive([],[],[],\"\",\"\",[]»", "',' before the environment");
    check("Derive([],[],[],\"\",\"\",[],[»\"\"", "'(' of a variable");
    check("Derive([],[],[],\"\",\"\",[],[(\"\",\"\"»,", "')' of a variable");
    check("Derive([],[],[],\"\",\"\",[],[]»]", "')' at the end of the derivation");
    check("Derive([],[],[],\"\",\"\",[],[])»\n", "nothing after the derivation");
    check("DrvWithVersion(»[", "'\"' of a string");
    check("DrvWithVersion(\"»\",", "the version \"xp-dyn-drv\"");
    check("DrvWithVersion(\"xp-dyn-drv»s\",", "the version \"xp-dyn-drv\"");
    check("DrvWithVersion(\"xp-dyn-drv\"»[", "','");
    check("DrvWithVersion(\"xp-dyn-drv\",[],[(\"a\",([],»\"", "'[' of a list");
    check("DrvWithVersion(\"xp-dyn-drv\",[],[(\"a\",([],[»\"", "'(' of a dynamic output");
    check("DrvWithVersion(\"xp-dyn-drv\",[],[(\"a\",([],[(\"\",[]»]", "')' of a dynamic output");
}

#[test]
fn dynamic_derivations_nest_sixteen_deep() {
    let nested = |n: usize| {
        let (open, close) = ("([],[(\"o\",".repeat(n), ")])".repeat(n));
        format!("DrvWithVersion(\"xp-dyn-drv\",[],[(\"/a\",{open}[\"z\"]{close})],[],\"\",\"\",[],[])").into_bytes()
    };
    for n in 1..=16 {
        let text = nested(n);
        assert_eq!(print(&parse(&text).unwrap()), text, "{n}");
    }
    for n in [17, 18, 1000, 100_000] {
        let error = parse(&nested(n)).unwrap_err();
        assert_eq!(error.expected, "dynamic derivations that nest at most 16 deep", "{n}");
    }
}

#[test]
fn escapes() {
    fn check(written: &str, meant: &str) {
        let text = format!("Derive([],[],[],\"{written}\",\"\",[],[])");
        let derivation = parse(text.as_bytes()).unwrap();
        assert_eq!(derivation.system, meant.as_bytes(), "{written}");
    }
    check("", "");
    check(r"\n\r\t", "\n\r\t");
    check(r#"\\\"\\n"#, "\\\"\\n");
    // Nix reads these, though it does not write them
    check(r"\x\0\a", "x0a");
    check("a\nb\tc", "a\nb\tc");
    // an escape or the end at each place among the bytes that are looked at eight at a time
    for n in 0..70 {
        let plain = "x".repeat(n);
        check(&plain, &plain);
        check(&format!("{plain}\\\"y"), &format!("{plain}\"y"));
        check(&format!("{plain}\\\\"), &format!("{plain}\\"));
        check(&format!("\\n{plain}\\n"), &format!("\n{plain}\n"));
    }
}

#[test]
fn output_kinds() {
    let check = |path: &str, algorithm: &str, hash: &str, expect: Option<OutputKind>| {
        let output = |text: &str| Cow::Owned(text.as_bytes().to_vec());
        let output =
            Output { name: output("out"), path: output(path), algorithm: output(algorithm), hash: output(hash) };
        assert_eq!(output.kind(), expect, "{output:?}");
    };
    check("/p", "", "", Some(OutputKind::InputAddressed));
    check("/p", "sha256", "00", Some(OutputKind::Fixed));
    check("", "sha256", "00", Some(OutputKind::Fixed));
    check("", "r:sha256", "", Some(OutputKind::Floating));
    check("", "", "", Some(OutputKind::Deferred));
    check("", "r:sha256", "impure", Some(OutputKind::Impure));
    check("/p", "sha256", "", None);
    check("/p", "sha256", "impure", None);
    check("/p", "", "00", None);
    check("", "", "00", None);
    check("", "", "impure", None);
}
