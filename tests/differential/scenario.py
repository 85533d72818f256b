"""Scenarios as stories, as far as other engines can be told."""

import csv
import re
import shlex
from collections import Counter
from pathlib import Path

from story import Event, Step, Story
from times import Unfit, duration_of, time_of

ROOT = Path(__file__).parent.parent.parent
# Flags of a step, and those that only let mistakes through.
MOMENTS = {"--watermark", "--as-of"}
SPANS = {"--gap", "--watermark-delay"}
LIMITS = {"--max-late", "--max-rejects", "--now", "--report", "--min-rows", "--key-parts"}
# The definition: what sessions are.
RULES = {
    "--key", "--time", "--header", "--timezone", "--null", "--where", "--having", "--agg", "--max-distinct", "--max-list",
    "--max-duration", "--split-at", "--start-on", "--split-on", "--max-events", "--end-on", "--gap-by", "--gap-column",
    "--duration", "--order-by", "--dedup", "--emit", "--allowed-lateness",
}  # fmt: skip
STEPS = ("run", "finalize", "rollback", "purge", "inspect", "file", "gzip", "zstd")


def scenarios():
    """Each scenario: its title, and its text."""
    texts = [path.read_text() for path in sorted((ROOT / "tests/scenarios").glob("*.txt"))]
    page = (ROOT / "docs/semantics.md").read_text()
    texts.append("\n\n".join(re.findall(r"```scenario\n(.*?)```", page, re.S)))
    parts = [part for text in texts for part in re.split(r"^(?==== )", text, flags=re.M) if part.startswith("=== ")]
    return [(part.partition("\n")[0].removeprefix("=== ").strip(), part.partition("\n")[2]) for part in parts]


def stories():
    found = []
    for title, body in scenarios():
        try:
            found.append(story(title, body))
        except Unfit:
            continue
    return found


def story(title, body):
    told, files, batches = Story(title), {}, 0
    for block in re.split(r"\n\s*\n(?=#|(?:%s)\b)" % "|".join(STEPS), body.strip("\n")):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if not lines or lines[0].startswith("inspect"):
            continue
        if "----" not in lines or "--dry-run" in lines[0]:
            raise Unfit("no expectations, or a run that does nothing")
        cut = lines.index("----")
        rows, expected = lines[1:cut], [unescaped(line) for line in lines[cut + 1 :] if line.strip()]
        words = shlex.split(lines[0].replace("\\", "\\\\"))
        if words[0] == "file":
            if not words[1].endswith(".csv"):
                raise Unfit("a file of something else than events")
            files[words[1]] = rows
            continue
        batches += bool(rows)
        own = "-" if "-" in words else f"{batches}.csv"
        if rows:
            files[own] = rows
        # A command that is refused, or has nothing to do, changes nothing.
        if not any(re.match(r"exit|status = (?!committed)", line) for line in expected):
            flags, rules, names = read_flags(words)
            add_step(told, Step(words[0], flags), rules, expected)
            for name in names or [own] * bool(rows):
                add_rows(told, name, files.pop(name, None), aside("late", expected), aside("reject", expected))
    if not told.accepted():
        raise Unfit("no events")
    told.sessions, told.retracted = applied(told.sessions)
    return told


def add_step(told, step, rules, expected):
    gap = step.flags.get("--gap", told.gap)
    if told.steps and gap != told.gap:
        raise Unfit("the gap changes")
    told.gap = gap
    told.rules = told.rules or rules
    told.steps.append(step)
    expect(told, step.flags, expected)


def add_rows(told, file, rows, late, rejected):
    if rows is None:
        raise Unfit("a file that comes twice")
    step = told.steps[-1]
    cells = cells_of(unescaped(rows[0])) if rows else []
    has_header = (file, 1) not in rejected and names_columns(told, cells)
    columns = cells if has_header else [str(number) for number in range(1, len(cells) + 1)]
    told.columns = told.columns or columns
    for number, row in enumerate(rows, 1):
        if (file, number) in rejected or (has_header and number == 1):
            continue
        seq = sum(len(step.events) for step in told.steps) + 1
        step.events.append(event_of(told, seq, columns, row))
        if (file, number) in late:
            step.late.add(seq)


def names_columns(told, cells):
    asked = told.rule("--header")
    if asked in ("yes", "no"):
        return asked == "yes"
    return bool(cells) and not any(is_time(cell, told.rule("--timezone")) for cell in cells)


def is_time(text, zone):
    try:
        return time_of(text, zone) is not None
    except Unfit:
        return False


def expect(told, flags, expected):
    said = lambda kind: [line.split(" ", 1)[1] for line in expected if line.startswith(kind + " ")]
    keys = len((told.rule("--key") or "1").split(","))
    told.sessions += [session_of(row, keys) for row in said("session")]
    told.emitted += [(tuple(cells[:-1]), int(cells[-1])) for cells in map(cells_of, said("event"))]
    opened = [open_of(row, keys) for row in said("open")]
    latest = [session_of(row, keys)[1] for row in said("latest")]
    told.opened = sorted(opened or latest) if opened or "--emit-open" in flags else None
    counts = dict(line.split(" = ") for line in expected if line.startswith("events_open = "))
    told.events_open = int(counts["events_open"]) if counts else None


def applied(rows):
    """Rows of inserts and retracts: the sessions that are left, and those that were taken back."""
    inserted = Counter(row for op, row in rows if op != "retract")
    retracted = Counter(row for op, row in rows if op == "retract")
    return sorted((inserted - retracted).elements()), sorted(retracted.elements())


def aside(kind, expected):
    """Files and lines of the rows that are expected in a side output."""
    found = [said.split(" ", 1)[1].split(",")[:2] for said in expected if said.startswith(kind + " ")]
    if any(len(place) < 2 or not place[1].isdigit() for place in found):
        raise Unfit("rows of another kind")
    return {(file, int(number)) for file, number in found}


def read_flags(words):
    """Flags of the step and of the definition, and the files that it names."""
    if words[0] not in ("run", "finalize"):
        raise Unfit(words[0])
    flags, rules, names, rest = {}, {}, [], words[1:]
    while rest:
        name, rest = rest[0], rest[1:]
        if name == "--emit-open":
            flags[name] = True
            continue
        if name == "--batch":
            continue
        if name == "-" or not name.startswith("-"):
            names.append(name)
            continue
        if not rest:
            raise Unfit(name)
        value, rest = rest[0], rest[1:]
        if name in MOMENTS:
            flags[name] = time_of(value)
        elif name in SPANS:
            flags[name] = duration_of(value)
        elif name in RULES:
            rules.setdefault(name, []).append(value)
        elif name not in LIMITS:
            raise Unfit(name)
    return flags, rules, names


def unescaped(line):
    if re.search(r"(?<!\\)\\(x|$)", line):
        raise Unfit("bytes, or no line end")
    return re.sub(r"\\([rnt\\])", lambda match: {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}[match[1]], line)


def cells_of(line):
    try:
        return next(csv.reader([line]), [""])
    except csv.Error as error:
        raise Unfit(line) from error


def event_of(told, seq, columns, line):
    if line.startswith("{"):
        raise Unfit("JSON lines")
    cells = dict(zip(columns, cells_of(unescaped(line))))
    row = tuple(cells.get(name, "") for name in told.columns)
    missing = {"", *told.rules.get("--null", [])}
    values = tuple(None if cell in missing else cell for cell in row)
    value = lambda name: values[told.column(name) - 1] if told.column(name) <= len(values) else None
    key, time = told.rule("--key") or usual(told, ("key", "user"), "1"), told.rule("--time") or usual(told, ("time", "ts"), "2")
    of_flag = lambda flag: value(told.rule(flag)) if told.rule(flag) else None
    try:
        when = time_of(value(time) or "", told.rule("--timezone"))
    except Unfit:
        if not told.rule("--where"):
            raise
        when = None
    gap, lasts = of_flag("--gap-column"), of_flag("--duration")
    name = ",".join(value(part) or "" for part in key.split(","))
    return Event(seq, name, when, gap and duration_of(gap, True), duration_of(lasts, True) if lasts else 0, values, row, line)


def usual(told, names, otherwise):
    return next((name for name in names if name in told.columns), otherwise)


def session_of(row, keys):
    """Whether it is inserted or retracted, and the session."""
    parts = cells_of(row)
    op = parts.pop(0) if parts[0] in ("insert", "retract") else "insert"
    key, (start, end, _, events, reason, *values) = ",".join(parts[:keys]), parts[keys:]
    return op, (key, time_of(start), time_of(end), int(events), reason, *values)


def open_of(row, keys):
    parts = cells_of(row)
    return (",".join(parts[:keys]), time_of(parts[keys]), time_of(parts[keys + 1]), int(parts[keys + 2]))
