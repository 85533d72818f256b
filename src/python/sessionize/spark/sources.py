"""The files of a batch, in their order: by that events at one instant are ordered, as with the command."""

import glob
import os

from sessionize._core import spark_files, spark_sorted

from .layout import error


def expanded(paths):
    """The files that `paths` name, absolute. A folder stands for the files in it, a pattern for those that fit; both in natural order of their
    names, `events.2.csv` before `events.10.csv`. A URL stands for the objects that it names."""
    found = []
    for given in map(str, paths):
        if "://" in given:
            found += spark_files([given])
        elif os.path.isdir(given):
            found += _in_folder(given)
        elif os.path.exists(given) or not (fitting := glob.glob(given, recursive=True)):
            found.append(os.path.abspath(given))
        else:
            found += spark_sorted([os.path.abspath(path) for path in fitting if os.path.isfile(path)])
    found = list(dict.fromkeys(found))
    if missing := next((path for path in found if "://" not in path and not os.path.exists(path)), None):
        raise error(f"{missing}: there is no such file; check the name; nothing was changed", 66)
    if not found:
        raise error(f"{', '.join(map(str, paths))}: there is no file; check the names; nothing was changed", 66)
    return found


def _in_folder(folder):
    # What engines and writers put beside data has such names: _SUCCESS, .part-0.crc.
    is_data = lambda name: not name.startswith(("_", "."))
    found = []
    for place, folders, names in os.walk(os.path.abspath(folder)):
        folders[:] = filter(is_data, folders)
        found += [os.path.join(place, name) for name in names if is_data(name)]
    return spark_sorted(found)
