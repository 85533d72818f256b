"""Files as a data frame whose rows know their places, so that events at one instant keep the order of the files."""

import glob
import os

from pyspark.sql import functions as F

from . import tasks
from .layout import error


def read(spark, paths, input_format):
    """A data frame of files, and what a commit says of them. The order of the files is that of the arguments; a pattern gives sorted ones."""
    found = list(dict.fromkeys(path for given in paths for path in (sorted(glob.glob(given)) or [given])))
    missing = [path for path in found if "://" not in path and not os.path.exists(path)]
    if missing:
        raise error(f"{missing[0]}: there is no such file", 66)
    frame = _frame(spark, found, input_format)
    return _with_places(frame, found, input_format), [_input(path) for path in found]


def _frame(spark, paths, input_format):
    if input_format == "parquet":
        return spark.read.parquet(*paths)
    if input_format == "csv":
        # A file whose header has other columns, or in another order, is an error instead of a wrong key.
        options = {"header": True, "escape": '"', "multiLine": False, "enforceSchema": False}
        return spark.read.options(**options).csv(paths)
    return spark.read.option("primitivesAsString", True).json(paths)


def _with_places(frame, paths, input_format):
    """Adds the number of the file, and the place of the row or its block, where the engine tells them."""
    place = "file_block_start" if input_format != "parquet" else "row_index"
    try:
        placed = frame.select("*", F.col("_metadata.file_path").alias(tasks.FILE), F.col(f"_metadata.{place}").alias(tasks.PLACE))
        _ = placed.schema
    except Exception:
        # This engine does not tell: rows have the order in which it reads them.
        return frame
    numbers = F.lit(len(paths))
    for number, path in enumerate(paths):
        name = os.path.abspath(path) if "://" not in path else path.split("://", 1)[1]
        numbers = F.when(F.col(tasks.FILE).endswith(name), F.lit(number)).otherwise(numbers)
    placed = placed.withColumn(tasks.FILE, numbers.cast("bigint"))
    if input_format == "parquet":
        return placed.withColumn(tasks.ROW, F.col(tasks.PLACE)).withColumn(tasks.PLACE, F.lit(0).cast("bigint"))
    return placed


def _input(path):
    if "://" in path:
        return {"path": path, "bytes": None, "modified_ns": None}
    found = os.stat(path)
    return {"path": os.path.abspath(path), "bytes": found.st_size, "modified_ns": found.st_mtime_ns}
