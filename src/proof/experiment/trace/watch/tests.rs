use crate::verdict::OpenedIn;

use super::*;

const INPUT: &str = "/nix/store/n191c7zlnwll0ka2q1qqqh689xnzz5xs-inp";
const FARM: &str = "/nix/store/8niphiix7xmmqyihw6nwjrs22l7fxj2x-lnk";

/// What strace writes before a builder is executed: Nix shows the inputs to the sandbox.
const BEFORE: &str = r#"
16415 execve("/usr/bin/nix-store", ["nix-store"], 0x7ffd036297f0 /* 39 vars */) = 0
16415 openat(AT_FDCWD</tmp>, "INPUT/lib/x.txt", O_RDONLY) = 3<INPUT/lib/x.txt>
16415 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7fc2a95fdb90) = 16592
16592 pivot_root(".", "real-root")      = 0
"#;

const BUILDER: &str = r#"
16592 execve("/bin/bash", ["bash", "-c", "PATH=/usr/bin:/bin\ncat INPUT) = 0"...], 0x563250a0d610 /* 17 vars */) = 0
16592 write(1</dev/pts/1>, "@nix { \"action\": \"setPhase\", \"phase\": \"buildPhase\" }\n", 53) = 53
"#;

const CHECKS: &str =
    r#"16592 write(1</dev/pts/1>, "@nix { \"action\": \"setPhase\", \"phase\": \"checkPhase\" }\n", 53) = 53"#;

fn look(path: &[u8]) -> Option<Node> {
    let path = std::str::from_utf8(path).unwrap();
    match path.replace(INPUT, "INPUT").replace(FARM, "FARM").as_str() {
        "FARM/lib" => Some(Node::Link(format!("{INPUT}/lib").into_bytes())),
        "INPUT/lib64" => Some(Node::Link(b"lib".to_vec())),
        "INPUT" | "FARM" | "INPUT/lib" | "INPUT/bin" | "INPUT/nix-support" => Some(Node::Folder),
        path if path.starts_with("INPUT/") => Some(Node::File),
        _ => None,
    }
}

fn watched(lines: &str) -> Option<[Vec<OpenedIn>; 2]> {
    let mut inputs = Inputs::default();
    inputs.add(INPUT, 0);
    inputs.add(FARM, 1);
    let mut watch = Watch::new(b"/bin/bash", &inputs, look);
    let text = lines.replace("INPUT", INPUT).replace("FARM", FARM);
    text.lines().for_each(|line| watch.line(line.as_bytes()));
    let opened = watch.finish(|path| {
        let path = String::from_utf8_lossy(path).replace(INPUT, "INPUT");
        (path == "INPUT/bin/script").then(|| format!("{INPUT}/bin/sh").into_bytes())
    })?;
    Some([opened.of(0), opened.of(1)])
}

/// What is opened of the input and the farm of links: `phase files first`.
fn check(lines: &str, input: &[&str], farm: &[&str]) {
    let whole = format!("{BEFORE}{BUILDER}{lines}\n16592 +++ exited with 0 +++\n");
    let found = watched(&whole).unwrap().map(|opened| {
        let told = opened.into_iter().map(|opened| {
            let first = opened.first.replace(INPUT, "INPUT").replace(FARM, "FARM");
            format!("{} {} {first}", opened.phase.unwrap_or_default(), opened.files)
        });
        told.collect::<Vec<_>>()
    });
    assert_eq!(found[0], input, "{lines}");
    assert_eq!(found[1], farm, "{lines}");
}

#[test]
fn without_a_builder_nothing_is_known() {
    assert_eq!(watched(BEFORE), None);
    assert_eq!(watched(""), None);
    let failed = r#"16592 execve("/bin/bash", ["bash"], 0x1 /* 17 vars */) = -1 ENOENT (No such file or directory)"#;
    assert_eq!(watched(&format!("{BEFORE}{failed}")), None);
}

#[test]
fn nix_itself_does_not_count() {
    check("", &[], &[]);
    check(r#"16415 openat(AT_FDCWD</tmp>, "INPUT/lib/x.txt", O_RDONLY) = 3<INPUT/lib/x.txt>"#, &[], &[]);
    // a process that Nix makes while the build runs
    let other = r#"
16415 clone(child_stack=NULL, flags=SIGCHLD) = 17000
17000 openat(AT_FDCWD</tmp>, "INPUT/lib/x.txt", O_RDONLY) = 3<INPUT/lib/x.txt>"#;
    check(other, &[], &[]);
    // and what comes after the build
    let after = r#"
16592 +++ exited with 0 +++
17000 openat(AT_FDCWD</tmp>, "INPUT/lib/x.txt", O_RDONLY) = 3<INPUT/lib/x.txt>"#;
    check(after, &[], &[]);
}

#[test]
fn what_a_build_opens() {
    let open = r#"16594 openat(AT_FDCWD</build>, "INPUT/lib/x.txt", O_RDONLY) = 3<INPUT/lib/x.txt>"#;
    check(open, &["buildPhase 1 INPUT/lib/x.txt"], &[]);
    check(&format!("{CHECKS}\n{open}"), &["checkPhase 1 INPUT/lib/x.txt"], &[]);
    check(&format!("{open}\n{CHECKS}\n{open}"), &["buildPhase 1 INPUT/lib/x.txt", "checkPhase 1 INPUT/lib/x.txt"], &[]);
    check(
        r#"16594 openat(AT_FDCWD</build>, "INPUT/lib/x", O_RDONLY) = -1 ENOENT (No such file or directory)"#,
        &[],
        &[],
    );
    let twice = format!("{open}\n{open}\n16594 access(\"INPUT/lib/a\", R_OK) = 0");
    check(&twice, &["buildPhase 2 INPUT/lib/a"], &[]);
}

#[test]
fn calls_in_two_parts() {
    let open = r#"
16594 openat(AT_FDCWD</build>, "INPUT/lib/x.txt", O_RDONLY <unfinished ...>
16595 access("/usr/bin/cat", X_OK)      = 0
16594 <... openat resumed>)             = 3<INPUT/lib/x.txt>"#;
    check(open, &["buildPhase 1 INPUT/lib/x.txt"], &[]);
    let execute = r#"
16599 execve("INPUT/bin/tool", ["tool"], 0x7ffe45f661f8 /* 42 vars */ <pid changed to 16594 ...>
16594 +++ superseded by execve in pid 16599 +++
16594 <... execve resumed>)             = 0"#;
    check(execute, &["buildPhase 1 INPUT/bin/tool"], &[]);
}

#[test]
fn what_is_executed() {
    check(r#"16594 execve("INPUT/bin/tool", ["tool"], 0x1 /* 2 vars */) = 0"#, &["buildPhase 1 INPUT/bin/tool"], &[]);
    let script = r#"16594 execve("INPUT/bin/script", ["script"], 0x1 /* 2 vars */) = 0"#;
    check(script, &["buildPhase 2 INPUT/bin/script"], &[]);
    // named from its own folder, which is told only afterwards
    let relative = r#"
16594 execve("../bin/tool", ["tool"], 0x1 /* 2 vars */) = 0
16594 openat(AT_FDCWD<INPUT/lib>, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
16594 newfstatat(AT_FDCWD<INPUT/lib>, ".", {st_mode=S_IFDIR|0755, ...}, 0) = 0"#;
    check(relative, &["buildPhase 1 INPUT/bin/tool"], &[]);
    let by_file = r#"16594 execveat(3<INPUT/bin/tool>, "", ["tool"], 0x1 /* 2 vars */, AT_EMPTY_PATH) = 0"#;
    check(by_file, &["buildPhase 1 INPUT/bin/tool"], &[]);
}

#[test]
fn folders_and_what_every_input_is_asked_for_do_not_count() {
    for line in [
        r#"16592 newfstatat(AT_FDCWD</build>, "INPUT/bin", {st_mode=S_IFDIR|0555, st_size=4096, ...}, 0) = 0"#,
        r#"16592 newfstatat(AT_FDCWD</build>, "INPUT/lib64", {st_mode=S_IFDIR|0555, st_size=4096, ...}, 0) = 0"#,
        r#"16592 access("INPUT", F_OK) = 0"#,
        r#"16592 access("INPUT/lib64", F_OK) = 0"#,
        r#"16592 openat(AT_FDCWD</build>, "INPUT", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3<INPUT>"#,
        r#"16592 openat(AT_FDCWD</build>, "INPUT/lib", O_RDONLY) = 3<INPUT/lib>"#,
        r#"16592 chdir("INPUT/lib") = 0"#,
        r#"16592 newfstatat(AT_FDCWD</build>, "INPUT/nix-support/setup-hook", {st_mode=S_IFREG|0444, ...}, 0) = 0"#,
        r#"16592 openat(AT_FDCWD</build>, "INPUT/nix-support/propagated-build-inputs", O_RDONLY) = 3<INPUT/nix-support/propagated-build-inputs>"#,
        r#"16592 write(1</dev/pts/1>, "INPUT/lib/x.txt", 12) = 12"#,
        r#"16592 readlink("INPUT/lib/x.txt", 0x7ffe, 4095) = -1 EINVAL (Invalid argument)"#,
    ] {
        check(line, &[], &[]);
    }
    let hook =
        r#"16592 openat(AT_FDCWD</build>, "INPUT/nix-support/setup-hook", O_RDONLY) = 3<INPUT/nix-support/setup-hook>"#;
    check(hook, &["buildPhase 1 INPUT/nix-support/setup-hook"], &[]);
}

#[test]
fn through_links() {
    let both = ["buildPhase 1 INPUT/lib/x.txt"];
    let open = r#"16594 openat(AT_FDCWD</build>, "FARM/lib/x.txt", O_RDONLY) = 3<INPUT/lib/x.txt>"#;
    check(open, &both, &["buildPhase 1 FARM/lib"]);
    check(r#"16594 execve("FARM/lib/x.txt", [], 0x1 /* 0 vars */) = 0"#, &both, &["buildPhase 1 FARM/lib"]);
    check(r#"16594 chdir("FARM/lib") = 0"#, &[], &["buildPhase 1 FARM/lib"]);
    // whoever is there goes on from where the links led
    check("16594 chdir(\"FARM/lib\") = 0\n16594 access(\"x.txt\", F_OK) = 0", &both, &["buildPhase 1 FARM/lib"]);
    check(r#"16594 readlink("FARM/lib", "INPUT/lib", 4095) = 54"#, &[], &["buildPhase 1 FARM/lib"]);
    // links of the build's own
    let own = r#"
16594 symlink("INPUT/lib/x.txt", "/build/y") = 0
16594 rename("/build/y", "/build/tool") = 0
16594 execve("/build/tool", [], 0x1 /* 0 vars */) = 0"#;
    check(own, &both, &[]);
    let relative = r#"
16594 symlinkat("INPUT/lib", AT_FDCWD</build>, "y") = 0
16594 access("/build/y/x.txt", R_OK) = 0"#;
    check(relative, &both, &[]);
}

#[test]
fn phases_as_they_are_told() {
    let open = r#"16594 openat(AT_FDCWD</build>, "INPUT/lib/x.txt", O_RDONLY) = 3<INPUT/lib/x.txt>"#;
    let cut = r#"16592 write(2<pipe:[17]>, "@nix { \"action\": \"setPhase\", \"phase\": \"che"..., 99) = 99"#;
    check(&format!("{CHECKS}\n{cut}\n{open}"), &[" 1 INPUT/lib/x.txt"], &[]);
    // a file that holds such a line is none that tells it
    let file = CHECKS.replace("/dev/pts/1", "/build/log");
    check(&format!("{file}\n{open}"), &["buildPhase 1 INPUT/lib/x.txt"], &[]);
    let other = r#"16592 write(1</dev/pts/1>, "@nix { \"action\": \"other\", \"phase\": \"x\" }\n", 53) = 53"#;
    check(&format!("{other}\n{open}"), &["buildPhase 1 INPUT/lib/x.txt"], &[]);
}
