//! Ways by which a build gets what an input offers.

use serde::Serialize;

/// A way by which a build gets what an input offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Files below a folder `include`, by their path there; header files elsewhere by their whole path.
    Headers,
    /// `lib*.so`, `lib*.a`, `*.o`, `.dylib`, `.tbd` and frameworks, by file name.
    LinkLibraries,
    /// Libraries with a version in their names (`libz.so.1`), which programs load, by file name.
    SharedLibraries,
    /// `.pc` files, by file name.
    PkgConfig,
    /// What `find_package` of cmake looks for: `XConfig.cmake`, `x-config.cmake`, `FindX.cmake`, by file name.
    Cmake,
    /// What can be executed in `bin` and `sbin`, by file name.
    Programs,
    /// `nix-support/setup-hook`, or the output itself where it is a file.
    SetupHook,
    /// Lists in `nix-support/propagated-*`: their names, and the base names of the store paths in them.
    Propagated,
    /// Other files in `nix-support`, by file name: a wrapper of a compiler reads some.
    NixSupport,
    /// Python modules, by the name that is imported: the first folder or file in `site-packages`.
    PythonModules,
    /// Python distributions, by their metadata's folder: what `importlib.metadata` and `pkg_resources` find.
    PythonDistributions,
    /// Groups of entry points of python distributions, but scripts: plug-ins that are found by being there.
    PythonPlugins,
    /// What python runs when it starts: `.pth` files, `sitecustomize`, `usercustomize`.
    PythonStartUp,
    /// `.pxd` and `.pxi` files of Cython, by their path in `site-packages`.
    Cython,
    /// Modules of perl (`A::B`).
    PerlModules,
    /// Gems of ruby, by name and version.
    RubyGems,
    /// Packages of node.
    NodeModules,
    /// Packages of GHC, by their `.conf` files.
    HaskellPackages,
    /// Packages of OCaml, by their folder in `site-lib`.
    OcamlPackages,
    /// Sources of go, by import path.
    GoPackages,
    /// Libraries of rust (`.rlib`, `.rmeta`), by file name.
    RustLibraries,
    /// Modules of lua (`a.b`).
    LuaModules,
    /// Packages of R.
    RPackages,
    /// Packages of emacs lisp, by file name.
    EmacsLisp,
    /// `.jar` files, by file name.
    JavaArchives,
    /// Macros of `aclocal`, by file name.
    Aclocal,
    /// `.gir` and `.typelib` files, by file name.
    Introspection,
    /// `.vapi` files, by file name.
    Vala,
    /// Plug-ins that Qt, GStreamer, GIO and gdk-pixbuf load, by their path in `lib`.
    Plugins,
    /// All else, by its path: read only by who knows the path.
    Data,
}

impl Channel {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::LinkLibraries => "link-libraries",
            Self::SharedLibraries => "shared-libraries",
            Self::PkgConfig => "pkg-config",
            Self::Cmake => "cmake",
            Self::Programs => "programs",
            Self::SetupHook => "setup-hook",
            Self::Propagated => "propagated",
            Self::NixSupport => "nix-support",
            Self::PythonModules => "python-modules",
            Self::PythonDistributions => "python-distributions",
            Self::PythonPlugins => "python-plugins",
            Self::PythonStartUp => "python-start-up",
            Self::Cython => "cython",
            Self::PerlModules => "perl-modules",
            Self::RubyGems => "ruby-gems",
            Self::NodeModules => "node-modules",
            Self::HaskellPackages => "haskell-packages",
            Self::OcamlPackages => "ocaml-packages",
            Self::GoPackages => "go-packages",
            Self::RustLibraries => "rust-libraries",
            Self::LuaModules => "lua-modules",
            Self::RPackages => "r-packages",
            Self::EmacsLisp => "emacs-lisp",
            Self::JavaArchives => "java-archives",
            Self::Aclocal => "aclocal",
            Self::Introspection => "introspection",
            Self::Vala => "vala",
            Self::Plugins => "plugins",
            Self::Data => "data",
        }
    }
}

/// Ends of the names of header files.
const HEADERS: [&str; 6] = [".h", ".hh", ".hpp", ".hxx", ".h++", ".cuh"];

/// Folders whose files programs load as plug-ins, below `lib`.
const PLUGINS: [&[&str]; 3] = [&["gstreamer-1.0"], &["gio", "modules"], &["gdk-pixbuf-2.0"]];

/// What the file at a path offers, by the parts of the path. `None` where it is data.
pub(super) fn offers(parts: &[&str], executable: bool) -> Option<(Channel, String)> {
    let name = *parts.last()?;
    let named = |channel| Some((channel, name.to_owned()));
    match parts {
        ["nix-support", "setup-hook"] => return Some((Channel::SetupHook, parts.join("/"))),
        ["nix-support", list] if list.starts_with("propagated-") => return named(Channel::Propagated),
        ["nix-support", _, ..] => return Some((Channel::NixSupport, parts.get(1..)?.join("/"))),
        ["bin" | "sbin", _] if executable => return named(Channel::Programs),
        _ => {}
    }
    if let Some(offered) = of_python(parts) {
        return Some(offered);
    }
    if let Some(at) = parts.iter().position(|part| *part == "include").filter(|at| at + 1 < parts.len()) {
        return Some((Channel::Headers, parts.get(at + 1..)?.join("/")));
    }
    of_language(parts).or_else(|| of_libraries(parts, name))
}

/// Python's: what stands in `site-packages` (or in an egg there).
fn of_python(parts: &[&str]) -> Option<(Channel, String)> {
    let at = parts.iter().position(|part| *part == "site-packages" || *part == "dist-packages")?;
    let mut inner = parts.get(at + 1..)?;
    if let [egg, rest @ ..] = inner
        && egg.ends_with(".egg")
    {
        if rest.is_empty() || rest.first() == Some(&"EGG-INFO") {
            return Some((Channel::PythonDistributions, (*egg).to_owned()));
        }
        inner = rest;
    }
    let (first, name) = (*inner.first()?, *inner.last()?);
    if name.ends_with(".pxd") || name.ends_with(".pxi") {
        return Some((Channel::Cython, inner.join("/")));
    }
    if let Some(include) = inner.iter().position(|part| *part == "include").filter(|at| at + 1 < inner.len()) {
        return Some((Channel::Headers, inner.get(include + 1..)?.join("/")));
    }
    if first.ends_with(".dist-info") || first.ends_with(".egg-info") || first.ends_with(".egg-link") {
        return Some((Channel::PythonDistributions, first.to_owned()));
    }
    let module = match inner {
        [file] if file.ends_with(".pth") => return Some((Channel::PythonStartUp, (*file).to_owned())),
        // a module of its own: `x.py`, or `x.cpython-311-x86_64-linux-gnu.so`
        [file] if [".py", ".pyc", ".so", ".pyd", ".dylib"].iter().any(|end| file.ends_with(end)) => {
            file.split('.').next().unwrap_or_default()
        }
        [] | [_] | ["__pycache__", ..] => return None,
        [folder, ..] => folder,
    };
    let identifier =
        module.chars().all(|c| c == '_' || c.is_alphanumeric()) && !module.starts_with(|c: char| c.is_ascii_digit());
    let channel = match module {
        "" => return None,
        "sitecustomize" | "usercustomize" => Channel::PythonStartUp,
        _ => Channel::PythonModules,
    };
    identifier.then(|| (channel, module.to_owned()))
}

/// Other languages' modules.
fn of_language(parts: &[&str]) -> Option<(Channel, String)> {
    let name = *parts.last()?;
    let some = |channel, name: &str| Some((channel, name.to_owned()));
    let after = |folder: &str| parts.iter().position(|part| *part == folder).and_then(|at| parts.get(at + 1..));
    let dotted = |inner: &[&str], by: &str| {
        let path = inner.join(by);
        path.rsplit_once('.').map_or(path.clone(), |(module, _)| module.to_owned())
    };
    match parts {
        ["lib", "perl5", inner @ ..] if name.ends_with(".pm") => {
            let folder = |part: &&&str| {
                ["site_perl", "vendor_perl", "core_perl", "auto"].contains(*part)
                    || part.starts_with(|c: char| c.is_ascii_digit())
                    || part.contains("-linux")
                    || part.contains("darwin-")
            };
            let skipped = inner.iter().take_while(folder).count();
            Some((Channel::PerlModules, dotted(inner.get(skipped..)?, "::")))
        }
        ["lib", "ruby", .., "gems", gem, _] | ["lib", "ruby", "gems", _, "gems", gem, ..] => {
            some(Channel::RubyGems, gem)
        }
        ["lib", "node_modules", scope, package, ..] if scope.starts_with('@') => {
            Some((Channel::NodeModules, format!("{scope}/{package}")))
        }
        ["lib", "node_modules", package, ..] if !package.starts_with('.') => some(Channel::NodeModules, package),
        ["share" | "lib", "lua", _, inner @ ..] if name.ends_with(".lua") || name.ends_with(".so") => {
            Some((Channel::LuaModules, dotted(inner, ".")))
        }
        ["library", package, _, ..] => some(Channel::RPackages, package),
        ["share", "go" | "gocode", "src", inner @ ..] | ["go", "src", inner @ ..] if name.ends_with(".go") => {
            Some((Channel::GoPackages, inner.get(..inner.len().checked_sub(1)?)?.join("/")))
        }
        ["share", macros, file] if macros.starts_with("aclocal") && file.ends_with(".m4") => {
            some(Channel::Aclocal, file)
        }
        _ if parts.contains(&"package.conf.d") && name.ends_with(".conf") => some(Channel::HaskellPackages, name),
        ["lib", "ocaml", ..] if after("site-lib").is_some_and(|inner| inner.len() > 1) => {
            some(Channel::OcamlPackages, after("site-lib")?.first()?)
        }
        ["share", "emacs", ..] if name.ends_with(".el") || name.ends_with(".elc") => some(Channel::EmacsLisp, name),
        _ if name.ends_with(".rlib") || name.ends_with(".rmeta") => some(Channel::RustLibraries, name),
        _ if name.ends_with(".jar") => some(Channel::JavaArchives, name),
        _ if name.ends_with(".gir") || name.ends_with(".typelib") => some(Channel::Introspection, name),
        _ if name.ends_with(".vapi") => some(Channel::Vala, name),
        _ => None,
    }
}

/// Libraries, and how they are found.
fn of_libraries(parts: &[&str], name: &str) -> Option<(Channel, String)> {
    let named = |channel| Some((channel, name.to_owned()));
    let folder = parts.get(parts.len().checked_sub(2)?).copied().unwrap_or_default();
    if name.ends_with(".pc") && folder == "pkgconfig" {
        return named(Channel::PkgConfig);
    }
    let find = name.starts_with("Find") && name.ends_with(".cmake");
    if find || name.ends_with("Config.cmake") || name.ends_with("-config.cmake") {
        return named(Channel::Cmake);
    }
    if let Some(framework) = parts.iter().find(|part| part.ends_with(".framework")) {
        return Some((Channel::LinkLibraries, (*framework).to_owned()));
    }
    if let ["lib", inner @ ..] = parts {
        let of_qt = matches!(inner, [qt, "plugins", _, ..] if qt.starts_with("qt"));
        if of_qt || PLUGINS.iter().any(|plugins| inner.starts_with(plugins) && inner.len() > plugins.len()) {
            return Some((Channel::Plugins, inner.join("/")));
        }
    }
    let below_lib = parts.first().is_some_and(|first| first.starts_with("lib") && *first != "libexec");
    if below_lib && parts.len() > 1 {
        let library = name.starts_with("lib");
        if library && [".so", ".a", ".dylib", ".tbd"].iter().any(|end| name.ends_with(end)) || name.ends_with(".o") {
            return named(Channel::LinkLibraries);
        }
        if library && name.contains(".so.") {
            return named(Channel::SharedLibraries);
        }
    }
    HEADERS.iter().any(|end| name.ends_with(end)).then(|| (Channel::Headers, parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_path() {
        use Channel as C;
        let check = |path: &str, executable: bool, expected: Option<(Channel, &str)>| {
            let parts: Vec<&str> = path.split('/').collect();
            let found = offers(&parts, executable);
            assert_eq!(found.as_ref().map(|(channel, name)| (*channel, name.as_str())), expected, "{path}");
        };
        for (path, channel, name) in [
            ("include/zlib.h", C::Headers, "zlib.h"),
            ("include/eigen3/Eigen/Core", C::Headers, "eigen3/Eigen/Core"),
            ("lib/glib-2.0/include/glibconfig.h", C::Headers, "glibconfig.h"),
            ("lib/python3.11/site-packages/numpy/core/include/numpy/arrayobject.h", C::Headers, "numpy/arrayobject.h"),
            ("share/x/a.hpp", C::Headers, "share/x/a.hpp"),
            ("lib/libz.so", C::LinkLibraries, "libz.so"),
            ("lib/libz.a", C::LinkLibraries, "libz.a"),
            ("lib64/libz.dylib", C::LinkLibraries, "libz.dylib"),
            ("lib/crt1.o", C::LinkLibraries, "crt1.o"),
            ("lib/libz.so.1.2", C::SharedLibraries, "libz.so.1.2"),
            ("Library/Frameworks/Tcl.framework/Tcl", C::LinkLibraries, "Tcl.framework"),
            ("lib/pkgconfig/zlib.pc", C::PkgConfig, "zlib.pc"),
            ("share/pkgconfig/x.pc", C::PkgConfig, "x.pc"),
            ("lib/cmake/Foo/FooConfig.cmake", C::Cmake, "FooConfig.cmake"),
            ("lib/cmake/foo/foo-config.cmake", C::Cmake, "foo-config.cmake"),
            ("share/cmake/Modules/FindFoo.cmake", C::Cmake, "FindFoo.cmake"),
            ("nix-support/setup-hook", C::SetupHook, "nix-support/setup-hook"),
            ("nix-support/propagated-build-inputs", C::Propagated, "propagated-build-inputs"),
            ("nix-support/cc-cflags", C::NixSupport, "cc-cflags"),
            ("lib/python3.11/site-packages/yaml/__init__.py", C::PythonModules, "yaml"),
            ("lib/python3.11/site-packages/yaml/_yaml.so", C::PythonModules, "yaml"),
            ("lib/python3.11/site-packages/six.py", C::PythonModules, "six"),
            ("lib/python3.11/site-packages/_cffi.cpython-311-x86_64-linux-gnu.so", C::PythonModules, "_cffi"),
            ("lib/python2.7/site-packages/x-1-py2.7.egg/pkg/a.py", C::PythonModules, "pkg"),
            ("lib/python2.7/site-packages/x-1-py2.7.egg/EGG-INFO/PKG-INFO", C::PythonDistributions, "x-1-py2.7.egg"),
            ("lib/python2.7/site-packages/x-1-py2.7.egg", C::PythonDistributions, "x-1-py2.7.egg"),
            ("lib/python3.11/site-packages/PyYAML-6.dist-info/RECORD", C::PythonDistributions, "PyYAML-6.dist-info"),
            ("lib/python3.11/site-packages/a.egg-info", C::PythonDistributions, "a.egg-info"),
            ("lib/python3.11/site-packages/a.pth", C::PythonStartUp, "a.pth"),
            ("lib/python3.11/site-packages/sitecustomize.py", C::PythonStartUp, "sitecustomize"),
            ("lib/python3.11/site-packages/numpy/__init__.pxd", C::Cython, "numpy/__init__.pxd"),
            ("lib/perl5/site_perl/5.36.0/URI/Escape.pm", C::PerlModules, "URI::Escape"),
            ("lib/perl5/site_perl/5.36.0/x86_64-linux-thread-multi/XML/Parser.pm", C::PerlModules, "XML::Parser"),
            ("lib/ruby/gems/3.1.0/gems/rake-13.0/lib/rake.rb", C::RubyGems, "rake-13.0"),
            ("lib/node_modules/npm/package.json", C::NodeModules, "npm"),
            ("lib/node_modules/@types/node/index.d.ts", C::NodeModules, "@types/node"),
            ("lib/ghc-9.4/package.conf.d/text-2.0.conf", C::HaskellPackages, "text-2.0.conf"),
            ("lib/ocaml/4.14/site-lib/num/META", C::OcamlPackages, "num"),
            ("share/go/src/golang.org/x/net/http.go", C::GoPackages, "golang.org/x/net"),
            ("lib/libfoo.rlib", C::RustLibraries, "libfoo.rlib"),
            ("share/lua/5.2/socket/http.lua", C::LuaModules, "socket.http"),
            ("library/ggplot2/DESCRIPTION", C::RPackages, "ggplot2"),
            ("share/emacs/site-lisp/elpa/a-1/a.el", C::EmacsLisp, "a.el"),
            ("share/java/ant.jar", C::JavaArchives, "ant.jar"),
            ("share/aclocal/pkg.m4", C::Aclocal, "pkg.m4"),
            ("share/gir-1.0/Gtk-3.0.gir", C::Introspection, "Gtk-3.0.gir"),
            ("lib/girepository-1.0/Gtk-3.0.typelib", C::Introspection, "Gtk-3.0.typelib"),
            ("share/vala/vapi/gtk.vapi", C::Vala, "gtk.vapi"),
            ("lib/gio/modules/libdconf.so", C::Plugins, "gio/modules/libdconf.so"),
            ("lib/qt-6/plugins/platforms/x.so", C::Plugins, "qt-6/plugins/platforms/x.so"),
            ("lib/qt-5.12/plugins/platforms/x.so", C::Plugins, "qt-5.12/plugins/platforms/x.so"),
        ] {
            check(path, false, Some((channel, name)));
        }
        check("bin/gzip", true, Some((C::Programs, "gzip")));
        check("sbin/.x-wrapped", true, Some((C::Programs, ".x-wrapped")));
        for (path, executable) in [
            ("bin/readme", false),
            ("bin/sub/x", true),
            ("libexec/x", true),
            ("include", false),
            ("share/doc/x.txt", false),
            ("share/x.pc", false),
            ("lib/x.so", false),
            ("lib/python3.11/site-packages/README", false),
            ("lib/python3.11/site-packages/my-data/x", false),
            ("lib/python3.11/site-packages/__pycache__/six.cpython-311.pyc", false),
            ("lib/python3.11/os.py", false),
            ("nix-support", false),
            ("libz.so", false),
        ] {
            check(path, executable, None);
        }
    }
}
