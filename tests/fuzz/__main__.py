"""``python -m tests.fuzz --mutants 5000``: broken files by the thousand, and a table of what became of them.

Ends with status 1 when a single one met a fault of ours; ``--only NUMBER`` runs that one again and keeps its file.
"""

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.pool import outcomes, table
from tests.fuzz.run import mutant, run
from tests.fuzz.seeds import seeds

WHOLE_EVERY = 50


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--mutants", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--whole-every", type=int, default=WHOLE_EVERY, help="how many share one whole run")
    parser.add_argument("--only", type=int, help="run this one whole, and keep its file in the current folder")
    given = parser.parse_args()
    if given.only is not None:
        chosen, data = mutant(given.only, given.seed, seeds())
        Path(f"mutant-{given.only}.{chosen.kind}").write_bytes(data)
        print(*run([given.only], given.seed, whole_every=1), sep="\n")
        return 0
    start, found = time.monotonic(), []
    for one in outcomes(given.mutants, given.seed, given.jobs, given.whole_every):
        found.append(one)
        if one.problem:
            print(f"\nmutant {one.number} ({one.kind}): {one.problem}", file=sys.stderr)
        if len(found) % 250 == 0:
            print(f"{len(found)} of {given.mutants}, {time.monotonic() - start:.0f} s", file=sys.stderr)
    print(table(found))
    print(f"{len(found)} mutants with seed {given.seed} in {time.monotonic() - start:.0f} s")
    return 1 if len(found) < given.mutants or any(one.problem for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
