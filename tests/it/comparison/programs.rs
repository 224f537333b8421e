//! ELF files as the machine's linker makes them.

use std::path::Path;
use std::process::Command;

use nix_ripple::nix::Digest;
use nix_ripple::proof::comparison::{CompareParams, Comparison, compare};
use nix_ripple::proof::outputs::Tree;
use nix_ripple::verdict::{Carrier, Outcome};

fn path(number: u32, name: &str) -> String {
    format!("/nix/store/{:032}-{name}", number * 7)
}

fn digest(number: u32) -> Digest {
    Digest::from_prefix(format!("{:032}", number * 7).as_bytes()).unwrap()
}

/// A shared library with a run path.
fn library(folder: &Path, name: &str, source: &str, run_path: &[String]) -> Tree {
    let (code, out) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&code, source).unwrap();
    std::fs::create_dir(&out).unwrap();
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-O1", "-g", "-Wl,--build-id", "-o"]).arg(out.join("x.so"));
    // the same name inside, or the debug information differs
    let same = folder.join("x.c");
    std::fs::copy(&code, &same).unwrap();
    command.arg("x.c").current_dir(folder);
    if !run_path.is_empty() {
        command.arg(format!("-Wl,-rpath,{}", run_path.join(":")));
    }
    assert!(command.status().expect("cc, which rustc links with").success());
    Tree::of_path(&out).unwrap()
}

const SOURCE: &str = "#include <math.h>\n#include <stdio.h>\nint f(int x) { printf(\"%d\", x); return x * 3; }\n";

fn check(first: &Tree, second: &Tree) -> Comparison {
    let params = CompareParams {
        counterparts: [(digest(2), digest(1))].into(),
        exchanged: [(digest(5), digest(4))].into(),
        input: vec![digest(3)],
        ..CompareParams::default()
    };
    compare(&[("out".to_owned(), first.clone())], &[("out".to_owned(), second.clone())], &params).unwrap()
}

#[test]
fn run_paths() {
    let folder = tempfile::tempdir().unwrap();
    let own = |number| format!("{}/lib", path(number, "own-1"));
    let (input, dep, next) = (path(3, "input-1.2"), path(4, "dep-1.9"), path(5, "dep-1.10"));
    let other = path(6, "other-1");
    let library = |name: &str, source: &str, run_path: &[String]| library(folder.path(), name, source, run_path);
    let whole = library("whole", SOURCE, &[own(1), input.clone(), dep.clone()]);
    let outcome = |second: &Tree| {
        let found = check(&whole, second);
        let carriers: Vec<Carrier> = found.files.into_iter().flat_map(|file| file.carriers).collect();
        (found.outcome, carriers)
    };
    let references = (Outcome::ReferenceOnly, vec![Carrier::Rpath]);
    let different = (Outcome::Different, vec![]);
    // the own path is in the run path, and so the build id differs
    assert_eq!(outcome(&library("copy", SOURCE, &[own(2), input.clone(), dep.clone()])), (Outcome::Identical, vec![]));
    assert_eq!(outcome(&library("without", SOURCE, &[own(2), dep.clone()])), references);
    assert_eq!(outcome(&library("next", SOURCE, &[own(2), input.clone(), next.clone()])), references);
    assert_eq!(outcome(&library("both", SOURCE, &[own(2), next])), references);
    assert_eq!(outcome(&library("order", SOURCE, &[own(2), dep.clone(), input.clone()])), different);
    assert_eq!(outcome(&library("lost", SOURCE, &[own(2), input.clone()])), different);
    assert_eq!(outcome(&library("more", SOURCE, &[own(2), input.clone(), dep.clone(), other])), different);
    for (name, source) in [
        ("code", SOURCE.replace("* 3", "* 5")),
        ("data", SOURCE.replace("%d", "%x")),
        ("name", SOURCE.replace("int f", "int g")),
        ("need", SOURCE.replace("printf", "puts((char *) 0), printf")),
    ] {
        assert_eq!(outcome(&library(name, &source, &[own(2), dep.clone()])), different, "{name}");
        assert_eq!(outcome(&library(&format!("{name}2"), &source, &[own(2), input.clone(), dep.clone()])), different);
    }
}

/// A library without the entry of its run path, as patchelf removes it: those behind it move up.
fn removed(library: &Path) -> Tree {
    use object::elf::{DT_RPATH, DT_RUNPATH, FileHeader64};
    use object::read::elf::{Dyn as _, FileHeader as _, SectionHeader as _};
    let mut bytes = std::fs::read(library).unwrap();
    let header = FileHeader64::<object::Endianness>::parse(&*bytes).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, &*bytes).unwrap();
    let section = sections.iter().find(|section| section.sh_type(endian) == object::elf::SHT_DYNAMIC).unwrap();
    let (entries, _) = section.dynamic(endian, &*bytes).unwrap().unwrap();
    let at = entries.iter().position(|entry| [DT_RPATH, DT_RUNPATH].contains(&entry.tag(endian))).unwrap();
    let (start, size) = section.file_range(endian).unwrap();
    let (start, end) = (start as usize + at * 16, (start + size) as usize);
    bytes.copy_within(start + 16..end, start);
    bytes[end - 16..end].fill(0);
    std::fs::write(library, bytes).unwrap();
    Tree::of_path(library.parent().unwrap()).unwrap()
}

#[test]
fn run_paths_that_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, run_path: &[u32]| {
        let run_path: Vec<String> = run_path.iter().map(|number| path(*number, "x-1")).collect();
        library(folder.path(), name, SOURCE, &run_path)
    };
    let without = |name: &str| removed(&folder.path().join(name).join("x.so"));
    for (name, run_path, expect) in [
        ("input", &[3][..], Outcome::ReferenceOnly),
        ("other", &[6], Outcome::Different),
        ("both", &[3, 6], Outcome::Different),
        ("none", &[], Outcome::Different),
    ] {
        let first = of(name, if run_path.is_empty() { &[3] } else { run_path });
        let copy = format!("{name}-copy");
        let second = of(&copy, if run_path.is_empty() { &[3] } else { run_path });
        assert_eq!(check(&first, &second).outcome, Outcome::Identical);
        let second = without(&copy);
        // the other way round something was added
        let found = if run_path.is_empty() { check(&second, &first) } else { check(&first, &second) };
        assert_eq!(found.outcome, expect, "{name}");
    }
    // made so by the linker, what stands behind the dynamic section moves: the careful answer
    assert_eq!(check(&of("linked", &[3]), &of("bare", &[])).outcome, Outcome::Different);
}

/// A run path that is so much shorter that the tables before the code need a page less.
#[test]
fn code_that_moved() {
    let folder = tempfile::tempdir().unwrap();
    let long: Vec<String> = (0..80).map(|at| format!("{}/{at:050}", path(3, "input-1.2"))).collect();
    let first = library(folder.path(), "long", SOURCE, &long);
    let second = library(folder.path(), "short", SOURCE, &[]);
    assert_eq!(check(&first, &second).outcome, Outcome::Different);
}

/// What programs carry behind or beside their sections' bytes: it differs in no section.
#[test]
fn beyond_the_bytes_of_sections() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, source: &str, behind: &str| {
        let _ = library(folder.path(), name, source, &[path(3, "input-1.2")]);
        let file = folder.path().join(name).join("x.so");
        // names of symbols would tell
        assert!(Command::new("strip").arg(&file).status().is_ok_and(|status| status.success()));
        let bytes = [std::fs::read(&file).unwrap(), behind.as_bytes().to_vec()].concat();
        std::fs::write(&file, bytes).unwrap();
        Tree::of_path(&folder.path().join(name)).unwrap()
    };
    let outcome = |first: &Tree, second: &Tree| check(first, second).outcome;
    let plain = made("plain", SOURCE, "");
    let (archive, other) = (made("archive", SOURCE, "PK one"), made("other", SOURCE, "PK two, which is longer"));
    assert_eq!(outcome(&archive, &other), Outcome::Different);
    assert_eq!(outcome(&plain, &other), Outcome::Different);
    assert_eq!(outcome(&archive, &plain), Outcome::Different);
    let named = |name, number| made(name, SOURCE, &format!("run {}/bin/x\0", path(number, "own-1")));
    assert_eq!(outcome(&named("own1", 1), &named("own2", 2)), Outcome::Identical);
    let sized = |name, keyword: &str, size| {
        made(name, &format!("static {keyword} char memory[{size}]; char *f(void) {{ return memory; }}"), "")
    };
    assert_eq!(outcome(&sized("bss1", "", 5000), &sized("bss2", "", 5000)), Outcome::Identical);
    assert_eq!(outcome(&sized("bss3", "", 5000), &sized("bss4", "", 9000)), Outcome::Different);
    assert_eq!(outcome(&sized("tls1", "__thread", 50), &sized("tls2", "__thread", 90)), Outcome::Different);
}

/// An object file that is to be placed otherwise.
#[test]
fn alignment_of_objects() {
    let folder = tempfile::tempdir().unwrap();
    let object = |name: &str, alignment: u32| {
        let out = folder.path().join(name);
        std::fs::create_dir(&out).unwrap();
        let code = folder.path().join("x.c");
        std::fs::write(&code, format!("char x[9] __attribute__((aligned({alignment}))) = \"x\";")).unwrap();
        let mut command = Command::new("cc");
        command.args(["-c", "x.c", "-o"]).arg(out.join("x.o")).current_dir(folder.path());
        assert!(command.status().is_ok_and(|status| status.success()));
        Tree::of_path(&out).unwrap()
    };
    assert_eq!(check(&object("a", 64), &object("b", 64)).outcome, Outcome::Identical);
    assert_eq!(check(&object("c", 64), &object("d", 4096)).outcome, Outcome::Different);
}

/// Whatever is damaged in one of two files is an answer, never a panic.
#[test]
fn damaged_programs() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    library(folder.path(), "a", SOURCE, &[path(3, "input-1.2")]);
    let bytes = std::fs::read(out.join("x.so")).unwrap();
    let whole = Tree::of_path(&out).unwrap();
    let damaged = folder.path().join("b");
    std::fs::create_dir(&damaged).unwrap();
    let step = bytes.len() / 400 + 1;
    for at in (0..64).chain((64..bytes.len()).step_by(step)) {
        for value in [0, 0xff] {
            let mut copy = bytes.clone();
            copy[at] = value;
            std::fs::write(damaged.join("x.so"), copy).unwrap();
            let _ = check(&whole, &Tree::of_path(&damaged).unwrap());
        }
        std::fs::write(damaged.join("x.so"), &bytes[..at]).unwrap();
        assert_eq!(check(&whole, &Tree::of_path(&damaged).unwrap()).outcome, Outcome::Different, "cut at {at}");
    }
}
