"""sessionize on Apache Spark: the same sessions, ids, rules and late policy as the command, past one machine.

    from sessionize.spark import run, finalize, inspect, sessions

    run(spark.read.parquet("events"), "lake/sessions", key="user", time="ts", gap="30m", batch="2026-01-01")
    sessions(spark, "lake/sessions").show()

`docs/scale.md` of the repository says what is promised, how a root is laid out, and how to size a cluster.
"""

from .driver import finalize, run
from .layout import SparkError
from .reading import files, gc, inspect, sessions

__all__ = ["SparkError", "files", "finalize", "gc", "inspect", "run", "sessions"]
