"""Random events, cuts into batches and rules, and what the command makes of them: what every engine has to come to as well."""

import csv
import datetime
import decimal
import json
import pathlib
import random
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq

BASE_US = 1_577_836_800_000_000
NOW = "2021-01-01T00:00:00Z"
PAGES = ["/", "/cart", "/thanks", "", "login", "zoë"]

# Each is a list of flags of the command, as the arguments of `run`.
RULES = [
    {},
    {"agg": ["count", "sum(amount)", "min(amount)", "max(amount)"]},
    {"agg": ["first(page)=landing", "last(page)", "list(page)", "distinct(page)", "any(page=/thanks)", "median(amount)"]},
    {"max_duration": "20m", "agg": "count_if(page=/cart)"},
    {"max_events": "3", "split_on": "page"},
    {"start_on": "page=login", "end_on": "page=/thanks"},
    {"where": "page!=/cart", "having": "event_count>1", "agg": "count"},
    {"dedup": "row", "agg": "list(page)"},
    {"allowed_lateness": "15m", "agg": "sum(amount)"},
    {"order_by": "page", "agg": "list(page)"},
    {"emit": "both", "agg": "last(page)"},
    {"split_at": "midnight"},
    {"watermark_delay": "10m"},
    {"watermark_delay": "10m", "agg": "list(page)", "max_events": "4"},
    {"allowed_lateness": "5m", "watermark_delay": "3m", "having": "event_count>=2"},
]


def cut(random_, rows, cuts):
    """Slices of the rows, cut at so many places at most."""
    places = sorted(random_.sample(range(len(rows) + 1), min(len(rows), cuts)))
    return [rows[begin:end] for begin, end in zip([0, *places], [*places, len(rows)]) if begin < end]


class Case:
    """Batches of rows (user, ts, page, amount), a gap and rules."""

    def __init__(self, seed):
        random_ = random.Random(seed)
        self.seed = seed
        self.rules = RULES[seed % len(RULES)]
        self.gap = random_.choice(["1m", "5m", "7m", "30m"])
        users = [f"u{number}" for number in range(random_.randint(1, 12))] + ["zoë", "a,b"]
        disorder = random_.choice([0, 0, 300, 3000])
        rows, time_us = [], 0
        for _ in range(random_.randint(1, 400)):
            time_us += random_.choice([0, 0, 1, 10, 60, 300, 1200]) * 1_000_000 + random_.choice([0, 0, 1])
            moved = time_us - random_.randint(0, disorder) * 1_000_000 if random_.random() < 0.3 else time_us
            rows.append((random_.choice(users), BASE_US + max(moved, 0), random_.choice(PAGES), random_.choice(["", "1", "2.50", "-3"])))
        # Rows without a key are rejects.
        rows = [("", *rest) if random_.random() < 0.02 else (user, *rest) for user, *rest in rows]
        self.batches = cut(random_, rows, random_.randint(0, 4))
        for batch in self.batches:
            if random_.random() < 0.3:
                random_.shuffle(batch)
        # A batch comes as a frame, or as files: that many, cut anywhere.
        self.forms = [random_.choice(["frame", "csv", "parquet"]) for _ in self.batches]
        self.slices = [cut(random_, range(len(batch)), random_.randint(0, 3)) for batch in self.batches]
        self.partitions = random_.randint(1, 5)

    def table(self, batch):
        user, ts, page, amount = zip(*self.batches[batch])
        return pa.table({"user": user, "ts": pa.array(ts, pa.timestamp("us", "UTC")), "page": page, "amount": amount})

    def arguments(self):
        return {"key": "user", "time": "ts", "gap": self.gap, "max_late": "100%", "max_rejects": "100%", "now": NOW, **self.rules}

    def files(self, batch, folder):
        """The batch as files, one for each slice. No content occurs twice, nor begins with another: such is ingested once, or refused."""
        for number, places in enumerate(self.slices[batch]):
            path = pathlib.Path(folder) / f"in-{batch}" / f"{number}.{self.forms[batch]}"
            path.parent.mkdir(exist_ok=True)
            if self.forms[batch] == "csv":
                write_csv(path, [self.batches[batch][place] for place in places], 1 + 8 * batch + number)
            else:
                table = self.table(batch).take(list(places))
                pq.write_table(table.replace_schema_metadata({"file": f"{batch} {number}"}), path)
            yield str(path)


def write_csv(path, rows, blank_lines=0):
    with path.open("w", newline="") as file:
        written = csv.writer(file, lineterminator="\n")
        written.writerow(["user", "ts", "page", "amount"])
        file.write("\n" * blank_lines)
        written.writerows((user, _rfc3339(us), page, amount) for user, us, page, amount in rows)


def of_command(program, case, folder):
    """The rows that the command writes, and those that became no events, over all batches and a finalize."""
    folder = pathlib.Path(folder)
    flags = ["--state", str(folder / "state"), "--out", str(folder / "out"), "--now", NOW, "--quiet"]
    for number, rows in enumerate(case.batches):
        path = folder / f"{number}.csv"
        write_csv(path, rows)
        of_run = ["run", "--batch", str(path), "--key", "user", "--time", "ts", "--gap", case.gap, "--max-late", "100%", "--max-rejects", "100%"]
        of_run += ["--report", "json"]
        for name, values in case.rules.items():
            for value in values if isinstance(values, list) else [values]:
                of_run += [f"--{name.replace('_', '-')}", value]
        _report(program, [*of_run, *flags])
    _report(program, ["finalize", "--report", "json", *flags])
    return sorted(_rows(folder / "out")), sorted(_untaken(folder / "out"))


def _untaken(out):
    """Late and rejected rows: the reason and the columns."""
    for kind in ("late", "rejects"):
        for path in out.glob(f"{kind}/*.csv"):
            with path.open(newline="") as file:
                for row in csv.DictReader(file):
                    yield (row["reason"], row["user"], row["ts"], row["page"], row["amount"])


def _report(program, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stderr)
    return json.loads(done.stdout)


def _rows(out):
    for kind in ("sessions", "events"):
        for path in sorted(out.glob(f"{kind}/*.csv")):
            with path.open(newline="") as file:
                for row in csv.DictReader(file):
                    yield (kind, *_words(row))


def _words(row):
    return (f"{name}={value}" for name, value in row.items())


def _rfc3339(us):
    seconds, fraction = divmod(us, 1_000_000)
    text = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:06}Z" if fraction else f"{text}Z"


def of_spark(spark, case, folder, **how):
    """What `sessionize.spark` comes to: the same rows, read back by the files of the commits."""
    from sessionize.spark import finalize, run, run_files

    root, how = f"{folder}/root", {"partitions": case.partitions, **how}
    for number, form in enumerate(case.forms):
        if form == "frame":
            run(spark.createDataFrame(case.table(number)), root, **case.arguments(), **how)
        else:
            run_files(spark, list(case.files(number, folder)), root, **case.arguments(), **how)
    finalize(spark, root, now=NOW, **how)
    return sorted(rows_of(root)), sorted(_untaken_of(root))


def _untaken_of(root):
    from sessionize.spark import files

    for kind in ("late", "rejects"):
        for path in files(root, kind):
            for row in pq.read_table(path).to_pylist():
                if "row" in row:
                    values = next(csv.reader([row["row"]]))
                else:
                    values = [row["user"], _rfc3339(_us(row["ts"])), row["page"], row["amount"]]
                yield (row["reason"], *values)


def _us(time):
    return round((time - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(microseconds=1))


def rows_of(root):
    """All committed rows in the words of the command's CSV."""
    from sessionize.spark import files

    for kind in ("sessions", "events"):
        for path in files(root, kind):
            table = pq.read_table(path)
            for row in table.to_pylist():
                yield (kind, *_words(_as_csv(row)))


def _as_csv(row):
    texts = {}
    for name, value in row.items():
        if name.endswith("_text") or name.endswith("_at_least"):
            continue
        texts[name] = _cell(value, row.get(f"{name}_text"), row.get(f"{name}_at_least"), name)
    return texts


def _cell(value, text, at_least, name):
    if value is None:
        return text or ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return _rfc3339(_us(value))
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, decimal.Decimal):
        return _plain(value)
    if isinstance(value, float):
        return f"{value:.6f}" if value % 1 else f"{value:.0f}"
    return f"{value}{'+' if at_least else ''}"


def _plain(value):
    return f"{value.normalize():f}"


def comparable(rows):
    """Rows in which numbers do not depend on how many zeros follow the point: a Parquet decimal has always 18 digits there."""

    def cell(text):
        name, _, value = text.partition("=")
        if value.lstrip("-").replace(".", "", 1).isdigit() and "." in value and name not in ("duration_s",):
            value = value.rstrip("0").rstrip(".")
        return f"{name}={value}"

    return sorted(tuple(cell(text) for text in row) for row in rows)
