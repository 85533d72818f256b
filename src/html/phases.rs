//! The time of the slowest runs.

use super::numbers::{count, duration};
use super::section::{figure, nothing};
use super::table::folded_table;
use super::text::{each, escaped};
use crate::figures::{Calendar, RunFigures, RunPhases};

/// The slowest runs, each with a bar of its phases.
pub(super) fn slowest(figures: &RunFigures, calendar: Calendar) -> String {
    let untimed = match figures.untimed {
        0 => String::new(),
        1 => " The times of 1 run are not known.".to_owned(),
        more => format!(" The times of {} runs are not known.", count(more)),
    };
    let Some(longest) = figures.slowest.first() else {
        return nothing(untimed.trim());
    };
    let legend = each(longest.phases_us.iter().enumerate(), |(number, (name, _))| {
        format!(
            "<li><svg viewBox=\"0 0 10 10\"><rect class=\"p{number}\" width=\"10\" height=\"10\"/></svg>{name}</li>\n"
        )
    });
    let lines = each(&figures.slowest, |run| line(run, longest.total_us()));
    let chart = format!(
        "<p class=\"faint\">{}</p>\n<ul class=\"legend\" aria-hidden=\"true\">{legend}</ul>\n\
         <table class=\"bars\"><caption class=\"unseen\">Time of the slowest runs</caption>\n\
         <thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Time</th><td aria-hidden=\"true\"></td></tr></thead>\n\
         <tbody>\n{lines}</tbody></table>\n",
        escaped(&format!("Wall time up to the commit, which is what takes long.{untimed}")),
    );
    let heads = ["Run", "Started", "Total", "open", "read", "reduce", "stage"];
    let rows = figures.slowest.iter().map(|run| {
        let phases = run.phases_us.iter().map(|(_, us)| time(*us));
        [format!("run {}", run.run), calendar.text(run.started), time(run.total_us())]
            .into_iter()
            .chain(phases)
            .collect()
    });
    figure(
        "The slowest runs by phase",
        &chart,
        &folded_table("time of the slowest runs by phase", &heads, rows),
    )
}

fn line(run: &RunPhases, longest_us: u64) -> String {
    let scaled = |us: u64| u128::from(us) * 1_000 / u128::from(longest_us.max(1));
    let before = |number: usize| run.phases_us[..number].iter().map(|(_, us)| scaled(*us)).sum::<u128>();
    let rects = each(run.phases_us.iter().enumerate(), |(number, (name, us))| {
        let (at, width) = (before(number), scaled(*us));
        format!(
            "<rect class=\"p{number}\" x=\"{at}\" width=\"{width}\" height=\"10\"><title>{name}: {}</title></rect>",
            time(*us)
        )
    });
    format!(
        "<tr><th scope=\"row\">run {}</th><td>{}</td><td class=\"bar\" aria-hidden=\"true\">\
         <svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\">{rects}</svg></td></tr>\n",
        run.run,
        time(run.total_us())
    )
}

fn time(us: u64) -> String {
    duration(i64::try_from(us).unwrap_or(i64::MAX))
}
