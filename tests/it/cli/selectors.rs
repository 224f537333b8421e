//! Every form of selector, on the small distribution.

use std::collections::BTreeSet;

use serde_json::Value;

use super::program::{Program, minipkgs, on_minipkgs};
use crate::support::testdata;

fn report(arguments: &[&str]) -> Value {
    on_minipkgs(&[&["impact", "--format", "json", "--hubs", "0"], arguments].concat()).json()
}

/// The bumped derivations: path, and whether as another instance.
fn bumped(arguments: &[&str]) -> BTreeSet<(String, bool)> {
    let report = report(arguments);
    let all = report["bump"]["derivations"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.iter().map(|one| (text(&one["drv"]), one["extended"].as_bool().unwrap())).collect()
}

fn drvs(arguments: &[&str]) -> BTreeSet<String> {
    bumped(arguments).into_iter().map(|(drv, _)| drv).collect()
}

fn count(arguments: &[&str]) -> usize {
    drvs(arguments).len()
}

/// The output path that nixpkgs CI's list has for an attribute.
fn outpath(attribute: &str, output: &str) -> String {
    let text = std::fs::read_to_string(testdata("minipkgs/outpaths.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all[attribute][output].as_str().unwrap().to_owned()
}

#[test]
fn bare_words() {
    // an attribute, on all four systems, and its other instances
    let only = bumped(&["zlib", "--only"]);
    assert_eq!(only.len(), 4);
    assert!(only.iter().all(|(drv, extended)| !extended && drv.ends_with("-zlib-1.2.13.drv")));
    let extended = bumped(&["zlib"]);
    assert!(only.is_subset(&extended) && extended.len() > only.len());
    assert!(extended.difference(&only).all(|(_, extended)| *extended));
    assert!(extended.iter().any(|(drv, _)| drv.ends_with("-emscripten-zlib-1.2.13.drv")), "built from one source");
    // the last part of attributes
    let pillow = drvs(&["pillow", "--only"]);
    assert_eq!(pillow, drvs(&["attr:python*Packages.pillow"]));
    // a pname, whatever its case and the interpreter before it
    assert_eq!(drvs(&["PILLOW"]), pillow);
    assert_eq!(drvs(&["python3.11-Pillow", "--only"]), pillow);
    assert_eq!(report(&["Pillow"])["derivations"]["fetched"], 0, "its tarball is called Pillow as well");
    // an attribute with its system
    assert_eq!(count(&["zlib.aarch64-linux", "--only"]), 1);
}

#[test]
fn attributes() {
    assert_eq!(drvs(&["attr:zlib"]), drvs(&["zlib", "--only"]));
    assert_eq!(count(&["attr:zlib.x86_64-darwin"]), 1);
    assert_eq!(drvs(&["attr:python311Packages.pill*"]), drvs(&["attr:python311Packages.pillow"]));
    assert_eq!(drvs(&["attr:{zlib,bzip2}"]), &drvs(&["attr:zlib"]) | &drvs(&["attr:bzip2"]));
    assert!(bumped(&["attr:python311Packages.*"]).iter().all(|(_, extended)| !extended));
}

#[test]
fn names() {
    let zlib = drvs(&["pname:zlib"]);
    assert!(zlib.len() > 4 && zlib.iter().all(|drv| drv.ends_with("-zlib-1.2.13.drv")));
    assert_eq!(drvs(&["name:zlib-1.2.13"]), zlib);
    let sources = drvs(&["name:zlib-1.2.13.*"]);
    assert!(!sources.is_empty() && sources.iter().all(|drv| drv.ends_with(".tar.gz.drv")));
    assert_eq!(drvs(&["name:zlib-*"]), &zlib | &sources);
    assert_eq!(drvs(&["pname:pillow"]), drvs(&["pillow", "--only"]));
}

#[test]
fn sources() {
    let built = drvs(&["src:zlib-1.2.13.tar.gz"]);
    assert_eq!(built, drvs(&["zlib"]), "the instances are what is built from the source");
    assert_eq!(drvs(&["src:zlib-*.tar.gz"]), built);
    // a source is fetched in several ways to one path: any of them will do
    let source = drvs(&["name:zlib-1.2.13.tar.gz"]).pop_first().unwrap();
    assert_eq!(drvs(&[&format!("src:{source}")]), built);
    let base = source.rsplit('/').next().unwrap();
    assert_eq!(drvs(&[&format!("src:{base}")]), built);
}

#[test]
fn files() {
    let all = count(&["file:pkgs/libraries.nix"]);
    let line = count(&["file:pkgs/libraries.nix:5"]);
    assert!(0 < line && line < all, "{line} of {all}");
    assert!(drvs(&["file:pkgs/libraries.nix:5"]).is_superset(&drvs(&["attr:zlib.x86_64-linux"])));
    assert_eq!(count(&["file:libraries.nix"]), all);
    on_minipkgs(&["impact", "file:raries.nix"]).failed();
}

#[test]
fn paths() {
    let attr = drvs(&["attr:libpng.x86_64-linux"]);
    let drv = attr.first().unwrap().clone();
    let out = outpath("libpng.x86_64-linux", "out");
    let dev = outpath("libpng.x86_64-linux", "dev");
    for path in [
        drv.clone(),
        format!("{drv}!out"),
        format!("{drv}^dev"),
        drv.rsplit('/').next().unwrap().to_owned(),
        out.clone(),
        dev.clone(),
        format!("{out}/"),
        format!("{dev}/include/png.h"),
    ] {
        assert_eq!(drvs(&[&path]), attr, "{path}");
    }
    // an input source: what uses it is rebuilt, itself is not
    let graph = nix_ripple::graph::Graph::open(minipkgs()).unwrap();
    let source = graph.nodes().find(|&node| !graph.is_derivation(node)).unwrap();
    let report = report(&[&graph.path(source)]);
    assert_eq!(report["bump"]["derivations"][0]["drv"], graph.path(source));
    assert!(report["derivations"]["total"].as_u64().unwrap() > 0);
    assert_eq!(report["by_distance"][0]["distance"], 1);
    let text = on_minipkgs(&["impact", "/nix/store/nothing"]).failed();
    assert!(text.contains("no store path"), "{text}");
}

#[test]
fn selectors_from_a_file() {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    program.write("list", "# what is bumped\n\n  attr:zlib  \n#attr:bzip2\nattr:curl\n");
    let ran = program.run(&["impact", "@list", "attr:perl", "--format", "json"]);
    let report = ran.json();
    assert_eq!(report["bump"]["selectors"], serde_json::json!(["attr:zlib", "attr:curl", "attr:perl"]));
    let each = report["each"].as_array().unwrap();
    assert_eq!(each.len(), 3);
    assert!(report["overlap"].as_u64().unwrap() > 0);
    assert!(program.run(&["impact", "@gone"]).failed().contains("'@gone'"));
    program.write("empty", "# nothing\n\n");
    let text = program.run(&["impact", "@empty"]).failed();
    assert!(text.contains("empty"), "{text}");
}

#[test]
fn what_matches_nothing() {
    let text = on_minipkgs(&["impact", "zlibb", "attr:zlib", "curll", "xyzzyxyzzy", "pname:perll"]).failed();
    assert!(text.contains("'zlibb' matches nothing in this closure; did you mean zlib"), "{text}");
    assert!(text.contains("'curll' matches nothing in this closure; did you mean curl"), "{text}");
    assert!(text.contains("'xyzzyxyzzy' matches nothing in this closure\n"), "{text}");
    assert!(text.contains("'pname:perll' matches nothing in this closure; did you mean perl"), "{text}");
    assert!(!text.contains("attr:zlib"), "{text}");
    let text = on_minipkgs(&["impact", "attr:python311Packages.pilow"]).failed();
    assert!(text.contains("python311Packages.pillow"), "{text}");
    let text = on_minipkgs(&["why", "zlib", "pilow"]).failed();
    assert!(text.contains("'pilow' matches nothing"), "{text}");
}

#[test]
fn what_is_no_selector() {
    for (selector, says) in [
        ("attr:", "nothing stands after 'attr:'"),
        ("nonsense:x", "the forms are attr:, pname:, name:, src:, file:"),
        ("attr:{zlib", "its glob is malformed"),
        ("", "it is empty"),
    ] {
        let text = on_minipkgs(&["impact", selector]).failed();
        assert!(text.contains(&format!("'{selector}' is not a selector: ")) && text.contains(says), "{text}");
        assert!(text.contains("hint: see 'nix-ripple impact --help'"), "{text}");
    }
}
