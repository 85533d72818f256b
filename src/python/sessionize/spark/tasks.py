"""What runs on the workers. Every function here makes one for `mapInArrow`; it may use nothing of the driver but its arguments."""

import functools
import json
import os
import tempfile
import uuid

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from sessionize._core import SparkFile, SparkFold, SparkMapper, SparkOpening, SparkRoot
from sessionize.errors import SparkError

from .layout import error

RESULT = "result string"
ROWS = "bucket int, key binary, kind int, time bigint, seq bigint, payload binary"
ROWS_SCHEMA = pa.schema(
    [("bucket", pa.int32()), ("key", pa.binary()), ("kind", pa.int32()), ("time", pa.int64()), ("seq", pa.int64()), ("payload", pa.binary())]
)
# The partition of a frame that a row comes from. With its place there it gives each row a number of its own.
PARTITION = "_sessionize_partition"
_PLACE_BITS = 40


def _telling(make):
    """What makes a task whose errors reach the driver with their code: an engine hands on nothing but a text."""

    @functools.wraps(make)
    def made(*arguments):
        task = make(*arguments)

        def telling(batches):
            try:
                yield from task(batches)
            except SparkError as failure:
                raise RuntimeError(f"<sessionize {getattr(failure, 'code', 1)}>{failure}</sessionize>") from failure

        return telling

    return made


class NewFile:
    """A file under a root that this attempt of a task writes: nobody else has its name. It reaches the root when it is complete."""

    def __init__(self, folder, kind):
        self.name = f"{folder}/{kind}-{uuid.uuid4()}.parquet"
        self.kind, self.bytes, self._digest = kind, 0, xxhash.xxh3_128()
        descriptor, self._path = tempfile.mkstemp(suffix=".parquet")
        self._file = os.fdopen(descriptor, "wb")

    def write(self, content):
        self._file.write(content)
        self._digest.update(content)
        self.bytes += len(content)

    # For pyarrow, which writes to what looks like a file.
    closed = False

    def flush(self):
        pass

    def tell(self):
        return self.bytes

    def discard(self):
        self._file.close()
        os.unlink(self._path)

    def put(self, root, rows):
        """Uploads it. Returns what a commit says of it."""
        self._file.close()
        try:
            SparkRoot(root).upload(self.name, self._path)
        finally:
            os.unlink(self._path)
        return {"path": self.name, "kind": self.kind, "rows": rows, "bytes": self.bytes, "digest": self._digest.hexdigest()}


def _result(document):
    return pa.record_batch({"result": pa.array([json.dumps(document)], pa.string())})


class _SideFile:
    """Rows that become no events."""

    def __init__(self, folder, kind):
        self.folder, self.kind, self.file, self.writer, self.rows = folder, kind, None, None, 0

    def write(self, rows):
        if not rows.num_rows:
            return
        if self.writer is None:
            self.file = NewFile(self.folder, self.kind)
            self.writer = pq.ParquetWriter(pa.PythonFile(self.file, mode="w"), rows.schema)
        self.writer.write_table(rows)
        self.rows += rows.num_rows

    def put(self, root):
        if self.writer is None:
            return []
        self.writer.close()
        return [self.file.put(root, self.rows)]


def _with_reasons(batch, picked):
    """The rows of a batch that have these numbers, each with its reason."""
    reason = "reason" if "reason" not in batch.schema.names else "_reason"
    rows = batch.take(pa.array([number for number, _ in picked], pa.int64()))
    return pa.Table.from_batches([rows]).append_column(reason, pa.array([why for _, why in picked], pa.string()))


@_telling
def survey(job, root, folder):
    """Counts the rows of a batch, and writes those that become no events."""

    def task(batches):
        mapper = None
        late, rejects = _SideFile(folder, "late"), _SideFile(folder, "rejects")
        for batch in batches:
            batch, _ = _without_partition(batch)
            mapper = mapper or SparkMapper(job, batch.schema)
            untaken = mapper.survey(batch)
            late.write(_with_reasons(batch, [row for row in untaken if row[1] == "late"]))
            rejects.write(_with_reasons(batch, [row for row in untaken if row[1] != "late"]))
        if mapper is not None:
            yield _result({"counts": json.loads(mapper.counts()), "files": late.put(root) + rejects.put(root)})

    return task


@_telling
def survey_files(job, root, folder, input_format, known):
    """The same for files, each with its content: rows are (number, path)."""

    def task(batches):
        for number, path in _pairs(batches):
            late, rejects = _SideFile(folder, "late"), _SideFile(folder, "rejects")

            def sink(rows):
                is_late = pc.equal(rows.column("reason"), "late")
                late.write(pa.Table.from_batches([rows.filter(is_late)]))
                rejects.write(pa.Table.from_batches([rows.filter(pc.invert(is_late))]))

            found = json.loads(SparkFile(job, path, input_format).survey(known, sink))
            yield _result({"number": number, **found, "files": late.put(root) + rejects.put(root)})

    return task


def _pairs(batches):
    for batch in batches:
        yield from zip(batch.column(0).to_pylist(), batch.column(1).to_pylist())


def _without_partition(batch):
    """The batch without the column that tells its partition, and the partition."""
    place = batch.schema.get_field_index(PARTITION)
    kept = [number for number in range(batch.num_columns) if number != place]
    rows = pa.record_batch([batch.column(number) for number in kept], schema=pa.schema([batch.schema.field(number) for number in kept]))
    return rows, batch.column(place)[0].as_py() if batch.num_rows else 0


@_telling
def compared_files(job, input_format, contents):
    """The files that begin with a shorter one of these contents, of which `run` is the number: rows are (number, path)."""

    def task(batches):
        for number, path in _pairs(batches):
            shorter = SparkFile(job, path, input_format).begins_with(contents)
            yield _result({"number": number, "shorter": shorter})

    return task


@_telling
def mapped(job):
    """Events as rows for the shuffle."""

    def task(batches):
        mapper, arrived = None, 0
        for batch in batches:
            rows, partition = _without_partition(batch)
            mapper = mapper or SparkMapper(job, rows.schema)
            yield from mapper.map(rows, partition << _PLACE_BITS | arrived)
            arrived += rows.num_rows
        if mapper:
            yield from mapper.finish()

    return task


@_telling
def mapped_files(job, input_format):
    """The same for files: rows are (number, path)."""

    def task(batches):
        for number, path in _pairs(batches):
            yield from SparkFile(job, path, input_format).rows(number)

    return task


@_telling
def opened_state(job, root):
    """Open state as rows for the shuffle, from the names and digests of its files."""

    def task(batches):
        store = SparkRoot(root)
        for name, digest in _pairs(batches):
            content = store.get(name)
            if content is None or xxhash.xxh3_128_hexdigest(content) != digest:
                raise error(f"{store.shown(name)} is missing or damaged: restore the root from a backup", 74)
            opening = SparkOpening(job, content)
            del content
            while (rows := opening.next_rows()) is not None:
                yield from rows

    return task


class _Fold:
    """The fold of one task, and the files that it writes."""

    def __init__(self, job, root, folder):
        self.fold, self.root, self.folder = SparkFold(job), root, folder
        self.open, self.files = {}, []

    def take(self, batch):
        rows = pa.record_batch([batch.column(place).cast(field.type) for place, field in enumerate(ROWS_SCHEMA)], schema=ROWS_SCHEMA)
        self._write(self.fold.take(rows))

    def _write(self, pending):
        sessions, events, state = pending
        self._append("sessions", sessions)
        self._append("events", events)
        for content, keys in state:
            self._append("state", content)
            if keys is not None:
                self.files.append(self.open.pop("state").put(self.root, keys))

    def _append(self, kind, content):
        if content:
            if kind not in self.open:
                self.open[kind] = NewFile(self.folder, kind)
            self.open[kind].write(content)

    def finish(self):
        self._write(self.fold.finish())
        for kind, rows in zip(("sessions", "events"), self.fold.rows()):
            if kind in self.open:
                self.files.append(self.open.pop(kind).put(self.root, rows))
        return _result({"counts": json.loads(self.fold.counts()), "files": self.files})


@_telling
def folded(job, root, folder):
    """Folds the sorted rows of a task, and writes its sessions and what stays open."""

    def task(batches):
        fold = _Fold(job, root, folder)
        for batch in batches:
            fold.take(batch)
        yield fold.finish()

    return task


def folded_group(job, root, folder):
    """The same for one bucket that comes as a whole and in any order."""
    in_order_of_the_fold = [(name, "ascending") for name in ("bucket", "key", "kind", "time", "seq")]

    def task(table):
        results = folded(job, root, folder)(table.sort_by(in_order_of_the_fold).to_batches(4096))
        return pa.Table.from_batches(list(results))

    return task


def in_order(batches):
    """Whether the numbers of a partition arrive sorted."""
    numbers = [number for batch in batches for number in batch.column(0).to_pylist()]
    yield pa.record_batch({"sorted": pa.array([numbers == sorted(numbers)], pa.bool_())})
