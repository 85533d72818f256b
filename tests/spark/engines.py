"""The engines that the tests start, each on the loopback interface and stopped by its own handle."""

import os
import sys

os.environ["PYSPARK_PYTHON"] = sys.executable


def sail():
    """A session of Sail, which runs in this process, and what stops it."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    return session, server.stop


def spark(master="local[2]", **settings):
    """A session of Spark, and what stops it."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master)
    defaults = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "200",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in {**defaults, **settings}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session, session.stop


ENGINES = {"sail": sail, "spark": spark}
