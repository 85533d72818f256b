"""sessionize on Apache Spark: the same sessions, ids, rules and late policy as the command, past one machine.

    from sessionize.spark import run, run_files, finalize, inspect, sessions

    run_files(spark, ["events/2026-01-01"], "lake/sessions", key="user", time="ts", gap="30m")
    run(spark.table("clicks"), "lake/sessions", batch="2026-01-02")
    sessions(spark, "lake/sessions").show()

`docs/scale.md` of the repository says what is promised, how a root is laid out, and how to size a cluster.
"""

from .driver import finalize, run, run_files
from .layout import SparkError
from .reading import files, gc, inspect, sessions

__all__ = ["SparkError", "files", "finalize", "gc", "inspect", "run", "run_files", "sessions"]
