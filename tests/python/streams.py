"""Checkpoints and their outputs, made by the real program: SESSIONIZE names one that was built with the feature `parquet`."""

import collections
import json
import os
import random
import subprocess

import pyarrow.parquet

PROGRAM = os.environ["SESSIONIZE"]
RULES = ["--key=user_id", "--time=ts", "--agg=count", "--agg=list(page)=pages", "--agg=sum(amount)"]
COMMON = ["--gap=30m", "--output-format=parquet", *RULES]


class Stream:
    """A checkpoint and its outputs."""

    def __init__(self, folder, *flags):
        self.folder, self.flags, self.days = folder, [*COMMON, *flags], 0
        folder.mkdir(exist_ok=True)
        self.out = folder / "sessionize-out"
        self.table = folder / "table"

    def sessionize(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)

    def run(self, rows, *flags):
        """One run over `rows`: user, minutes since the start, page, amount."""
        self.days += 1
        name = f"batch-{self.days}.csv"
        lines = ["user_id,ts,page,amount"]
        for user, minutes, page, amount in rows:
            lines.append(f"{user},{1_600_000_000 + 60 * minutes},{page},{amount}")
        (self.folder / name).write_text("\n".join(lines) + "\n")
        own = [flag for flag in self.flags if not any(flag.split("=")[0] == given.split("=")[0] != "--agg" for given in flags)]
        self.sessionize("run", f"--batch={name}", *own, *flags)

    def day(self, number):
        """The rows of a day, with gaps inside and sessions that go on over its end."""
        draw = random.Random(number)
        return [
            (f"u{draw.randrange(12)}", 1_440 * number + minute, draw.choice("abc"), draw.randrange(100) / 4)
            for minute in range(0, 1_440, 7)
        ]

    def published(self, kind="sessions"):
        """The rows that are valid after all runs: of all files in place, in the order of the runs. The oracle: it knows nothing of the log."""
        rows = {}
        for path in sorted(self.out.glob(f"{kind}/**/*.parquet")):
            for row in pyarrow.parquet.ParquetFile(path).read().to_pylist():
                identity = (row["session_id"], row.get("event_number"))
                op = row.pop("op", "insert")
                if op == "retract":
                    del rows[identity]
                else:
                    assert identity not in rows
                    rows[identity] = row
        return list(rows.values())


def counted(rows):
    return collections.Counter(json.dumps({k: v for k, v in row.items() if v is not None}, default=str, sort_keys=True) for row in rows)


def correct(stream, number):
    """A run of late rows, which corrects sessions of earlier days."""
    late = [(f"u{user}", 1_440 * number + 600 + user, "late", 1) for user in range(0, 12, 2)]
    stream.run([*late, ("new", 1_440 * number + 5, "late", 2)])
