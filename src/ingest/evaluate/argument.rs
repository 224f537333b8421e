//! Arguments of an expression's function.

use std::fmt::Write as _;

use crate::nix::string_literal;

/// An argument of the user's expression.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Argument {
    /// A name and a Nix expression.
    Expression(String, String),
    /// A name and a string.
    Text(String, String),
}

impl Argument {
    /// What the function calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Expression(name, _) | Self::Text(name, _) => name,
        }
    }
}

/// The arguments as a set in Nix's language.
pub(super) fn set_of(arguments: &[Argument]) -> String {
    let mut set = String::from("{ ");
    for argument in arguments {
        // the line break ends a comment that the expression may end in
        let _ = match argument {
            Argument::Expression(name, expression) => write!(set, "{} = ({expression}\n); ", string_literal(name)),
            Argument::Text(name, text) => write!(set, "{} = {}; ", string_literal(name), string_literal(text)),
        };
    }
    set.push('}');
    set
}
