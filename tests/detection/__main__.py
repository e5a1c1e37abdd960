"""``python -m tests.detection``: plants mistakes in real figures and prints how many the rules find, and false alarms.

The seed is fixed: the same code prints the same table. With the CBS tables beside the repository
(``../shared/data/cbs``) false alarms are also counted on all years, and parts are planted too.
"""

import argparse
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from tests.detection import plant, real, score


def scores(trials: int) -> Iterator[score.Score]:
    """Every kind of mistake, one after the other."""
    figures, everything = real.figures(), real.all_figures()
    for mistake in plant.MISTAKES:
        yield score.in_one_delivery(mistake, trials, figures)
    if everything:
        solar = [one for one in everything if one.period >= "2022" and one.code in ("H3.8", "H3.9", "H3.10")]
        yield score.in_one_delivery(plant.OF_PARTS, trials, solar)
    for mistake in plant.MISTAKES:
        if mistake.name in score.HISTORY:
            yield score.beside_the_last(mistake, max(trials // 4, 1), figures)
    for with_release in (False, True):
        yield score.swapped_provinces(figures, with_release=with_release)
    yield from score.projects(max(trials // 4, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60, help="deliveries per kind of mistake")
    trials, console = parser.parse_args().trials, Console(width=110)
    table = Table("mistake", "planted", "found", "named", "found, %", "on other rows", title="planted in real figures")
    for one in scores(trials):
        share = f"{100 * one.found / one.planted:.0f}"
        table.add_row(one.name, *(str(n) for n in (one.planted, one.found, one.named)), share, str(one.elsewhere))
    console.print(table)
    figures, everything = real.figures(), real.all_figures()
    console.print(f"false alarms on {len(figures)} unchanged figures, 2019-2024: {score.false_alarms(figures) or 0}")
    if everything:
        told = score.false_alarms(everything) or 0
        console.print(f"false alarms on {len(everything)} unchanged figures, all years and parts: {told}")
    else:
        console.print(f"without the CBS tables ({real.CBS}): all years and parts were left out")
    console.print(f"false alarms on the set: {score.false_alarms_of_the_set(figures)}")
    console.print(f"false alarms on the unchanged wind farms: {score.false_alarms_of_projects() or 0}")


if __name__ == "__main__":
    main()
