"""A follower that delivers to a Delta Lake table: one commit of the table for each run.

The position is part of that commit, as the table's transaction identifier: the stream id is the application, the run its version. Delta
does not refuse a version that it already has, so the position is read first; of two writers that start from the same version of the
table only one commits, and the other reads the position again.
"""

import argparse
import random
import sys
import time
import warnings

import pyarrow
import pyarrow.compute
import pyarrow.dataset
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from . import followers
from .errors import SessionizeWarning
from .log import DeliveryError, Log

# What identifies a row of each kind of output.
_IDENTITY = {"sessions": ["session_id"], "events": ["session_id", "event_number"]}
# What a commit says of the run that it delivers.
_STREAM, _RUN, _HEAD = "sessionize.stream_id", "sessionize.run", "sessionize.head_digest"
_ATTEMPTS = 20


def deliver_delta(out, table, *, kind="sessions", name="delta", storage_options=None, partition_by=None, start_after=0):
    """Brings the Delta table `table` up to date with the runs that are published in the folder `out`.

    `table` is a path or a URL, created by the first run with rows. `kind` is "sessions" or "events". `name` is the name of the follower
    in `out`: each table has its own. `storage_options` go to deltalake, `partition_by` names columns for a new table. `start_after` is for
    folders whose first runs have been removed: a new table begins after that run, and lacks what it and the runs before it have published.

    Returns the numbers of the runs that this call has delivered. It may be killed at any time and called again, on any machine, also by
    several at once: each run is in the table exactly once. A table that was restored to an older version is refilled.

    Raises DeliveryError. Cost: one pass over each new file for its digest and one to copy it, in constant memory; a run with corrections,
    and a rollback, hold their rows in memory.
    """
    follower = _Delta(Log(out), str(table), kind, name, storage_options, partition_by, start_after)
    delivered = []
    while (run := follower.next_run()) is not None:
        if follower.deliver(run):
            delivered.append(run.run)
    return delivered


class _Delta:
    def __init__(self, log, uri, kind, name, storage_options, partition_by, start_after):
        if kind not in _IDENTITY:
            raise DeliveryError(f"{kind!r} is no kind of output: it is sessions or events")
        self.log, self.uri, self.kind, self.name = log, uri, kind, name
        self.storage_options, self.partition_by, self.start_after = storage_options, partition_by, start_after
        self.stream_id = log.manifest(log.last).stream_id
        self.failures = 0
        self.passed = 0

    def next_run(self):
        """The manifest behind the position of the table; None if there is none."""
        self.table = self._open()
        target_id = str(self.table.metadata().id) if self.table else ""
        followers.check_target(self.log.out, self.name, target_id)
        position, committed = self._position()
        self.position = position
        head = self._check_position(position, committed)
        followers.register(self.log.out, self.name, f"delta {self.uri}", target_id, self.stream_id, position, head)
        self.passed = max(self.passed, position or self._begin())
        return self.log.next_after(self.passed)

    def _begin(self):
        """Where a new table begins."""
        if self.start_after and not self.passed:
            what = f"{self.uri} begins after run {self.start_after}: it lacks what this run and those before it have published"
            warnings.warn(what, SessionizeWarning, stacklevel=4)
        return self.start_after

    def deliver(self, manifest):
        """Commits one run; False if there was nothing to commit, or if another writer was faster."""
        self.passed = manifest.run
        properties = CommitProperties(
            app_transactions=[Transaction(self.stream_id, manifest.run)],
            custom_metadata={_STREAM: self.stream_id, _RUN: str(manifest.run), _HEAD: manifest.head_digest},
            max_commit_retries=0,
        )
        try:
            committed = self._commit(manifest, properties)
        except CommitFailedError as error:
            self._wait(error)
            # The position of the table says how far the other one has come.
            self.passed = 0
            return False
        except DeltaError as error:
            raise DeliveryError(f"{self.uri} did not take run {manifest.run}: {error}") from error
        self.failures = 0
        return committed

    def _wait(self, error):
        self.failures += 1
        if self.failures == _ATTEMPTS:
            raise DeliveryError(f"other writers were faster {_ATTEMPTS} times: run the delivery again ({error})") from error
        time.sleep(random.uniform(0, 0.05 * self.failures))

    def _open(self):
        try:
            return DeltaTable(self.uri, storage_options=self.storage_options)
        except TableNotFoundError:
            return None
        except DeltaError as error:
            raise DeliveryError(f"{self.uri} cannot be opened: {error}") from error

    def _position(self):
        """The last run of the stream that the table has, and its head digest: 0 if it has none, None for a head that it no longer knows.

        The newest commit of this stream says it. A RESTORE takes back rows, but not the transaction identifier: only commits up to the
        version that it went back to count.
        """
        if self.table is None:
            return 0, None
        limit = 8
        while True:
            commits = list(self.table.history(limit))
            ceiling = commits[0]["version"]
            for commit in commits:
                if commit["version"] > ceiling:
                    continue
                if commit.get("operation") == "RESTORE":
                    ceiling = _restored_version(commit)
                elif commit.get(_STREAM) == self.stream_id:
                    return int(commit[_RUN]), commit[_HEAD]
            if len(commits) < limit:
                return self.table.transaction_version(self.stream_id) or 0, None
            limit *= 8

    def _check_position(self, position, committed):
        """The head of the run at `position`, which must be one of the log."""
        if position == 0:
            return followers.NO_HEAD
        if position > self.log.last:
            raise DeliveryError(
                f"{self.uri} has run {position} of this stream, but {self.log.out} ends with run {self.log.last}: it was restored from an "
                "older backup; restore the folder, or the table, to the same run"
            )
        head = self.log.head_of(position)
        if head is None:
            return committed or followers.NO_HEAD
        if committed not in (None, head):
            raise DeliveryError(
                f"run {position} in {self.uri} is not the run {position} in {self.log.out}: one of them was restored from a backup, and "
                "other runs followed; restore the table to the last run that both have"
            )
        return head

    def _commit(self, manifest, properties):
        if manifest.rolled_back_to is not None:
            undone = self.log.undone_by(manifest, self.position)
            changes = [self._changes(run).undone() for run in undone]
            return self._merge(_Change.net(changes, _IDENTITY[self.kind]), properties)
        change = self._changes(manifest)
        if change.corrections():
            return self._merge(_Change.net([change], _IDENTITY[self.kind]), properties)
        return self._append(change, properties)

    def _changes(self, manifest):
        """What a run has published, with the digests checked."""
        files = [file for file in manifest.files if file.path.startswith(f"{self.kind}/")]
        for file in files:
            if not file.path.endswith(".parquet"):
                raise DeliveryError(
                    f"{file.path} is no Parquet file, and a Delta table needs its types: use `run --output-format parquet`, and deliver "
                    f"from the first such run with start_after={manifest.run}"
                )
        return _Change([str(self.log.locate(file)) for file in files])

    def _append(self, change, properties):
        if not change.paths:
            return self._commit_position(properties)
        rows = change.rows().scanner(columns=change.columns())
        if self.table is None:
            self._create(rows.projected_schema)
        write_deltalake(self.table, rows.to_reader(), mode="append", schema_mode="merge", commit_properties=properties)
        return True

    def _create(self, schema):
        """Makes the table, in a commit without rows: a writer that is faster has made it, and its rows are not to be written again."""
        try:
            self.table = DeltaTable.create(
                self.uri, schema, mode="error", partition_by=self.partition_by, storage_options=self.storage_options
            )
        except DeltaError as error:
            if self._open() is None:
                raise DeliveryError(f"{self.uri} cannot be created: {error}") from error
            raise CommitFailedError(str(error)) from error

    def _merge(self, rows, properties):
        if rows is None or rows.num_rows == 0 or self.table is None:
            return self._commit_position(properties)
        identity = _IDENTITY[self.kind]
        columns = [column for column in rows.column_names if column != "is_deleted"]
        values = {column: f"s.`{column}`" for column in columns}
        merge = self.table.merge(
            rows,
            predicate=" AND ".join(f"t.{column} = s.{column}" for column in identity),
            source_alias="s",
            target_alias="t",
            merge_schema=True,
            commit_properties=properties,
        )
        merge = merge.when_matched_delete(predicate="s.is_deleted")
        merge = merge.when_matched_update(values, predicate="NOT s.is_deleted")
        merge.when_not_matched_insert(values, predicate="NOT s.is_deleted").execute()
        return True

    def _commit_position(self, properties):
        """The run changes nothing: the table learns its number. A table that is not there yet learns it with the first rows."""
        if self.table is None:
            return False
        self.table.create_write_transaction([], "append", self.table.schema(), commit_properties=properties)
        return True


def _restored_version(commit):
    parameters = commit.get("operationParameters", {})
    if parameters.get("version") in (None, "null"):
        raise DeliveryError(
            "the table was restored to a time, and its log does not say to which version: restore it to that version by its number, and run "
            "the delivery again"
        )
    return int(parameters["version"])


class _Change:
    """The rows that one run has published: inserts, and retractions of earlier rows where sessions can be corrected."""

    def __init__(self, paths, is_undone=False):
        self.paths, self.is_undone = paths, is_undone

    def rows(self):
        schemas = [pyarrow.dataset.dataset(path, format="parquet").schema for path in self.paths]
        return pyarrow.dataset.dataset(self.paths, format="parquet", schema=pyarrow.unify_schemas(schemas))

    def columns(self):
        return [column for column in self.rows().schema.names if column != "op"]

    def corrections(self):
        """Whether rows of earlier runs are retracted."""
        if not self.paths or "op" not in self.rows().schema.names:
            return False
        return self.rows().count_rows(filter=pyarrow.compute.field("op") == "retract") > 0

    def undone(self):
        """The change that takes this one back."""
        return _Change(self.paths, is_undone=True)

    def read(self):
        """All rows, those that are to be deleted with `is_deleted`; deletions come first, as what replaces them follows."""
        rows = self.rows().to_table()
        retracts = pyarrow.array([False] * rows.num_rows)
        if "op" in rows.column_names:
            retracts = pyarrow.compute.equal(rows["op"], "retract")
            rows = rows.drop_columns("op")
        deleted = pyarrow.compute.invert(retracts) if self.is_undone else retracts
        rows = rows.append_column("is_deleted", deleted)
        return pyarrow.concat_tables([rows.filter(rows["is_deleted"]), rows.filter(pyarrow.compute.invert(rows["is_deleted"]))])

    @staticmethod
    def net(changes, identity):
        """What `changes` come to, one after the other: one row for each identity, the last one. None if there are none."""
        tables = [change.read() for change in changes if change.paths]
        if not tables:
            return None
        rows = pyarrow.concat_tables(tables, promote_options="default").combine_chunks()
        numbered = rows.select(identity).append_column("number", pyarrow.array(range(rows.num_rows), pyarrow.int64()))
        last = numbered.group_by(identity).aggregate([("number", "max")])["number_max"]
        return rows.take(last.combine_chunks().sort())


def main(arguments=None):
    """The command: `python -m sessionize.delta --out sessionize-out --to s3://bucket/sessions`."""
    parser = argparse.ArgumentParser(prog="python -m sessionize.delta", description="Deliver published sessions to a Delta Lake table.")
    parser.add_argument("--out", default="sessionize-out", help="folder of the outputs (default: sessionize-out)")
    parser.add_argument("--to", required=True, metavar="TABLE", help="path or URL of the table")
    parser.add_argument("--kind", choices=sorted(_IDENTITY), default="sessions", help="which output (default: sessions)")
    parser.add_argument("--name", default="delta", help="name of the follower, one for each table (default: delta)")
    parser.add_argument("--start-after", type=int, default=0, metavar="RUN", help="begin a new table behind this run")
    flags = parser.parse_args(arguments)
    warnings.showwarning = lambda message, *_: print(f"sessionize.delta: {message}", file=sys.stderr)
    try:
        runs = deliver_delta(flags.out, flags.to, kind=flags.kind, name=flags.name, start_after=flags.start_after)
    except (DeliveryError, OSError) as error:
        print(f"sessionize.delta: {error}", file=sys.stderr)
        return 74
    print(f"delivered {len(runs)} runs to {flags.to}" + (f", the last is run {runs[-1]}" if runs else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
