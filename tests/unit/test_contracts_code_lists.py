"""The closed lists: twelve provinces under all their names, 38 indicators with bounds."""

import pytest

from kerndata.contracts.code_lists import UnknownCodeError, indicators, province_of, provinces


def test_there_are_twelve_provinces_with_consecutive_cbs_codes() -> None:
    assert [one.code for one in provinces()] == [f"PV{number}" for number in range(20, 32)]


@pytest.mark.parametrize(
    ("written", "slug"),
    [
        ("PV21", "fryslan"), ("PV21  ", "fryslan"), ("Friesland", "fryslan"), ("FRYSLÂN", "fryslan"),
        ("Frysla\u0302n", "fryslan"), ("noord_brabant", "noord_brabant"), ("Brabant", "noord_brabant"),
        ("Noord  Holland", "noord_holland"), ("NH", "noord_holland"), ("Limburg (NL)", "limburg"),
    ],
)  # fmt: skip
def test_a_province_is_known_by_all_its_names(written: str, slug: str) -> None:
    assert province_of(written).slug == slug


@pytest.mark.parametrize("written", ["", "GM0344", "NL01", "PV99", "Holland"])
def test_what_is_no_province_is_never_guessed(written: str) -> None:
    with pytest.raises(UnknownCodeError) as miss:
        province_of(written)
    assert miss.value.value == written


def test_a_near_miss_is_told_the_right_name() -> None:
    with pytest.raises(UnknownCodeError, match="did you mean Gelderland"):
        province_of("Gelderlnd")


def test_no_name_means_two_provinces() -> None:
    names = [name.casefold() for one in provinces() for name in {one.code, one.slug, one.name, *one.aliases}]
    shared = {name for name in names if names.count(name) > 1}
    assert shared <= {one.slug for one in provinces()}  # a slug that is also the name, of the same province


def test_every_indicator_has_a_unit_a_way_to_add_up_and_bounds_in_order() -> None:
    assert len(indicators()) == 38
    for one in indicators().values():
        assert one.unit
        assert one.aggregation in {"sum", "none"}
        assert one.bound_kind in {"hard", "advisory"}
        assert one.minimum < one.maximum
