//! Who follows the published runs, and how far: `followers/NAME.json`, a file for each follower.
//!
//! What is promised. The file of a follower is there before the follower reads its first output, and names a run that the target
//! has committed: outputs of that run and of earlier ones are not read for this follower again. So whoever removes outputs may
//! remove those of the runs up to [`Output::taken_by_all`], published or retracted, and the manifests of these runs but the last. A
//! target that was put back from an older backup registers its older position before it reads anything; whether what it lacks is
//! still there is for it to find out. Files are replaced by rename, and without a lock: runs never wait for a follower.
#![expect(clippy::disallowed_methods, reason = "reads and writes files of the output folder")]

use super::paths::{Output, failed};
use super::sealed::{Sealed, digest_text, stream_text};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(super) const FOLLOWERS: &str = "followers";
const ENDING: &str = ".json";

/// The longest name of a follower, in characters.
const MAX_NAME: usize = 63;

/// A registered follower and its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The name of the follower, which is that of the file.
    pub name: String,
    /// Where it delivers to, for people. No password is in it.
    pub target: String,
    /// What the target calls itself: two targets of one name are told apart by it.
    pub target_id: String,
    /// The stream that it follows.
    #[serde(with = "stream_text")]
    pub stream_id: StreamId,
    /// The last run that its target has committed, with the head that this run left.
    #[serde(flatten, with = "Position")]
    pub position: HeadMark,
}

/// How the file writes a position.
#[derive(Serialize, Deserialize)]
#[serde(remote = "HeadMark")]
struct Position {
    #[serde(with = "run_number")]
    run: RunId,
    #[serde(rename = "head_digest", with = "digest_text")]
    digest: u128,
}

/// How the file writes a run.
mod run_number {
    use crate::ledger::RunId;
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::Serializer;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(run: &RunId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(run.number())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RunId, D::Error> {
        u64::deserialize(from).map(RunId::new)
    }
}

/// What is wrong with a name for a follower: it becomes the name of a file.
///
/// # Errors
/// In words.
pub fn check_follower_name(name: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_plain) {
        return Err(format!("a follower has a name of at most {MAX_NAME} letters, digits, - and _"));
    }
    Ok(())
}

impl Output {
    /// The registered followers, in the order of their names.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] for a file that is damaged: what its follower still needs is not known. [`ErrorKind::Failed`] if
    /// the folder cannot be read.
    pub fn followers(&self) -> Result<Vec<Registration>> {
        let folder = self.folder().join(FOLLOWERS);
        let unlisted = |error: io::Error| failed("read the folder of followers", &folder, &error);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unlisted)?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let file_name = entry.map_err(unlisted)?.file_name();
            let name = file_name.to_str().and_then(|name| name.strip_suffix(ENDING));
            if let Some(name) = name.filter(|name| check_follower_name(name).is_ok()) {
                found.extend(self.follower(name)?);
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// One registered follower; `None` if there is none of this name.
    ///
    /// # Errors
    /// As [`Output::followers`].
    pub fn follower(&self, name: &str) -> Result<Option<Registration>> {
        let path = self.follower_path(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read the position of a follower", &path, &error)),
        };
        match Sealed::<Registration>::read(&bytes) {
            Ok(registration) if registration.name == name => Ok(Some(registration)),
            Ok(_) => Err(damaged(&path, "it speaks of another follower than its name")),
            Err(damage) => Err(damaged(&path, &damage)),
        }
    }

    /// The run up to which every registered follower has taken what was published; `None` if none is registered.
    ///
    /// # Errors
    /// As [`Output::followers`].
    pub fn taken_by_all(&self) -> Result<Option<RunId>> {
        Ok(self.followers()?.iter().map(|follower| follower.position.run).min())
    }

    /// Removes the file of a follower. Says whether there was one.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be removed.
    pub fn forget(&self, name: &str) -> Result<bool> {
        let path = self.follower_path(name);
        match self.disk().remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            removed => removed
                .and_then(|()| self.disk().sync_folder(&self.folder().join(FOLLOWERS)))
                .map(|()| true)
                .map_err(|error| failed("remove the position of a follower", &path, &error)),
        }
    }

    pub(super) fn follower_path(&self, name: &str) -> PathBuf {
        self.folder().join(FOLLOWERS).join(format!("{name}{ENDING}"))
    }
}

fn damaged(path: &Path, damage: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("the position of a follower cannot be trusted: {damage}"))
        .at(path.display())
        .remedy("remove the file; the next `sessionize deliver` to this target writes it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::Disk;

    const GOLDEN: &str = r#"{
  "format_version": 1,
  "name": "warehouse",
  "target": "postgres localhost:5432/shop",
  "target_id": "08080808-0808-4808-8808-080808080808",
  "stream_id": "07070707-0707-4707-8707-070707070707",
  "run": 7,
  "head_digest": "000000000000000000000000000000ff",
  "checksum": "e7a4c2e4f282a976"
}
"#;

    fn registration(name: &str, run: u64) -> Registration {
        Registration {
            name: name.to_owned(),
            target: "postgres localhost:5432/shop".to_owned(),
            target_id: "08080808-0808-4808-8808-080808080808".to_owned(),
            stream_id: StreamId::of_random([7; 16]),
            position: HeadMark { run: RunId::new(run), digest: 255 },
        }
    }

    fn write(output: &Output, registration: &Registration) {
        let path = output.follower_path(&registration.name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, Sealed::of(registration).to_bytes()).unwrap();
    }

    #[test]
    fn golden_bytes() {
        let warehouse = registration("warehouse", 7);
        assert_eq!(String::from_utf8(Sealed::of(&warehouse).to_bytes()).unwrap(), GOLDEN);
        assert_eq!(Sealed::read(GOLDEN.as_bytes()), Ok(warehouse));
    }

    #[test]
    fn what_all_have_taken_is_what_the_slowest_has() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::at(folder.path().to_owned(), Disk::default());
        assert_eq!(output.taken_by_all().unwrap(), None);
        for (name, run) in [("b", 9), ("a", 4), ("a", 5)] {
            write(&output, &registration(name, run));
        }
        assert_eq!(output.followers().unwrap(), [registration("a", 5), registration("b", 9)]);
        assert_eq!(output.taken_by_all().unwrap(), Some(RunId::new(5)));
        assert_eq!((output.forget("a").unwrap(), output.forget("a").unwrap()), (true, false));
        assert_eq!(output.taken_by_all().unwrap(), Some(RunId::new(9)));
    }

    #[test]
    fn a_file_that_cannot_be_trusted_is_an_error_and_what_is_half_written_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::at(folder.path().to_owned(), Disk::default());
        write(&output, &registration("a", 5));
        fs::write(folder.path().join("followers/b.7.partial"), "{").unwrap();
        assert_eq!(output.followers().unwrap().len(), 1);
        fs::copy(output.follower_path("a"), output.follower_path("b")).unwrap();
        assert_eq!(output.followers().unwrap_err().kind(), ErrorKind::Checkpoint);
        fs::write(output.follower_path("b"), "{}").unwrap();
        assert_eq!(output.taken_by_all().unwrap_err().kind(), ErrorKind::Checkpoint);
    }

    #[test]
    fn a_name_is_one_of_a_file() {
        for name in ["a", "data-warehouse_2", &"x".repeat(MAX_NAME)] {
            assert_eq!(check_follower_name(name), Ok(()));
        }
        for name in ["", "a/b", "..", "a.json", "ä", "a b", &"x".repeat(MAX_NAME + 1)] {
            check_follower_name(name).unwrap_err();
        }
    }
}
