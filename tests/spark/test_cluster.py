"""A standalone master with two workers on the loopback interface: secrets, and executors that die. Only with SPARK_TESTS=all, on Spark."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import pytest
from conftest import ENGINE

pytestmark = pytest.mark.skipif(ENGINE != "spark" or os.environ.get("SPARK_TESTS") != "all", reason="starts a cluster: SPARK_TESTS=all")

SECRET = {"spark.authenticate": "true", "spark.network.crypto.enabled": "true", "spark.network.crypto.saslFallback": "false"}

# What a master says of a client that it has dropped, and of one that it takes.
CAME, TAKEN = b"got disassociated", b"Registering app"

DRIVER = """
import os, pathlib, signal, sys
sys.path[:0] = {path!r}
import pyarrow as pa
from engines import spark
from sessionize.spark import finalize, run, sessions, tasks
session, stop = spark({master!r}, **{settings!r})
moment, marker = {moment!r}, pathlib.Path({marker!r})

def executor():
    # The parent of the daemon that has forked this worker is the executor.
    parent = os.getppid()
    status = pathlib.Path("/proc") / str(parent) / "status"
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("PPid:")))

def dying(make):
    def made(*arguments):
        task = make(*arguments)
        def killed(batches):
            for number, result in enumerate(task(batches)):
                yield result
        def first(batches):
            def until(batches):
                for number, batch in enumerate(batches):
                    if number == 1:
                        die()
                    yield batch
            yield from task(until(batches))
        def die():
            try:
                marker.touch(exist_ok=False)
            except FileExistsError:
                return
            os.kill(executor(), {kill})
        def written(batches):
            import sessionize.spark.tasks as own
            put = own.NewFile.put
            def dying_put(self, root, rows):
                if self.kind == "sessions":
                    die()
                return put(self, root, rows)
            own.NewFile.put = dying_put
            try:
                yield from task(batches)
            finally:
                own.NewFile.put = put
        return first if moment == "fold" else written
    return made

if moment:
    tasks.folded = dying(tasks.folded)
events = pa.table({{"user": [f"u{{n % 50}}" for n in range(20000)], "ts": pa.array([1577836800000000 + n * 1000000 for n in range(20000)], pa.timestamp("us", "UTC"))}})
run(session.createDataFrame(events), {root!r}, key="user", time="ts", gap="1m", agg="count", partitions=2)
finalize(session, {root!r}, partitions=2)
rows = sessions(session, {root!r}).collect()
print("SESSIONS", len(rows), sum(row.event_count for row in rows), flush=True)
os._exit(0)
"""


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def cluster(folder, secret):
    """A master and two workers; each process is stopped by its own handle."""
    import pyspark

    home = pathlib.Path(pyspark.__file__).parent
    scala = next(home.glob("jars/spark-core_*.jar")).name.split("_")[1].split("-")[0]
    port = _free_port()
    settings = [f"-D{name}={value}" for name, value in {**SECRET, "spark.authenticate.secret": secret}.items()]
    java = ["java", "-Xmx256m", *settings, "-cp", f"{home}/jars/*"]
    deploy = "org.apache.spark.deploy"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    # The last two tell a worker where executors find their classes: without them it starts none.
    clean |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(home), "SPARK_SCALA_VERSION": scala}
    log = (folder / "cluster.log").open("wb")
    start = lambda *arguments: subprocess.Popen([*java, *arguments], stdout=log, stderr=log, env=clean, cwd=folder)
    master = f"spark://127.0.0.1:{port}"
    ports = ["--webui-port", "0"]
    running = [start(f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), *ports)]
    try:
        for number in range(2):
            work = folder / f"work-{number}"
            running.append(start(f"{deploy}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "-d", str(work), *ports, master))
        deadline = time.monotonic() + 120
        while (folder / "cluster.log").read_bytes().count(b"Registering worker") < 2 and time.monotonic() < deadline:
            time.sleep(0.5)
        yield master
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(30)


def drive(folder, master, secret, moment="", limit=1200):
    settings = {**SECRET, "spark.authenticate.secret": secret, "spark.executor.memory": "512m", "spark.cores.max": "2", "spark.executor.cores": "1"}
    settings |= {"spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"], "spark.sql.execution.arrow.maxRecordsPerBatch": "500"}
    driver = folder / "driver.py"
    path = [str(pathlib.Path(__file__).parent)]
    text = DRIVER.format(path=path, master=master, settings=settings, moment=moment, marker=str(folder / "killed"), root=str(folder / "root"), kill=int(signal.SIGKILL))
    driver.write_text(text)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    return subprocess.run([sys.executable, driver], capture_output=True, text=True, timeout=limit, check=False, env=clean)


@pytest.mark.parametrize("moment", ["", "fold", "write"])
def test_an_executor_that_dies_changes_nothing(tmp_path, moment):
    with cluster(tmp_path, "right") as master:
        done = drive(tmp_path, master, "right", moment)
    # 50 users, an event every 50 seconds: one session each.
    assert "SESSIONS 50 20000" in done.stdout, done.stderr[-3000:]
    assert (tmp_path / "killed").exists() == bool(moment)


def test_a_wrong_secret_comes_to_nothing(tmp_path):
    """The client tries again and again, or gives up; the master drops its connections without a word of why. The same driver with the right secret works there."""
    with cluster(tmp_path, "right") as master:
        try:
            done = drive(tmp_path, master, "wrong", limit=240)
        except subprocess.TimeoutExpired as waiting:
            assert b"SESSIONS" not in (waiting.stdout or b"")
        else:
            assert done.returncode != 0 and "SESSIONS" not in done.stdout
        said = (tmp_path / "cluster.log").read_bytes()
        assert CAME in said and TAKEN not in said, said[-3000:]
        assert not (tmp_path / "root").exists()
        done = drive(tmp_path, master, "right")
        assert TAKEN in (tmp_path / "cluster.log").read_bytes()
    assert "SESSIONS 50 20000" in done.stdout, done.stderr[-3000:]
