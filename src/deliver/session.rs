//! One delivery: from where the target is to the newest published run.

use super::connect_to;
use super::follower::{BEFORE_ALL, Follower, Position, Request};
use super::log::{manifests_after, mark_of, steps, stream_of};
use super::target::Connect;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use crate::output::{Output, OutputKind, PublishedFile, Registration};
use crate::report::{CleanReport, DeliverReport};
use crate::run::Cancellation;
use std::path::PathBuf;

/// What to deliver, and where to.
#[derive(Debug, Clone)]
pub struct DeliverSettings {
    out: PathBuf,
    to: String,
    name: String,
    start_after: Option<RunId>,
    connect: Connect,
}

impl DeliverSettings {
    /// From the output folder `out` to the target with the address `to`. `name` is that of the follower: without it, that of the kind
    /// of target.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if there is no such kind of target, or none in this build.
    pub fn new(out: PathBuf, to: &str, name: Option<String>) -> Result<Self> {
        let (target, connect) = connect_to(to)?;
        let name = name.unwrap_or_else(|| target.kind.to_owned());
        Ok(Self { out, to: to.to_owned(), name, start_after: None, connect })
    }

    /// The same, where a target without a run begins behind `run`, and lacks what it and the runs before it have published. `None` begins
    /// with the first run.
    #[must_use]
    pub fn starting_after(self, run: Option<u64>) -> Self {
        Self { start_after: run.map(RunId::new).filter(|run| *run != RunId::BEFORE_ALL), ..self }
    }
}

/// Delivers every published run that the target does not have, one transaction each. Needs the output folder alone, takes no lock of
/// it, and reads each file twice: for its digest, and for its rows.
///
/// # Errors
/// [`ErrorKind::Usage`] for an address that makes no sense, [`ErrorKind::Checkpoint`] for damaged outputs, and
/// [`ErrorKind::Delivery`] for what the target refuses. Whatever it is, the target has whole runs, and its position is that of its
/// rows: another delivery goes on from there.
pub fn deliver(settings: &DeliverSettings, cancellation: &Cancellation) -> Result<DeliverReport> {
    Delivery::begin(settings)?.carry_out(cancellation)
}

/// Removes what deliveries that have ended early have left in the target, and delivers nothing. Asks the target what it has, which
/// may be a lot.
///
/// # Errors
/// [`ErrorKind::Usage`] for an address that makes no sense, and [`ErrorKind::Delivery`] for what the target refuses.
pub fn clean(settings: &DeliverSettings) -> Result<CleanReport> {
    let mut follower = Delivery::begin(settings)?.follower;
    let files_removed = follower.clean()?;
    Ok(CleanReport { target: follower.target().to_owned(), files_removed })
}

/// A follower at work.
struct Delivery<'d> {
    output: Output,
    stream: StreamId,
    name: &'d str,
    start_after: Option<RunId>,
    follower: Box<dyn Follower>,
}

impl<'d> Delivery<'d> {
    fn begin(settings: &'d DeliverSettings) -> Result<Self> {
        let disk = Disk::default();
        let output = Output::at(settings.out.clone(), disk.clone());
        let stream = stream_of(&output)?;
        let name = &*settings.name;
        let request = Request { address: &settings.to, name, stream, disk };
        let follower = (settings.connect)(&request)?;
        Ok(Self { output, stream, name, start_after: settings.start_after, follower })
    }

    fn carry_out(&mut self, cancellation: &Cancellation) -> Result<DeliverReport> {
        let mut position = self.follower.position()?;
        self.expect_own_target(&position)?;
        // Before anything is read: from here on nobody removes what lies behind the position.
        self.register(&position)?;
        let mut report = DeliverReport {
            status: "nothing-to-do",
            follower: self.name.to_owned(),
            target: self.follower.target().to_owned(),
            stream_id: self.stream.to_string(),
            run: position.mark.run.number(),
            ..DeliverReport::default()
        };
        loop {
            let manifests = manifests_after(&self.output, self.stream, self.begin_at(position.mark)?)?;
            for next in steps(&manifests) {
                cancellation.check()?;
                let step = next.open(&self.output)?;
                let (mark, count) = (step.mark, Count::of(&step.rows));
                if !self.follower.apply(position.mark, step)? {
                    break;
                }
                position.mark = mark;
                self.register(&position)?;
                count.add_to(&mut report, mark);
            }
            if manifests.is_empty() {
                report.run = position.mark.run.number();
                return Ok(report);
            }
            let now = self.follower.position()?;
            if now != position {
                self.register(&now)?;
            }
            position = now;
        }
    }

    /// Where to go on in the log from the position of the target: behind runs that a new one is to lack.
    fn begin_at(&self, position: HeadMark) -> Result<HeadMark> {
        let Some(run) = self.start_after.filter(|_| position == BEFORE_ALL) else { return Ok(position) };
        let mark = mark_of(&self.output, run)?;
        if self.output.newest_run()? == Some(run) {
            let what = format!(
                "nothing is published behind run {}, so a target cannot begin there yet",
                run.number()
            );
            return Err(Error::new(ErrorKind::Usage, what)
                .at(self.output.folder().display())
                .remedy("deliver again after the next run"));
        }
        log::warn!(
            "{} begins after run {}: it lacks what this run and those before it have published",
            self.follower.target(),
            run.number()
        );
        Ok(mark)
    }

    /// A name stands for one target: what one of two targets has, nobody would keep for the other.
    fn expect_own_target(&self, position: &Position) -> Result<()> {
        let registered = self.output.follower(self.name)?;
        let another = registered
            .filter(|other| other.target_id != position.target_id && position.mark.run != RunId::BEFORE_ALL);
        another.map_or(Ok(()), |other| {
            let what = format!(
                "the follower {} of this folder delivers to another target: {}",
                self.name, other.target
            );
            Err(Error::new(ErrorKind::Delivery, what).remedy(format!(
                "give this one a --name of its own, or forget the other one: sessionize deliver --forget {}",
                self.name
            )))
        })
    }

    fn register(&self, position: &Position) -> Result<()> {
        self.output.register(&Registration {
            name: self.name.to_owned(),
            target: self.follower.target().to_owned(),
            target_id: position.target_id.clone(),
            stream_id: self.stream,
            position: position.mark,
        })
    }
}

/// The rows of a step.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    sessions: u64,
    events: u64,
}

impl Count {
    fn of(files: &[PublishedFile]) -> Self {
        let of_kind = |kind| files.iter().filter(|file| file.kind() == kind).map(PublishedFile::count).sum();
        Self { sessions: of_kind(OutputKind::Sessions), events: of_kind(OutputKind::Events) }
    }

    fn add_to(self, report: &mut DeliverReport, mark: HeadMark) {
        report.status = "delivered";
        report.run = mark.run.number();
        report.runs_delivered += 1;
        report.session_rows += self.sessions;
        report.event_rows += self.events;
    }
}
