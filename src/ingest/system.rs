//! Systems, alone and in the names of attributes.

/// `x86_64-linux` and the like: a processor and a kernel.
#[must_use]
pub fn is_system(text: &str) -> bool {
    const KERNELS: [&str; 12] = [
        "linux", "darwin", "freebsd", "netbsd", "openbsd", "cygwin", "windows", "solaris", "wasi", "redox", "none",
        "genode",
    ];
    const PROCESSORS: [&str; 17] = [
        "x86_64",
        "i386",
        "i486",
        "i586",
        "i686",
        "aarch64",
        "arm",
        "riscv",
        "powerpc",
        "mips",
        "s390",
        "loongarch",
        "wasm",
        "m68k",
        "microblaze",
        "sparc",
        "or1k",
    ];
    text.split_once('-')
        .is_some_and(|(cpu, kernel)| KERNELS.contains(&kernel) && PROCESSORS.iter().any(|known| cpu.starts_with(known)))
}

/// An attribute path without a system at its end (nixpkgs CI) or start (flakes), and that system.
pub(crate) fn split_system(attr: &str) -> (&str, Option<&str>) {
    if let Some((name, system)) = attr.rsplit_once('.')
        && is_system(system)
    {
        return (name, Some(system));
    }
    if let Some((system, name)) = attr.split_once('.')
        && is_system(system)
    {
        return (name, Some(system));
    }
    (attr, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems() {
        assert_eq!(split_system("python3Packages.torch.x86_64-linux"), ("python3Packages.torch", Some("x86_64-linux")));
        assert_eq!(split_system("aarch64-darwin.hello"), ("hello", Some("aarch64-darwin")));
        assert_eq!(split_system("util-linux"), ("util-linux", None));
        assert_eq!(split_system("a.util-linux"), ("a.util-linux", None));
    }
}
