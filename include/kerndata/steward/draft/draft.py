"""Puts the guesses about one example file together into the YAML of a source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kerndata.errors import ConfigurationError, FileFault
from kerndata.harmonise.layout import Grid, grid_of
from kerndata.model.province import Province
from kerndata.read import read
from kerndata.sources.formats import FormatSpec
from kerndata.sources.layout import Layout
from kerndata.sources.registry import load_source
from kerndata.sources.schema import REQUIRED, SourceSpec
from kerndata.steward.draft import notation, words
from kerndata.steward.draft.formats import guess_format
from kerndata.steward.draft.guess import Guesses, scalar
from kerndata.steward.draft.headers import FOLDED_UNITS, Header, about, dataset_of, guess_columns, header_of
from kerndata.steward.draft.shape import Shape, guess_shape
from kerndata.steward.draft.values import Values, guess_values, leftover

UNITS = {
    "capacity_mw": "MW", "storage_mwh": "MWh", "expected_production_mwh_per_year": "MWh", "local_ownership_pct": "%",
}  # fmt: skip
NUMERIC = (*UNITS, "turbines")


@dataclass(frozen=True)
class Draft:
    """A proposal. ``doubted``: the contract columns that may be read wrong, because a guess about them is a doubt."""

    province: Province
    name: str
    guesses: Guesses

    @property
    def doubted(self) -> frozenset[str]:
        """The contract columns that at least one doubt is about."""
        return self.guesses.doubted

    @cached_property
    def text(self) -> str:
        """The YAML of a source with this one delivery."""
        contact = load_source(self.province.slug).contact
        told = {"team": contact.team, "mail": contact.mail}
        doubts = sum(not one.is_sure for one in self.guesses.all)
        return "\n".join(
            [
                f"# Voorstel van kerndata draft. Twijfels: {doubts}; kijk elke regel met „twijfel” na.",
                *(f"# nog niet volledig: {one}" for one in self.lacking),
                f"province: {self.province.code}",
                f"contact: {scalar(told)}",
                "deliveries:",
                f"  {self.name}:",
                *self.guesses.lines("    "),
                "",
            ]
        )

    @cached_property
    def lacking(self) -> tuple[str, ...]:
        """What the example does not tell and the schema needs, in its words; empty when the proposal is whole."""
        try:
            self.spec()
        except ValidationError as error:
            return tuple(one["msg"] for one in error.errors())
        return ()

    def spec(self) -> SourceSpec:
        """Return the proposal as the schema understands it; raises ``ValidationError`` when it is not whole."""
        contact = load_source(self.province.slug).contact
        tree = {"province": self.province.code, "contact": contact, "deliveries": {self.name: self.guesses.tree()}}
        return SourceSpec.model_validate(tree)


def draft_of(file: Path, province: str, dataset: str | None = None) -> Draft:
    """Look at an example file and propose how to read it.

    Raises ``ConfigurationError`` when the file is none that can be read, or holds no table.
    """
    if dataset not in (None, *REQUIRED):
        raise ConfigurationError(f"no dataset {dataset!r}; there are: {', '.join(REQUIRED)}")
    own = load_source(province).province
    found = Guesses()
    guess_format(file, found)
    frame = Guesses()
    shape, grids = _grids(file, found, frame)
    headers = _headers(grids)
    chosen = dataset or dataset_of(headers)
    guesses = Guesses()
    if dataset:
        guesses.sure("dataset", chosen, "zoals gevraagd")
    else:
        guesses.doubt("dataset", chosen, "volgens de koppen", ())
    _via(file, chosen, guesses)
    guesses.all += [*found.all, *frame.all]
    if chosen == "indicators":
        _indicators(grids, headers, shape, own, guesses)
    else:
        _projects(grids, headers, shape, own, guesses)
    return Draft(own, re.sub(r"[^a-z0-9]+", "_", file.stem.casefold()).strip("_0123456789") or "levering", guesses)


def _grids(file: Path, found: Guesses, frame: Guesses) -> tuple[Shape, list[Grid]]:
    spec: FormatSpec = TypeAdapter(FormatSpec).validate_python(found.tree()["format"])
    try:
        reading = read(file, spec)
        shape, sheets = guess_shape(reading, frame)
        layout = Layout(title_rows=shape.titles, header_rows=shape.headers, footers=shape.footers)
        return shape, [grid_of(sheet, layout) for sheet in sheets]
    except FileFault as fault:
        raise ConfigurationError(f"{file.name}: geen tabel te lezen ({fault})") from fault


def _headers(grids: Sequence[Grid]) -> list[Header]:
    """Return every header once, with the filled cells below it on all sheets."""
    cells: dict[str, list[str]] = {}
    for grid in grids:
        for text, column in zip(grid.headers, grid.body, strict=True):
            cells.setdefault(text, []).extend(cell.strip() for cell in column.to_pylist() if cell and cell.strip())
    return [header_of(text, found) for text, found in cells.items()]


def _via(file: Path, dataset: str, guesses: Guesses) -> None:
    stem = re.sub(r"[ _-]?\d[\d _-]*", "*", file.stem) if re.search(r"\d", file.stem) else f"{file.stem}*"
    told = "naam van het voorbeeld, met ruimte voor een jaar"
    guesses.doubt("via.bucket", f"{dataset}/{stem}{file.suffix}", told, ())


def _region(columns: Mapping[str, str], own: Province, guesses: Guesses, captured: bool = False) -> None:
    if "region" not in columns.values() and not captured:
        guesses.sure("constants.region", own.code, "geen kolom met een provincie; het bestand is van u")


def _indicators(
    grids: Sequence[Grid], headers: Sequence[Header], shape: Shape, own: Province, guesses: Guesses
) -> None:
    columns = guess_columns(headers, "indicators", guesses)
    values = guess_values(grids, headers, columns, guesses)
    written = [cell for one in values for cell in one.written]
    notation.guess_numbers(written, [cell for one in values for cell in one.typed], guesses, ("value",))
    told = {name for one in values for name in one.told}
    _region(columns, own, guesses)
    words.guess_indicators(dict(_named(grids, columns, values)), guesses)
    by_header = {one.text: one for one in headers}
    cells = {target: by_header[text].cells for text, target in columns.items()}
    words.guess_statuses(cells.get("status", ()), guesses)
    periods = [*cells.get("period", ()), *(one.told["period"] for one in values if "period" in one.told)]
    notation.guess_marks([cell for one in values for cell in one.cells], periods, shape.legend, guesses)
    _units(values, cells.get("unit"), written, guesses)
    _lacking("indicators", {*columns.values(), *told, "value"}, guesses)
    if "status" not in cells:
        guesses.doubt("default_status", "definitief", "zonder teken; het bestand zegt het niet", ("value_status",))
    _expected(periods, guesses)
    leftover(headers, columns, values, guesses, "indicators")


def _named(
    grids: Sequence[Grid], columns: Mapping[str, str], values: Sequence[Values]
) -> Iterator[tuple[str, tuple[str | None, str]]]:
    """Yield every indicator as written, with the unit beside it and the sheet or member it stands in."""
    for one in values:
        if "indicator" in one.told:
            yield one.told["indicator"], (one.told.get("unit"), f"{one.grid.sheet or ''} {one.grid.member or ''}")
    at = {target: text for text, target in columns.items()}
    for grid in grids:
        if at.get("indicator") in grid.headers:
            names = grid.body[grid.headers.index(at["indicator"])].to_pylist()
            unit = at.get("unit")
            units = grid.body[grid.headers.index(unit)].to_pylist() if unit in grid.headers else [None] * len(names)
            yield from (
                (name.strip(), (beside, grid.sheet or "")) for name, beside in zip(names, units, strict=True) if name
            )


def _units(values: Sequence[Values], column: Sequence[str] | None, written: Sequence[str], guesses: Guesses) -> None:
    """Note units that are not known, and files without any."""
    given = [*(column or ()), *(one.told["unit"] for one in values if "unit" in one.told)]
    odd = sorted({unit for unit in given if unit.casefold() not in FOLDED_UNITS})
    if odd:
        guesses.note("vocabulary.unit", f"onbekende eenheden: {', '.join(odd)}", ("unit", "value"))
    if not given and "unit_suffix" not in guesses.tree().get("numbers", {}):
        guesses.note("constants.unit", "geen eenheid gevonden; geef constants: {unit: …}", ("unit", "value"))


def _lacking(dataset: str, given: set[str], guesses: Guesses) -> None:
    for column in sorted(REQUIRED[dataset] - given - {"region"}):
        guesses.note(f"columns.{column}", f"{column} niet gevonden; geef een kolom of constants", about(column))


def _expected(periods: Sequence[str], guesses: Guesses) -> None:
    found = sorted({period for text in periods if (period := text.strip("* ")) and re.fullmatch(r"\d{4}", period)})
    if found:
        guesses.sure("cadence", "yearly", "jaren")
        guesses.doubt("expected_periods", found, "de jaren van het voorbeeld; welke verwachten wij?", ())


def _projects(grids: Sequence[Grid], headers: Sequence[Header], shape: Shape, own: Province, guesses: Guesses) -> None:
    columns = guess_columns(headers, "projects", guesses)
    by_header = {one.text: one for one in headers}
    at: dict[str, Header] = {target: by_header[text] for text, target in columns.items()}
    numeric = [
        Values(grid, index, {})
        for grid in grids
        for index, text in enumerate(grid.headers)
        if columns.get(text) in (*NUMERIC, "lon", "lat")
    ]
    written = [cell for one in numeric for cell in one.written]
    notation.guess_numbers(written, [cell for one in numeric for cell in one.typed], guesses, NUMERIC)
    _region(columns, own, guesses)
    words.guess_technologies(at["technology"].cells if "technology" in at else (), guesses)
    words.guess_phases(at["phase"].cells if "phase" in at else (), guesses)
    words.guess_schemes(at["scheme"].cells if "scheme" in at else (), guesses)
    _project_units(at, guesses)
    _lacking("projects", set(columns.values()), guesses)
    if "reference_date" not in at:
        told = "geen peildatum in het bestand; geef constants: {reference_date: …}"
        guesses.note("constants.reference_date", told, ("reference_date",))
    leftover(headers, columns, [], guesses, "projects")


def _project_units(at: Mapping[str, Header], guesses: Guesses) -> None:
    has_suffix: Any = "unit_suffix" in guesses.tree().get("numbers", {})
    for column, ours in UNITS.items():
        if column not in at:
            continue
        unit = at[column].unit
        if unit and unit != ours:
            guesses.sure(f"units.{column}", unit, "eenheid in de kop")
        elif unit is None and not has_suffix:
            guesses.note(f"units.{column}", f"{at[column].text}: geen eenheid genoemd; gelezen als {ours}", (column,))
