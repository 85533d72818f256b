"""The asset of docs/scheduling.md, materialized by Dagster itself."""

import dagster
import pytest
from arrivals import BROKEN, DAY, Arrivals, block


@pytest.fixture
def arrivals(tmp_path, monkeypatch):
    arrivals = Arrivals(tmp_path)
    monkeypatch.setenv("PATH", str(arrivals.programs), prepend=":")
    return arrivals


@pytest.fixture
def defs(arrivals):
    code = block("python assets.py").replace("/srv/clicks", str(arrivals.folder)).replace("delay=300", "delay=1")
    module = {"__name__": "assets"}
    exec(compile(code, "assets.py", "exec"), module)
    return module["defs"]


def materialized(defs):
    with dagster.DagsterInstance.ephemeral() as instance:
        return defs.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance, raise_on_error=False)


def metadata(result):
    [event] = result.asset_materializations_for_node("sessions")
    return {name: entry.value for name, entry in event.metadata.items()}


def test_the_report_of_a_run_is_the_metadata_of_the_asset(arrivals, defs):
    arrivals.arrives("2020-01-01.csv", DAY)
    first = metadata(materialized(defs))
    assert first["report"]["status"] == "committed" and first["report"]["rows_read"] == 2
    assert first["sessions_completed"] == first["report"]["sessions_completed"] == 0
    assert [file["path"] for file in first["report"]["files"]] == ["incoming/2020-01-01.csv"]
    again = metadata(materialized(defs))
    assert again["report"]["status"] == "nothing-to-do" and again["sessions_completed"] == 0
    assert (arrivals.exit_codes(), arrivals.runs()) == ([0, 0], 1)


def test_a_locked_checkpoint_is_tried_again(arrivals, defs):
    arrivals.arrives("2020-01-01.csv", DAY)
    assert materialized(defs).success
    arrivals.arrives("2020-01-02.csv", DAY.replace("01-01", "01-02"))
    arrivals.lock_until_met()
    result = materialized(defs)
    assert (arrivals.exit_codes(), result.success, arrivals.runs()) == ([0, 75, 0], True, 2)
    assert metadata(result)["sessions_completed"] == 2


def test_refused_data_is_not_tried_again(arrivals, defs):
    arrivals.arrives("2020-01-01.csv", BROKEN)
    result = materialized(defs)
    assert (arrivals.exit_codes(), result.success) == ([65], False)
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "2020-01-01.csv" in str(failure.event_specific_data.user_failure_data or failure.event_specific_data)


def test_the_schedule_is_each_night(defs):
    [schedule] = defs.schedules
    assert schedule.cron_schedule == "15 0 * * *"
    assert defs.resolve_job_def(schedule.job_name) is not None
