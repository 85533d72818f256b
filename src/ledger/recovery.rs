//! What to do at the start of every command, from what the checkpoint, the staging folder and the manifests say.

use super::{RunId, StreamId};

/// A run and the digest of the head that it left: two of them are equal only if they speak of the same history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadMark {
    /// The run.
    pub run: RunId,
    /// xxh3-128 of the head's bytes.
    pub digest: u128,
}

/// What the checkpoint, or its output folder, says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The stream whose checkpoint it is, or to whose outputs the folder belongs; `None` for a folder that is nobody's.
    pub stream: Option<StreamId>,
    /// The last committed run, or the newest published one.
    pub newest: Option<HeadMark>,
}

/// What is staged with a manifest of its own, for the stream of the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staged {
    /// The run, and the head that it was staged for.
    pub mark: HeadMark,
    /// The run that was the newest published one when it was staged: the one before it, or none or any where a state was
    /// imported.
    pub follows: Option<RunId>,
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Checkpoint and output agree; whatever is staged was never committed and is to be removed.
    Discard,
    /// The staged run was committed and is still to be published.
    Publish,
    /// The checkpoint knows less than the output: an older copy of it was put back, or its head was lost.
    Behind,
    /// The checkpoint knows more than the output: outputs or their manifests are gone, or the folder is another one's.
    Ahead,
    /// Both are at the same run, but not of the same history.
    Orphan,
    /// The output folder belongs to the checkpoint of another stream.
    Another,
}

/// Decides from the checkpoint's head, the newest published manifest, and the manifest that is staged; before all that from
/// whose output folder it is.
///
/// The commit of the head stands between staging and publishing. So a staged manifest that equals the head is a
/// committed run; any other is not. A manifest is published last, so it equals the head once publishing is done.
///
/// A rollback is a run like any other: it has a number and a manifest of its own, and the outputs that it retracts are moved
/// while it is published. So it needs no rule of its own.
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
