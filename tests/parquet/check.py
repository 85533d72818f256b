"""Parquet in and out, held against pyarrow, pandas, Polars and DuckDB: run.sh calls it with the path of the program."""

import csv
import datetime
import decimal
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.parquet

PROGRAM = sys.argv[1]
UTC = datetime.timezone.utc
START = datetime.datetime(2024, 3, 1, 10, tzinfo=UTC)
OUT = "sessionize-out"

RULES = [
    "--key=user,site", "--time=ts", "--agg=first(page)", "--agg=count", "--agg=sum(amount)", "--agg=max(amount)=largest",
    "--agg=distinct(page)=pages", "--max-distinct=2", "--agg=list(page)=all_pages", "--max-list=3",
    "--agg=any(page=cart)=has_cart", "--emit-open",
]


def finished(folder, *arguments):
    return subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True)


def sessionize(folder, *arguments):
    ended = finished(folder, *arguments)
    assert ended.returncode == 0, (arguments, ended.stderr)


def rows(count):
    """Events of some users: user, shop, time, amount, page."""
    for row in range(count):
        user, shop = f"user-{row * 7919 % 7}", ["a", "b", ""][row % 3]
        at = START + datetime.timedelta(seconds=11 * row + row // 100 * 1_200, microseconds=row % 4 * 250_000)
        amount = None if row % 5 == 0 else decimal.Decimal(row % 977).scaleb(-2)
        page = None if row % 7 == 0 else ["home", 'q"uote', "a,b", "cart", "ü"][row % 5]
        yield user, shop, at, amount, page


def as_csv(events):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["user", "site", "ts", "amount", "page"])
    for user, site, ts, amount, page in events:
        writer.writerow([user, site, ts.isoformat(), "" if amount is None else amount, page or ""])
    return text.getvalue()


def table(events, time_type):
    user, site, ts, amount, page = zip(*events)
    zone = getattr(time_type, "tz", None)
    times = ts if zone else [time.replace(tzinfo=None) for time in ts]
    return pyarrow.table({
        "user": pyarrow.array(user).dictionary_encode(),
        "site": pyarrow.array([value or None for value in site]),
        "ts": pyarrow.array(times).cast(time_type, safe=False),
        "amount": pyarrow.array(amount, pyarrow.decimal128(12, 2)),
        "page": pyarrow.array(page),
    })


def sessions_of(name, content, *flags, key="user,site"):
    """All sessions of one file, sorted; `content` is text, or writes the file that it is given."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        if callable(content):
            content(path)
        else:
            with open(path, "w") as file:
                file.write(content)
        sessionize(folder, "run", f"--batch={name}", f"--key={key}", "--time=ts", "--agg=sum(amount)", "--agg=list(page)", *flags)
        sessionize(folder, "finalize")
        found = []
        for run in (1, 2):
            with open(f"{folder}/{OUT}/sessions/run-{run:08}.csv") as file:
                found.extend(list(csv.reader(file))[1:])
        return sorted(found)


def with_pyarrow(events, time_type, **options):
    return lambda path: pyarrow.parquet.write_table(table(events, time_type), path, **options)


def with_duckdb(events):
    def write(path):
        events_table = table(events, pyarrow.timestamp("us", "UTC"))
        connection = duckdb.connect()
        connection.register("events", events_table)
        connection.execute(f"COPY events TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    return write


def with_pandas(events):
    def write(path):
        frame = pandas.DataFrame(list(events), columns=["user", "site", "ts", "amount", "page"])
        frame.to_parquet(path, index=False)
    return write


def with_polars(events):
    def write(path):
        names = ["user", "site", "ts", "amount", "page"]
        frame = polars.DataFrame(list(events), schema=names, orient="row", infer_schema_length=None)
        frame.with_columns(polars.col("user").cast(polars.Categorical)).write_parquet(path, row_group_size=1_500)
    return write


def in_groups(events):
    """User and shop inside of a group, as nested records have them."""
    def write(path):
        flat = table(events, pyarrow.timestamp("us", "UTC"))
        user = flat["user"].combine_chunks().dictionary_decode()
        who = pyarrow.StructArray.from_arrays([user, flat["site"].combine_chunks()], names=["user", "site"])
        pyarrow.parquet.write_table(flat.drop_columns(["user", "site"]).append_column("who", who), path, row_group_size=700)
    return write


def check_inputs():
    events = list(rows(5_000))
    expected = sessions_of("1.csv", as_csv(events))
    assert 1_000 < len(expected) < 2_000, len(expected)
    micros = pyarrow.timestamp("us", "UTC")
    files = {
        "pyarrow, small row groups": with_pyarrow(events, micros, row_group_size=700, data_page_size=1_000),
        "pyarrow, version 1.0 and gzip": with_pyarrow(events, micros, version="1.0", compression="gzip"),
        "pyarrow, pages of version 2 and zstd": with_pyarrow(events, micros, data_page_version="2.0", compression="zstd"),
        "pyarrow, brotli": with_pyarrow(events, micros, compression="brotli"),
        "pyarrow, lz4": with_pyarrow(events, micros, compression="lz4"),
        "pyarrow, deltas": with_pyarrow(
            events, micros, use_dictionary=False, column_encoding={"ts": "DELTA_BINARY_PACKED", "page": "DELTA_BYTE_ARRAY"}
        ),
        "pyarrow, nanoseconds": with_pyarrow(events, pyarrow.timestamp("ns", "UTC")),
        "pyarrow, without a zone": with_pyarrow(events, pyarrow.timestamp("us")),
        "pyarrow, 96 bits as Spark writes them": with_pyarrow(
            events, pyarrow.timestamp("ns"), use_deprecated_int96_timestamps=True, flavor="spark"
        ),
        "pyarrow, hundreds of row groups": with_pyarrow(events, micros, row_group_size=10),
        "pyarrow, checksums": with_pyarrow(events, micros, write_page_checksum=True),
        "pyarrow, an index of pages": with_pyarrow(events, micros, write_page_index=True, data_page_size=1_000),
        "pyarrow, no statistics, no schema of its own": with_pyarrow(events, micros, write_statistics=False, store_schema=False),
        "pyarrow, split streams": with_pyarrow(
            events, micros, use_dictionary=False, column_encoding={"ts": "BYTE_STREAM_SPLIT", "page": "DELTA_LENGTH_BYTE_ARRAY"}
        ),
        "DuckDB": with_duckdb(events),
        "pandas": with_pandas(events),
        "Polars": with_polars(events),
    }
    for name, write in files.items():
        assert sessions_of("1.parquet", write) == expected, name
    print(f"inputs: {len(files)} files of other programs give the {len(expected)} sessions of CSV")
    nested = sessions_of("1.parquet", in_groups(events), key="who.user,who.site")
    assert nested == expected, "nested"
    check_types()
    check_empty()
    check_damage(events, expected)
    check_zones(events)


def check_types():
    """Keys and times of every type, with missing ones among them, are those of the same texts in CSV."""
    second = [1_709_287_200 + 100 * row for row in range(40)]
    day = datetime.date(2024, 3, 1)
    keys = {
        "int8": pyarrow.array([row % 5 - 2 for row in range(40)], pyarrow.int8()),
        "uint64": pyarrow.array([2**64 - 1 - row % 5 for row in range(40)], pyarrow.uint64()),
        "decimal": pyarrow.array([decimal.Decimal(10**20 + row % 5) for row in range(40)], pyarrow.decimal128(38, 0)),
        "bool": pyarrow.array([row % 2 == 0 for row in range(40)]),
        "date32": pyarrow.array([day + datetime.timedelta(days=row % 3) for row in range(40)], pyarrow.date32()),
        "large text": pyarrow.array([f"u{row % 5}" for row in range(40)], pyarrow.large_string()),
        "dictionary": pyarrow.array([None if row % 7 == 0 else f"u{row % 5}" for row in range(40)]).dictionary_encode(),
        "bytes": pyarrow.array([b"u%d" % (row % 5) for row in range(40)], pyarrow.binary()),
    }
    instants = pyarrow.array(second, pyarrow.timestamp("s", "UTC"))
    for name, array in keys.items():
        texts = ["" if value is None else value.decode() if isinstance(value, bytes) else str(value) for value in array.to_pylist()]
        texts = [text.lower() for text in texts] if name == "bool" else texts
        rows = "user,site,ts,amount,page\n" + "".join(f"{text},x,{at},,\n" for text, at in zip(texts, second))
        assert both_ways(array, instants, rows), f"keys of {name}"
    times = {
        "s": (pyarrow.array(second, pyarrow.timestamp("s", "UTC")), second),
        "ms": (pyarrow.array([at * 1_000 + 7 for at in second], pyarrow.timestamp("ms", "UTC")), [f"{at}.007" for at in second]),
        "ns": (pyarrow.array([at * 10**9 + 1_999 for at in second], pyarrow.timestamp("ns", "+05:30")), [f"{at}.000001" for at in second]),
        "ints": (pyarrow.array([at * 1_000 for at in second], pyarrow.int64()), second),
        "date64": (pyarrow.array([day] * 40, pyarrow.date64()), [day] * 40),
        "text": (pyarrow.array([f"{datetime.datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}" for at in second]), second),
        "some missing": (pyarrow.array([None if row % 3 == 0 else at for row, at in enumerate(second)], pyarrow.timestamp("s", "UTC")),
                         ["" if row % 3 == 0 else at for row, at in enumerate(second)]),
    }
    for name, (array, texts) in times.items():
        rows = "user,site,ts,amount,page\n" + "".join(f"u{row % 5},x,{at},,\n" for row, at in enumerate(texts))
        users = pyarrow.array([f"u{row % 5}" for row in range(40)])
        assert both_ways(users, array, rows), f"times of {name}"
    print(f"inputs: {len(keys)} types of keys and {len(times)} types of times, as in CSV")


def both_ways(users, times, rows):
    none = pyarrow.nulls(40, pyarrow.string())
    site = pyarrow.array(["x"] * 40)
    columns = pyarrow.table({"user": users, "site": site, "ts": times, "amount": none, "page": none})
    flags = ["--max-rejects=99%", "--key-parts=all"]
    write = lambda path: pyarrow.parquet.write_table(columns, path, row_group_size=11)
    return sessions_of("1.parquet", write, *flags) == sessions_of("1.csv", rows, *flags)


def check_empty():
    """No rows: in one row group, and in none."""
    columns = table(list(rows(1)), pyarrow.timestamp("us", "UTC"))
    def no_groups(path):
        with pyarrow.parquet.ParquetWriter(path, columns.schema):
            pass
    for write in (lambda path: pyarrow.parquet.write_table(columns.slice(0, 0), path), no_groups):
        with tempfile.TemporaryDirectory() as folder:
            write(f"{folder}/1.parquet")
            sessionize(folder, "run", "--batch=1.parquet", "--key=user", "--time=ts")
            sessionize(folder, "finalize")
            assert "nothing" in finished(folder, "run", "--batch=1.parquet", "--key=user", "--time=ts").stdout.lower()
    print("inputs: files without rows and without row groups are taken in and known")


def check_damage(events, expected):
    """Where pages have checksums, a flipped bit anywhere is refused or changes nothing; so is a file that ends anywhere else."""
    dice = random.Random(7)
    for compression in ("none", "snappy", "zstd"):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/whole"
            with_pyarrow(events, pyarrow.timestamp("us", "UTC"), row_group_size=1_700, write_page_checksum=True, compression=compression)(path)
            with open(path, "rb") as file:
                whole = file.read()
            groups = pyarrow.parquet.ParquetFile(path).metadata
            chunks = [groups.row_group(group).column(column) for group in range(groups.num_row_groups) for column in range(5)]
            pages_end = max((chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size for chunk in chunks)
        refused = 0
        for number in range(120):
            damaged = bytearray(whole)
            at = dice.randrange(4, pages_end if number % 4 else len(whole))
            damaged[at] ^= 1 << dice.randrange(8)
            refused += refuses(bytes(damaged), expected, f"{compression}, bit in byte {at}")
        assert refused > 60, (compression, refused)
        for _ in range(20):
            length = dice.randrange(12, len(whole))
            assert refuses(whole[:length], expected, f"{compression}, {length} bytes")
        print(f"inputs: of 120 flipped bits under {compression}, {refused} are refused and the others change nothing")


def refuses(content, expected, what):
    flags = ["--key=user,site", "--time=ts", "--agg=sum(amount)", "--agg=list(page)"]
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/1.parquet", "wb") as file:
            file.write(content)
        ended = finished(folder, "run", "--batch=1.parquet", *flags)
        if ended.returncode == 65:
            assert "1.parquet" in ended.stderr and len(ended.stderr.splitlines()) == 1, (what, ended.stderr)
            return True
        assert ended.returncode == 0, (what, ended.stderr)
        sessionize(folder, "finalize")
        found = []
        for run in (1, 2):
            with open(f"{folder}/{OUT}/sessions/run-{run:08}.csv") as file:
                found.extend(list(csv.reader(file))[1:])
        assert sorted(found) == expected, what
        return False


def check_zones(events):
    """A local time is one of --timezone; an instant is not, nor is a time of 96 bits."""
    local = [(user, site, ts.replace(tzinfo=None), amount, page) for user, site, ts, amount, page in events]
    zone = "--timezone=America/New_York"
    for time_type, rows_of_csv, options in [
        (pyarrow.timestamp("ms"), local, {}),
        (pyarrow.timestamp("ms", "Asia/Tokyo"), events, {}),
        (pyarrow.timestamp("ns"), events, {"use_deprecated_int96_timestamps": True}),
    ]:
        found = sessions_of("1.parquet", with_pyarrow(events, time_type, **options), zone)
        assert found == sessions_of("1.csv", as_csv(rows_of_csv), zone), time_type
    print("inputs: zones are those of the types")


def value_of_csv(name, text):
    if text == "":
        return None
    if name in ("session_start", "session_end"):
        return datetime.datetime.fromisoformat(text)
    if name in ("sum_amount", "largest", "middle", "min_amount"):
        return decimal.Decimal(text)
    if name in ("event_count", "count", "event_number"):
        return int(text)
    if name == "duration_s":
        return float(text)
    if name == "pages":
        return (int(text.rstrip("+")), text.endswith("+"))
    if name == "has_cart":
        return text == "true"
    return json.loads(text) if name == "all_pages" else text


def value_of_json(name, value):
    if isinstance(value, dict) and name == "pages":
        return (value["at_least"], True)
    if name == "pages":
        return (value, False)
    if name in ("session_start", "session_end"):
        return datetime.datetime.fromisoformat(value)
    return float(value) if name == "duration_s" else value


def row_of_parquet(row):
    """A column behind another one with the rest of its value is put into it."""
    found = {}
    for name, value in row.items():
        if name.endswith("_text"):
            before = found[name.removesuffix("_text")]
            found[name.removesuffix("_text")] = before if value is None else decimal.Decimal(value)
        elif name.endswith("_at_least"):
            found[name.removesuffix("_at_least")] = (found[name.removesuffix("_at_least")], value)
        else:
            found[name] = value.astimezone(UTC) if isinstance(value, datetime.datetime) else value
    return found


def check_outputs(emit, *flags):
    """Sessions, events and what is open, with every type of column, are the same values in the three formats."""
    events = list(rows(3_000)) + [
        ("big", "a", START + datetime.timedelta(hours=30), decimal.Decimal("123456789012345678901234567890"), "x"),
        ("tiny", "a", START + datetime.timedelta(hours=30), decimal.Decimal("0.12345678901234567891"), "x"),
        ("end", "a", START + datetime.timedelta(hours=40), None, "x"),
    ]
    with tempfile.TemporaryDirectory() as root:
        for output_format in ("csv", "jsonl", "parquet"):
            folder = os.path.join(root, output_format)
            os.mkdir(folder)
            with open(f"{folder}/1.csv", "w") as file:
                file.write(as_csv(events))
            sessionize(folder, "run", "--batch=1.csv", f"--output-format={output_format}", emit, *RULES, *flags)
            # Late rows: dropped, or corrections.
            with open(f"{folder}/2.csv", "w") as file:
                file.write(as_csv([(user, site, ts + datetime.timedelta(microseconds=1), amount, page) for user, site, ts, amount, page in events[:40]]))
            sessionize(folder, "run", "--batch=2.csv", f"--output-format={output_format}", "--max-late=100%", emit, *RULES, *flags)
            sessionize(folder, "verify")
        names = [path.relative_to(f"{root}/csv/{OUT}").with_suffix("") for path in sorted(pathlib.Path(f"{root}/csv/{OUT}").glob("*/*.csv"))]
        for name in [name for name in names if name.parts[0] in ("sessions", "events", "open")]:
            with open(f"{root}/csv/{OUT}/{name}.csv", newline="") as file:
                expected = [{key: value_of_csv(key, text) for key, text in row.items()} for row in csv.DictReader(file)]
            with open(f"{root}/jsonl/{OUT}/{name}.jsonl") as file:
                lines = [json.loads(line, parse_float=decimal.Decimal) for line in file]
            found = [{key: value_of_json(key, value) for key, value in row.items()} for row in lines]
            assert found == expected, f"JSON lines: {name}"
            path = f"{root}/parquet/{OUT}/{name}.parquet"
            found = [row_of_parquet(row) for row in pyarrow.parquet.read_table(path).to_pylist()]
            assert found == expected, f"pyarrow: {name}"
            connection = duckdb.connect()
            connection.execute("SET TimeZone = 'UTC'")
            result = connection.execute(f"SELECT * FROM '{path}'")
            names = [column[0] for column in result.description]
            found = [row_of_parquet(dict(zip(names, row))) for row in result.fetchall()]
            assert found == expected, f"DuckDB: {name}"
            print(f"outputs: {name} has {len(expected)} rows with the same values in CSV and JSON lines, to pyarrow and to DuckDB")
        if emit == "--emit=sessions":
            retracted = duckdb.sql(f"SELECT count(*) FROM '{root}/parquet/{OUT}/sessions/*.parquet' WHERE op = 'retract'").fetchall()[0][0]
            assert retracted > 0
            return
        joined = duckdb.sql(
            f"SELECT count(*) FROM '{root}/parquet/{OUT}/events/*.parquet' JOIN '{root}/parquet/{OUT}/sessions/*.parquet' USING (session_id)"
        ).fetchall()[0][0]
        counted = duckdb.sql(f"SELECT sum(event_count) FROM '{root}/parquet/{OUT}/sessions/*.parquet'").fetchall()[0][0]
        assert joined == counted, (joined, counted)


def check_partitions():
    """Folders of days are a column to DuckDB and pyarrow, and it is the day of the session's start. DuckDB knows compressed files by their names."""
    events = list(rows(3_000)) + [("end", "a", START + datetime.timedelta(days=40), None, "x")]
    with tempfile.TemporaryDirectory() as root:
        for output_format, read, ending, *compression in (
            ("csv", "read_csv", "csv"),
            ("csv", "read_csv", "csv.gz", "--output-compression=gzip"),
            ("csv", "read_csv", "csv.zst", "--output-compression=zstd"),
            ("jsonl", "read_json", "jsonl"),
            ("jsonl", "read_json", "jsonl.gz", "--output-compression=gzip"),
            ("jsonl", "read_json", "jsonl.zst", "--output-compression=zstd"),
            ("parquet", "read_parquet", "parquet"),
        ):
            folder = os.path.join(root, ending)
            os.mkdir(folder)
            with open(f"{folder}/1.csv", "w") as file:
                file.write(as_csv(events))
            flags = ["--partition-by=date", f"--output-format={output_format}", *compression]
            sessionize(folder, "run", "--batch=1.csv", "--emit=both", *flags, *RULES)
            sessionize(folder, "finalize", *flags)
            sessionize(folder, "verify")
            connection = duckdb.connect()
            connection.execute("SET TimeZone = 'UTC'")
            table = lambda kind: f"{read}('{folder}/{OUT}/{kind}/*/*.{ending}', hive_partitioning = true)"
            days, wrong, kind = connection.execute(
                f"SELECT count(DISTINCT session_date), count(*) FILTER (session_date <> CAST(session_start AS DATE)), any_value(typeof(session_date)) FROM {table('sessions')}"
            ).fetchone()
            assert (days > 1, wrong, kind) == (True, 0, "DATE"), (ending, days, wrong, kind)
            joined, apart = connection.execute(
                f"SELECT count(*), count(*) FILTER (e.session_date <> s.session_date) FROM {table('events')} e JOIN {table('sessions')} s USING (session_id)"
            ).fetchone()
            counted = connection.execute(f"SELECT sum(event_count) FROM {table('sessions')}").fetchone()[0]
            assert (joined, apart) == (counted, 0), (ending, joined, apart, counted)
            print(f"outputs: {days} folders of days in {ending} are a column of dates to DuckDB")
        dataset = pyarrow.dataset.dataset(f"{root}/parquet/{OUT}/sessions", partitioning="hive")
        assert {"session_date", "session_start"} <= set(dataset.schema.names)


check_inputs()
check_outputs("--emit=both", "--agg=median(amount)=middle", "--agg=min(amount)")
# Rows say what they do.
check_outputs("--emit=sessions", "--allowed-lateness=365d")
check_partitions()
