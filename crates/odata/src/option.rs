//! The names of query options.

/// The system query options there are. Which are served is for [`crate::check`] to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptionName {
    /// `$count`
    Count,
    /// `$deltatoken`
    DeltaToken,
    /// `$expand`
    Expand,
    /// `$explain`: our own, for what a query costs
    Explain,
    /// `$filter`
    Filter,
    /// `$format`
    Format,
    /// `$levels`: only within `$expand`
    Levels,
    /// `$orderby`
    OrderBy,
    /// `$search`
    Search,
    /// `$select`
    Select,
    /// `$skip`
    Skip,
    /// `$skiptoken`
    SkipToken,
    /// `$top`
    Top,
}

impl OptionName {
    /// All of them, by name.
    pub const ALL: [Self; 13] = [
        Self::Count,
        Self::DeltaToken,
        Self::Expand,
        Self::Explain,
        Self::Filter,
        Self::Format,
        Self::Levels,
        Self::OrderBy,
        Self::Search,
        Self::Select,
        Self::Skip,
        Self::SkipToken,
        Self::Top,
    ];

    /// The option of that name, without `$`, in any spelling of case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|option| {
            option
                .as_str()
                .get(1..)
                .is_some_and(|own| own.eq_ignore_ascii_case(name))
        })
    }

    /// The declared spelling, `$` included.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "$count",
            Self::DeltaToken => "$deltatoken",
            Self::Expand => "$expand",
            Self::Explain => "$explain",
            Self::Filter => "$filter",
            Self::Format => "$format",
            Self::Levels => "$levels",
            Self::OrderBy => "$orderby",
            Self::Search => "$search",
            Self::Select => "$select",
            Self::Skip => "$skip",
            Self::SkipToken => "$skiptoken",
            Self::Top => "$top",
        }
    }
}
