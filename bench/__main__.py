"""The command line of the benchmark.

    python -m bench                          everything: several minutes
    python -m bench --only checks            one part; may be given several times
    python -m bench --quick                  smaller sizes, one round, no targets: to see that everything works
    python -m bench --json numbers.json      the same for a program

The exit status is 0, whatever the numbers are, and 1 if something could not be measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import machine, suite
from bench.table import Row, as_json, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures what the course promises.")
    known = ", ".join(benchmark.name for benchmark in suite.BENCHMARKS)
    parser.add_argument("--only", metavar="NAME", action="append", default=[], help=f"one part: {known}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, one round; the numbers mean little")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the numbers to a file too")
    options = parser.parse_args(arguments)
    try:
        chosen = suite.select(options.only)
    except ValueError as error:
        parser.error(str(error))
    if options.json and not options.json.parent.is_dir():  # said now, not after several minutes
        parser.error(f"There is no folder {str(options.json.parent)!r} to write {options.json.name!r} into.")
    described = machine.describe()
    rows: list[Row] = []
    stopped = False
    try:
        for row in suite.run(chosen, options.quick):
            rows.append(row)
    except KeyboardInterrupt:
        stopped = True
    described["load_after"] = machine.load()
    print(f"\n{table(rows)}\n\n{machine.sentence(described)}")
    if options.quick:
        print("A quick run: sizes are small and rounds few, so the numbers mean little and meet no target.")
    if stopped:
        print("Stopped before the end: the table has what was measured until then.")
    if options.json:
        text = json.dumps(as_json(rows, described), indent=1, ensure_ascii=False)
        options.json.write_text(text + "\n", encoding="utf-8")
    return int(stopped or any(row.value is None for row in rows))


if __name__ == "__main__":
    sys.exit(main())
