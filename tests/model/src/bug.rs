//! Mistakes that the checks of the model must notice.

/// A mistake in the protocol. The program makes none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bug {
    /// The staged output is not synced.
    OutputNotSynced,
    /// The staged manifest is not synced.
    ManifestNotSynced,
    /// The names in the staging folder are not synced.
    StagedNamesNotSynced,
    /// The commit is not synced before its run is published.
    CommitNotSynced,
    /// Recovery publishes a run without a sync of its commit, which the process that has ended may not have reached.
    FoundCommitNotSynced,
    /// Recovery goes on from folders and manifests that it finds, without a sync of their names.
    FoundNamesNotSynced,
    /// The folder of a published output is not synced before its manifest appears.
    PublishedNamesNotSynced,
    /// The run is published, and then committed.
    PublishedBeforeCommit,
    /// The manifest is published before the output.
    ManifestBeforeOutput,
    /// Recovery removes what is staged, although its run is committed.
    CommittedRunDiscarded,
    /// Recovery publishes what is staged, although its run is not committed.
    UncommittedRunPublished,
    /// Recovery removes what is staged, although a process whose commit is lost has begun to publish it.
    LostCommitNotTakenBack,
    /// The head is not compared with the newest manifest.
    HeadNotCompared,
    /// Heads are compared by the number of their run, and not by their digest.
    DigestNotCompared,
    /// The owner of the output folder is not looked at.
    OwnerNotChecked,
    /// No lock of the checkpoint is taken.
    StateNotLocked,
    /// No lock of the output folder is taken.
    OutputNotLocked,
    /// The digests of known batches are not asked for.
    BatchNotRecognized,
    /// A rollback does not forget the batches of the runs that it takes back.
    RollbackForgetsNothing,
    /// A backup gets its name without a verification.
    BackupNotVerified,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::OutputNotSynced,
        Self::ManifestNotSynced,
        Self::StagedNamesNotSynced,
        Self::CommitNotSynced,
        Self::FoundCommitNotSynced,
        Self::FoundNamesNotSynced,
        Self::PublishedNamesNotSynced,
        Self::PublishedBeforeCommit,
        Self::ManifestBeforeOutput,
        Self::CommittedRunDiscarded,
        Self::UncommittedRunPublished,
        Self::LostCommitNotTakenBack,
        Self::HeadNotCompared,
        Self::DigestNotCompared,
        Self::OwnerNotChecked,
        Self::StateNotLocked,
        Self::OutputNotLocked,
        Self::BatchNotRecognized,
        Self::RollbackForgetsNothing,
        Self::BackupNotVerified,
    ];
}
