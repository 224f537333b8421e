//! What a derivation asks of the machine that builds it.

use nix_ripple::graph::{BuildOptions, Graph, build};
use nix_ripple::ingest::{IngestOptions, Input, Progress, ingest};

/// The graph of a file of `nix derivation show`.
fn graph(text: &str) -> Graph {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("closure.json");
    std::fs::write(&file, text).unwrap();
    let (raw, problems) = ingest(&[Input::Path(file)], &IngestOptions::default(), &Progress::default()).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    build(&raw, BuildOptions::default()).unwrap().0
}

fn derivation(digit: char, name: &str, env: &str) -> String {
    let digits: String = std::iter::repeat_n(digit, 32).collect();
    format!(
        r#""/nix/store/{digits}-{name}.drv": {{"args": [], "builder": "/bin/sh", "env": {{"name": "{name}", {env}}},
        "inputDrvs": {{}}, "inputSrcs": [], "system": "x86_64-linux",
        "outputs": {{"out": {{"path": "/nix/store/{digits}-{name}"}}}}}}"#
    )
}

#[test]
fn features_and_preferences() {
    let all = [
        derivation('a', "plain", r#""x": "1""#),
        derivation('b', "big", r#""requiredSystemFeatures": " kvm  big-parallel kvm\n""#),
        derivation('c', "small", r#""preferLocalBuild": "1""#),
        derivation('d', "no", r#""preferLocalBuild": "", "requiredSystemFeatures": """#),
        derivation(
            'f',
            "structured",
            r#""__json": "{\"requiredSystemFeatures\": [\"nixos-test\", \"kvm\"], \"preferLocalBuild\": true, \"x\": {\"requiredSystemFeatures\": [\"gpu\"]}}""#,
        ),
    ];
    let graph = graph(&format!("{{{}}}", all.join(",")));
    let told: Vec<(String, Vec<String>, bool)> = graph
        .nodes()
        .map(|node| {
            let features = graph.features(node).map(str::to_owned).collect();
            (graph.name(node).to_owned(), features, graph.prefers_local(node))
        })
        .collect();
    let expect = [
        ("big", &["big-parallel", "kvm"][..], false),
        ("no", &[], false),
        ("plain", &[], false),
        ("small", &[], true),
        ("structured", &["kvm", "nixos-test"], true),
    ];
    let expect: Vec<(String, Vec<String>, bool)> = expect
        .iter()
        .map(|(name, features, local)| {
            (name.to_string(), features.iter().map(|&feature| feature.to_owned()).collect(), *local)
        })
        .collect();
    assert_eq!(told, expect);
}
