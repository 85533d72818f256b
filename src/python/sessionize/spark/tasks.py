"""What runs on the workers. Every function here makes one for `mapInArrow`; it may use nothing of the driver but its arguments."""

import io
import json
import os
import tempfile
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from sessionize._core import SparkFold, SparkMapper, SparkRoot, spark_open

RESULT = "result string"
ROWS = "bucket int, key binary, kind int, time bigint, seq bigint, payload binary"
ROWS_SCHEMA = pa.schema(
    [("bucket", pa.int32()), ("key", pa.binary()), ("kind", pa.int32()), ("time", pa.int64()), ("seq", pa.int64()), ("payload", pa.binary())]
)
# Columns by which the rows of files are numbered: the number of the file, and the place of the row or of its block.
FILE, PLACE, ROW = "_sessionize_file", "_sessionize_place", "_sessionize_row"
_PLACE_BITS = 40


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
    """Rows that become no events, with the reason, as they came."""

    def __init__(self, folder, kind):
        self.folder, self.kind, self.file, self.writer, self.rows = folder, kind, None, None, 0

    def write(self, batch, picked):
        if not picked:
            return
        reason = "reason" if "reason" not in batch.schema.names else "_reason"
        rows = batch.take(pa.array([number for number, _ in picked], pa.int64()))
        rows = pa.Table.from_batches([rows]).append_column(reason, pa.array([why for _, why in picked], pa.string()))
        if self.writer is None:
            self.file = NewFile(self.folder, self.kind)
            self.writer = pq.ParquetWriter(pa.PythonFile(self.file, mode="w"), rows.schema)
        self.writer.write_table(rows)
        self.rows += len(picked)

    def put(self, root):
        if self.writer is None:
            return []
        self.writer.close()
        return [self.file.put(root, self.rows)]


def survey(job, root, folder):
    """Counts the rows of a batch, and writes those that become no events."""

    def task(batches):
        mapper = None
        late, rejects = _SideFile(folder, "late"), _SideFile(folder, "rejects")
        for batch in batches:
            batch, _ = _without_places(batch)
            mapper = mapper or SparkMapper(job, batch.schema)
            untaken = mapper.survey(batch)
            late.write(batch, [row for row in untaken if row[1] == "late"])
            rejects.write(batch, [row for row in untaken if row[1] != "late"])
        if mapper is not None:
            yield _result({"counts": json.loads(mapper.counts()), "files": late.put(root) + rejects.put(root)})

    return task


def _without_places(batch):
    """The batch without the columns that number its rows, and the numbers of its rows where it has them."""
    names = batch.schema.names
    if FILE not in names:
        return batch, None
    places = {name: batch.column(names.index(name)).to_pylist() for name in (FILE, PLACE, ROW) if name in names}
    kept = [place for place, name in enumerate(names) if name not in places]
    return pa.record_batch([batch.column(place) for place in kept], schema=pa.schema([batch.schema.field(place) for place in kept])), places


def _numbered(batches):
    """Slices of batches, each with the number of its first row: by file and place, else by partition and arrival."""
    try:
        from pyspark import TaskContext

        context = TaskContext.get()
        partition = context.partitionId() if context else 0
    except (ImportError, AttributeError):
        partition = 0
    arrived, block, in_block = 0, None, 0
    for batch in batches:
        rows, places = _without_places(batch)
        if places is None:
            yield rows, partition << _PLACE_BITS | arrived
            arrived += rows.num_rows
            continue
        blocks = list(zip(places[FILE], places[PLACE]))
        begin = 0
        for end in range(1, len(blocks) + 1):
            if end < len(blocks) and blocks[end] == blocks[begin]:
                continue
            if block != blocks[begin]:
                block, in_block = blocks[begin], 0
            file, place = block
            # A row of a text takes a byte at least, so the rows of a block have numbers below that of the next block.
            first = places[ROW][begin] if ROW in places else place + in_block
            yield rows.slice(begin, end - begin), file << _PLACE_BITS | first
            in_block += end - begin
            begin = end


def mapped(job):
    """Events as rows for the shuffle."""

    def task(batches):
        mapper = None
        for batch, seq in _numbered(batches):
            mapper = mapper or SparkMapper(job, batch.schema)
            rows = mapper.map(batch, seq)
            if rows is not None:
                yield rows
        rows = mapper.finish() if mapper else None
        if rows is not None:
            yield rows

    return task


def opened_state(job, root):
    """Open state as rows for the shuffle, from the names and digests of its files."""

    def task(batches):
        store = SparkRoot(root)
        for batch in batches:
            for name, digest in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist()):
                content = store.get(name)
                if content is None or xxhash.xxh3_128_hexdigest(content) != digest:
                    raise RuntimeError(f"{store.shown(name)} is missing or damaged: restore the root from a backup")
                for keys in pq.ParquetFile(io.BytesIO(content)).iter_batches(4096, columns=["bucket", "key", "state"]):
                    yield spark_open(job, keys)

    return task


class _Fold:
    """The fold of one task, and the files that it writes."""

    KINDS = ("sessions", "events", "state")

    def __init__(self, job, root, folder):
        self.fold, self.root, self.folder, self.files = SparkFold(job), root, folder, {}

    def take(self, batch):
        rows = pa.record_batch([batch.column(place).cast(field.type) for place, field in enumerate(ROWS_SCHEMA)], schema=ROWS_SCHEMA)
        self._write(self.fold.take(rows))

    def _write(self, pending):
        for kind, content in zip(self.KINDS, pending):
            if content:
                if kind not in self.files:
                    self.files[kind] = NewFile(self.folder, kind)
                self.files[kind].write(content)

    def finish(self):
        self._write(self.fold.finish())
        rows = dict(zip(self.KINDS, self.fold.rows()))
        files = [file.put(self.root, rows[kind]) for kind, file in self.files.items()]
        return _result({"counts": json.loads(self.fold.counts()), "files": files})


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

    def task(table):
        fold = _Fold(job, root, folder)
        for batch in table.sort_by([(name, "ascending") for name in ("bucket", "key", "kind", "time", "seq")]).to_batches(4096):
            fold.take(batch)
        return pa.Table.from_batches([fold.finish()])

    return task


def in_order(batches):
    """Whether the numbers of a partition arrive sorted."""
    numbers = [number for batch in batches for number in batch.column(0).to_pylist()]
    yield pa.record_batch({"sorted": pa.array([numbers == sorted(numbers)], pa.bool_())})
