//! What a file of defaults may say.

/// A default. Its name is that of the option it stands for, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) enum Key {
    Closure,
    Times,
    Sizes,
    Cost,
    Builders,
    Farm,
    Evidence,
    Rules,
    BumpRates,
    Maintainers,
    Owners,
    Pager,
    Color,
    Width,
}

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file, or a list of them.
    Files,
    /// One file.
    File,
    /// A whole number, from the first to the second.
    Number(u64, u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// `true` or `false`.
    Switch,
}

impl Kind {
    /// What is expected, for errors.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Files => "a file in quotes, or a list of them: [\"one\", \"two\"]".to_owned(),
            Self::File => "a file in quotes".to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Word(words) => format!("one of {}, in quotes", words.join(", ")),
            Self::Text => "a text in quotes".to_owned(),
            Self::Switch => "true or false".to_owned(),
        }
    }
}

impl Key {
    /// All of them, in the order in which they are shown.
    pub(super) const ALL: [Self; 14] = [
        Self::Closure,
        Self::Times,
        Self::Sizes,
        Self::Cost,
        Self::Builders,
        Self::Farm,
        Self::Evidence,
        Self::Rules,
        Self::BumpRates,
        Self::Maintainers,
        Self::Owners,
        Self::Pager,
        Self::Color,
        Self::Width,
    ];

    /// As it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Closure => "closure",
            Self::Times => "times",
            Self::Sizes => "sizes",
            Self::Cost => "cost",
            Self::Builders => "builders",
            Self::Farm => "farm",
            Self::Evidence => "evidence",
            Self::Rules => "rules",
            Self::BumpRates => "bump-rates",
            Self::Maintainers => "maintainers",
            Self::Owners => "owners",
            Self::Pager => "pager",
            Self::Color => "color",
            Self::Width => "width",
        }
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Closure | Self::Times | Self::Sizes | Self::Evidence | Self::Rules | Self::Maintainers => Kind::Files,
            Self::Farm | Self::BumpRates | Self::Owners => Kind::File,
            Self::Builders => Kind::Number(1, 100_000),
            Self::Width => Kind::Number(20, 10_000),
            Self::Color => Kind::Word(&["auto", "always", "never"]),
            Self::Pager => Kind::Text,
            Self::Cost => Kind::Switch,
        }
    }

    /// What holds where nothing is said.
    pub(super) const fn built_in(self) -> &'static str {
        match self {
            Self::Closure => "closure.ripple",
            Self::Cost => "false",
            Self::Pager => super::super::pager::DEFAULT,
            Self::Color => "auto",
            Self::Width => "the terminal's",
            _ => "",
        }
    }

    /// Whether a file that comes with a checkout may say it: what is run is the user's own choice.
    pub(super) const fn is_for_projects(self) -> bool {
        !matches!(self, Self::Pager)
    }

    /// A key that says the same otherwise: who says the one takes back the other.
    pub(super) const fn rival(self) -> Option<Self> {
        match self {
            Self::Builders => Some(Self::Farm),
            Self::Farm => Some(Self::Builders),
            _ => None,
        }
    }
}
