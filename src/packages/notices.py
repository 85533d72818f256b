"""Prints the licences of everything that is compiled into a package: each text once, below the crates that carry it.

`notices.py --features=full` for the command, `notices.py --package=sessionize-python` for the wheel: the words are those of `cargo tree`. Who hands on a program
in binary form hands on these notices too. They come from the sources that cargo has unpacked.
"""

import collections
import json
import pathlib
import subprocess
import sys

def cargo(*words):
    return subprocess.run(["cargo", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def linked():
    """Names and versions of the crates that are linked, without those that only build."""
    lines = cargo("tree", "--locked", "--edges=normal,no-proc-macro", "--prefix=none", "--format={p}", *sys.argv[1:]).splitlines()
    return {tuple(line.split()[:2]) for line in lines if line}


def main():
    packages = json.loads(cargo("metadata", "--locked", "--format-version=1", "--all-features"))["packages"]
    wanted = linked()
    carriers, without = collections.defaultdict(list), []
    for package in packages:
        if (package["name"], "v" + package["version"]) not in wanted:
            continue
        title = f"{package['name']} {package['version']} ({package['license']})"
        folder = pathlib.Path(package["manifest_path"]).parent
        texts = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name.upper().startswith(("LICEN", "COPYING", "NOTICE", "COPYRIGHT"))]
        for path in texts:
            carriers[path.read_text(errors="replace").strip()].append(title)
        if not texts:
            without.append(title)
    for text, titles in sorted(carriers.items(), key=lambda item: item[1]):
        print("=" * 80, *titles, "", text, "", sep="\n")
    if without:
        print("=" * 80, *without, "", "These crates carry no text of their licence: the one named beside each applies.", sep="\n")


if __name__ == "__main__":
    main()
