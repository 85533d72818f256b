//! The names that a delivery to the folder `lake` changes.

use crate::delivery::objects::Number;
use crate::path::Run;

/// A file of the target, or the position in the output folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'p> {
    /// A file that an attempt has sent for a step.
    Data {
        /// The step.
        number: Number,
        /// The attempt.
        attempt: &'p str,
        /// The run whose output it is.
        run: Run,
    },
    /// The manifest of a step.
    Manifest(Number),
    /// The same while it is written.
    PartialManifest(Number),
    /// The registered position while it is written.
    PartialPosition,
}

impl<'p> Place<'p> {
    /// What has this name.
    pub fn of(path: &'p str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["lake", "_streams", _, name] => {
                let (number, rest) = name.split_once('.')?;
                let number = number.parse().ok()?;
                Some(if rest == "json" { Self::Manifest(number) } else { Self::PartialManifest(number) })
            }
            ["lake", "runs", _, step, .., file] => {
                let (number, attempt) = step.split_once('-')?;
                let run = file.strip_prefix("run-")?.split('.').next()?.parse().ok()?;
                Some(Self::Data { number: number.parse().ok()?, attempt, run })
            }
            ["sessionize-out", "followers", name] => {
                name.ends_with(".partial").then_some(Self::PartialPosition)
            }
            _ => None,
        }
    }
}

/// What the document that is written at this place says of a run, in the words of the model.
pub fn said(path: &str, document: &str) -> Option<String> {
    let place = Place::of(path)?;
    let number = |name: &str| {
        let (_, rest) = document.split_once(&format!("\"{name}\": "))?;
        rest.split([',', '\n']).next()?.parse::<u64>().ok()
    };
    let run = number("run")?;
    let back_to = number("rolled_back_to").map_or(String::new(), |to| format!(", back to {to}"));
    matches!(place, Place::PartialManifest(_) | Place::PartialPosition).then(|| format!("run {run}{back_to}"))
}
