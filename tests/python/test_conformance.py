"""The command and the package give the same: sessions with their ids, late rows, rejects. Random rows, rules and cuts into batches; and
keys and times of every type. SESSIONIZE_TEST_CUTS says how many cuts, PROPTEST_RNG_SEED where they begin."""

import collections
import datetime
import decimal
import json
import os
import random
import subprocess
import uuid
import warnings
import zoneinfo

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
import sessionize as sz

PROGRAM = os.environ["SESSIONIZE"]
CUTS = int(os.environ.get("SESSIONIZE_TEST_CUTS", "16"))
SEED = int(os.environ.get("PROPTEST_RNG_SEED", "1"))
NOW = "2026-06-01T00:00:00Z"
START = 1_767_225_600

RULES = [
    {},
    {"agg": ["count", "sum(amount)", "list(page)=pages", "distinct(page)", "median(amount)=middle"]},
    {"max_duration": "1h", "max_events": 4},
    {"split_at": "midnight", "timezone": "Europe/Paris"},
    {"split_on": "page", "start_on": "page=a", "end_on": "page=c"},
    {"where": "amount > 20", "having": "event_count > 1"},
    {"allowed_lateness": "6h", "agg": "first(page)=landing"},
    {"dedup": "page", "order_by": "amount"},
    {"dedup": "row"},
    {"null": ["b", "NULL"], "agg": ["last(page)", "any(page=a)=saw_a"]},
    {"gap_by": "page:a=2h,*=10m", "key": ["user", "page"], "key_parts": "all"},
]


def rows_of(draw, batches, disorder):
    """Rows of batches, whose times go on but for the disorder."""
    minute = 0
    for _ in range(batches):
        rows = []
        for _ in range(draw.randrange(0, 60)):
            minute += draw.choice([0, 1, 3, 20, 70])
            us = (START + 60 * (minute - draw.randrange(disorder + 1))) * 1_000_000
            user = draw.choice([1, 2, 3, 4, None]) if draw.random() < 0.97 else None
            page = draw.choice(["a", "b", "c", "", "é,\"x"])
            rows.append({"user": user, "ts": us, "page": page or None, "amount": draw.choice([1, 25, 50])})
        yield rows


def written(rows, path):
    """The rows as the command reads them: the time as text."""
    table = as_table(rows)
    seconds = [us // 1_000_000 for us in (row["ts"] for row in rows)]
    table = table.set_column(1, "ts", pyarrow.array(seconds, pyarrow.int64()))
    pyarrow.csv.write_csv(table, path)


def as_table(rows):
    types = {"user": pyarrow.int64(), "ts": pyarrow.timestamp("us", "UTC"), "page": pyarrow.string(), "amount": pyarrow.int32()}
    return pyarrow.table({name: pyarrow.array([row[name] for row in rows], kind) for name, kind in types.items()})


def flags(rules):
    for name, values in rules.items():
        values = [",".join(values)] if name == "key" and isinstance(values, list) else values
        for value in values if isinstance(values, list) else [values]:
            yield f"--{name.replace('_', '-')}={value}"


class Command:
    """The command in a folder of its own."""

    def __init__(self, folder):
        self.folder, self.runs = folder, 0
        folder.mkdir()

    def __call__(self, *words):
        done = subprocess.run([PROGRAM, *words, "--report=json", f"--now={NOW}"], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)
        report = json.loads(done.stdout)
        found = sorted(self.folder.glob("sessionize-out/sessions/*.parquet"), key=os.path.getmtime)
        new, self.runs = found[self.runs :], len(found)
        tables = [pyarrow.parquet.ParquetFile(path).read() for path in new]
        return counted(row for table in tables for row in table.to_pylist()), report


def counted(rows):
    return collections.Counter(json.dumps(row, default=str, sort_keys=True) for row in rows)


@pytest.mark.parametrize("number", range(CUTS))
def test_the_command_and_the_package_give_the_same(number, tmp_path):
    draw = random.Random(f"{SEED} {number}")
    rules = {"key": "user", "time": "ts", "gap": draw.choice(["5m", "30m"]), **RULES[number % len(RULES)]}
    delay = draw.choice(["0s", "30m"])
    cuts = list(rows_of(draw, draw.randrange(1, 5), draw.choice([0, 40])))
    command, state = Command(tmp_path / "command"), None
    for batch, rows in enumerate(cuts):
        path = command.folder / f"batch-{batch}.csv"
        written(rows, path)
        expected, report = command(
            "run", f"--batch={path}", "--output-format=parquet", f"--watermark-delay={delay}", "--max-late=100%", "--max-rejects=100%", *flags(rules)
        )
        given = rules if state is None else {}
        table = as_table(rows)
        if "dedup" in rules:
            # The digest of a row is that of its text.
            table = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(column_types={name: pyarrow.string() for name in table.column_names}))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sz.SessionizeWarning)
            result = sz.sessionize(table, state=state, watermark_delay=delay, now=NOW, ordered=draw.choice([None, False]), **given)
        assert counted(result.done.to_pylist()) == expected, (rules, batch)
        counts = (report["rows_read"], report["events_late"], report["rows_rejected"])
        assert (result.counts["rows_read"], result.late.num_rows, result.rejects.num_rows) == counts
        state = sz.State.from_bytes(result.state.to_bytes()) if draw.random() < 0.5 else result.state
    expected, _ = command("finalize", "--output-format=parquet")
    state._kind = "pyarrow"
    assert counted(sz.finalize(state).to_pylist()) == expected, rules


UUIDS = [uuid.UUID(int=number << 64 | number) for number in (1, 2**60)]
WORDS = ["ann", "é", " b ", None]
KEYS = {
    "text": pyarrow.array(WORDS),
    "large text": pyarrow.array(WORDS, pyarrow.large_string()),
    "text in views": pyarrow.array(WORDS, pyarrow.string_view()),
    "dictionary": pyarrow.array(WORDS).dictionary_encode(),
    "dictionary of large texts": pyarrow.array(WORDS, pyarrow.large_string()).dictionary_encode(),
    "binary": pyarrow.array([word and word.encode() for word in WORDS], pyarrow.binary()),
    "large binary": pyarrow.array([word and word.encode() for word in WORDS], pyarrow.large_binary()),
    "uuid": pyarrow.array([*(each.bytes for each in UUIDS), None], pyarrow.uuid()),
    "boolean": pyarrow.array([True, False, None]),
    "date": pyarrow.array([datetime.date(2026, 1, 1), None]),
    "decimal without a fraction": pyarrow.array([decimal.Decimal(7), decimal.Decimal(-40), None], pyarrow.decimal128(20, 0)),
    **{f"{kind}": pyarrow.array([0, 7, 100, None], kind) for kind in ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")},
    "negative": pyarrow.array([-5, -(2**63), 2**63 - 1], "int64"),
    "large": pyarrow.array([2**64 - 1], "uint64"),
    "dictionary of numbers": pyarrow.array([7, 7, 100, None], "int64").dictionary_encode(),
}


def text_of(value):
    if isinstance(value, bool):
        return str(value).lower()
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("kind", KEYS)
def test_equal_keys_have_equal_ids_in_every_form(kind, tmp_path):
    keys = KEYS[kind]
    rows = pyarrow.table({"user": keys, "ts": pyarrow.array([START + number for number in range(len(keys))], "int64")})
    texts = [None if value is None else text_of(value) for value in keys.to_pylist()]
    of_texts = [{"user": text, "ts": START + number} for number, text in enumerate(texts)]
    expected = ids_of(rows)
    assert len(expected) == len({text for text in texts if text})
    forms = {"csv": "", "jsonl": "".join(json.dumps(row) + "\n" for row in of_texts)}
    pyarrow.csv.write_csv(pyarrow.Table.from_pylist(of_texts), tmp_path / "rows.csv")
    (tmp_path / "rows.jsonl").write_text(forms["jsonl"])
    if kind in ("text", "large text", "dictionary", "binary", "uuid", "boolean", "date") or "int" in kind or kind in ("negative", "large"):
        pyarrow.parquet.write_table(rows, tmp_path / "rows.parquet")
    for path in sorted(tmp_path.glob("rows.*")):
        command = Command(tmp_path / path.suffix[1:])
        command("run", f"--batch={path}", "--key=user", "--time=ts", "--max-rejects=100%", "--output-format=parquet")
        found, _ = command("finalize", "--output-format=parquet")
        assert {json.loads(row)["session_id"] for row in found.elements()} == expected, path.name


def ids_of(rows, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sz.SessionizeWarning)
        result = sz.sessionize(rows, **{"key": "user", "time": "ts", "now": NOW, **options})
    closed = [*result.done.to_pylist(), *sz.finalize(result.state).to_pylist()]
    return {row["session_id"] for row in closed}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Paris", "+05:30"])
def test_equal_times_have_equal_ids_in_every_unit_and_zone(unit, zone):
    instants = [START, START + 7200, -1]
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    rows = pyarrow.table({"user": ["ann", "ann", "bob"], "ts": pyarrow.array([scale * each for each in instants], pyarrow.timestamp(unit, zone))})
    texts = [datetime.datetime.fromtimestamp(each, datetime.timezone.utc).isoformat() for each in instants]
    assert ids_of(rows) == ids_of(pyarrow.table({"user": ["ann", "ann", "bob"], "ts": texts}))


def test_times_without_a_zone_are_those_of_the_timezone():
    local = datetime.datetime(2026, 7, 1, 12, 0)
    instant = local.replace(tzinfo=zoneinfo.ZoneInfo("Europe/Paris"))
    here, there = [pyarrow.table({"user": ["ann"], "ts": [time]}) for time in (local, instant)]
    options = {"timezone": "Europe/Paris", "now": "2027-01-01T00:00:00Z"}
    assert ids_of(here, **options) == ids_of(there, **options)


@pytest.mark.parametrize("keys", [pyarrow.array([1.5]), pyarrow.array([[1]]), pyarrow.array([decimal.Decimal("1.5")])])
def test_what_has_no_one_text_is_no_key(keys):
    with pytest.raises(sz.DataError, match="which cannot be a key"):
        ids_of(pyarrow.table({"user": keys, "ts": [START]}))
