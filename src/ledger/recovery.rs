//! The decision at the start of every command, from the checkpoint, the staging folder and the manifests.

use super::{RunId, StreamId};

/// A run and the digest of the head after it. Two marks are equal only if they belong to the same history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadMark {
    /// The run.
    pub run: RunId,
    /// xxh3-128 of the head's bytes.
    pub digest: u128,
}

/// What the checkpoint, or its output folder, contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The stream of the checkpoint, or the owner of the folder; `None` if the folder has no owner.
    pub stream: Option<StreamId>,
    /// The last committed run, or the newest published one.
    pub newest: Option<HeadMark>,
}

/// What is staged with a manifest, for the stream of the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staged {
    /// The run, and the head for which it was staged.
    pub mark: HeadMark,
    /// The newest published run when it was staged: the run before it, or none or any run if a state was imported.
    pub follows: Option<RunId>,
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Checkpoint and output agree. Anything staged was never committed and is removed.
    Discard,
    /// The staged run is committed and must be published.
    Publish,
    /// The checkpoint is behind the output: it was restored from an older copy, or its head was lost.
    Behind,
    /// The checkpoint is ahead of the output: outputs or manifests are missing, or the folder belongs to another checkpoint.
    Ahead,
    /// Both are at the same run, but their histories differ.
    Orphan,
    /// The output folder belongs to another stream.
    Another,
}

/// Decides from the head of the checkpoint, the newest published manifest and the staged manifest; first of all from the owner
/// of the output folder.
///
/// The commit of the head comes between staging and publishing. So a staged manifest that matches the head is a committed run;
/// any other is not. The manifest is published last, so it matches the head once publishing is complete.
///
/// A rollback is a run like any other: it has its own number and manifest, and retracts outputs while it is published. So it
/// needs no special rule.
pub fn recover(checkpoint: Side, output: Side, staged: Option<Staged>) -> Recovery {
    if output.stream.is_some() && output.stream != checkpoint.stream {
        return Recovery::Another;
    }
    let (head, published) = (checkpoint.newest, output.newest);
    if head == published {
        return Recovery::Discard;
    }
    let (Some(head), published_run) = (head, published.map(|mark| mark.run)) else {
        return Recovery::Behind;
    };
    if staged == Some(Staged { mark: head, follows: published_run }) {
        return Recovery::Publish;
    }
    match published_run.cmp(&Some(head.run)) {
        std::cmp::Ordering::Less => Recovery::Ahead,
        std::cmp::Ordering::Equal => Recovery::Orphan,
        std::cmp::Ordering::Greater => Recovery::Behind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_in_which_they_can_stand_has_its_decision() {
        let mark = |run, digest| Some(HeadMark { run: RunId::new(run), digest });
        let staged = |run, digest, follows: Option<u64>| {
            let follows = follows.map(RunId::new);
            Some(Staged { mark: HeadMark { run: RunId::new(run), digest }, follows })
        };
        for (head, published, staged, decision) in [
            (None, None, None, Recovery::Discard),
            (None, None, staged(1, 1, None), Recovery::Discard),
            (mark(3, 3), mark(3, 3), None, Recovery::Discard),
            (mark(3, 3), mark(3, 3), staged(4, 4, Some(3)), Recovery::Discard),
            (mark(1, 1), None, staged(1, 1, None), Recovery::Publish),
            (mark(4, 4), mark(3, 3), staged(4, 4, Some(3)), Recovery::Publish),
            // An imported state, beside a new output folder.
            (mark(4, 4), None, staged(4, 4, None), Recovery::Publish),
            (mark(4, 4), mark(3, 3), staged(4, 4, None), Recovery::Ahead),
            (mark(4, 4), mark(3, 3), staged(4, 5, Some(3)), Recovery::Ahead),
            (mark(4, 4), mark(3, 3), None, Recovery::Ahead),
            (mark(5, 5), mark(3, 3), staged(5, 5, Some(4)), Recovery::Ahead),
            (mark(1, 1), None, None, Recovery::Ahead),
            (None, mark(1, 1), None, Recovery::Behind),
            (mark(2, 2), mark(3, 3), None, Recovery::Behind),
            (mark(3, 9), mark(3, 3), None, Recovery::Orphan),
        ] {
            let case = format!("{head:?} {published:?} {staged:?}");
            let stream = |byte| Some(StreamId::of_bytes([byte; 16]));
            let mine = Side { stream: stream(1), newest: head };
            let of = |stream| Side { stream, newest: published };
            assert_eq!(recover(mine, of(stream(1)), staged), decision, "{case}");
            assert_eq!(recover(mine, of(None), staged), decision, "{case}");
            assert_eq!(recover(mine, of(stream(2)), staged), Recovery::Another, "{case}");
        }
    }
}
