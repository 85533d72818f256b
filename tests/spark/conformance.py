"""The command and an engine have to come to the same rows: `conformance.py ENGINE FIRST LAST` prints a table of rules and differences.

A case is a seed, from FIRST up to LAST without it: its events, disorder, cuts, gap and rules. SESSIONIZE names the command. Several of these may run side by
side; each starts an engine of its own.
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
        expected, untaken = of_command(program, case, folder)
        found, found_untaken = of_spark(spark, case, folder, **how)
        return [*_between(comparable(expected), comparable(found)), *_between(untaken, found_untaken)]
    finally:
        shutil.rmtree(folder)


def _between(one, other):
    missing = (collections.Counter(one) - collections.Counter(other)).elements()
    extra = (collections.Counter(other) - collections.Counter(one)).elements()
    return [*(f"- {row}" for row in missing), *(f"+ {row}" for row in extra)]


def main(engine, first, last):
    spark, stop = ENGINES[engine]()
    ran, differ = collections.Counter(), collections.Counter()
    try:
        for seed in range(int(first), int(last)):
            found = differences(spark, os.environ["SESSIONIZE"], seed)
            rules = seed % len(RULES)
            ran[rules] += 1
            if found:
                differ[rules] += 1
                print(f"seed {seed}: {RULES[rules]}", *found[:6], sep="\n  ", flush=True)
            if sum(ran.values()) % 20 == 0:
                print(f"{sum(ran.values())} cases, {sum(differ.values())} differ", file=sys.stderr, flush=True)
    finally:
        stop()
    for rules in sorted(ran):
        print(f"| {engine} | {' '.join(f'{name}={value}' for name, value in RULES[rules].items()) or 'gap alone'} | {ran[rules]} | {differ[rules]} |")
    print(f"{sum(ran.values())} cases on {engine}, {sum(differ.values())} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    # The threads of Sail do not end by themselves.
    os._exit(code)
