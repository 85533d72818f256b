"""Reading a root: always by its commits."""

import re

from .layout import Layout, error
from .report import report


def files(root, kind="sessions"):
    """The paths of all committed files of a kind (`sessions`, `events`, `late`, `rejects`), or of the newest open state (`state`)."""
    layout = Layout(root)
    newest = layout.newest()
    commits = ([newest] if newest else []) if kind == "state" else layout.commits()
    return [layout.root.shown(file["path"]) for commit in commits for file in commit["files"] if file["kind"] == kind]


def sessions(spark, root, kind="sessions"):
    """A data frame of all committed rows of a kind. Files are named one by one: the engine never lists a folder."""
    paths = files(root, kind)
    if not paths:
        raise error(f"{root} has no {kind} yet", 1)
    return spark.read.parquet(*paths)


def inspect(root):
    """What a root has: the definition, the watermark, and the newest run."""
    layout = Layout(root)
    meta, newest = layout.meta(), layout.newest()
    return {
        "format_version": meta["format_version"] if meta else None,
        "stream_id": meta["stream_id"] if meta else None,
        "buckets": meta["buckets"] if meta else None,
        "definition": meta["definition"] if meta else None,
        "last_run": report(newest) if newest else None,
        "runs": newest["run"] if newest else 0,
    }


def gc(root):
    """Removes what attempts have left that never came to a commit, and returns the names.

    A file of a run that is committed, and that its commit does not name, can never be named by one. Files of the next run may be on their way."""
    layout = Layout(root)
    newest = layout.newest()
    if newest is None:
        return []
    kept = {file["path"] for commit in layout.commits() for file in commit["files"]}
    found = [name for name in layout.root.list("data/") if (run := re.match(r"data/(\d+)-", name)) and int(run[1]) <= newest["run"]]
    removed = [name for name in found if name not in kept]
    for name in removed:
        layout.root.remove(name)
    return removed
