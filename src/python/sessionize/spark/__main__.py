"""`python -m sessionize.spark run|finalize|inspect|gc`, or the same behind `spark-submit`."""

import argparse
import json
import sys

from sessionize.spark.layout import SparkError


def _parser():
    parser = argparse.ArgumentParser(prog="python -m sessionize.spark", description="Sessions on Apache Spark. docs/scale.md describes a root.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="ingest files as one batch")
    run.add_argument("input", nargs="+", help="files, folders, patterns, or URLs of objects, which all workers reach")
    run.add_argument("--input-format", choices=["auto", "parquet", "jsonl", "w3c", "weblog", "csv"], default="auto")
    for name in ("key", "time"):
        run.add_argument(f"--{name}", help="columns, with commas between them")
    for name in ("gap", "timezone", "time-format", "watermark", "batch"):
        run.add_argument(f"--{name}")
    run.add_argument("--watermark-delay", default="0s")
    run.add_argument("--max-late", default="5%")
    run.add_argument("--max-rejects", default="1%")
    run.add_argument("--max-future", default="5m")
    run.add_argument("--buckets", type=int, default=256)
    run.add_argument("--rule", action="append", default=[], metavar="FLAG=VALUE", help="a rule of the command: agg=count, split-on=page")
    finalize = commands.add_parser("finalize", help="close open sessions")
    finalize.add_argument("--as-of", help="no older event is still to come")
    for command in (run, finalize):
        command.add_argument("--now", help="the clock, as RFC 3339")
        command.add_argument("--partitions", type=int, help="tasks that fold (default: 32)")
        command.add_argument("--form", default="auto", help="auto, sort, window or group")
        command.add_argument("--remote", help="a Spark Connect server: sc://host:15002")
        command.add_argument("--master", help="a master, where spark-submit gives none: local[2]")
    for command in (run, finalize, commands.add_parser("inspect", help="show a root"), commands.add_parser("gc", help="remove abandoned files")):
        command.add_argument("--root", required=True, help="a folder that all workers reach, or s3://bucket/prefix, gs://, az://")
    return parser


_OF_A_RUN = (
    "input_format key time gap timezone time_format watermark watermark_delay batch max_late max_rejects max_future buckets".split()
)


def _session(flags):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if flags.remote:
        builder = builder.remote(flags.remote)
    elif flags.master:
        builder = builder.master(flags.master)
    return builder.getOrCreate()


def _execute(flags):
    from sessionize.spark import finalize, gc, inspect, run_files

    if flags.command == "inspect":
        return inspect(flags.root)
    if flags.command == "gc":
        return {"removed": gc(flags.root)}
    spark = _session(flags)
    same = {"now": flags.now, "partitions": flags.partitions, "form": flags.form}
    if flags.command == "finalize":
        return finalize(spark, flags.root, as_of=flags.as_of, **same)
    rules = {}
    for rule in flags.rule:
        name, _, value = rule.partition("=")
        rules.setdefault(name, []).append(value)
    named = {name: getattr(flags, name) for name in _OF_A_RUN}
    return run_files(spark, flags.input, flags.root, **named, **same, **rules)


def main(arguments=None):
    """Prints a report as JSON, or one line of error. Returns the exit code of the command."""
    flags = _parser().parse_args(arguments)
    try:
        print(json.dumps(_execute(flags), indent=1))
    except SparkError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return getattr(failure, "code", 1)
    except Exception as failure:
        # What the engine says is long, and its first line says what has happened.
        print(f"error: {type(failure).__name__}: {next(iter(str(failure).splitlines()), '')}; nothing was committed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
