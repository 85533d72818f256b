"""One session of an engine for all tests of a process: SESSIONIZE_TEST_ENGINE is `sail` (default) or `spark`."""

import os

import pytest
from engines import ENGINES

ENGINE = os.environ.get("SESSIONIZE_TEST_ENGINE", "sail")
_ended = []


@pytest.fixture(scope="session")
def spark():
    session, stop = ENGINES[ENGINE]()
    yield session
    stop()


@pytest.fixture
def root(tmp_path):
    return str(tmp_path / "root")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    _ended.append(int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    # The threads of Sail do not end by themselves.
    if _ended and ENGINE == "sail":
        os._exit(_ended[0])
