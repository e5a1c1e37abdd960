"""The rules find planted mistakes and leave the real figures alone: a short form of ``python -m tests.detection``."""

import pytest
from tests.detection import plant, real, score

FIGURES = real.figures()
# Percent of sixty that at least are found; what the long form measured is in docs/reference/detection.md.
LEAST = {"implausible jump": 90, "full-load hours out of band": 75, "kWh per kWp out of band": 90}


def test_the_real_figures_give_no_false_alarm() -> None:
    assert len(FIGURES) > 500
    assert score.false_alarms(FIGURES) == {}
    assert score.false_alarms_of_the_set(FIGURES) == 0
    assert score.false_alarms_of_projects() == {}


@pytest.mark.parametrize("mistake", plant.MISTAKES, ids=lambda one: one.name)
def test_a_mistake_in_a_delivery_is_found(mistake: plant.Mistake) -> None:
    found = score.in_one_delivery(mistake, 20, FIGURES)
    assert 100 * found.found >= LEAST.get(mistake.name, 95) * found.planted
    assert found.named > 0


def test_a_mistake_in_a_file_of_one_year_is_found_beside_the_last_delivery() -> None:
    for mistake in plant.MISTAKES:
        if mistake.name in score.HISTORY:
            found = score.beside_the_last(mistake, 2, FIGURES)
            assert found.found == found.planted, mistake.name


def test_mistakes_in_lists_of_projects_are_found() -> None:
    assert [one for one in score.projects(3) if one.named < one.planted or one.elsewhere] == []


@pytest.mark.skipif(not real.CBS.is_dir(), reason=f"the whole CBS tables are not beside the repository ({real.CBS})")
def test_on_all_years_and_parts_of_cbs_false_alarms_are_few() -> None:
    everything = real.all_figures()
    alarms = score.false_alarms(everything)
    assert sum(alarms.values()) <= 0.005 * len(everything), alarms
    solar = [one for one in everything if one.period == "2024" and one.code == "H3.8"]
    found = score.in_one_delivery(plant.OF_PARTS, 20, solar)
    assert found.named == found.planted
