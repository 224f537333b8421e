//! What a derivation says, as values.

use std::borrow::Cow;

/// A string of a derivation as it stands in the text it was read from. ATerm escapes may still be
/// in it, so that strings nobody asks for cost nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    raw: &'a [u8],
    escaped: bool,
    may_have_slash: bool,
}

impl<'a> Text<'a> {
    /// A text in which a backslash is just a backslash.
    #[inline]
    #[must_use]
    pub const fn plain(raw: &'a [u8]) -> Self {
        Self { raw, escaped: false, may_have_slash: true }
    }

    /// A text between the quotes of an ATerm; `escaped` when a backslash stands in it.
    /// `may_have_slash` may be false only if no slash stands in it.
    #[inline]
    #[must_use]
    pub const fn aterm(raw: &'a [u8], escaped: bool, may_have_slash: bool) -> Self {
        Self { raw, escaped, may_have_slash }
    }

    /// False only if no slash stands in the text, so that it names no path.
    #[inline]
    #[must_use]
    pub const fn may_have_slash(&self) -> bool {
        self.may_have_slash
    }

    /// The bytes as they stand. Store paths read the same in them as in [`Text::value`], for no
    /// character of a store path is ever escaped.
    #[inline]
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The string that is meant: borrowed where no escape stands.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        if self.escaped { Cow::Owned(self.unescaped()) } else { Cow::Borrowed(self.raw) }
    }

    #[cold]
    fn unescaped(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            value.extend_from_slice(&rest[..at]);
            match rest.get(at + 1) {
                Some(b'n') => value.push(b'\n'),
                Some(b'r') => value.push(b'\r'),
                Some(b't') => value.push(b'\t'),
                Some(&other) => value.push(other),
                None => {}
            }
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        value.extend_from_slice(rest);
        value
    }
}

/// What a parser tells of a derivation, in the order of the text. `'a` is how long strings live;
/// a receiver that keeps none of them implements it for every `'a`.
///
/// ATerm comes outputs first; JSON comes with `env` before the inputs. A receiver takes any order,
/// but [`Events::input_output`] and [`Events::dynamic_output`] always follow their input.
pub trait Events<'a> {
    /// One output: the four strings of the ATerm (name, path, hash algorithm with its method
    /// prefix, hash in base 16 or `impure`).
    fn output(&mut self, name: Text<'a>, path: Text<'a>, algorithm: Text<'a>, hash: Text<'a>);
    /// An input derivation.
    fn input_derivation(&mut self, path: Text<'a>);
    /// An output used of the last input derivation.
    fn input_output(&mut self, name: Text<'a>);
    /// An output used of the derivation that output `of` of the last input derivation is
    /// (dynamic derivations). `depth` is 1 for those and grows with nesting.
    fn dynamic_output(&mut self, depth: u32, of: Text<'a>, name: Option<Text<'a>>);
    /// An input source.
    fn input_source(&mut self, path: Text<'a>);
    /// The platform to build on.
    fn system(&mut self, system: Text<'a>);
    /// The program to run.
    fn builder(&mut self, builder: Text<'a>);
    /// One argument of the builder.
    fn argument(&mut self, argument: Text<'a>);
    /// One variable of the builder's environment.
    fn variable(&mut self, key: Text<'a>, value: Text<'a>);
}

/// How an output gets its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputKind {
    /// From the derivation: the path is known before the build.
    InputAddressed,
    /// From a hash stated in the derivation.
    Fixed,
    /// From what is built (floating content addressing).
    Floating,
    /// Input-addressed, but an input is floating, so that the path is not known yet.
    Deferred,
    /// Content-addressed and never the same twice.
    Impure,
}

/// One output: the strings of the ATerm tuple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output<'a> {
    /// `out`, `dev`, …
    pub name: Cow<'a, [u8]>,
    /// The store path; empty when it is not known.
    pub path: Cow<'a, [u8]>,
    /// `sha256`, `r:sha256`, `text:sha256`, `git:sha1`; empty when input-addressed.
    pub algorithm: Cow<'a, [u8]>,
    /// Base 16; empty when not fixed.
    pub hash: Cow<'a, [u8]>,
}

impl Output<'_> {
    /// How this output gets its path; `None` for a combination that Nix does not know.
    #[must_use]
    pub fn kind(&self) -> Option<OutputKind> {
        output_kind(!self.path.is_empty(), &self.algorithm, &self.hash)
    }
}

/// As [`Output::kind`], from the parts. A fixed output without a path (JSON since Nix 2.32) is
/// fixed all the same.
#[inline]
#[must_use]
pub fn output_kind(has_path: bool, algorithm: &[u8], hash: &[u8]) -> Option<OutputKind> {
    match (has_path, algorithm.is_empty(), hash) {
        (true, true, b"") => Some(OutputKind::InputAddressed),
        (false, true, b"") => Some(OutputKind::Deferred),
        (false, false, b"") => Some(OutputKind::Floating),
        (false, false, b"impure") => Some(OutputKind::Impure),
        (_, false, hash) if !hash.is_empty() && hash != b"impure" => Some(OutputKind::Fixed),
        _ => None,
    }
}

/// The outputs used of an input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsedOutputs<'a> {
    /// Outputs of the input itself.
    pub names: Vec<Cow<'a, [u8]>>,
    /// Dynamic derivations: for an output that is itself a derivation, what is used of that.
    pub dynamic: Vec<(Cow<'a, [u8]>, UsedOutputs<'a>)>,
}

impl<'a> UsedOutputs<'a> {
    /// The last entry at `depth` (1 is this one), if it is there.
    fn deeper(&mut self, depth: u32) -> Option<&mut Self> {
        (1..depth).try_fold(self, |used, _| used.dynamic.last_mut().map(|(_, deeper)| deeper))
    }
}

/// A variable of the environment: key and value.
pub type Variable<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// A derivation, in the order of the text it was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derivation<'a> {
    /// The outputs; sorted by name in what Nix writes.
    pub outputs: Vec<Output<'a>>,
    /// Input derivations and what is used of them; sorted by path in what Nix writes.
    pub input_derivations: Vec<(Cow<'a, [u8]>, UsedOutputs<'a>)>,
    /// Input sources: paths that are there before anything is built.
    pub input_sources: Vec<Cow<'a, [u8]>>,
    /// `x86_64-linux`, …, or `builtin`.
    pub system: Cow<'a, [u8]>,
    /// The program to run.
    pub builder: Cow<'a, [u8]>,
    /// Its arguments.
    pub arguments: Vec<Cow<'a, [u8]>>,
    /// Its environment; sorted by key in what Nix writes.
    pub environment: Vec<Variable<'a>>,
}

impl<'a> Derivation<'a> {
    /// The value of a variable.
    #[must_use]
    pub fn variable(&self, key: &[u8]) -> Option<&[u8]> {
        self.environment.iter().find(|(k, _)| k.as_ref() == key).map(|(_, value)| value.as_ref())
    }

    /// The order that Nix writes, which texts from elsewhere (JSON) need not have: everything but
    /// the arguments sorted.
    pub fn sort(&mut self) {
        fn sort_used(used: &mut UsedOutputs<'_>) {
            // as deep as the parser lets dynamic derivations nest, see `aterm::MAX_DYNAMIC_DEPTH`
            used.names.sort();
            used.dynamic.sort_by(|a, b| a.0.cmp(&b.0));
            used.dynamic.iter_mut().for_each(|(_, used)| sort_used(used));
        }
        self.outputs.sort_by(|a, b| a.name.cmp(&b.name));
        self.input_derivations.sort_by(|a, b| a.0.cmp(&b.0));
        self.input_derivations.iter_mut().for_each(|(_, used)| sort_used(used));
        self.input_sources.sort();
        self.environment.sort();
    }

    /// Whether an output carries a hash.
    #[must_use]
    pub fn is_fixed_output(&self) -> bool {
        self.outputs.iter().any(|output| output.kind() == Some(OutputKind::Fixed))
    }

    /// Whether any input uses dynamic derivations, which need the newer ATerm form.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.input_derivations.iter().any(|(_, used)| !used.dynamic.is_empty())
    }
}

/// Makes a [`Derivation`] from events, borrowing where the text lets it.
#[derive(Debug, Default)]
pub struct Assembler<'a>(Derivation<'a>);

/// Makes a [`Derivation`] from events, keeping copies.
#[derive(Debug, Default)]
pub struct OwnedAssembler(Derivation<'static>);

impl<'a> Assembler<'a> {
    /// The derivation told so far.
    #[must_use]
    pub fn finish(self) -> Derivation<'a> {
        self.0
    }
}

impl OwnedAssembler {
    /// The derivation told so far.
    #[must_use]
    pub fn finish(self) -> Derivation<'static> {
        self.0
    }
}

macro_rules! assemble {
    ($assembler:ty, $keep:expr) => {
        impl<'a> Events<'a> for $assembler {
            fn output(&mut self, name: Text<'a>, path: Text<'a>, algorithm: Text<'a>, hash: Text<'a>) {
                let keep = $keep;
                let (name, path, algorithm, hash) = (keep(name), keep(path), keep(algorithm), keep(hash));
                self.0.outputs.push(Output { name, path, algorithm, hash });
            }
            fn input_derivation(&mut self, path: Text<'a>) {
                self.0.input_derivations.push(($keep(path), UsedOutputs::default()));
            }
            fn input_output(&mut self, name: Text<'a>) {
                if let Some((_, used)) = self.0.input_derivations.last_mut() {
                    used.names.push($keep(name));
                }
            }
            fn dynamic_output(&mut self, depth: u32, of: Text<'a>, name: Option<Text<'a>>) {
                let Some((_, used)) = self.0.input_derivations.last_mut() else { return };
                let Some(used) = used.deeper(depth) else { return };
                match (name, used.dynamic.last_mut()) {
                    (None, _) => used.dynamic.push(($keep(of), UsedOutputs::default())),
                    (Some(name), Some((_, last))) => last.names.push($keep(name)),
                    (Some(_), None) => {}
                }
            }
            fn input_source(&mut self, path: Text<'a>) {
                self.0.input_sources.push($keep(path));
            }
            fn system(&mut self, system: Text<'a>) {
                self.0.system = $keep(system);
            }
            fn builder(&mut self, builder: Text<'a>) {
                self.0.builder = $keep(builder);
            }
            fn argument(&mut self, argument: Text<'a>) {
                self.0.arguments.push($keep(argument));
            }
            fn variable(&mut self, key: Text<'a>, value: Text<'a>) {
                self.0.environment.push(($keep(key), $keep(value)));
            }
        }
    };
}

assemble!(Assembler<'a>, |text: Text<'a>| text.value());
assemble!(OwnedAssembler, |text: Text<'a>| Cow::Owned(text.value().into_owned()));
