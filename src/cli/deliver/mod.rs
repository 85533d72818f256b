//! `sessionize deliver`

mod text;

use super::common::{ReportFlags, named, print_text};
use super::configuration::Invocation;
use crate::deliver::{self, DeliverSettings, check_follower_name};
use crate::error::{Error, ErrorKind, Result};
use crate::report::DeliverReport;
use crate::run::Cancellation;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Command, FromArgMatches};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use text::{clean_page, deliver_page, forget_page, status_page};

const EXAMPLES: &str = "\
Examples:
  sessionize deliver --to postgres://loader@db.example.com/shop
  PGPASSFILE=/etc/sessionize/pgpass sessionize deliver --to 'postgres://loader@db/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem'
  sessionize deliver --to s3://lake/sessions
  sessionize deliver --to ./lake
  sessionize deliver --status";

/// Carry the published runs into a database, an object store or a folder: each run in one transaction, corrections and rollbacks included
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DeliverFlags {
    /// Address of the target: `postgres://USER@HOST/DATABASE`, with the password from PGPASSWORD, PGPASSFILE or ~/.pgpass; `s3://`,
    /// `gs://` or `az://BUCKET/FOLDER`, with credentials from the environment; or a folder, such as ./lake
    #[arg(long, value_name = "TARGET")]
    to: Option<String>,
    /// Name of the follower, under which the output folder and the target keep its position [default: the kind of target]
    #[arg(long, value_name = "NAME", value_parser = follower_name)]
    name: Option<String>,
    /// Begin a target that has no run yet after this one: it lacks what this run and those before it have published
    #[arg(long, value_name = "RUN")]
    start_after: Option<u64>,
    /// Show how far each registered follower is behind, and deliver nothing
    #[arg(long, conflicts_with_all = ["to", "name", "start_after"])]
    status: bool,
    /// Remove a follower from those for which the output folder keeps outputs; its target stays as it is
    #[arg(long, value_name = "NAME", value_parser = follower_name, conflicts_with_all = ["to", "name", "start_after", "status"])]
    forget: Option<String>,
    /// Print the statements that make the tables, and deliver nothing
    #[arg(long, conflicts_with_all = ["to", "name", "start_after", "status", "forget"])]
    schema: bool,
    /// Remove files from the target that deliveries have left which ended early, and deliver nothing
    #[arg(long, conflicts_with_all = ["start_after", "status", "forget", "schema"])]
    clean: bool,
    /// Folder of the outputs
    #[arg(long, value_name = "DIR", default_value = "sessionize-out", value_parser = PathBufValueParser::new().try_map(named))]
    out: PathBuf,
    #[command(flatten)]
    report: ReportFlags,
}

fn follower_name(text: &str) -> Result<String, String> {
    check_follower_name(text).map(|()| text.to_owned())
}

pub(super) fn execute(flags: &DeliverFlags, cancellation: &Cancellation) -> Result<()> {
    if flags.schema {
        return print_text(&deliver::schemas());
    }
    if flags.status {
        return flags.report.print(cancellation, &deliver::status(&flags.out)?, status_page);
    }
    if let Some(name) = &flags.forget {
        return flags.report.print(cancellation, &deliver::forget(&flags.out, name)?, forget_page);
    }
    let settings = flags.settings()?;
    if flags.clean {
        return flags.report.print(cancellation, &deliver::clean(&settings)?, clean_page);
    }
    cancellation.delivers()?;
    let report = deliver::deliver(&settings, cancellation)?;
    flags.report.print(cancellation, &report, deliver_page)
}

impl DeliverFlags {
    fn settings(&self) -> Result<DeliverSettings> {
        let to = self.to.as_deref().ok_or_else(|| {
            Error::new(ErrorKind::Usage, "no target is named")
                .remedy("name one: sessionize deliver --to TARGET, or the key to below [deliver] of the configuration file")
        })?;
        let settings = DeliverSettings::new(self.out.clone(), to, self.name.clone())?;
        Ok(settings.starting_after(self.start_after))
    }
}

/// The flag of a run that delivers.
#[derive(Debug, Args)]
pub(super) struct AfterRunFlags {
    /// Then deliver to the target that the table [deliver] of the configuration file names
    #[arg(long)]
    pub(super) deliver: bool,
}

/// The delivery behind a run, as the table `[deliver]` of the configuration file says.
#[derive(Debug)]
pub(super) struct DeliveryAfterRun {
    settings: DeliverSettings,
}

impl DeliveryAfterRun {
    /// Reads the table; the outputs are those of the run.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if it names no target.
    pub(super) fn read(root: Command, config: Option<&Path>, out: &Path) -> Result<Self> {
        let mut words = vec![OsString::from(env!("CARGO_PKG_NAME"))];
        if let Some(config) = config {
            words.extend(["--config".into(), config.into()]);
        }
        words.extend(["deliver".into(), "--out".into(), out.into()]);
        let invocation = Invocation::read(root, &words)?;
        let matches = invocation.matches.subcommand_matches("deliver");
        let flags = matches.and_then(|matches| DeliverFlags::from_arg_matches(matches).ok());
        let flags = flags.filter(|flags| flags.to.is_some()).ok_or_else(|| {
            Error::new(ErrorKind::Usage, "run --deliver has no target")
                .remedy("name it by the key to below [deliver] of the configuration file")
        })?;
        Ok(Self { settings: flags.settings()? })
    }

    /// Delivers. Whatever fails, the run stays committed: its error has an exit code of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`].
    pub(super) fn carry_out(&self, cancellation: &Cancellation) -> Result<DeliverReport> {
        let delivered = cancellation.delivers().and_then(|()| deliver::deliver(&self.settings, cancellation));
        delivered.map_err(|error| error.of_delivery(cancellation.committed()))
    }
}
