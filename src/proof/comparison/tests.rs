//! Tables: for each carrier what it must accept, and what it must not.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::{CompareParams, Comparison, compare};
use crate::nix::Digest;
use crate::proof::outputs::{Content, Entry, Tree};
use crate::verdict::{Carrier, Change, Outcome};

/// `%A` to `%Z` stand for store paths: I what was taken out, X and Y two versions, exchanged; O the own
/// path, P that of the second; others are no special ones.
pub(super) fn expand(text: &str) -> Vec<u8> {
    let mut expanded = String::new();
    let mut parts = text.split('%');
    expanded.push_str(parts.next().unwrap());
    for part in parts {
        let letter = part.chars().next().unwrap();
        let name = match letter {
            'I' => "input-1.2",
            'X' => "dep-1.2",
            'Y' => "dep-1.3",
            'Z' => "dep-1.10",
            'O' | 'P' => "own-5",
            _ => "other-2.0",
        };
        expanded.push_str(&format!("/nix/store/{}-{name}{}", digest(letter).as_str(), &part[1..]));
    }
    expanded.into_bytes()
}

pub(super) fn digest(letter: char) -> Digest {
    Digest::from_prefix(format!("{:032}", u32::from(letter) * 77).as_bytes()).unwrap()
}

pub(super) fn params() -> CompareParams {
    CompareParams {
        counterparts: BTreeMap::from([(digest('P'), digest('O'))]),
        exchanged: BTreeMap::from([(digest('Y'), digest('X')), (digest('Z'), digest('X'))]),
        input: vec![digest('I')],
        ..CompareParams::default()
    }
}

pub(super) fn regular(content: &[u8]) -> Entry {
    Entry::Regular { executable: false, size: content.len() as u64, content: Content::Bytes(content.into()) }
}

/// A tree of these files, with their folders.
pub(super) fn tree(files: &[(&str, Entry)]) -> Tree {
    let mut tree = Tree::default();
    tree.entries.insert(Vec::new(), Entry::Directory);
    for (path, entry) in files {
        for (at, _) in path.match_indices('/') {
            tree.entries.insert(path.as_bytes()[..at].to_vec(), Entry::Directory);
        }
        tree.entries.insert(path.as_bytes().to_vec(), entry.clone());
    }
    tree
}

pub(super) fn compared(first: &[(&str, Entry)], second: &[(&str, Entry)], params: &CompareParams) -> Comparison {
    let one = |files| [("out".to_owned(), tree(files))];
    compare(&one(first), &one(second), params).unwrap()
}

/// One file compared: the outcome, and the carriers of what differs.
fn file(path: &str, first: &[u8], second: &[u8]) -> (Outcome, Vec<Carrier>) {
    let found = compared(&[(path, regular(first))], &[(path, regular(second))], &params());
    (found.outcome, found.files.into_iter().flat_map(|file| file.carriers).collect())
}

fn identical(path: &str, first: &str, second: &str) {
    assert_eq!(file(path, &expand(first), &expand(second)), (Outcome::Identical, vec![]), "{first}");
}

fn references(path: &str, carrier: Carrier, first: &str, second: &str) {
    assert_eq!(
        file(path, &expand(first), &expand(second)),
        (Outcome::ReferenceOnly, vec![carrier]),
        "{first} {second}"
    );
}

fn different(path: &str, first: &str, second: &str) {
    assert_eq!(file(path, &expand(first), &expand(second)), (Outcome::Different, vec![]), "{first} {second}");
}

#[test]
fn counterparts() {
    for path in ["etc/x", "nix-support/propagated-build-inputs", "lib/x.pc", "lib/x.so"] {
        identical(path, "a", "a");
        identical(path, "x %O/lib y", "x %P/lib y");
        identical(path, "%P %O", "%O %P");
        identical(path, "\0%O/lib\0%O", "\0%P/lib\0%O");
        different(path, "x %O/lib", "x %A/lib");
        different(path, "x %O/lib", "x %P/lib64");
        different(path, "\0%O/lib\0", "\0%P/lib\0\0");
    }
    // a digest without its path, at the start, glued to others
    let (own, other) = (digest('O'), digest('P'));
    let text = |digest: Digest| format!("{}{}x0{}", digest.as_str(), digest.as_str(), digest.as_str());
    identical("x", &text(own), &text(other));
}

#[test]
fn another_version_in_its_place() {
    use Carrier::{Other, PathList, Shebang, Symlink};
    references("etc/x", Other, "a %X/lib b", "a %Y/lib b");
    references("etc/x", Other, "a %X/lib b", "a %Z/lib b");
    references("etc/x", Other, "\0%X/lib\0", "\0%Y/lib\0");
    references("bin/x", Shebang, "#!%X/bin/sh\nx\n", "#!%Y/bin/sh\nx\n");
    references("etc/x", PathList, "/usr:%X/lib", "/usr:%Z/lib");
    references("etc/x", Other, "%X/share/dep-1.2/a", "%Z/share/dep-1.10/a");
    // the lengths of what is no text stay
    different("etc/x", "\0%X/lib\0", "\0%Z/lib\0");
    // another file of the other version is another thing
    different("etc/x", "%X/lib/a", "%Z/lib/b");
    different("etc/x", "%X/lib/a1.2", "%Z/lib/a1.11");
    different("etc/x", "%X/lib/python1", "%Z/lib/python2");
    different("etc/x", "%X/lib/a11.2.3", "%Z/lib/a11.10.3");
    different("etc/x", "%X 1.2", "%Y 1.3");
    // not the other way round, and not for another
    different("etc/x", "%Y", "%X");
    different("etc/x", "%X", "%A");
    different("etc/x", "%A", "%Y");
    let link = |text| [("x", Entry::Symlink(expand(text)))];
    let found = compared(&link("%X/lib"), &link("%Y/lib"), &params());
    assert_eq!((found.outcome, &found.files[0].carriers[..]), (Outcome::ReferenceOnly, &[Symlink][..]));
    let found = compared(&link("%X/lib"), &link("%A/lib"), &params());
    assert_eq!(found.outcome, Outcome::Different);
}

#[test]
fn lists_that_propagate() {
    let path = "nix-support/propagated-build-inputs";
    let carrier = Carrier::Propagated;
    references(path, carrier, "%A %I %B\n", "%A %B\n");
    references(path, carrier, "%A\n%I\n", "%A\n");
    references(path, carrier, "%A %I %X\n", "%A %Y\n");
    references(path, carrier, "%I %I-dev %A\n", " %A");
    references("nix-support/propagated-user-env-packages", carrier, "%I ", "");
    different(path, "%A %I %B\n", "%B %A\n");
    different(path, "%A %B\n", "%A\n");
    different(path, "%A\n", "%A %B\n");
    different(path, "%A %I\n", "%A %B\n");
    different("share/propagated-build-inputs", "%A %I\n", "%A\n");
}

#[test]
fn other_files_of_nix_support() {
    let path = "nix-support/cc-cflags";
    references(path, Carrier::NixSupport, "-L%A\n-L%I/lib\n", "-L%A\n");
    references("nix-support/setup-hook", Carrier::NixSupport, "a\naddTo X %I/lib\nb\n", "a\nb\n");
    different(path, "-L%A -L%I/lib\n", "");
    different(path, "-L%A\n-L%I/lib\n", "-L%A\n-L/usr/lib\n");
    different(path, "-L%A\nx\n-L%I/lib\n", "-L%A\n");
}

const SHELL: &str = "#! %A/bin/bash -e\n";
const EXEC: &str = "exec -a \"$0\" \"%O/bin/.x-wrapped\"  \"$@\" \n";

/// As makeWrapper writes `--prefix VAR : VALUES`.
fn prefix(variable: &str, values: &[&str]) -> String {
    let mut text = format!("{variable}=${{{variable}:+':'${variable}':'}}\n");
    for value in values {
        text.push_str(&format!("{variable}=${{{variable}/':''{value}'':'/':'}}\n{variable}='{value}'${variable}\n"));
    }
    text.push_str(&format!("{variable}=${{{variable}#':'}}\n{variable}=${{{variable}%':'}}\nexport {variable}\n"));
    // `%'` is no store path
    text.replace("%':'", "\u{1}")
}

#[test]
fn wrappers() {
    let script = |body: &str| {
        let text = format!("{SHELL}{body}{EXEC}");
        String::from_utf8(expand(&text)).unwrap().replace('\u{1}', "%':'")
    };
    let path = "bin/x";
    let check = |first: &str, second: &str, expect: Outcome| {
        let (outcome, carriers) = file(path, script(first).as_bytes(), script(second).as_bytes());
        assert_eq!(outcome, expect, "{first}\n{second}");
        assert_eq!(carriers, if expect == Outcome::ReferenceOnly { vec![Carrier::Wrapper] } else { vec![] });
    };
    let (of, both) = (prefix("PATH", &["%I/bin"]), prefix("PATH", &["%I/bin", "%B/bin"]));
    let other = prefix("PATH", &["%B/bin"]);
    use Outcome::{Different, ReferenceOnly};
    check(&of, "", ReferenceOnly);
    check(&both, &other, ReferenceOnly);
    check(&format!("{of}{other}"), &other, ReferenceOnly);
    check(&format!("{other}{of}"), &other, ReferenceOnly);
    check(&format!("{of}{}", prefix("X", &["%I/x"])), "", ReferenceOnly);
    check("export X='%I/x'\n", "", ReferenceOnly);
    check("export X=${X-'%I/x'}\nexport Y='a b'\n", "export Y='a b'\n", ReferenceOnly);
    check(
        "export PATH='%A/bin:%I/bin:%B/bin'${PATH:+':'}$PATH\n",
        "export PATH='%A/bin:%B/bin'${PATH:+':'}$PATH\n",
        ReferenceOnly,
    );
    check("export PATH='%I/bin'${PATH:+':'}$PATH\n", "", ReferenceOnly);
    check(&prefix("PATH", &["%X/bin"]), &prefix("PATH", &["%Z/bin"]), ReferenceOnly);
    // what else a hunk sets
    check(&format!("{of}export Y='a'\n"), "", Different);
    check(&format!("{of}{}", prefix("Y", &["/usr"])), "", Different);
    check(&both, "", Different);
    check(&other, "", Different);
    check("export X='%I/x:%B/x'\n", "", Different);
    check("export X='%I/x:/usr/x'\n", "", Different);
    check("export X='%I/x'\nexport X='y'\n", "", Different);
    check("export X='%I/x'\n", "export X='/usr'\n", Different);
    // what runs or passes something
    check("X=%I/x program\n", "", Different);
    check("export X=$(%I/x)\n", "", Different);
    check("source %I/x\n", "", Different);
    let flag = |flag: &str| expand(&format!("{SHELL}exec %A/x {flag} \"$@\"\n"));
    assert_eq!(file(path, &flag("--with %I/x"), &flag("")).0, Different);
    // the same in what is no wrapper
    let profile = |body: &str| expand(&format!("{body}\necho\n"));
    assert_eq!(file(path, &profile("export X='%I/x'"), &profile("")).0, Different);
}

#[test]
fn folders_of_python_modules() {
    let line = |folders: &str| {
        format!(
            "#!%A/bin/python\nimport sys;import site;import functools;sys.argv[0] = '%O/bin/x';functools.reduce(lambda k, p: site.addsitedir(p, k), [{folders}], site._init_pathinfo());\nimport re\n"
        )
    };
    let path = "bin/.x-wrapped";
    let carrier = Carrier::Wrapper;
    references(path, carrier, &line("'%A/lib','%I/lib','%B/lib'"), &line("'%A/lib','%B/lib'"));
    references(path, carrier, &line("'%I/lib','%B/lib'"), &line("'%B/lib'"));
    references(path, carrier, &line("'%A/lib', '%I/lib'"), &line("'%A/lib'"));
    references(path, carrier, &line("'%I/lib'"), &line(""));
    let one = "import site; [site.addsitedir(one) for one in ['%A/lib', '%I/lib']]\n";
    references(path, carrier, one, "import site; [site.addsitedir(one) for one in ['%A/lib']]\n");
    references(path, carrier, &line("'%I/lib','%X/lib'"), &line("'%Y/lib'"));
    different(path, &line("'%A/lib','%B/lib'"), &line("'%A/lib'"));
    different(path, &line("'%A/lib','%I/lib'"), &line("'%B/lib'"));
    different(path, "x = ['%A/lib','%I/lib']\n", "x = ['%A/lib']\n");
}

#[test]
fn interpreters() {
    let carrier = Carrier::Shebang;
    for second in ["#!/usr/bin/env perl -w", "#!/usr/bin/perl -w", "#! /usr/bin/env -S perl  -w"] {
        references("bin/x", carrier, "#!%I/bin/perl -w\nuse x;\n", &format!("{second}\nuse x;\n"));
    }
    references("bin/x", carrier, "#! %I/bin/perl\n", "#!/bin/perl\n");
    references("bin/x", carrier, "#!%I/bin/env perl\n", "#!/usr/bin/env perl\n");
    different("bin/x", "#!%I/bin/perl -w\nx", "#!/usr/bin/env perl\nx");
    different("bin/x", "#!%I/bin/perl -w\nx", "#!/usr/bin/env python -w\nx");
    different("bin/x", "#!%I/bin/perl\nx", "#!/usr/bin/env perl\ny");
    different("bin/x", "#!%A/bin/perl\nx", "#!/usr/bin/env perl\nx");
    different("bin/x", "#!/usr/bin/perl\nx", "#!%I/bin/perl\nx");
    different("bin/x", "\n#!%I/bin/perl\nx", "\n#!/usr/bin/perl\nx");
    different("bin/x", "#!%I/bin/perl\nx", "x");
}

#[test]
fn words_of_descriptions() {
    let carrier = Carrier::PkgConfig;
    references("lib/pkgconfig/x.pc", carrier, "Libs: -L%A -L%I/lib -lx\n", "Libs: -L%A -lx\n");
    references("lib/pkgconfig/x.pc", carrier, "Cflags: -I%I/include\nx: y\n", "Cflags:\nx: y\n");
    different("lib/pkgconfig/x.pc", "Requires: a input\nLibs: -L%I/lib\n", "Requires: a\nLibs:\n");
    different("lib/pkgconfig/x.pc", "Libs: -L%I/lib -linput\n", "Libs:\n");
    different("lib/pkgconfig/x.pc", "Libs: -L%I/lib:%A\n", "Libs:\n");
    different("lib/pkgconfig/x.pc", "prefix=%I\n", "");
    let carrier = Carrier::Libtool;
    references("lib/x.la", carrier, "dependency_libs=' -L%I/lib %I/lib/libi.la -ldl'\n", "dependency_libs=' -ldl'\n");
    references("lib/x.la", carrier, "dependency_libs=' -ldl %I/lib/libi.la'\n", "dependency_libs=' -ldl'\n");
    different("lib/x.la", "dependency_libs=' -L%I/lib -li'\n", "dependency_libs=''\n");
    different("lib/x.la", "dlopen='%I/lib'\n", "dlopen='/usr/lib'\n");
    let carrier = Carrier::Cmake;
    references("lib/x.cmake", carrier, "set(X \"%A/a;%I/lib;%B\")\n", "set(X \"%A/a;%B\")\n");
    references("lib/x.cmake", carrier, "set(X \"%I/lib\")\n", "set(X \"\")\n");
    references("lib/x.cmake", carrier, "set(X %I/lib %B)\n", "set(X %B)\n");
    different("lib/x.cmake", "set(X \"%A/a;%I/lib\")\n", "set(X \"\")\n");
    different("lib/x.cmake", "set(X \"a;%I/lib\")\n", "set(X \"\")\n");
    different("lib/x.cmake", "set(X \"%A;%B;%I\")\n", "set(X \"%A %B\")\n");
    different("lib/x.cmake", "set(X \"%I/lib\")\n", "set(Y \"\")\n");
    different("lib/x.cmake", "find_dependency(input)\nset(X \"%I\")\n", "set(X \"\")\n");
}

#[test]
fn lists_of_paths_in_any_text() {
    let carrier = Carrier::PathList;
    references("etc/x", carrier, "X=\"/usr:%I/lib:%B\"\n", "X=\"/usr:%B\"\n");
    references("etc/x", carrier, "X=%I/lib:%B y\n", "X=%B y\n");
    references("etc/x", carrier, "X=%B:%I/lib\n", "X=%B\n");
    different("etc/x", "X=%I/lib\n", "X=\n");
    different("etc/x", "X=\"%I/lib\" %A\n", "X=\"\" %A\n");
    different("etc/x", "X=a:%I/lib\n", "X=a\n");
    different("etc/x", "X=%B:%I/lib\n", "X=%B:\n");
    different("etc/x", "X=%B:/usr/lib\n", "X=%B\n");
    different("etc/x", "\0X=%B:%I/lib\n", "\0X=%B\n");
    // source text, a header
    different("include/config.h", "#define X \"%I/lib\"\n", "#define X \"\"\n");
    different("include/config.h", "#define X \"%I/lib\"\n", "\n");
    different("share/list", "%I\n%A\n", "%A\n");
}

#[test]
fn metadata_of_python() {
    references("lib/x.pth", Carrier::PythonMetadata, "%A/lib\n%I/lib\n", "%A/lib\n");
    different("lib/x.pth", "import x\n%I/lib\n", "%I/lib\n");
    let folder = "lib/python3.11/site-packages";
    let (record, module, program) = (format!("{folder}/x-1.dist-info/RECORD"), format!("{folder}/x/a.py"), "bin/x");
    let list = |module: &str, program: &str, more: &str| {
        expand(&format!(
            "x/a.py,sha256={module},12\n../../../bin/x,sha256={program},34\n{more}x-1.dist-info/RECORD,,\n"
        ))
    };
    let check = |first: [&str; 3], second: [&str; 3], expect: Outcome| {
        let files = |[texts, module_text, program_text]: [&str; 3]| {
            let mut parts = texts.split(' ');
            let mut next = || parts.next().unwrap_or_default();
            let text = list(next(), next(), next());
            [(record.as_str(), text), (module.as_str(), expand(module_text)), (program, expand(program_text))]
                .map(|(path, text)| (path, regular(&text)))
        };
        let (one, other) = (files(first), files(second));
        assert_eq!(compared(&one, &other, &params()).outcome, expect, "{first:?} {second:?}");
    };
    use Outcome::{Different, Identical, ReferenceOnly};
    check(["a b", "x", "#!%X/bin/y"], ["a c", "x", "#!%Y/bin/y"], ReferenceOnly);
    check(["a b", "x", "%O/bin/y"], ["a c", "x", "%P/bin/y"], Identical);
    check(["a b", "x", "y"], ["a c", "x", "y"], Different);
    check(["a b", "x", "#!%X/bin/y"], ["d c", "x", "#!%Y/bin/y"], Different);
    check(["a b", "x", "y"], ["a c", "x", "z"], Different);
    check(["a b z.py,,\n", "x", "%O"], ["a c", "x", "%P"], Different);
    check(["a b", "x", "%O"], ["a c z.py,,\n", "x", "%P"], Different);
    // the line of a file that is there all the same
    let lists = ["../../../bin/x,sha256=b,34\nx-1.dist-info/RECORD,,\n", "x-1.dist-info/RECORD,,\n"];
    let [one, other] = [(lists[0], "#!%X/bin/y"), (lists[1], "#!%Y/bin/y")]
        .map(|(list, text)| [(record.as_str(), regular(list.as_bytes())), (program, regular(&expand(text)))]);
    assert_eq!(compared(&one, &other, &params()).outcome, Different);
}

#[test]
fn compressed_members() {
    let pack = |text: &str, level| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(&expand(text)).unwrap();
        encoder.finish().unwrap()
    };
    let check = |first: &str, second: &str| file("share/man/x.1.gz", &pack(first, 6), &pack(second, 6));
    assert_eq!(check("a %O\n", "a %P\n"), (Outcome::Identical, vec![]));
    assert_eq!(check("a %X\n", "a %Z\n"), (Outcome::ReferenceOnly, vec![Carrier::Other]));
    assert_eq!(check("a %A:%I\n", "a %A\n"), (Outcome::ReferenceOnly, vec![Carrier::PathList]));
    assert_eq!(check("a %X\n", "b %Z\n"), (Outcome::Different, vec![]));
    let text = "ab".repeat(500);
    assert_eq!(file("x.gz", &pack(&text, 1), &pack(&text, 9)).0, Outcome::Different, "packed otherwise");
    let mut damaged = pack("a %X\n", 6);
    damaged.truncate(30);
    assert_eq!(file("x.gz", &pack("a %Y\n", 6), &damaged).0, Outcome::Different);
}

#[test]
fn names_and_kinds() {
    let check = |first: &[(&str, Entry)], second: &[(&str, Entry)], expect: Outcome, changes: &[(&str, Change)]| {
        let found = compared(first, second, &params());
        let told: Vec<(&str, Change)> = found.files.iter().map(|file| (file.path.as_str(), file.change)).collect();
        assert_eq!((found.outcome, told.as_slice()), (expect, changes));
    };
    let text = |text: &str| regular(&expand(text));
    let link = |text: &str| Entry::Symlink(expand(text));
    let program = Entry::Regular { executable: true, size: 1, content: Content::Bytes((*b"a").into()) };
    use Outcome::{Different, Identical, ReferenceOnly};
    // the own path in a name
    let named = |letter| format!("lib/{}-x", digest(letter).as_str());
    check(&[(&named('O'), text("a"))], &[(&named('P'), text("a"))], Identical, &[]);
    let names = [named('X'), named('Y')];
    check(
        &[(&names[0], text("a"))],
        &[(&names[1], text("a"))],
        Different,
        &[(&names[0], Change::Gone), (&names[1], Change::Added)],
    );
    // links to what was taken out
    check(
        &[("a", text("")), ("b/c", link("%I/x"))],
        &[("a", text(""))],
        Different,
        &[("b", Change::Gone), ("b/c", Change::Gone)],
    );
    check(&[("c", link("%I/x"))], &[("c", link("/usr/x"))], ReferenceOnly, &[("c", Change::References)]);
    check(&[("c", link("%I/x"))], &[("c", link("/usr/y"))], Different, &[("c", Change::Content)]);
    check(&[("c", link("%I/x"))], &[("c", text("x"))], Different, &[("c", Change::Kind)]);
    check(&[("c", link("%A/x"))], &[], Different, &[("c", Change::Gone)]);
    check(&[], &[("c", link("%I/x"))], Different, &[("c", Change::Added)]);
    check(&[("c", link("%O/x"))], &[("c", link("%P/x"))], Identical, &[]);
    // files that hold nothing else
    let lists = [("nix-support/propagated-build-inputs", text("%I %I-dev\n")), ("nix-support/cc", text("%I\n\n"))];
    check(
        &lists,
        &[],
        ReferenceOnly,
        &[
            ("nix-support", Change::Gone),
            ("nix-support/cc", Change::Gone),
            ("nix-support/propagated-build-inputs", Change::Gone),
        ],
    );
    check(
        &[("nix-support/propagated-build-inputs", text("%I %A"))],
        &[],
        Different,
        &[("nix-support", Change::Gone), ("nix-support/propagated-build-inputs", Change::Gone)],
    );
    check(
        &[("nix-support/x", text(""))],
        &[("nix-support/y", text(""))],
        Different,
        &[("nix-support/x", Change::Gone), ("nix-support/y", Change::Added)],
    );
    check(&[("d", Entry::Directory)], &[], Different, &[("d", Change::Gone)]);
    check(&[("c", text("%I"))], &[], Different, &[("c", Change::Gone)]);
    // what can be executed
    check(&[("c", text("a"))], &[("c", program.clone())], Different, &[("c", Change::Executable)]);
    check(&[("c", text("%O"))], &[("c", program)], Different, &[("c", Change::Executable)]);
}

#[test]
fn outputs_and_their_names() {
    let of = |names: &[&str]| -> Vec<(String, Tree)> {
        names.iter().map(|name| ((*name).to_owned(), tree(&[("x", regular(name.as_bytes()))]))).collect()
    };
    let check = |first: &[&str], second: &[&str]| compare(&of(first), &of(second), &params()).unwrap();
    assert_eq!(check(&["out", "dev"], &["dev", "out"]).outcome, Outcome::Identical);
    let found = check(&["out", "dev"], &["out"]);
    let told: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!((found.outcome, told, found.total), (Outcome::Different, vec!["dev", "dev/x"], 4));
}

#[test]
fn any_version_of_what_has_the_same_name() {
    let params = CompareParams { any_version: true, ..params() };
    let check = |first: &str, second: &str| {
        let found = compared(&[("x", regular(&expand(first)))], &[("x", regular(&expand(second)))], &params);
        (found.outcome, found.references.len())
    };
    use Outcome::{Different, ReferenceOnly};
    let path = |number: u32, name: &str| format!("/nix/store/{number:032}-{name}");
    assert_eq!(check(&path(1, "curl-7.59.0"), &path(2, "curl-7.60.0")), (ReferenceOnly, 1));
    assert_eq!(check(&path(1, "curl-7.59.0-dev/x"), &path(2, "curl-8-dev/x")), (ReferenceOnly, 1));
    assert_eq!(check(&path(1, "hook"), &path(2, "hook")), (ReferenceOnly, 1));
    assert_eq!(check(&path(1, "gcc-1.2/lib/1.2/x"), &path(2, "gcc-1.10/lib/1.10/x")), (ReferenceOnly, 1));
    assert_eq!(check(&path(1, "a-1.0. "), &path(2, "a-1.0.1. ")), (ReferenceOnly, 1));
    assert_eq!(check(&path(1, "curl-7-dev"), &path(2, "curl-7-lib")), (Different, 2));
    assert_eq!(check(&path(1, "curl-7"), &path(2, "wget-7")), (Different, 2));
    assert_eq!(check(&path(1, "curl-7/a"), &path(2, "curl-8/b")), (Different, 1));
    assert_eq!(check(&path(1, "curl-7=a"), &path(2, "curl-8=b")), (Different, 1));
    assert_eq!(check(&path(1, "curl-7"), ""), (Different, 1));
    // a digest that stands in no store
    let bare = |number: u32| format!("x/{number:032}-file-1");
    assert_eq!(check(&bare(1), &bare(2)).0, Different);
}

#[test]
fn what_is_told() {
    let first = [("a/b", regular(&expand("one\ntwo %X\n"))), ("c", regular(b"0123456789"))];
    let second = [("a/b", regular(&expand("one\ntwo %Z\n"))), ("c", regular(b"01234\x1b\xff789"))];
    let found = compared(&first, &second, &params());
    assert_eq!(found.total, 4);
    let [one, other] = &found.files[..] else { panic!("{:?}", found.files) };
    assert_eq!((one.path.as_str(), one.offset), ("a/b", Some(19)));
    assert!(one.after.as_ref().unwrap().contains("dep-1.10"), "{one:?}");
    let expect = ("c", Some(5), Some("56789"), Some("\\x1b\\xff789"));
    assert_eq!((other.path.as_str(), other.offset, other.before.as_deref(), other.after.as_deref()), expect);
    let name = |letter, name: &str| Some(format!("{}-{name}", digest(letter).as_str()));
    assert_eq!(found.references.len(), 1);
    assert_eq!(found.references[0].before, name('X', "dep-1.2"));
    assert_eq!(found.references[0].after, name('Z', "dep-1.10"));
}
