"""The command, beside an engine."""

import json
import os
import subprocess

NOW = "2021-01-01T00:00:00Z"


class Command:
    """The command with a state and an output folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def __call__(self, *words, code=0):
        """The report; where another exit code is expected, what it said."""
        own = ["--state", str(self.folder / "state"), "--out", str(self.folder / "out"), "--now", NOW, "--report", "json"]
        done = subprocess.run([os.environ["SESSIONIZE"], *map(str, words), *own], capture_output=True, text=True, check=False)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        self.said = done.stderr
        return json.loads(done.stdout) if code == 0 and done.stdout else done.stderr

    def rows(self):
        """All published sessions."""
        from cases import _rows, comparable

        return comparable(_rows(self.folder / "out"))
