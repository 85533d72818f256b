"""The exceptions. Their messages are those of the command: what happened, where, and what to do next."""


class SessionizeError(Exception):
    """Something failed. All exceptions that this package raises are of this class, except `TypeError` for an argument of a wrong type or
    name."""


class UsageError(SessionizeError, ValueError):
    """An argument is not valid, or the rules do not go together."""


class DataError(SessionizeError, ValueError):
    """What was given cannot be read: a column is missing or of a kind that does not fit, the bytes are no complete state, or there is no such
    file or checkpoint."""


class DefinitionError(SessionizeError, ValueError):
    """The state has another definition than the one that was asked for."""


class OrderError(SessionizeError, ValueError):
    """A stream that should be in the order of time is not."""


class CheckpointError(SessionizeError):
    """A state or a checkpoint is damaged, or published outputs are missing."""


class DeliveryError(SessionizeError):
    """What stands in the way of a delivery, and what to do about it. Nothing of the run in question was delivered."""


class SparkError(SessionizeError):
    """A run on Apache Spark has failed. `code` is the exit code that the command has for this kind of error."""

    code = 1


class SessionizeWarning(UserWarning):
    """Something is not in the result: late and rejected rows, which come back beside it, or the runs before a delivery begins."""
