//! The flags that select rows and define missing values.

use super::spec::{FlagSpec, condition, one_of};

/// The value of `--key-parts` that requires one part.
pub(super) const ANY_PART: &str = "any";

/// The value of `--key-parts` that requires every part.
pub(super) const ALL_PARTS: &str = "all";

/// `--where`: the row filter.
pub(super) const WHERE: FlagSpec = FlagSpec {
    name: "where",
    value: "COND",
    help: "Process only rows that meet the condition, such as `event!=ping and status<500`, with =, !=, <, <=, >, >=, ~ and !~ (regular \
           expression); may be repeated: all must hold",
    repeats: true,
    canonical: condition,
};

/// `--null`: texts that count as a missing value.
pub(super) const NULL: FlagSpec = FlagSpec {
    name: "null",
    value: "TEXT",
    help: "Text that means a missing value, such as \\N or NULL, in keys and in columns of rules; may be repeated",
    repeats: true,
    canonical: |value| Ok(value.to_owned()),
};

/// `--key-parts`: whether a composite key may lack a part.
pub(super) const KEY_PARTS: FlagSpec = FlagSpec {
    name: "key-parts",
    value: "any|all",
    help: "Parts of a composite key that a row must have; all: a row that lacks one is rejected [default: any]",
    canonical: |value| one_of(value, &[ANY_PART, ALL_PARTS]),
    repeats: false,
};
