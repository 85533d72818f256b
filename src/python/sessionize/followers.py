"""Registered followers of an output folder: followers/NAME.json. docs/format.md, "Followers"."""

import contextlib
import json
import os
import re
import tempfile

import xxhash

from .log import DeliveryError, check_document

_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")
NO_HEAD = "0" * 32


def register(out, name, target, target_id, stream_id, run, head_digest):
    """Writes down that `target` has committed everything up to `run`. Replaces the file by rename, and syncs it."""
    path = _path(out, name)
    path.parent.mkdir(exist_ok=True)
    fields = {
        "format_version": 1,
        "name": name,
        "target": target,
        "target_id": target_id,
        "stream_id": stream_id,
        "run": run,
        "head_digest": head_digest,
        "checksum": "",
    }
    fields["checksum"] = xxhash.xxh3_64_hexdigest(_document(fields))
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_document(fields))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def check_target(out, name, target_id):
    """Raises DeliveryError if another target delivers under this name."""
    path = _path(out, name)
    if not path.exists():
        return
    registered = check_document(path, path.read_bytes())["target_id"]
    if target_id and registered and registered != target_id:
        raise DeliveryError(
            f"the follower {name} delivers to another target: give this one another name, or forget that one with "
            f"`sessionize deliver --forget {name}`"
        )


def _path(out, name):
    if not _NAME.fullmatch(name):
        raise DeliveryError(f"{name!r} is no name for a follower: it has at most 63 letters, digits, - and _")
    return out / "followers" / f"{name}.json"


def _document(fields):
    return (json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode()
