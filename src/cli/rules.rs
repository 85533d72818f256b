//! Flags for the rules besides the gap. All of them are part of the definition.

use crate::core::rules::{RuleFlag, RuleTexts};
use clap::Args;

/// Every flag takes `none` too: with --redefine it takes the rule away.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules and columns (part of the definition)")]
pub(super) struct RuleFlags {
    /// Output column about a session's events, such as `first(path)=landing_page`, count, `count_if(event=purchase)`,
    /// sum(amount), min, max, distinct(path), list(path), any(event=purchase)=converted; may be repeated
    #[arg(long, value_name = "FUNC(COL)[=NAME]", value_parser = canonical(RuleFlag::Aggregate))]
    agg: Vec<String>,
    /// Longest session: an event further than this from its start begins a new one
    #[arg(long, value_name = "DUR", value_parser = canonical(RuleFlag::MaxDuration))]
    max_duration: Option<String>,
    /// Largest session: one more event begins a new one
    #[arg(long, value_name = "N", value_parser = canonical(RuleFlag::MaxEvents))]
    max_events: Option<String>,
    /// Column whose changed, non-empty value begins a new session; may be repeated
    #[arg(long, value_name = "COL", value_parser = canonical(RuleFlag::SplitOn))]
    split_on: Vec<String>,
    /// midnight: a new session each day, in the zone of --timezone, or that of the event's source
    #[arg(long, value_name = "WHEN", value_parser = canonical(RuleFlag::SplitAt))]
    split_at: Option<String>,
    /// Events that begin a new session, such as event=login; may be repeated
    #[arg(long, value_name = "COL=VALUE", value_parser = canonical(RuleFlag::StartOn))]
    start_on: Vec<String>,
    /// Events that end their session, such as event=logout; may be repeated
    #[arg(long, value_name = "COL=VALUE", value_parser = canonical(RuleFlag::EndOn))]
    end_on: Vec<String>,
    /// Gap by the value of a column, such as event:purchase=2h,*=30m: each event covers its own gap
    #[arg(long, value_name = "COL:VALUE=DUR,...", value_parser = canonical(RuleFlag::GapBy))]
    gap_by: Option<String>,
    /// Column with the gap of each event, such as 30m or whole seconds
    #[arg(long, value_name = "COL", value_parser = canonical(RuleFlag::GapColumn))]
    gap_column: Option<String>,
    /// Drop events that were there already: those of a key with the same value in this column, or row for whole rows
    #[arg(long, value_name = "COL|row", value_parser = canonical(RuleFlag::Dedup))]
    dedup: Option<String>,
    /// What a completed session becomes: a row of its own, the rows of its events, or both [default: sessions]
    #[arg(long, value_name = "sessions|events|both", value_parser = canonical(RuleFlag::Emit))]
    emit: Option<String>,
    /// How long completed sessions stay correctable by late events; outputs get a column op (insert, retract)
    #[arg(long, value_name = "DUR", value_parser = canonical(RuleFlag::AllowedLateness))]
    allowed_lateness: Option<String>,
    /// Different values that distinct counts exactly; more are marked by a + [default: 1000]
    #[arg(long, value_name = "N", value_parser = canonical(RuleFlag::MaxDistinct))]
    max_distinct: Option<String>,
    /// Values that list keeps; more are marked by a null at its end [default: 1000]
    #[arg(long, value_name = "N", value_parser = canonical(RuleFlag::MaxList))]
    max_list: Option<String>,
}

fn canonical(flag: RuleFlag) -> impl Fn(&str) -> Result<String, String> + Clone {
    move |value| flag.canonical(value)
}

impl RuleFlags {
    /// The rules that were given.
    pub(super) fn texts(&self) -> RuleTexts {
        let one = |value: &Option<String>| value.iter().cloned().collect();
        let mut texts = RuleTexts::default();
        for (flag, values) in [
            (RuleFlag::Aggregate, self.agg.clone()),
            (RuleFlag::MaxDuration, one(&self.max_duration)),
            (RuleFlag::MaxEvents, one(&self.max_events)),
            (RuleFlag::SplitOn, self.split_on.clone()),
            (RuleFlag::SplitAt, one(&self.split_at)),
            (RuleFlag::StartOn, self.start_on.clone()),
            (RuleFlag::EndOn, self.end_on.clone()),
            (RuleFlag::GapBy, one(&self.gap_by)),
            (RuleFlag::GapColumn, one(&self.gap_column)),
            (RuleFlag::Dedup, one(&self.dedup)),
            (RuleFlag::Emit, one(&self.emit)),
            (RuleFlag::AllowedLateness, one(&self.allowed_lateness)),
            (RuleFlag::MaxDistinct, one(&self.max_distinct)),
            (RuleFlag::MaxList, one(&self.max_list)),
        ] {
            texts.set(flag, values);
        }
        texts
    }
}
