"""The exceptions. Their messages are those of the command: one line that says what happened, where, and what to do next."""


class SessionizeError(Exception):
    """Something failed. All exceptions of this package are of this class, except those of wrong arguments (`TypeError`)."""


class UsageError(SessionizeError, ValueError):
    """An argument is not valid, or the rules do not go together."""


class DataError(SessionizeError, ValueError):
    """The rows cannot be read: a column is missing, or of a kind that does not fit."""


class DefinitionError(SessionizeError, ValueError):
    """The state has another definition than the one that was asked for."""


class OrderError(SessionizeError, ValueError):
    """A stream that should be in the order of time is not."""


class CheckpointError(SessionizeError):
    """A state or a checkpoint is damaged."""


class SessionizeWarning(UserWarning):
    """Some rows became no events: they are late or rejected, and the result has them."""
