"""A folder of events that have arrived, and a program whose exit codes are written down. SESSIONIZE names the real one."""

import fcntl
import json
import os
import pathlib
import subprocess
import threading
import time

PAGE = pathlib.Path(__file__).parents[2] / "docs/scheduling.md"
DAY = "ann,2020-01-01 10:00:00\nbob,2020-01-01 11:00:00\n"
BROKEN = "ann,never\nbob,never\n"


def block(begin):
    """The block of the page that begins with this line."""
    return PAGE.read_text().split(f"\n```{begin}\n")[1].split("\n```")[0] + "\n"


class Arrivals:
    """`programs` is for the path of a scheduler: it has a `sessionize` that calls the real one."""

    def __init__(self, folder):
        self.folder, self.programs, self.codes = folder, folder / "programs", folder / "codes"
        for part in (self.programs, folder / "incoming"):
            part.mkdir()
        self.codes.touch()
        program = self.programs / "sessionize"
        program.write_text(f'#!/bin/sh\n"{os.environ["SESSIONIZE"]}" "$@"\ncode=$?\necho $code >>"{self.codes}"\nexit $code\n')
        program.chmod(0o755)

    def arrives(self, name, rows):
        """Puts a file there that nobody is writing any more."""
        path = self.folder / "incoming" / name
        path.write_text(rows)
        an_hour_ago = time.time() - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))

    def exit_codes(self):
        """The exit codes of the program, one for each time that the scheduler started it."""
        return [int(code) for code in self.codes.read_text().split()]

    def runs(self):
        """The number of the runs that are committed."""
        report = subprocess.check_output([os.environ["SESSIONIZE"], "inspect", "--runs", "--report=json"], cwd=self.folder)
        return len(json.loads(report)["ledger"])

    def lock_until_met(self):
        """Holds the lock of the checkpoint, as another run does, until the scheduler has met it once."""
        state = os.open(self.folder / "sessionize-state", os.O_RDONLY)
        fcntl.flock(state, fcntl.LOCK_EX)
        met = len(self.exit_codes())

        def unlock():
            while len(self.exit_codes()) == met:
                time.sleep(0.05)
            os.close(state)

        threading.Thread(target=unlock, daemon=True).start()
