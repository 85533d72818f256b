"""How rows come to the fold sorted, on the engine at hand. Nothing here uses a Spark context: Spark Connect is enough."""

import json
import re

from pyspark.sql import Window
from pyspark.sql import functions as F

from . import tasks
from .layout import error

ORDER = ("bucket", "key", "kind", "time", "seq")
FORMS = ("sort", "window", "group")


def form_of(spark, asked):
    """The form of the fold: `sort` where the engine keeps the order that is asked for, else `window`.

    Spark keeps it. Sail removes a sort that no operator needs, and does not know that the fold needs it; a numbering needs it too.
    The fold checks every row, so a form that does not hold is an error and never a wrong session."""
    if asked != "auto":
        if asked not in FORMS:
            raise error(f"form is {asked!r}: it is auto, {', '.join(FORMS)}", 2)
        return asked
    numbers = spark.range(64).select((F.lit(64) - F.col("id")).alias("number")).repartition(1)
    kept = numbers.sortWithinPartitions("number").mapInArrow(tasks.in_order, "sorted boolean").collect()
    return "sort" if all(row.sorted for row in kept) else "window"


def collected(action):
    """The results of the tasks of an action. An error of a task becomes one of the driver, with its words and its code."""
    try:
        return [json.loads(row.result) for row in action()]
    except Exception as failure:
        text = str(failure)
        if told := re.search(r"<sessionize (\d+)>(.*?)</sessionize>", text, re.DOTALL):
            raise error(told[2], int(told[1])) from failure
        if "No module named 'sessionize" in text or "PYTHON_VERSION_MISMATCH" in text:
            raise error(
                "a worker has another Python than the driver, or no sessionize: export PYSPARK_PYTHON with an interpreter that has the wheel on every"
                " worker, or ship an archive of the environment (docs/scale.md)",
                1,
            ) from failure
        raise


def fold(rows, form, partitions, job, root, folder):
    """The results of the fold of `rows`."""
    if form == "group":
        grouped = rows.groupBy("bucket").applyInArrow(tasks.folded_group(job, root, folder), tasks.RESULT)
        return collected(grouped.collect)
    rows = rows.repartition(partitions, "bucket")
    if form == "window":
        order = Window.partitionBy("bucket").orderBy(*ORDER[1:]).rowsBetween(Window.unboundedPreceding, Window.currentRow)
        rows = rows.withColumn("position", F.row_number().over(order))
    else:
        # By bucket and key, and the fold begins anew with each key: so it does not matter if the engine merges partitions.
        rows = rows.sortWithinPartitions(*ORDER)
    return collected(rows.mapInArrow(tasks.folded(job, root, folder), tasks.RESULT).collect)
