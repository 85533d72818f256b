"""The limits of late and rejected rows."""

from .layout import error


def check_limit(what, rows, of, name, limit):
    """Refuses a batch with more rows than `limit`: a number, or a share in per cent of the rows read."""
    text = str(limit)
    allowed = float(text[:-1]) / 100 * of if text.endswith("%") else float(text)
    if rows > allowed:
        raise error(f"{rows} of {of} rows are {what}, more than {name}={text} allows; look at them, or allow more; nothing was changed", 65)
