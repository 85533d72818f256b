"""The command and an engine have to come to the same rows: `conformance.py ENGINE FIRST LAST` prints a table of rules and differences.

A case is a seed: its events, disorder, cuts, gap and rules. SESSIONIZE names the command.
"""

import collections
import os
import shutil
import sys
import tempfile

from cases import RULES, Case, comparable, of_command, of_spark
from engines import ENGINES


def differences(spark, program, seed, **how):
    folder = tempfile.mkdtemp(prefix="sessionize-spark-")
    try:
        case = Case(seed)
        expected, late = of_command(program, case, folder)
        found, found_late = of_spark(spark, case, f"{folder}/root", **how)
        one, other = comparable(expected), comparable(found)
        if (one, late) == (other, found_late):
            return []
        missing = (collections.Counter(one) - collections.Counter(other)).elements()
        extra = (collections.Counter(other) - collections.Counter(one)).elements()
        return [f"late {late} {found_late}", *(f"- {row}" for row in missing), *(f"+ {row}" for row in extra)]
    finally:
        shutil.rmtree(folder)


def main(engine, first, last):
    spark, stop = ENGINES[engine]()
    ran, differ = collections.Counter(), collections.Counter()
    try:
        for seed in range(int(first), int(last)):
            found = differences(spark, os.environ["SESSIONIZE"], seed, partitions=2)
            rules = seed % len(RULES)
            ran[rules] += 1
            if found:
                differ[rules] += 1
                print(f"seed {seed}: {RULES[rules]}", *found[:6], sep="\n  ", flush=True)
    finally:
        stop()
    for rules in sorted(ran):
        print(f"| {engine} | {' '.join(f'{name}={value}' for name, value in RULES[rules].items()) or 'gap alone'} | {ran[rules]} | {differ[rules]} |")
    print(f"{sum(ran.values())} cases on {engine}, {sum(differ.values())} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
