"""The container file against hadolint, and what its last stage is made of against the repository. No image is built: that needs images of a registry."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
FILE = ROOT / "src/packages/Containerfile"
# Versions of Debian's packages change with each of its updates.
HADOLINT = [pathlib.Path(sys.executable).parent / "hadolint", "--ignore=DL3008", "-"]


def lint(text):
    return subprocess.run(HADOLINT, input=text, capture_output=True, text=True)


def test_the_linter_takes_the_container_file():
    linted = lint(FILE.read_text())
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


@pytest.mark.parametrize("right, wrong", [("COPY src src", "COPYY src src"), ("USER 65534:65534", "USER root"), ("--from=build", "--from=built")])
def test_the_linter_refuses_a_broken_one(right, wrong):
    text = FILE.read_text()
    assert text.count(right) == 1
    assert lint(text.replace(right, wrong)).returncode != 0


def test_what_is_copied_into_the_build_is_there():
    copied = [line.split()[1:-1] for line in FILE.read_text().splitlines() if line.startswith("COPY ") and "--from" not in line]
    names = [name for words in copied for name in words]
    assert "src" in names and [name for name in names if not (ROOT / name).exists()] == []
