"""The DAG of docs/scheduling.md, imported and run by Airflow itself, with SQLite: `airflow dags test`."""

import os
import pathlib
import subprocess
import sys

import pytest
from arrivals import BROKEN, DAY, Arrivals, block

AIRFLOW = pathlib.Path(sys.executable).parent / "airflow"


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """The folder and the database of Airflow."""
    home = tmp_path_factory.mktemp("airflow")
    airflow(home, {}, "db", "migrate")
    return home


def airflow(home, environment, *words):
    settings = {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__UNIT_TEST_MODE": "False"}
    words = [str(AIRFLOW), *words]
    done = subprocess.run(words, env={**os.environ, **settings, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home)
    return done.returncode, done.stdout


class Site(Arrivals):
    """Arrivals, and the DAG of the page for them."""

    def __init__(self, folder, home):
        super().__init__(folder)
        self.home = home
        code = block("python dags/sessionize.py").replace("/srv/clicks", str(folder)).replace("timedelta(minutes=5)", "timedelta(seconds=1)")
        (home / "dags").mkdir(exist_ok=True)
        (home / "dags/sessionize.py").write_text(code)

    def night(self, day):
        path = f"{self.programs}:{os.environ['PATH']}"
        return airflow(self.home, {"PATH": path}, "dags", "test", "sessionize", day)


@pytest.fixture
def site(tmp_path, home):
    return Site(tmp_path, home)


def test_the_dag_is_imported(site):
    code, said = airflow(site.home, {}, "dags", "list-import-errors")
    assert (code, "No data found" in said) == (0, True), said


def test_a_night_is_run_and_the_next_one_after_a_lock(site):
    site.arrives("2020-01-01.csv", DAY)
    code, said = site.night("2020-01-02")
    assert (code, site.exit_codes(), site.runs()) == (0, [0], 1), said
    site.arrives("2020-01-02.csv", DAY.replace("01-01", "01-02"))
    site.lock_until_met()
    code, said = site.night("2020-01-03")
    assert (code, site.exit_codes(), site.runs()) == (0, [0, 75, 0], 2), said


def test_refused_data_is_not_tried_again(site):
    site.arrives("2020-01-01.csv", BROKEN)
    code, said = site.night("2020-01-04")
    assert site.exit_codes() == [65], said
    assert "state=failed" in said or code != 0, said
