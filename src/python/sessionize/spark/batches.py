"""What a run reads: a data frame, or files. A batch is surveyed first, and then turned into rows for the shuffle."""

import json

from pyspark.sql import functions as F
from sessionize._core import spark_decide, spark_decide_by_files

from . import tasks
from .engine import collected
from .layout import error


class FrameBatch:
    """The rows of a data frame. Nothing tells whether they were taken in before, but the name of the batch."""

    def __init__(self, events):
        self.spark, self.inputs = events.sparkSession, []
        self._events = events

    def decide(self, request, kept):
        """The definition, as JSON."""
        return spark_decide(request, kept, self._events.limit(0).toArrow().schema)

    def survey(self, job, layout, folder):
        """What each task has counted and written."""
        task = tasks.survey(job, layout.address, folder)
        return collected(lambda: self._placed().mapInArrow(task, tasks.RESULT).collect())

    def rows(self, job):
        """Rows for the shuffle."""
        return self._placed().mapInArrow(tasks.mapped(job), tasks.ROWS)

    def _placed(self):
        return self._events.withColumn(tasks.PARTITION, F.spark_partition_id())


class FileBatch:
    """Files, which the tasks read with the decoders of the command. Each is known by its content."""

    def __init__(self, spark, paths, input_format):
        self.spark, self.inputs, self.known_from = spark, [], None
        self._paths, self._format = paths, None if input_format == "auto" else input_format
        self._new = list(enumerate(paths))

    def decide(self, request, kept):
        """The definition, as JSON."""
        return spark_decide_by_files(request, kept, self._paths, self._format)

    def survey(self, job, layout, folder):
        """What each new file has. Files that were taken in before, and the second of two with one content, are left out."""
        known = json.dumps(list(layout.known_contents()))
        files = self._frame(list(enumerate(self._paths)))
        task = tasks.survey_files(job, layout.address, folder, self._format, known)
        found = sorted(collected(lambda: files.mapInArrow(task, tasks.RESULT).collect()), key=lambda result: result["number"])
        self.known_from = max((result["known"]["run"] for result in found if "known" in result), default=None)
        by_content = {}
        for result in found:
            if "new" in result:
                by_content.setdefault(result["new"]["input"]["digest"], result)
        new = list(by_content.values())
        self._refuse_shorter(job, new)
        self._new = [(result["number"], self._paths[result["number"]]) for result in new]
        self.inputs = [result["new"]["input"] for result in new]
        return [{"counts": result["new"]["counts"], "files": result["files"]} for result in new]

    def _refuse_shorter(self, job, new):
        """Refuses files of which one begins with another: its rows would count twice."""
        beginnings = {tuple(beginning) for result in new for beginning in result["new"]["found_by"][:-1]}
        found_by = lambda result: tuple(result["new"]["found_by"][-1])
        counts = {}
        for result in new:
            counts[found_by(result)] = counts.get(found_by(result), 0) + 1
        shorter = [result for result in new if found_by(result) in beginnings or counts[found_by(result)] > 1]
        shorter = [result for result in shorter if result["new"]["input"]["rows"] > 0]
        if not shorter:
            return
        contents = json.dumps([{**_content(result["new"]["input"]), "run": result["number"]} for result in shorter])
        files = self._frame([(result["number"], self._paths[result["number"]]) for result in new])
        task = tasks.compared_files(job, self._format, contents)
        for result in collected(lambda: files.mapInArrow(task, tasks.RESULT).collect()):
            if result["shorter"] is not None:
                one, other = (self._paths[number] for number in (result["number"], result["shorter"]))
                raise error(f"{one} begins with all of {other}: give the longer one alone; nothing was changed", 65)

    def rows(self, job):
        """Rows for the shuffle."""
        return self._frame(self._new).mapInArrow(tasks.mapped_files(job, self._format), tasks.ROWS)

    def _frame(self, files):
        # One task a file: none is cut.
        return self.spark.createDataFrame(files, "number int, path string").repartition(len(files))


def _content(given):
    return {name: given[name] for name in ("digest", "beginning", "rows")}
