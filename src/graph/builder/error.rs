//! Why no graph can be made of what was read.

/// Why no graph can be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nothing was read.
    #[error("no derivation was read; give a closure as well (nix derivation show -r, or the .drv files)")]
    Empty,
    /// Derivations are named as inputs, but are not there.
    #[error("the closure has holes: {count} missing, first {}; give their derivations too, or use --allow-missing", first.join(", "))]
    Holes {
        /// How many are missing.
        count: usize,
        /// The first of them, each with a consumer.
        first: Vec<String>,
    },
    /// Derivations that need one another: no Nix made them.
    #[error("the inputs go in a circle: {}", path.join(" -> "))]
    Cycle {
        /// The derivations of the circle, the first again at the end.
        path: Vec<String>,
    },
    /// One path, two contents.
    #[error(
        "{path} was read twice with different content ({what}): {first} and {second}; one of them is not what Nix wrote"
    )]
    Conflict {
        /// The path.
        path: String,
        /// What differs.
        what: &'static str,
        /// Where one was read.
        first: String,
        /// Where the other was read.
        second: String,
    },
    /// One hash part, two names.
    #[error("the hash {digest} stands before two names, '{}' and '{}'; one of them is not what Nix wrote", names[0], names[1])]
    TwoNames {
        /// The hash part.
        digest: String,
        /// The names.
        names: [String; 2],
    },
    /// One path twice in one input: each stands once in what Nix prints.
    #[error("{path} stands twice in {input}, at byte {first} and at byte {second}; no Nix wrote that")]
    Twice {
        /// The path.
        path: String,
        /// What was read.
        input: String,
        /// Where it stands first.
        first: u64,
        /// Where it stands again.
        second: u64,
    },
    /// A consumer names an output that its input does not have.
    #[error("{consumer} uses output '{output}' of {input}, which has no such output; one of them is damaged")]
    UnknownOutput {
        /// The consumer.
        consumer: String,
        /// The input.
        input: String,
        /// The output.
        output: String,
    },
    /// The texts could not be packed.
    #[error("packing the derivations' texts: {0}; leave --keep-texts out")]
    Packing(std::io::Error),
    /// More than ids can number.
    #[error("the closure is too large: {0}")]
    TooLarge(&'static str),
}
