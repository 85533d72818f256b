"""The published runs of an output folder: one manifest after the other. docs/format.md, "Manifests"."""

import dataclasses
import json
import pathlib
import re

import xxhash

from .errors import DeliveryError

_FORMAT_VERSION = 1
_NAME = re.compile(r"run-(\d{8,})\.json")
_CHECKSUM = re.compile(rb'("checksum": ")([0-9a-f]{16})("\s*\}\s*)\Z')
_CHUNK_BYTES = 1 << 20


def check_document(path, content):
    """The JSON document in `content`, whose checksum must match: the xxh3-64 of the whole file with an empty checksum."""
    found = _CHECKSUM.search(content)
    if not found:
        raise DeliveryError(f"{path} is damaged: it has no checksum at its end; restore the folder from a backup")
    empty = content[: found.start(2)] + content[found.end(2) :]
    if xxhash.xxh3_64_hexdigest(empty) != found[2].decode():
        raise DeliveryError(f"{path} is damaged: its checksum does not match; restore the folder from a backup")
    document = json.loads(content)
    if document["format_version"] > _FORMAT_VERSION:
        version = document["format_version"]
        raise DeliveryError(f"{path} has format version {version}, this package knows {_FORMAT_VERSION}: use a newer package")
    return document


@dataclasses.dataclass(frozen=True)
class PublishedFile:
    """A file of a run: `path` is below the output folder, `digest` the xxh3-128 of its bytes in hexadecimal."""

    path: str
    rows: int
    digest: str


@dataclasses.dataclass(frozen=True)
class Manifest:
    """One published run. `rolled_back_to` is the run whose state a rollback restored, otherwise None."""

    stream_id: str
    run: int
    head_digest: str
    rolled_back_to: int | None
    files: tuple[PublishedFile, ...]


@dataclasses.dataclass(frozen=True)
class PrunedRuns:
    """What stands for the manifests of the runs up to `run`, which have left the head `head_digest`."""

    run: int
    head_digest: str


class Log:
    """The manifests of the output folder `out`. They are read when they are asked for; a run never changes."""

    def __init__(self, out):
        self.out = pathlib.Path(out)
        self.pruned = self._read_pruned()
        self._paths, self._manifests, self._rollbacks = dict(self._list()), {}, None
        if not self._paths:
            raise DeliveryError(f"{self.out} has no published run: give the folder that `run --out` names")

    def _list(self):
        for path in (self.out / "manifests").glob("run-*.json"):
            # A prune that has ended early leaves files of runs that are gone.
            if (found := _NAME.fullmatch(path.name)) and int(found[1]) > self.pruned.run:
                yield int(found[1]), path

    def _read_pruned(self):
        path = self.out / "manifests" / "pruned.json"
        try:
            document = check_document(path, path.read_bytes())
        except FileNotFoundError:
            return PrunedRuns(0, "0" * 32)
        return PrunedRuns(document["through_run"], document["head_digest"])

    def head_of(self, run):
        """The head that `run` has left; None if it is older than what is known."""
        if run == self.pruned.run:
            return self.pruned.head_digest
        return self.manifest(run).head_digest if run >= self.first else None

    @property
    def first(self):
        """The number of the oldest run that is left."""
        return min(self._paths)

    @property
    def last(self):
        """The number of the newest run."""
        return max(self._paths)

    def manifest(self, run):
        """The manifest of one run. Raises DeliveryError if it is missing, damaged, or of another run."""
        if run not in self._manifests:
            self._manifests[run] = self._read(run)
        return self._manifests[run]

    def _read(self, run):
        path = self._paths.get(run)
        if path is None:
            raise DeliveryError(
                f"{self.out} has no manifest of run {run}, which was not delivered yet: restore it from a backup, or deliver from "
                "the first run that is left with start_after"
            )
        document = check_document(path, path.read_bytes())
        if document["run"] != run:
            raise DeliveryError(f"{path} speaks of run {document['run']}: restore the folder from a backup")
        files = tuple(PublishedFile(file["path"], file["rows"], file["digest"]) for file in document["files"])
        return Manifest(document["stream_id"], run, document["head_digest"], document.get("rolled_back_to"), files)

    def next_after(self, run):
        """The manifest that follows `run`; None at the end. Runs that a later rollback takes back are passed over: the rollback is next."""
        if run >= self.last:
            return None
        if run < self.pruned.run:
            raise DeliveryError(
                f"the runs up to run {self.pruned.run} were pruned in {self.out}, and the table is only at run {run}; put back a newer copy of "
                "the table; or deliver from a backup of this folder that still has them, then from here; or begin a new table without them: "
                f"start_after={self.pruned.run}"
            )
        if self._rollbacks is None:
            ahead = map(self.manifest, range(self.last, run, -1))
            self._rollbacks = [manifest for manifest in ahead if manifest.rolled_back_to is not None]
        over = (rollback for rollback in self._rollbacks if rollback.rolled_back_to <= run < rollback.run)
        return next(over, None) or self.manifest(run + 1)

    def undone_by(self, rollback, position):
        """The runs that the manifest `rollback` takes back from a target that has everything up to `position`, the newest first."""
        active = []
        for run in range(rollback.rolled_back_to + 1, min(position + 1, rollback.run)):
            manifest = self.manifest(run)
            if manifest.rolled_back_to is not None:
                active = [earlier for earlier in active if earlier.run <= manifest.rolled_back_to]
            active.append(manifest)
        return active[::-1]

    def locate(self, file):
        """Where the bytes of `file` are: in its place, or below retracted/ after a rollback. Raises DeliveryError if they are gone or
        are no longer the same. Cost: one pass over the file."""
        for path in (self.out / file.path, self.out / "retracted" / file.path):
            if path.is_file():
                if _digest(path) != file.digest:
                    raise DeliveryError(f"{path} has changed since it was published: restore it from a backup")
                return path
        raise DeliveryError(f"{self.out / file.path} is no longer there, and was not delivered yet: restore it from a backup")


def _digest(path):
    digest = xxhash.xxh3_128()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
