//! The rows of published outputs, for whoever follows them.
#![expect(clippy::disallowed_methods, reason = "reads published files")]

use super::value::{RowError, TakeRow};
use crate::error::{Error, ErrorKind, Result};
use crate::output::OutputFormat;
use crate::output::columns::Column;
use crate::output::form::OutputForm;
use crate::output::kind::OutputKind;
use crate::output::listing::{Content, Fault};
use crate::output::manifest::{Manifest, ManifestFile};
use crate::output::paths::{Output, OutputFile, RETRACTED};
use crate::output::published::unreadable;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

/// An output of a run, whose content is the one that its manifest lists.
#[derive(Debug)]
pub struct PublishedFile {
    output: OutputFile,
    path: PathBuf,
    file: File,
    columns: Vec<Column>,
    listed: ManifestFile,
}

impl PublishedFile {
    /// The columns of its rows.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What it holds.
    pub const fn kind(&self) -> OutputKind {
        self.output.kind
    }

    /// How many rows it has, as its manifest says.
    pub const fn count(&self) -> u64 {
        self.listed.rows
    }

    /// Its entry in the manifest.
    pub const fn listed(&self) -> &ManifestFile {
        &self.listed
    }

    /// Its format.
    pub const fn format(&self) -> OutputFormat {
        self.output.form.format
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes, from the first one on.
    pub fn into_content(self) -> File {
        self.file
    }

    /// Reads its rows, one after the other.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if it is not what its manifest says, and the error of `take`.
    pub fn rows(self, take: TakeRow<'_>) -> Result<()> {
        let OutputForm { format, .. } = self.output.form;
        format.read_rows(self.output.form.stored(self.file), &self.columns, take).map_err(|error| match error
        {
            RowError::Damaged(damage) => unreadable(&self.path, &damage),
            RowError::Stopped(error) => error,
        })
    }
}

/// An output that cannot be read.
#[derive(Debug)]
pub struct UnopenedFile {
    /// Its path, relative to the output folder.
    pub path: String,
    /// How many rows it has, as its manifest says.
    pub count: u64,
    /// What is wrong with it; `None` if it is gone.
    pub wrong: Option<String>,
}

/// The error for a file that somebody has moved, deleted or edited before it was delivered.
fn not_as_published(path: &Path, fault: Fault) -> Error {
    let what = match fault {
        Fault::Gone => "it is gone".to_owned(),
        Fault::Wrong(wrong) => wrong,
    };
    Error::new(ErrorKind::Checkpoint, format!("this output cannot be delivered: {what}")).at(path.display()).remedy(
        "put back the file as its run has published it, and rerun the command: nothing of this run was delivered",
    )
}

impl Output {
    /// Opens the sessions and the events of a run, in their places or retracted, and holds their bytes against the manifest. Reads
    /// each once.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if one is gone, or differs from what was published.
    pub fn open_rows(&self, manifest: &Manifest) -> Result<Vec<PublishedFile>> {
        let rows = manifest
            .outputs()
            .filter(|(file, _)| matches!(file.kind, OutputKind::Sessions | OutputKind::Events));
        let open = |(file, listed): (OutputFile, &ManifestFile)| {
            let refused = |fault| not_as_published(&self.folder().join(&listed.path), fault);
            self.open_checked(file, listed, manifest).map_err(refused)
        };
        rows.map(open).collect()
    }

    /// Opens the outputs of one kind of a run, as [`Output::open_rows`] does; each is there or not.
    pub fn open_each(
        &self,
        manifest: &Manifest,
        kind: OutputKind,
    ) -> impl Iterator<Item = Result<PublishedFile, UnopenedFile>> {
        let of_kind = manifest.outputs().filter(move |(file, _)| file.kind == kind);
        of_kind.map(move |(file, listed)| {
            self.open_checked(file, listed, manifest).map_err(|fault| UnopenedFile {
                path: listed.path.clone(),
                count: listed.rows,
                wrong: match fault {
                    Fault::Gone => None,
                    Fault::Wrong(wrong) => Some(wrong),
                },
            })
        })
    }

    fn open_checked(
        &self,
        output: OutputFile,
        listed: &ManifestFile,
        manifest: &Manifest,
    ) -> Result<PublishedFile, Fault> {
        let path = self.folder().join(&listed.path);
        let failed = |error: io::Error| Fault::of(&path, &error);
        let mut file = self.open_anywhere(listed).map_err(failed)?;
        Content::of(&file).map_err(failed)?.check(listed)?;
        file.rewind().map_err(failed)?;
        let columns = manifest
            .columns_of(output.kind)
            .ok_or_else(|| Fault::Wrong("its manifest does not list its columns".to_owned()))?;
        Ok(PublishedFile { output, path, file, columns: columns.to_vec(), listed: listed.clone() })
    }

    /// A rollback may move a file while it is looked for, once and never back.
    fn open_anywhere(&self, listed: &ManifestFile) -> io::Result<File> {
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        match File::open(self.folder().join(&listed.path)) {
            Err(error) if is_gone(&error) => File::open(self.folder().join(RETRACTED).join(&listed.path)),
            opened => opened,
        }
    }
}
