"""with_spark.py INPUT OUTPUT: Spark in this process with two threads, the usual SQL. Each part that it writes becomes a
file beside OUTPUT."""

import os
import shutil
import sys
from pathlib import Path

from pyspark.sql import SparkSession

SQL = """
WITH marked AS (
    SELECT key, t,
        CASE WHEN unix_seconds(t) - unix_seconds(lag(t) OVER (PARTITION BY key ORDER BY t)) <= 300 THEN 0 ELSE 1 END
            AS begins
    FROM events
),
numbered AS (
    SELECT key, t, sum(begins) OVER (PARTITION BY key ORDER BY t ROWS UNBOUNDED PRECEDING) AS number FROM marked
)
SELECT key, min(t) AS start, max(t) AS end, unix_seconds(max(t)) - unix_seconds(min(t)) AS duration_s,
    count(*) AS events
FROM numbered
GROUP BY key, number
"""


def main():
    source, target = sys.argv[1], Path(sys.argv[2])
    threads = os.environ.get("THREADS", "2")
    spark = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.driver.memory", "8g")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", 2 * int(threads))
        .getOrCreate()
    )
    rows = spark.read.csv(source, schema="key STRING, t TIMESTAMP, kind STRING, path STRING")
    rows.createOrReplaceTempView("events")
    parts = target.with_suffix(".parts")
    spark.sql(SQL).write.csv(str(parts), header=True)
    for number, part in enumerate(sorted(parts.glob("part-*.csv"))):
        part.rename(target.with_name(f"{target.stem}-{number}.csv"))
    shutil.rmtree(parts)
    spark.stop()


main()
