"""The command: `sessionize …`, and `python -m sessionize …`."""

import sys


def main():
    """Runs the command with the words of this process, and ends with its exit code."""
    from ._core import command

    sys.exit(command(["sessionize", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
