"""What stands under a root, and how it is committed. docs/scale.md, "A root".

    meta.json                     what never changes: stream id, buckets, definition; written once
    data/RUN-ATTEMPT/NAME         Parquet: sessions, events, open state, late and rejected rows of one attempt at a run
    _commits/RUN.json             what the run has come to; written once, and it alone makes the run and its files count
"""

import json
import os
import re

import xxhash

from sessionize._core import SparkRoot
from sessionize.errors import SparkError

FORMAT_VERSION = 1
META = "meta.json"
_CHECKSUM = re.compile(rb'("checksum": ")([0-9a-f]{16})("\s*\}\s*)\Z')


def sealed(document):
    """The bytes of a document, with the xxh3-64 of them with an empty checksum at its end."""
    text = json.dumps({**document, "checksum": ""}, indent=2).encode() + b"\n"
    return text[:-4] + xxhash.xxh3_64_hexdigest(text).encode() + text[-4:]


def opened(shown, content):
    """The document in `content`, whose checksum must match."""
    found = _CHECKSUM.search(content)
    if not found or xxhash.xxh3_64_hexdigest(content[: found.start(2)] + content[found.end(2) :]) != found[2].decode():
        raise error(f"{shown} is damaged: its checksum does not match; restore the root from a backup", 74)
    document = json.loads(content)
    if document["format_version"] > FORMAT_VERSION:
        raise error(f"{shown} has format version {document['format_version']}, this package knows {FORMAT_VERSION}: use a newer package", 74)
    return document


def error(what, code):
    """An error with the exit code of the command."""
    raised = SparkError(what)
    raised.code = code
    return raised


def commit_name(run):
    return f"_commits/{run:010}.json"


class Layout:
    """The documents of a root. Nothing is ever replaced, so what was read stays true."""

    def __init__(self, address):
        text = str(address)
        # Workers have other working folders than the driver.
        self.address = text if "://" in text else os.path.abspath(text)
        self.root = SparkRoot(self.address)

    def _read(self, name):
        content = self.root.get(name)
        return None if content is None else opened(self.root.shown(name), content)

    def meta(self):
        """What never changes, or None before the first run."""
        return self._read(META)

    def put_meta(self, meta):
        """Writes `meta`, or finds what another driver has written. Returns what stands there."""
        self.root.put_new(META, sealed(meta))
        return self.meta()

    def commit(self, run):
        """The commit of a run, or None."""
        return self._read(commit_name(run)) if run > 0 else None

    def put_commit(self, commit):
        """Commits a run: True if it is this attempt that stands there now, whatever the store has answered."""
        name = commit_name(commit["run"])
        try:
            put = self.root.put_new(name, sealed(commit))
        except SparkError:
            # The answer may be lost, not the commit: what stands there tells.
            found = self._read(name)
            if found is None:
                raise
            return found["attempt"] == commit["attempt"]
        return put or self._read(name)["attempt"] == commit["attempt"]

    def newest(self):
        """The newest commit, or None. Numbers have no holes, so it is found by asking for them, never by a list."""
        first = self._first_number()
        if first is None:
            return None
        step = 1
        while self.commit(first + step) is not None:
            step *= 2
        low, high = first + step // 2, first + step
        if step == 1:
            return self.commit(first)
        while high - low > 1:
            middle = (low + high) // 2
            if self.commit(middle) is None:
                high = middle
            else:
                low = middle
        return self.commit(low)

    def _first_number(self):
        meta = self.meta()
        if meta is None or self.commit(meta["first_run"]) is None:
            return None
        return meta["first_run"]

    def commits(self):
        """All commits in order."""
        run = self._first_number()
        while run is not None and (commit := self.commit(run)) is not None:
            yield commit
            run += 1

    def known_contents(self):
        """The contents that the runs, and the checkpoint before them, have taken in, as the tasks want them."""
        for commit in self.commits():
            for given in commit["inputs"]:
                yield {"digest": given["digest"], "beginning": given["beginning"], "run": commit["run"], "rows": given["rows"]}
            for file in commit["files"]:
                if file["kind"] == "ledger":
                    yield from self._contents_of_ledger(file)

    def _contents_of_ledger(self, file):
        content = self.root.get(file["path"])
        if content is None or xxhash.xxh3_128_hexdigest(content) != file["digest"]:
            raise error(f"{self.root.shown(file['path'])} is missing or damaged: restore the root from a backup", 74)
        rows = {}
        for line in map(json.loads, content.splitlines()):
            if "run" in line:
                rows |= {f"xxh3-128:{given['hash']}:{given['bytes']}": given["rows"] for given in line["run"]["files"]}
            elif "file" in line:
                known = line["file"]
                # Of a file whose run was lost nobody knows that it had no rows.
                yield {**known, "rows": rows.get(known["digest"], 1)}
