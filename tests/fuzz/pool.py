"""Mutants by the batch, in processes of their own, and the table of what became of them."""

import multiprocessing
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.fuzz.run import Outcome, run

BATCH = 50


def batch(numbers: Sequence[int], seed: int, whole_every: int) -> list[Outcome]:
    """Run in a process of its own; warnings are errors, as in the tests."""
    warnings.simplefilter("error")
    return list(run(numbers, seed, whole_every=whole_every))


def outcomes(count: int, seed: int, jobs: int, whole_every: int) -> Iterator[Outcome]:
    """Yield what became of every mutant, in the order in which they end."""
    batches = [range(start, min(count, start + BATCH)) for start in range(0, count, BATCH)]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(batch, numbers, seed, whole_every) for numbers in batches]):
            yield from done.result()


def table(found: Sequence[Outcome]) -> str:
    """Per format: mutants, what became of them, the slowest; then how often each rule refused."""
    lines = [f"{'format':10}{'mutants':>9}{'accepted':>10}{'partly':>8}{'refused':>9}{'problems':>10}{'slowest':>10}"]
    for kind in [*sorted({one.kind for one in found}), "all"]:
        mine = [one for one in found if kind in (one.kind, "all")]
        states = Counter(one.status for one in mine)
        counts = (len(mine), states["accepted"], states["partly_accepted"], states["refused"])
        problems, slowest = sum(one.problem is not None for one in mine), max(one.seconds for one in mine)
        widths = zip(counts, (9, 10, 8, 9), strict=True)
        lines.append(f"{kind:10}" + "".join(f"{n:>{w}}" for n, w in widths) + f"{problems:>10}{slowest:>8.1f} s")
    rules = Counter(rule for one in found if one.status == "refused" for rule in one.rules)
    lines.append("refused by: " + ", ".join(f"{rule} {count}" for rule, count in rules.most_common()))
    return "\n".join(lines)
