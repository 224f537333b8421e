//! Files of times: what each form says of the small distribution, and what is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::cost::{Costs, LeftOut, Match, TimeReason, Times};
use nix_ripple::graph::Graph;

use crate::cli::program::minipkgs;
use crate::support::{Chance, files, testdata};

/// How a name is told on a system: the match or the basis, how many, milliseconds; all nodes of that name agree.
type Told = (&'static str, u32, u64);

fn told(graph: &Graph, costs: &Costs, name: &str, system: &str) -> Vec<Told> {
    let nodes = graph.nodes().filter(|&node| graph.name(node) == name && graph.system(node) == system);
    let all: BTreeSet<Told> = nodes
        .map(|node| {
            let millis = costs.time(node).millis;
            match costs.time_reason(node) {
                TimeReason::Measured(measured) => (measured.by.as_str(), measured.spread.count, millis),
                TimeReason::Estimated(estimated) => (estimated.basis.as_str(), estimated.of, millis),
                TimeReason::Nothing => ("nothing", 0, millis),
            }
        })
        .collect();
    all.into_iter().collect()
}

const PANDAS: &str = "python3.11-pandas-1.5.3";
const OLD_PANDAS: &str = "python2.7-pandas-0.24.2";
const X86: &str = "x86_64-linux";
const ARM: &str = "aarch64-linux";
const MAC: &str = "x86_64-darwin";

/// A file, and of some packages (name and system) what it tells.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str, &'c [Told])]);

/// By hand, from the files and the names of the packages.
#[test]
fn every_form_on_the_small_distribution() {
    let graph = Graph::open(minipkgs()).unwrap();
    // the curl of the top, and those of the bootstrap, which have no attribute
    let cases: [Case<'_>; 8] = [
        (
            "build-reports.csv",
            &[
                ("curl-8.0.1", ARM, &[("pname", 3, 33_000)]),
                ("python3.11-Pillow-9.4.0", X86, &[("pname", 1, 45_000)]),
                ("python2.7-Pillow-6.2.2", MAC, &[("pname", 1, 45_000)]),
                ("llvm-15.0.7", ARM, &[("pname", 2, 5_200_000)]),
                ("curl-8.0.1.tar.gz", X86, &[("name", 1, 3_000)]),
                ("zlib-1.2.13.tar.gz", X86, &[("built-in", 0, 5_000)]),
            ],
        ),
        (
            "buildsteps.csv",
            &[
                ("llvm-15.0.7", X86, &[("derivation", 1, 3_600_000)]),
                ("llvm-15.0.7", ARM, &[("name", 1, 3_600_000)]),
                ("curl-8.0.1", MAC, &[("name-and-system", 1, 40_000)]),
                ("curl-8.0.1", X86, &[("name", 1, 40_000)]),
                ("curl-8.0.1.tar.gz", X86, &[("built-in", 0, 5_000)]),
            ],
        ),
        (
            "buildsteps.json",
            &[
                (PANDAS, X86, &[("derivation", 1, 500_000)]),
                (PANDAS, ARM, &[("name", 1, 500_000)]),
                (OLD_PANDAS, ARM, &[("pname-and-system", 1, 700_000)]),
                (OLD_PANDAS, X86, &[("pname-and-system", 1, 500_000)]),
                (OLD_PANDAS, MAC, &[("pname", 2, 600_000)]),
            ],
        ),
        (
            "builds.jsonl",
            &[
                (PANDAS, X86, &[("attribute", 1, 300_000)]),
                (PANDAS, ARM, &[("attribute-elsewhere", 1, 300_000)]),
                (OLD_PANDAS, X86, &[("pname-and-system", 1, 300_000)]),
                ("curl-8.0.1", ARM, &[("attribute", 1, 60_000), ("name-and-system", 1, 60_000)]),
            ],
        ),
        (
            "seconds.csv",
            &[
                (PANDAS, X86, &[("attribute", 1, 410_000)]),
                (OLD_PANDAS, X86, &[("pname-and-system", 1, 410_000)]),
                (OLD_PANDAS, ARM, &[("pname", 1, 410_000)]),
                ("curl-8.0.1", X86, &[("name-and-system", 1, 25_000)]),
                ("curl-8.0.1", ARM, &[("name", 1, 25_000)]),
                ("zlib-1.2.13", X86, &[("attribute", 1, 4_000), ("pname", 1, 4_000)]),
                ("zlib-1.2.13.tar.gz", X86, &[("built-in", 0, 5_000)]),
            ],
        ),
        (
            "seconds.json",
            &[
                ("curl-8.0.1", X86, &[("attribute", 3, 30_000), ("pname", 3, 30_000)]),
                (PANDAS, ARM, &[("attribute", 1, 400_000)]),
                ("llvm-15.0.7", ARM, &[("name", 1, 5_400_000)]),
            ],
        ),
        (
            "minutes.csv",
            &[
                ("llvm-15.0.7", X86, &[("attribute", 1, 5_400_000)]),
                ("llvm-15.0.7", ARM, &[("attribute-elsewhere", 1, 5_400_000)]),
                ("curl-8.0.1", ARM, &[("attribute", 1, 30_000), ("name-and-system", 1, 30_000)]),
            ],
        ),
        (
            "records.json",
            &[
                ("llvm-15.0.7", X86, &[("derivation", 1, 5_000_000)]),
                ("llvm-15.0.7", ARM, &[("name", 1, 5_000_000)]),
                (PANDAS, ARM, &[("attribute", 1, 450_000)]),
                ("curl-8.0.1", X86, &[("name-and-system", 1, 27_000)]),
                ("zlib-1.2.13", MAC, &[("pname", 1, 3_250)]),
            ],
        ),
    ];
    for (file, expected) in cases {
        let times = Times::read(&[testdata("costs/times").join(file)]).unwrap_or_else(|error| panic!("{error}"));
        let costs = Costs::new(&graph, &times);
        for (name, system, expect) in expected {
            assert_eq!(told(&graph, &costs, name, system), *expect, "{file}: {name} on {system}");
        }
    }
}

/// What says nothing is counted, by reason.
#[test]
fn what_is_left_out() {
    let counts: BTreeMap<String, (u64, [u64; LeftOut::ALL.len()])> = files(&testdata("costs/times"))
        .into_iter()
        .filter(|(name, _)| name != "README.md")
        .map(|(name, text)| {
            let mut times = Times::default();
            times.add(&text, Path::new(&name)).unwrap_or_else(|error| panic!("{error}"));
            let file = &times.files()[0];
            assert_eq!(times.len() as u64 + file.left_out.iter().sum::<u64>(), file.records);
            (name, (file.records, file.left_out))
        })
        .collect();
    // failed, unfinished, cached, of 0 s
    let expected = [
        ("build-reports.csv", (10, [0, 0, 0, 1])),
        ("builds.jsonl", (4, [0, 1, 1, 0])),
        ("buildsteps.csv", (8, [2, 1, 1, 1])),
        ("buildsteps.json", (3, [1, 0, 0, 0])),
        ("minutes.csv", (2, [0; 4])),
        ("records.json", (4, [0; 4])),
        ("seconds.csv", (4, [0; 4])),
        ("seconds.json", (5, [0; 4])),
    ];
    let expected = expected.into_iter().map(|(name, counts)| (name.to_owned(), counts));
    assert_eq!(counts, expected.collect());
}

fn refusal(text: &[u8]) -> String {
    let mut times = Times::default();
    let error = times.add(text, Path::new("t")).expect_err(&String::from_utf8_lossy(text)).to_string();
    assert!(times.is_empty() && times.files().is_empty(), "something of a refused file stays");
    error
}

/// Each with the file, the line and what was expected there.
#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let drv = "/nix/store/00000000000000000000000000000001-a.drv";
    let hydra = |row: &str| format!("drvpath,starttime,stoptime,status\n{drv},5,6,0\n{}\n", row.replace('@', drv));
    let in_time = "1000000000,1000000060";
    for (text, expect) in [
        (String::new(), "t: empty; expected nix-output-monitor's build-reports.csv, Hydra's"),
        (" \n\n".to_owned(), "t: empty"),
        ("# nothing but words\n".to_owned(), "t: empty"),
        ("[]".to_owned(), "t: empty"),
        ("{}".to_owned(), "t: empty"),
        ("drvpath,starttime,stoptime\n".to_owned(), "t: empty"),
        ("a,-1".to_owned(), "t, line 1: expected seconds from 0 to ten years, found -1"),
        ("a,1\nb,NaN".to_owned(), "t, line 2: expected seconds from 0 to ten years, found NaN"),
        ("a,1\n\n# x\nb,inf".to_owned(), "t, line 4: expected seconds from 0 to ten years, found inf"),
        ("a,1e300".to_owned(), "t, line 1: expected seconds from 0 to ten years"),
        ("a,315576001".to_owned(), "t, line 1: expected seconds from 0 to ten years, found 315576001"),
        ("a,1\nb,12m".to_owned(), "t, line 2: expected a number of seconds, found '12m'"),
        ("a,1\nb,".to_owned(), ""),
        ("a,1\nb".to_owned(), "t, line 2: expected 2 or 3 fields, found 1"),
        ("a,1\nb,1,x,y".to_owned(), "t, line 2: expected 2 or 3 fields, found 4"),
        ("a,1\n,1".to_owned(), "t, line 2: expected the name of what was built, found none"),
        ("name,time\na,1".to_owned(), "t, line 1: expected nix-output-monitor's build-reports.csv"),
        ("name,time\na,1".to_owned(), "the first line has 'name,time', of which"),
        ("a,b\n".to_owned(), "the first line has 'a,b'"),
        ("just words".to_owned(), "the first line has 'just words'"),
        ("<html>".to_owned(), "the first line has '<html>'"),
        ("name,seconds,minutes\na,1,2".to_owned(), "t, line 1: expected one column of times, found several"),
        ("name,seconds\na,1,2".to_owned(), "t, line 2: expected 2 fields, found 3"),
        (hydra("@,7,6,0"), "t, line 3: expected a stop after the start, found 6 before 7"),
        (hydra("@,1,1700000000,0"), "t, line 3: expected seconds from 0 to ten years, found 1699999999"),
        (hydra("@,2024-05-02 10:00:00,,0"), "t, line 3: expected seconds since the epoch, found '2024-05-02"),
        (hydra("@,5,6,fine"), "t, line 3: expected a status of Hydra, a number, found 'fine'"),
        (
            hydra("curl-8.0.1,5,6,0"),
            "t, line 3: expected the path of a derivation, <hash>-<name>.drv, found 'curl-8.0.1'",
        ),
        (hydra(",5,6,0"), "t, line 3: expected the name of what was built, found none"),
        (
            format!("drvpath,type,starttime,stoptime\n{drv},7,{in_time}"),
            "t, line 2: expected a type of Hydra, 0 (built) or 1",
        ),
        (r#"{"a": 1, "b": -2}"#.to_owned(), "t, line 1: 'b': expected seconds from 0 to ten years, found -2"),
        (
            "{\n \"a\": 1,\n \"b\": [1,\n -2]\n}".to_owned(),
            "t, line 4: 'b': expected seconds from 0 to ten years, found -2",
        ),
        ("{\n\"a\": \"1\"}".to_owned(), "t, line 2: 'a': expected seconds, or a list of them, found a text"),
        ("{\"a\": null}".to_owned(), "'a': expected seconds, or a list of them, found null"),
        ("{\"a\": {\"seconds\": 1}}".to_owned(), "'a': expected seconds, or a list of them, found an object"),
        ("{\"a\": [[1]]}".to_owned(), "'a': expected seconds, or a list of them, found a list"),
        ("{\"\": 1}".to_owned(), "t, line 1: '': expected the name of what was built, found none"),
        ("{\"a\": 1".to_owned(), "t, line 1: expected JSON: EOF"),
        ("{\"a\": 1}\n\n}".to_owned(), "t, line 3: expected JSON: "),
        ("{\"a\": 1e999}".to_owned(), "t, line 1: "),
        ("[1]".to_owned(), "t, line 1: expected an object, found a number"),
        ("[\n{\"name\": \"a\"}]".to_owned(), "t, line 2: expected seconds, or startTime and stopTime, found neither"),
        ("[\n{\"seconds\": 1}]".to_owned(), "t, line 2: expected the name of what was built, found none"),
        (
            "[{\"name\": \"a\", \"seconds\": 1},\n{\"name\": \"b\", \"minutes\": 1}]".to_owned(),
            "t, line 2: expected seconds as before, found minutes: one file has one unit",
        ),
        (
            "[{\"name\": \"a\", \"seconds\": 1, \"ms\": 1}]".to_owned(),
            "t, line 1: 'ms': expected one unit, found milliseconds beside another",
        ),
        (
            "[{\"name\": \"a\",\n\"seconds\": \"3 h\"}]".to_owned(),
            "t, line 2: 'seconds': expected a number of seconds, found '3 h'",
        ),
        (
            "[{\"name\": \"a\",\n\"seconds\": [3]}]".to_owned(),
            "t, line 2: 'seconds': expected a text or a number, found a list",
        ),
        (
            "{\"name\": \"a\", \"seconds\": 1}\n{\"name\": \"b\", \"seconds\": -1}\n".to_owned(),
            "t, line 2: expected seconds from 0 to ten years, found -1",
        ),
        (
            hydra("@,1700000000000,1700000060000,0"),
            "t, line 3: expected seconds since the epoch, found '1700000000000': are these milliseconds?",
        ),
        (hydra("@,1700000000,1700000060000,0"), "found '1700000060000': are these milliseconds?"),
        (hydra("@,1e11,100000000001,0"), "found '100000000001': are these milliseconds?"),
        ("curl,1,5\n".to_owned(), "t, line 1: expected a system such as x86_64-linux, found '5'"),
        ("curl,1\ngit,1,25".to_owned(), "t, line 2: expected a system such as x86_64-linux, found '25'"),
        ("system,name,ms\nx 86,a,1".to_owned(), "t, line 2: expected a system such as x86_64-linux, found 'x 86'"),
        ("name,seconds,name\na,1,b".to_owned(), "t, line 1: expected one column of a meaning, found 'name' and 'name'"),
        (
            "drvpath,start_time,drv,startTime,stoptime\n".to_owned(),
            "t, line 1: expected one column of a meaning, found 'drvpath' and 'drv'",
        ),
        (
            "[{\"name\": \"a\", \"seconds\": 1,\n\"Name\": \"b\"}]".to_owned(),
            "t, line 2: expected one member of a meaning, found 'name' and 'Name'",
        ),
        (format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), "t, line 1: expected an object, found a list"),
        ("name,seconds\n\"a,1\nb,2\n".to_owned(), "t, line 2: expected 2 fields, found 1"),
        ("/nix/store/curl,1\n".to_owned(), "t, line 1: '/nix/store/curl': the hash part of a store path"),
    ] {
        if expect.is_empty() {
            // an empty field is what is not known yet
            let mut times = Times::default();
            times.add(text.as_bytes(), Path::new("t")).unwrap();
            assert_eq!(times.files()[0].left_out[LeftOut::Unfinished as usize], 1, "{text}");
            continue;
        }
        let error = refusal(text.as_bytes());
        assert!(error.contains(expect), "{}: {error}", text.chars().take(200).collect::<String>());
    }
    let error = refusal(b"a,1\nb\xff,2\n");
    assert_eq!(error, "t, line 2: expected UTF-8, found other bytes");
    let utf16: Vec<u8> = "a,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refusal(&utf16).starts_with("t, line 1: "));
}

/// However long what is found is, a message quotes its beginning.
#[test]
fn messages_are_short() {
    let long = "1".repeat(200_000);
    let words = "k".repeat(200_000);
    let drv = "/nix/store/00000000000000000000000000000001-a.drv";
    for text in [
        format!("a,{long}"),
        format!("a,-{long}"),
        "a,1e300".to_owned(),
        "a,-1e300".to_owned(),
        format!("a,1\nb,{words}"),
        format!("a,1,{long}"),
        words.clone(),
        format!("{words},{words}\n"),
        format!("name,drvpath,{words}\n"),
        format!("a,seconds,attr,{words},{words},attribute"),
        format!("{words}.drv,1\n/nix/store/{words},1"),
        format!("drvpath,seconds\n{words},1"),
        format!("drvpath,starttime,stoptime\n{drv},{long},5"),
        format!("drvpath,starttime,stoptime\n{drv},{words},5"),
        format!("drvpath,starttime,stoptime\n{drv},1e10,-1e300"),
        format!("drvpath,seconds,status\n{drv},1,{words}"),
        format!("drvpath,seconds,type\n{drv},1,{words}"),
        format!("{{\"{words}\": \"{words}\"}}"),
        format!("{{\"{words}\": -{long}}}"),
        format!("{{\"{words}\": -1}}"),
        format!("{{\"{words}\": {words}}}"),
        format!("[{{\"name\": \"{words}\", \"seconds\": \"{words}\"}}]"),
        format!("[{{\"name\": [\"{words}\"], \"seconds\": 1}}]"),
        format!("[{{\"name\": \"a\", \"name{}\": \"\", \"seconds\": 1}}]", "_".repeat(200_000)),
        format!("[\"{words}\"]"),
    ] {
        let error = refusal(text.as_bytes());
        assert!(error.chars().count() < 600, "{} characters: {error}", error.len());
    }
    let graph = Graph::open(minipkgs()).unwrap();
    let mut times = Times::default();
    times.add(format!("{words},1\n").as_bytes(), Path::new("t")).unwrap();
    let costs = Costs::new(&graph, &times);
    assert_eq!(costs.unmatched_times()[0].first, format!("{}…", "k".repeat(100)));
}

/// By whatever path it is given.
#[test]
fn a_file_that_is_given_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,1\nb,2\n").unwrap();
    std::fs::write(folder.path().join("same.csv"), "a,1\nb,2\n").unwrap();
    let other = folder.path().join(".").join("t.csv");
    let times = Times::read(&[path.clone(), path.clone(), other, folder.path().join("same.csv")]).unwrap();
    assert_eq!((times.files().len(), times.len()), (2, 4));
    #[cfg(unix)]
    {
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(Times::read(&[link.clone(), path]).unwrap().files()[0].path, link);
    }
}

/// A file that is refused takes nothing from those before it.
#[test]
fn a_refused_file_leaves_the_others() {
    let mut times = Times::default();
    times.add(b"a,1,x86_64-linux\n", Path::new("one")).unwrap();
    assert!(times.add(b"b,2,aarch64-linux\nc,-1\n", Path::new("two")).is_err());
    times.add(b"b,3,x86_64-linux\n", Path::new("three")).unwrap();
    let names: Vec<String> = times.files().iter().map(|file| file.path.display().to_string()).collect();
    assert_eq!((names, times.len()), (vec!["one".to_owned(), "three".to_owned()], 2));
}

/// Cut anywhere, with bytes changed, they are read or refused.
#[test]
fn damaged_files_end_in_no_panic() {
    let mut chance = Chance(77);
    for (name, text) in files(&testdata("costs/times")) {
        for at in 0..text.len() {
            let _ = Times::default().add(&text[..at], Path::new(&name));
        }
        for _ in 0..2_000 {
            let mut text = text.clone();
            for _ in 0..1 + chance.below(4) {
                let at = chance.below(text.len());
                text[at] = *chance.pick(b"\0\n\",{}[]:-+eE.09aN\xff\xc3#\\/ ");
            }
            let mut times = Times::default();
            let read = times.add(&text, Path::new(&name));
            assert!(read.is_ok() || times.is_empty());
        }
    }
}

/// What a real build of curl took, from its log: each derivation of Hydra's shape by its path, and each name of the other.
#[test]
fn of_a_real_build() {
    let graph = Graph::open(minipkgs()).unwrap();
    let read = |name: &str| Times::read(&[testdata("costs/real").join(name)]).unwrap_or_else(|error| panic!("{error}"));
    let rows = |name: &str| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(testdata("costs/real").join(name)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let steps = Costs::new(&graph, &read("hydra-build-steps.csv"));
    let mut by_path = 0;
    for row in rows("hydra-build-steps.csv") {
        let seconds = row[2].parse::<u64>().unwrap() - row[1].parse::<u64>().unwrap();
        let node = graph.nodes().find(|&node| graph.path(node) == row[0]).unwrap_or_else(|| panic!("no {}", row[0]));
        if seconds > 0 {
            assert_eq!((steps.time(node).millis, steps.time(node).measured), (seconds * 1_000, true), "{row:?}");
            let TimeReason::Measured(measured) = steps.time_reason(node) else { panic!("{row:?}") };
            by_path += usize::from(measured.by == Match::Derivation);
        }
    }
    assert!(by_path > 100, "{by_path}");
    assert!(steps.unmatched_times().is_empty());

    let names = Costs::new(&graph, &read("times.csv"));
    assert!(names.unmatched_times().is_empty(), "{:?}", names.unmatched_times());
    let mut by_name: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in rows("times.csv") {
        let millis = (row[1].parse::<f64>().unwrap() * 1_000.0).round() as u64;
        by_name.entry(row[0].clone()).or_default().push(millis);
    }
    for (name, mut millis) in by_name {
        millis.sort_unstable();
        let middle = millis.len() / 2;
        let median = (millis[(millis.len() - 1) / 2] + millis[middle]) / 2;
        let of_name: Vec<_> = graph.nodes().filter(|&node| graph.name(node) == name).collect();
        assert!(!of_name.is_empty(), "{name}");
        for node in of_name {
            let TimeReason::Measured(measured) = names.time_reason(node) else { panic!("{name} is estimated") };
            // an attribute of the very name comes first, and says the same
            assert!(matches!(measured.by, Match::Name | Match::Attribute | Match::AttributeElsewhere), "{name}");
            assert_eq!(names.time(node).millis, median, "{name}: {millis:?}");
        }
    }
}
